/** What a passphrase does for an archive: it locks the tenant's data keys, and says that nobody changed anything. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { MiB } from '@annex/kernel';
import { archiveErrors } from './errors.js';

/** 64 MiB and about a third of a second (RFC 7914); the same for every archive, so that none asks for more. */
const cost = { N: 65_536, r: 8, p: 1, maxmem: 128 * MiB };
const derive = promisify<string, Buffer, number, typeof cost, Buffer>(scrypt);

/** A data key of the tenant under the passphrase. */
export interface LockedKey {
  version: number;
  nonce: string;
  ciphertext: string;
}

/** Keys that follow from a passphrase and the salt of one archive. */
export class ArchiveKeys {
  private constructor(
    readonly salt: string,
    private readonly lockKey: Buffer,
    private readonly macKey: Buffer,
  ) {}

  static async of(passphrase: string, salt = randomBytes(16).toString('base64url')): Promise<ArchiveKeys> {
    const bytes = await derive(passphrase, Buffer.from(salt, 'base64url'), 64, cost);
    return new ArchiveKeys(salt, bytes.subarray(0, 32), bytes.subarray(32));
  }

  lock({ version, key }: { version: number; key: Buffer }, tenantId: string): LockedKey {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.lockKey, nonce).setAAD(contextOf(tenantId, version));
    const ciphertext = Buffer.concat([cipher.update(key), cipher.final(), cipher.getAuthTag()]);
    return { version, nonce: nonce.toString('base64url'), ciphertext: ciphertext.toString('base64url') };
  }

  /** Throws `ARCHIVE_PASSPHRASE`. */
  unlock({ version, nonce, ciphertext }: LockedKey, tenantId: string): Buffer {
    const sealed = Buffer.from(ciphertext, 'base64url');
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.lockKey, Buffer.from(nonce, 'base64url'), {
        authTagLength: 16,
      });
      decipher.setAAD(contextOf(tenantId, version)).setAuthTag(sealed.subarray(-16));
      return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
    } catch (thrown) {
      throw wrongPassphrase(thrown);
    }
  }

  /** Stands for everything of which this is the digest. */
  mac(digest: string): string {
    return createHmac('sha256', this.macKey).update(digest).digest('base64url');
  }

  /** Throws `ARCHIVE_PASSPHRASE`. */
  checkMac(digest: string, mac: string): void {
    const [said, right] = [Buffer.from(mac, 'base64url'), Buffer.from(this.mac(digest), 'base64url')];
    if (said.length !== right.length || !timingSafeEqual(said, right)) throw wrongPassphrase();
  }
}

function contextOf(tenantId: string, version: number): Buffer {
  return Buffer.from(JSON.stringify(['annex archive key', tenantId, version]));
}

function wrongPassphrase(cause?: unknown): Error {
  return archiveErrors.error(
    'ARCHIVE_PASSPHRASE',
    'This is not the passphrase of the archive, or somebody changed the archive. Nothing was kept.',
    cause === undefined ? {} : { cause },
  );
}
