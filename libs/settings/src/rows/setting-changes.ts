/** The log of a tenant's tree. */
import type { TenantTransaction } from '@annex/database';
import { SettingChangeRow } from './setting-change-row.js';

/** Changes behind a revision, in order, of keys with a prefix. */
export function listChanges(
  tx: TenantTransaction,
  { after, prefix = '', limit }: { after: number; prefix?: string; limit: number },
): Promise<SettingChangeRow[]> {
  return tx.rows(
    SettingChangeRow,
    `select * from setting_changes where tenant_id = $1 and revision > $2 and starts_with(key, $3)
     order by revision limit $4`,
    [tx.tenantUuid, after, prefix, limit],
  );
}

/** Whether the log still holds every change behind a revision, up to `head`. */
export async function isLogged(tx: TenantTransaction, after: number, head: number): Promise<boolean> {
  if (after >= head) return true;
  const next = await listChanges(tx, { after, limit: 1 });
  return next[0]?.revision === after + 1;
}
