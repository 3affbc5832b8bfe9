/** The tree as it is: one row a key. */
import type { TenantTransaction } from '@annex/database';
import { SettingRow } from './setting-row.js';
import { SettingHeadRow } from './setting-head-row.js';

/** The revision of the latest change; 0: there was none. */
export async function readHead(tx: TenantTransaction): Promise<number> {
  return (await tx.repository(SettingHeadRow).findOneBy({ tenantId: tx.tenantId }))?.revision ?? 0;
}

export async function findSetting(tx: TenantTransaction, key: string): Promise<SettingRow | null> {
  const [row] = await tx.rows(SettingRow, 'select * from settings where tenant_id = $1 and key = $2', [
    tx.tenantUuid,
    key,
  ]);
  return row ?? null;
}

/** Keys with a prefix in the order of their bytes, after `after` (exclusive) when given. */
export function listSettings(
  tx: TenantTransaction,
  { prefix, after, limit }: { prefix: string; after: string | undefined; limit: number },
): Promise<SettingRow[]> {
  return tx.rows(
    SettingRow,
    `select * from settings where tenant_id = $1 and key >= $2 and starts_with(key, $2)
       and ($3::text is null or key > $3) order by key limit $4`,
    [tx.tenantUuid, prefix, after ?? null, limit],
  );
}

/** Keys with a prefix that an actor set last. */
export async function keysSetBy(tx: TenantTransaction, prefix: string, actor: string): Promise<string[]> {
  const rows = await tx.query<{ key: string }>(
    'select key from settings where tenant_id = $1 and starts_with(key, $2) and updated_by = $3 order by key',
    [tx.tenantUuid, prefix, actor],
  );
  return rows.map(({ key }) => key);
}
