import { idFromUuid, uuidFromId } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import type { RunStatus } from '@annex/runs';
import { sourceLimits } from '@annex/limits';
import type { SourceFacts } from '../views.js';
import type { SourceRow } from './source-row.js';

interface FactsRow {
  id: string;
  plugin: string | null;
  plugin_status: string | null;
  run_id: string | null;
  run_status: RunStatus | null;
  run_error: { code: string; message: string } | null;
  run_at: Date | null;
  now: Date;
  restarts: number;
}

/** What views of sources need beside their rows: plugins, and the latest run of each. By the source's id. */
export async function readSourceFacts(
  tx: TenantTransaction,
  sources: readonly SourceRow[],
  tenantSlug: string,
): Promise<ReadonlyMap<string, SourceFacts>> {
  const rows = await tx.query<FactsRow>(
    `select s.id, i.slug as plugin, i.status as plugin_status, r.id as run_id, r.status as run_status,
       coalesce(r.error, r.attempts->-1->'error') as run_error, coalesce(r.finished_at, r.started_at) as run_at,
       now() as now,
       (select count(*)::int from unnest(s.restarted_at) t where t > now() - $3 * interval '1 ms') as restarts
     from sources s left join installations i on i.tenant_id = s.tenant_id and i.id = s.installation_id
     left join lateral (
       select r.id, r.status, r.error::jsonb as error, r.attempts, r.finished_at, r.started_at from runs r
       where r.tenant_id = s.tenant_id and r.installation_id = s.installation_id and r.kind = 'source'
         and r.name = s.spec->>'name' order by r.id desc limit 1) r on true
     where s.tenant_id = $1 and s.id = any($2::uuid[])`,
    [tx.tenantUuid, sources.map(({ id }) => uuidFromId(id)), sourceLimits.restartsWithinMs],
  );
  return new Map(
    rows.map((row): [string, SourceFacts] => [
      idFromUuid('source', row.id),
      {
        plugin: row.plugin,
        pluginStatus: row.plugin_status,
        lastRun:
          row.run_id === null || row.run_status === null
            ? null
            : { id: idFromUuid('run', row.run_id), status: row.run_status, error: row.run_error, at: row.run_at },
        nowMs: row.now.getTime(),
        tenantSlug,
        restarts: row.restarts,
      },
    ]),
  );
}
