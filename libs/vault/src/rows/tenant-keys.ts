import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import type { PlatformTransaction, TenantTransaction } from '@annex/database';

/** A tenant's data key, wrapped by a key-encryption key. */
export interface WrappedKey {
  version: number;
  kekId: string;
  wrapped: Buffer;
}

const columns = 'version, kek_id as "kekId", wrapped';

/** The tenant's newest data key, or the one of a version. */
export async function findTenantKey(tx: TenantTransaction, version?: number): Promise<WrappedKey | undefined> {
  const [row] = await tx.query<WrappedKey>(
    `select ${columns} from tenant_keys where tenant_id = $1 and ($2::int is null or version = $2) order by version desc limit 1`,
    [tx.tenantUuid, version ?? null],
  );
  return row;
}

/** Keeps a tenant's data key unless somebody else was faster; the one that is kept is the answer's. */
export async function insertTenantKey(tx: TenantTransaction, key: WrappedKey): Promise<WrappedKey> {
  await tx.query(
    'insert into tenant_keys (tenant_id, version, kek_id, wrapped) values ($1, $2, $3, $4) on conflict do nothing',
    [tx.tenantUuid, key.version, key.kekId, key.wrapped],
  );
  return (await findTenantKey(tx, key.version)) ?? key;
}

/**
 * Data keys that another key-encryption key than `kekId` wraps, at most `limit`; held until the transaction ends, those
 * of others skipped.
 */
export async function lockKeysNotWrappedBy(
  tx: PlatformTransaction,
  kekId: string,
  limit: number,
): Promise<(WrappedKey & { tenantId: Id<'tenant'> })[]> {
  const rows = await tx.query<WrappedKey & { tenant: string }>(
    `select tenant_id as tenant, ${columns} from tenant_keys where kek_id <> $1 order by tenant_id, version limit $2 for update skip locked`,
    [kekId, limit],
  );
  return rows.map(({ tenant, ...key }) => ({ ...key, tenantId: idFromUuid('tenant', tenant) }));
}

/** Key-encryption keys that wrap data keys and are none of these, with the number of tenants; the most used first. */
export function findForeignKeys(
  tx: PlatformTransaction,
  kekIds: readonly string[],
): Promise<{ id: string; tenants: number }[]> {
  return tx.query(
    `select kek_id as id, count(distinct tenant_id)::int as tenants from tenant_keys
     where kek_id <> all($1) group by kek_id order by tenants desc limit 20`,
    [kekIds],
  );
}

export async function rewrapTenantKey(tx: PlatformTransaction, tenantId: Id<'tenant'>, key: WrappedKey): Promise<void> {
  await tx.query('update tenant_keys set kek_id = $3, wrapped = $4 where tenant_id = $1 and version = $2', [
    uuidFromId(tenantId),
    key.version,
    key.kekId,
    key.wrapped,
  ]);
}
