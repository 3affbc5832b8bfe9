import type { TenantTransaction } from '@annex/database';

/** When the tenant of a transaction goes; `null`: it lives. */
export async function readErasesAt(tx: TenantTransaction): Promise<Date | null> {
  const [row] = await tx.query<{ erase_after: Date | null }>('select erase_after from tenants where id = $1', [
    tx.tenantUuid,
  ]);
  return row?.erase_after ?? null;
}
