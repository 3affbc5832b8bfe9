/** What the receipt of an erasure counts. */
import type { PlatformTransaction } from '@annex/database';
import { uuidFromId, type Id } from '@annex/kernel';

/** What is there beside rows, before the last of them go. */
export interface HeldByTenant {
  /** Files, with their bytes. */
  files: { count: number; bytes: number };
  /** Releases of plugins, with the bytes of their packages. */
  packages: { count: number; bytes: number };
}

/** Background work that will not be done: it is gone from the queue with its rows. */
export async function countUnfinished(tx: PlatformTransaction, tenantUuid: string): Promise<Record<string, number>> {
  const [row] = await tx.query<{ n: number }>(
    `select count(*)::int as n from runs where tenant_id = $1 and status in ('queued', 'running', 'retrying')`,
    [tenantUuid],
  );
  return { unfinished_runs: row?.n ?? 0 };
}

/** Tables whose rows outlive their tenant, or are no more than sums of others. */
const uncounted = ['spend', 'quota_use', 'log_trims'];

/** Rows that go with the tenant's own, by table; those that went before are counted already. */
export async function countRest(
  tx: PlatformTransaction,
  tenantUuid: string,
): Promise<{ rows: Record<string, number>; held: HeldByTenant }> {
  const tables = await tx.query<{ name: string }>(
    `select c.relname::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid
     where a.attname = 'tenant_id' and c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
       and c.relname <> all($1) order by 1`,
    [uncounted],
  );
  const rows: Record<string, number> = {};
  for (const { name } of tables) {
    const [found] = await tx.query<{ n: number }>(`select count(*)::int as n from ${name} where tenant_id = $1`, [
      tenantUuid,
    ]);
    if (found && found.n > 0) rows[name] = found.n;
  }
  const [held] = await tx.query<Record<'files' | 'file_bytes' | 'releases' | 'package_bytes', string>>(
    `select coalesce((select files from file_usage where tenant_id = $1), 0) as files,
       coalesce((select size_bytes from file_usage where tenant_id = $1), 0) as file_bytes,
       (select count(*) from releases where tenant_id = $1) as releases,
       (select coalesce(sum(octet_length(bytes)), 0) from blobs where tenant_id = $1) as package_bytes`,
    [tenantUuid],
  );
  const number = (text: string | undefined): number => Number(text ?? 0);
  return {
    rows,
    held: {
      files: { count: number(held?.files), bytes: number(held?.file_bytes) },
      packages: { count: number(held?.releases), bytes: number(held?.package_bytes) },
    },
  };
}

/** What stays of a tenant for a while. */
export async function countKept(
  tx: PlatformTransaction,
  tenantId: Id<'tenant'>,
): Promise<{ spend: number; platform_audit: number; file_objects: number }> {
  const [row] = await tx.query<{ spend: number; audit: number; objects: number }>(
    `select (select count(*)::int from spend where tenant_id = $1) as spend,
       (select count(*)::int from platform_audit where target = $2) as audit,
       (select count(*)::int from file_objects where owner = $1) as objects`,
    [uuidFromId(tenantId), tenantId],
  );
  return { spend: row?.spend ?? 0, platform_audit: row?.audit ?? 0, file_objects: row?.objects ?? 0 };
}
