import { uuidFromId, type Id, type Json } from '@annex/kernel';
import type { TenantTransaction } from '../core/database.js';
import { storableJson } from '../core/storable-json.js';

/** A run that began and ended in one call (a route's, a filter's), as it is written down. */
export interface FinishedRun {
  id: Id<'run'>;
  installationId: Id<'installation'>;
  /** The plugin's slug. */
  plugin: string;
  /** Version of the release that answered. */
  release: string;
  kind: 'route' | 'filter' | 'lifecycle';
  name: string;
  ordinal: number;
  status: 'succeeded' | 'failed' | 'cancelled';
  result?: Json;
  error?: { code: string; message: string };
  /** Plain data: what was used of each limit. */
  limits: object;
  depth: number;
  /** Milliseconds since the epoch. */
  startedAtMs: number;
  finishedAtMs: number;
}

/**
 * Writes finished runs in one statement. Runs of an installation that is gone are left out, and a run that is there already stays as it is,
 * so a batch whose commit was in doubt can be written again. Answers how many rows are new.
 */
export async function recordRuns(tx: TenantTransaction, runs: readonly FinishedRun[]): Promise<number> {
  if (runs.length === 0) return 0;
  // One JSON text for all rows: its parts cost a tenth of what arrays of texts do to escape, and PostgreSQL reads it in one pass.
  const rows = runs.map((run) => {
    const startedAt = new Date(run.startedAtMs).toISOString();
    const finishedAt = new Date(run.finishedAtMs).toISOString();
    return {
      id: uuidFromId(run.id),
      i: uuidFromId(run.installationId),
      p: run.plugin,
      r: run.release,
      k: run.kind,
      n: run.name,
      o: run.ordinal,
      s: run.status,
      a: [{ number: 1, started_at: startedAt, finished_at: finishedAt, ...(run.error && { error: run.error }) }],
      re: run.result,
      e: run.error,
      l: run.limits,
      d: run.depth,
      sa: startedAt,
      fa: finishedAt,
    };
  });
  return tx.execute(
    `insert into runs (tenant_id, id, installation_id, plugin, release, kind, name, ordinal, status, attempts, result, error, limits, depth,
       attempt_count, queued_at, started_at, finished_at)
     select $1, r.id, r.i, r.p, r.r, r.k, r.n, r.o, r.s, r.a, r.re, r.e, r.l, r.d, case when r.s = 'failed' then 1 else 0 end, r.sa, r.sa, r.fa
     from json_to_recordset($2::json) as r (id uuid, i uuid, p text, r text, k text, n text, o int, s text, a jsonb, re json, e json, l jsonb, d int,
       sa timestamptz, fa timestamptz)
     where r.i in (select id from installations where tenant_id = $1 for key share)
     on conflict do nothing`,
    [tx.tenantUuid, storableJson(rows)],
  );
}
