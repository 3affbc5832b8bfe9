import type { TenantTransaction } from '@annex/database';
import { SavedViewRow } from './saved-view-row.js';

/** A page of views, by list and name. */
export function listViews(
  tx: TenantTransaction,
  { list, limit, after }: { list: string | undefined; limit: number; after: readonly [string, string] | undefined },
): Promise<SavedViewRow[]> {
  return tx.rows(
    SavedViewRow,
    `select * from saved_views
     where tenant_id = $1 and ($2::text is null or list = $2) and ($4::text is null or (list, name) > ($4, $5))
     order by list, name limit $3`,
    [tx.tenantUuid, list ?? null, limit, after?.[0] ?? null, after?.[1] ?? null],
  );
}

export async function countViews(tx: TenantTransaction, list: string): Promise<number> {
  return tx.repository(SavedViewRow).countBy({ tenantId: tx.tenantId, list });
}

/** Writes a view, whether it was there or not. */
export async function saveView(
  tx: TenantTransaction,
  { list, name, filters, savedBy }: Pick<SavedViewRow, 'list' | 'name' | 'filters' | 'savedBy'>,
): Promise<SavedViewRow & { made: boolean }> {
  const [row] = await tx.rows<SavedViewRow, SavedViewRow & { made: boolean }>(
    SavedViewRow,
    `insert into saved_views (tenant_id, list, name, filters, saved_by) values ($1, $2, $3, $4, $5)
     on conflict (tenant_id, list, name)
       do update set filters = excluded.filters, saved_by = excluded.saved_by, saved_at = now()
     returning *, xmax = 0 as made`,
    [tx.tenantUuid, list, name, JSON.stringify(filters), savedBy],
  );
  if (!row) throw new Error('an upsert answers its row');
  return row;
}

/** `false`: there was none. */
export async function deleteView(tx: TenantTransaction, list: string, name: string): Promise<boolean> {
  const { affected } = await tx.repository(SavedViewRow).delete({ tenantId: tx.tenantId, list, name });
  return (affected ?? 0) > 0;
}
