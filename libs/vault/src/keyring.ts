import { hash } from 'node:crypto';
import type { Id } from '@annex/kernel';
import type { WrappedKey } from './rows/tenant-keys.js';
import { vaultErrors } from './errors.js';
import { open, seal } from './sealed.js';

/** A key-encryption key: it wraps tenants' data keys and nothing else. */
export interface MasterKey {
  /** Kept beside each key that it wraps. */
  id: string;
  /** 32 bytes. */
  key: Buffer;
}

export interface Keyring {
  readonly currentId: string;
  /** Of every key that opens something. */
  readonly ids: readonly string[];
  /** Wraps a tenant's data key with the current master key. */
  wrap(dataKey: Buffer, tenantId: Id<'tenant'>, version: number): WrappedKey;
  /** Throws `MASTER_KEY_MISSING`, `SECRET_DAMAGED`. */
  unwrap(wrapped: WrappedKey, tenantId: Id<'tenant'>): Buffer;
}

/**
 * A master key under the id that follows from its bytes, so that settings need to hold the key alone. Throws
 * `RangeError` unless it has 32 bytes.
 */
export function masterKey(key: Buffer): MasterKey {
  return {
    id: `mk_${hash('sha256', Buffer.concat([Buffer.from('annex master key id\0'), key]), 'hex').slice(0, 16)}`,
    key: checked(key),
  };
}

/** @param old keys that still open what they wrapped, until `Vault.rewrap` has been through */
export function createKeyring({ current, old = [] }: { current: MasterKey; old?: readonly MasterKey[] }): Keyring {
  const keys = new Map<string, Buffer>();
  for (const { id, key } of [...old, current]) keys.set(id, checked(key));
  return {
    currentId: current.id,
    ids: [...keys.keys()],
    wrap(dataKey, tenantId, version) {
      const { nonce, ciphertext } = seal(current.key, dataKey, context(tenantId, version, current.id));
      return { version, kekId: current.id, wrapped: Buffer.concat([nonce, ciphertext]) };
    },
    unwrap({ version, kekId, wrapped }, tenantId) {
      const key = keys.get(kekId);
      if (!key) {
        throw vaultErrors.error(
          'MASTER_KEY_MISSING',
          `The secrets of this tenant are under the master key ${kekId}, which is not in the settings. Put it back ` +
            'as ANNEX_MASTER_KEY, or among ANNEX_MASTER_KEY_OLD.',
        );
      }
      try {
        return open(
          key,
          { nonce: wrapped.subarray(0, 12), ciphertext: wrapped.subarray(12) },
          context(tenantId, version, kekId),
        );
      } catch (thrown) {
        throw vaultErrors.error(
          'SECRET_DAMAGED',
          `The data key ${version} of this tenant does not open: its row was changed or belongs to another tenant.`,
          { cause: thrown },
        );
      }
    },
  };
}

function context(tenantId: string, version: number, kekId: string): (string | number)[] {
  return ['annex data key', tenantId, version, kekId];
}

function checked(key: Buffer): Buffer {
  if (key.length !== 32) throw new RangeError(`a master key has 32 bytes; this one has ${key.length}`);
  return key;
}
