import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SealedValue } from '@annex/kernel';

/** AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit nonce; the 128-bit tag stands at the end of the ciphertext. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What is sealed, without the number of its key. */
export type Sealed = Pick<SealedValue, 'nonce' | 'ciphertext'>;

/** Encrypts bytes, bound to what `context` names: opened under another context they are refused. */
export function seal(key: Buffer, bytes: Buffer, context: readonly (string | number)[]): Sealed {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(associatedData(context));
  return { nonce, ciphertext: Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]) };
}

/** Decrypts what {@link seal} made. Throws when key, context or bytes are not the same. */
export function open(key: Buffer, { nonce, ciphertext }: Sealed, context: readonly (string | number)[]): Buffer {
  if (nonce.length !== NONCE_BYTES || ciphertext.length < TAG_BYTES) throw new Error('the sealed bytes are too short');
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(context));
  decipher.setAuthTag(ciphertext.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(ciphertext.subarray(0, -TAG_BYTES)), decipher.final()]);
}

/** JSON, so that no two contexts have the same bytes. */
function associatedData(context: readonly (string | number)[]): Buffer {
  return Buffer.from(JSON.stringify(context), 'utf8');
}
