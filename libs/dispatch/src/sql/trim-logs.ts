import type { PlatformTransaction } from '@annex/database';

/** Lines that one portion of {@link trimLogs} removes. */
const trimLines = 5000;

/**
 * Removes the oldest log lines of one tenant that keeps more than it may, until a tenth is free. Answers whether there
 * may be more to do now. Several workers share the work.
 */
export async function trimLogs(tx: PlatformTransaction): Promise<boolean> {
  const [over] = await tx.query<{ tenant_id: string; bytes: string; max: string | null }>(
    `select t.tenant_id, annex_quota(t.tenant_id, 'log_bytes') as max,
       (select coalesce(sum(bytes), 0) from quota_use q where q.tenant_id = t.tenant_id and q.kind = 'logs') as bytes
     from log_trims t limit 1 for update of t skip locked`,
  );
  if (!over) return false;
  const excess = over.max === null ? 0 : Number(over.bytes) - Math.floor(Number(over.max) * 0.9);
  const gone = await tx.execute(
    `delete from run_logs where tenant_id = $1 and id = any(array(
       select id from (
         select id, sum(size) over (order by id rows unbounded preceding) - size as before
         from (select id, octet_length(message) + octet_length(coalesce(fields::text, '')) as size from run_logs
         where tenant_id = $1 order by id limit $2) oldest
       ) counted where before < $3::bigint))`,
    [over.tenant_id, trimLines, excess],
  );
  if (gone === 0) await tx.query('delete from log_trims where tenant_id = $1', [over.tenant_id]);
  return true;
}
