import type { Id } from '@annex/kernel';
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import { Not } from 'typeorm';
import { TenantKeyRow } from './tenant-key-row.js';

/** A tenant's data key, wrapped by a key-encryption key. */
export type WrappedKey = Pick<TenantKeyRow, 'version' | 'kekId' | 'wrapped'>;

/** The tenant's newest data key, or the one of a version. */
export function findTenantKey(tx: TenantTransaction, version?: number): Promise<TenantKeyRow | null> {
  return tx.repository(TenantKeyRow).findOne({
    where: { tenantId: tx.tenantId, ...(version !== undefined && { version }) },
    order: { version: 'DESC' },
  });
}

/** All data keys of a tenant, the oldest first. */
export function listTenantKeys(tx: PlatformTransaction, tenantId: Id<'tenant'>): Promise<TenantKeyRow[]> {
  return tx.repository(TenantKeyRow).find({ where: { tenantId }, order: { version: 'ASC' } });
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
export function lockKeysNotWrappedBy(tx: PlatformTransaction, kekId: string, limit: number): Promise<TenantKeyRow[]> {
  return tx.repository(TenantKeyRow).find({
    where: { kekId: Not(kekId) },
    order: { tenantId: 'ASC', version: 'ASC' },
    take: limit,
    lock: { mode: 'pessimistic_write', onLocked: 'skip_locked' },
  });
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

export async function rewrapTenantKey(
  tx: PlatformTransaction,
  tenantId: Id<'tenant'>,
  { version, kekId, wrapped }: WrappedKey,
): Promise<void> {
  await tx.repository(TenantKeyRow).update({ tenantId, version }, { kekId, wrapped });
}
