import { uuidFromId, type Id, type Json } from '@annex/kernel';
import { storableJson, storableText, type TenantTransaction } from '@annex/database';

/** A run that began and ended in one call (a route's, a filter's), as it is written down. */
export interface FinishedRun {
  id: Id<'run'>;
  installationId: Id<'installation'>;
  /** The plugin's slug. */
  plugin: string;
  /** Version of the release that answered. */
  release: string;
  kind: 'route' | 'filter' | 'lifecycle' | 'source';
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
 * Writes finished runs. Runs of an installation that is gone are left out. `isAgain`: the batch's commit is in doubt,
 * so a run that is there already stays as it is; looking for it costs PostgreSQL an eighth of the insert. Default
 * `false`. Answers how many rows are new.
 */
export async function recordRuns(
  tx: TenantTransaction,
  runs: readonly FinishedRun[],
  { isAgain = false } = {},
): Promise<number> {
  const groups = new Map<string, FinishedRun[]>();
  for (const run of runs) {
    const key = `${run.installationId} ${run.release} ${run.kind}`;
    const group = groups.get(key);
    if (group) group.push(run);
    else groups.set(key, [run]);
  }
  let added = 0;
  // In one order for everybody, so that two writers cannot wait for each other.
  for (const key of [...groups.keys()].sort()) added += await recordGroup(tx, groups.get(key) ?? [], isAgain);
  return added;
}

/**
 * One statement for the runs of one installation, release and kind: what they share is sent once, the rest as arrays.
 * Rows as JSON objects cost PostgreSQL three times as much. Their single attempt is not stored: its times and error are
 * the run's own.
 */
async function recordGroup(tx: TenantTransaction, runs: readonly FinishedRun[], isAgain: boolean): Promise<number> {
  const [first] = runs;
  if (!first) return 0;
  return tx.execute(
    `insert into runs (tenant_id, id, installation_id, plugin, release, kind, name, ordinal, status, result, error,
       limits, depth,
       attempt_count, queued_at, started_at, finished_at)
     select $1, r.id, i.id, $3, $4, $5, r.name, r.ordinal, r.status, r.result::json, r.error::json, r.limits::json,
       r.depth,
       case when r.status = 'failed' then 1 else 0 end, to_timestamp(r.started), to_timestamp(r.started),
         to_timestamp(r.finished)
     from (select id from installations where tenant_id = $1 and id = $2 for key share) i
     cross join unnest($6::uuid[], $7::text[], $8::int[], $9::text[], string_to_array($10, e'\\n', ''),
       string_to_array($11, e'\\n', ''),
       string_to_array($12, e'\\n'), $13::int[], $14::float8[], $15::float8[])
       as r (id, name, ordinal, status, result, error, limits, depth, started, finished)
     ${isAgain ? 'on conflict do nothing' : ''}`,
    [
      tx.tenantUuid,
      uuidFromId(first.installationId),
      first.plugin,
      first.release,
      first.kind,
      plainArray(runs, (run) => uuidFromId(run.id)),
      runs.map((run) => storableText(run.name)),
      plainArray(runs, (run) => run.ordinal),
      plainArray(runs, (run) => run.status),
      jsonLines(runs, (run) => run.result),
      jsonLines(runs, (run) => run.error),
      jsonLines(runs, (run) => run.limits),
      plainArray(runs, (run) => run.depth),
      plainArray(runs, (run) => run.startedAtMs / 1000),
      plainArray(runs, (run) => run.finishedAtMs / 1000),
    ],
  );
}

/** An array literal of values that need no quoting, which spares the driver looking at each. */
function plainArray(runs: readonly FinishedRun[], read: (run: FinishedRun) => string | number): string {
  return `{${runs.map(read).join(',')}}`;
}

/**
 * JSON texts, a line each, which need no quoting either: JSON holds no bare line break. An empty line for `undefined`.
 */
function jsonLines(runs: readonly FinishedRun[], read: (run: FinishedRun) => unknown): string {
  return runs
    .map((run) => {
      const value = read(run);
      return value === undefined ? '' : storableJson(value);
    })
    .join('\n');
}
