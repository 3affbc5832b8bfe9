import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import type { PlatformTransaction } from '@annex/database';
import { ProcessRow } from './process-row.js';

/** Writes what a process tells of itself. Rows that nobody renewed for ten minutes go. */
export async function writeProcess(
  tx: PlatformTransaction,
  { id, role, host, pid, version, report }: Omit<ProcessRow, 'startedAt' | 'seenAt'>,
): Promise<void> {
  await tx.query(
    `insert into processes (id, role, host, pid, version, report) values ($1, $2, $3, $4, $5, $6)
     on conflict (id) do update set report = excluded.report, seen_at = now()`,
    [id, role, host, pid, version, JSON.stringify(report)],
  );
  await tx.query(`delete from processes where seen_at < now() - interval '10 minutes'`);
}

/** Says that a process has left. */
export async function removeProcess(tx: PlatformTransaction, id: string): Promise<void> {
  await tx.repository(ProcessRow).delete({ id });
}

/** Processes that were heard of in the last ten minutes, the oldest first, with the database's time. */
export async function readProcesses(tx: PlatformTransaction): Promise<{ rows: ProcessRow[]; now: Date }> {
  const [clock] = await tx.query<{ now: Date }>('select now() as now');
  const rows = await tx.repository(ProcessRow).find({ order: { startedAt: 'ASC', id: 'ASC' }, take: 200 });
  return { rows, now: clock?.now ?? new Date() };
}

/** Slugs of tenants by their ids. */
export async function readTenantSlugs(
  tx: PlatformTransaction,
  ids: readonly Id<'tenant'>[],
): Promise<Map<string, string>> {
  const rows = await tx.query<{ id: string; slug: string }>(
    'select id, slug from tenants where id = any ($1::uuid[])',
    [ids.map(uuidFromId)],
  );
  return new Map(rows.map(({ id, slug }) => [idFromUuid('tenant', id), slug]));
}
