import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;

function keyFrom(masterKey: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, '', 'annex database logins', 32));
}

/**
 * A login's password as the database keeps it (AES-256-GCM): of no use to somebody who holds a backup, but not the
 * master key.
 */
export function sealPassword(masterKey: Buffer, role: string, password: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', keyFrom(masterKey), nonce).setAAD(Buffer.from(role));
  const sealed = Buffer.concat([cipher.update(password, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]);
}

/** The password, or `undefined` when another key sealed it. */
export function openPassword(masterKey: Buffer, role: string, sealed: Buffer): string | undefined {
  if (sealed.length <= nonceBytes + tagBytes) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', keyFrom(masterKey), sealed.subarray(0, nonceBytes)).setAAD(
    Buffer.from(role),
  );
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
