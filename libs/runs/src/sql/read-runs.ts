import { idFromUuid, uuidFromId, type Id, type Json } from '@annex/kernel';
import type { RunKind } from '@annex/limits';
import type { RunStatus } from '../run-status.js';
import type { TenantTransaction } from '@annex/database';
import { RunRow } from '../rows/run-row.js';
import { firstUuidAt } from '../id-times.js';
import { isDeadLetterSql } from './dead-letters.js';
import { newestIn, oneRun, oneRunParameters, rowsIn, type Bind, type RunSpan } from './every-run.js';

/** What is read of every run. */
export type ReadRun = Pick<
  RunRow,
  | 'id'
  | 'installationId'
  | 'plugin'
  | 'release'
  | 'kind'
  | 'name'
  | 'status'
  | 'eventId'
  | 'scheduledFor'
  | 'replayOf'
  | 'startedBy'
  | 'attempts'
  | 'claims'
  | 'result'
  | 'error'
  | 'limits'
  | 'waitingFor'
  | 'queuedAt'
  | 'startedAt'
  | 'finishedAt'
  | 'nextAttemptAt'
  | 'skippedTicks'
  | 'skippedUntil'
  | 'discardedAt'
> & {
  /** Bytes of the result as JSON text; `null`: none. */
  resultBytes: number | null;
};

/** A run as it is kept. */
export interface StoredRun extends Omit<ReadRun, 'claims' | 'result'> {
  /** `undefined` when the handler returned nothing, or when it was left out of a list for its size. */
  result: Json | undefined;
}

export interface RunFilter {
  /** A slug, or an installation's id. */
  plugin?: string;
  installationId?: Id<'installation'>;
  kind?: RunKind;
  status?: RunStatus;
  /** Only background runs that failed for good and were neither replayed nor discarded. */
  deadLetters?: boolean;
  eventId?: string;
  /** Of the handler, exactly. */
  name?: string;
  /** Part of the handler's name, the plugin's slug or the error, letter case ignored. */
  text?: string;
  /** Made at or after, and before. */
  since?: Date;
  until?: Date;
  limit: number;
}

export const runColumns = `id, installation_id, plugin, release, kind, name, status, event_id, scheduled_for, replay_of,
  started_by, attempts, claims, error, limits, waiting_for,
  queued_at, started_at, finished_at, next_attempt_at, skipped_ticks, skipped_until, discarded_at,
  octet_length(result::text) as "resultBytes"`;

/** Results over this many bytes are left out of lists. */
const listedResultBytes = 8 * 1024;
/** A result as lists have it. */
export const listedResult = `case when octet_length(result::text) <= ${listedResultBytes} then result end`;

/**
 * Leaves out runs of a plugin that is gone: they are history, and nothing is made of them any more. The tenant is `$1`.
 */
export const notUninstalled =
  '(installation_id is null or installation_id <> all (array(select installation_id from uninstalled where tenant_id ' +
  '= $1)))';

/** A page of runs, newest first. */
export interface RunPage {
  /** At most `limit`. */
  runs: StoredRun[];
  /**
   * `before` of the next page; `null`: this is the last. With `name` or `text` a page may be empty and not the last.
   */
  next: Id<'run'> | null;
}

/**
 * A page of runs, newest first. `before`: `next` of the page before. Runs of plugins that are gone are found by the
 * slug that these had. With `name` or `text` a page looks at the latest {@link lookedAt} runs of each plugin at most.
 */
export async function listRuns(
  tx: TenantTransaction,
  { plugin, ...filter }: RunFilter & { before?: Id<'run'> },
): Promise<RunPage> {
  const more = { ...filter, limit: filter.limit + 1 };
  const places = plugin === undefined ? [filter.installationId] : await findInstallations(tx, plugin);
  // One after the other: each is a walk along an index, while all together would have to be sorted.
  const found: StoredRun[] = [];
  let stopped: Id<'run'> | null = null;
  for (const installationId of places) {
    const of = { ...more, ...(installationId && { installationId }) };
    const page = await runsPage(tx, of);
    found.push(...page);
    if (page.length > filter.limit || (filter.name === undefined && filter.text === undefined)) continue;
    const end: Id<'run'> | null = await endOfWindow(tx, of);
    if (end !== null && (stopped === null || end > stopped)) stopped = end;
  }
  found.sort((a, b) => (a.id < b.id ? 1 : -1));
  // What is older than the place where one walk stopped may have others between it.
  const seen = stopped === null ? found : found.filter(({ id }) => stopped === null || id >= stopped);
  const runs = seen.slice(0, filter.limit);
  return { runs, next: seen.length > filter.limit ? (runs.at(-1)?.id ?? null) : stopped };
}

/** The plugin of that slug, and those that had it and are gone. */
async function findInstallations(tx: TenantTransaction, plugin: string): Promise<Id<'installation'>[]> {
  const rows = await tx.query<{ id: string }>(
    `(select id from installations where tenant_id = $1 and slug = $2)
     union all (select installation_id from uninstalled where tenant_id = $1 and slug = $2 order by at desc limit 20)`,
    [tx.tenantUuid, plugin],
  );
  return rows.map(({ id }) => idFromUuid('installation', id));
}

async function runsPage(
  tx: TenantTransaction,
  filter: Omit<RunFilter, 'plugin'> & { before?: Id<'run'> },
): Promise<StoredRun[]> {
  const parameters: unknown[] = [tx.tenantUuid];
  const add = (value: unknown): string => `$${parameters.push(value)}`;
  const said = saidSql(filter, add);
  const wanted = wantedSql(filter, said === '' ? filter.limit : lookedAt, add);
  const from = said === '' ? wanted : `(select * from ${wanted} order by id desc limit ${lookedAt}) runs where ${said}`;
  const rows = await tx.rows<RunRow, ReadRun>(
    RunRow,
    `select ${runColumns}, ${listedResult} as result
     from ${from} order by id desc limit ${add(filter.limit)}`,
    parameters,
  );
  return rows.map(toRun);
}

/**
 * Most runs that one page of {@link listRuns} with `name` or `text` looks at: no index finds those, and a tenant may
 * have millions.
 */
const lookedAt = 20_000;

/**
 * Where a page with `name` or `text` stopped looking, for the next page to go on from; `null`: it saw everything.
 */
async function endOfWindow(
  tx: TenantTransaction,
  filter: Omit<RunFilter, 'plugin'> & { before?: Id<'run'> },
): Promise<Id<'run'> | null> {
  const parameters: unknown[] = [tx.tenantUuid];
  const wanted = wantedSql(filter, lookedAt, (value) => `$${parameters.push(value)}`);
  const [last] = await tx.query<{ id: string }>(
    `select id from ${wanted} order by id desc offset ${lookedAt - 1} limit 1`,
    parameters,
  );
  return last ? idFromUuid('run', last.id) : null;
}

/** What `name` and `text` ask for; empty: nothing. */
function saidSql({ name, text }: Pick<RunFilter, 'name' | 'text'>, add: Bind): string {
  const said: string[] = [];
  if (name !== undefined) said.push(`name = ${add(name)}`);
  if (text !== undefined)
    said.push(`position(${add(text.toLowerCase())} in lower(concat_ws(' ', name, plugin, error::text))) > 0`);
  return said.join(' and ');
}

/** What indexes find, as FROM and WHERE; its newest `newest` runs are all there. */
function wantedSql(
  filter: Omit<RunFilter, 'plugin' | 'limit'> & { before?: Id<'run'> },
  newest: number,
  add: Bind,
): string {
  const { kind, status, deadLetters, eventId } = filter;
  const others: string[] = [];
  // Written out, not bound: the partial indexes on kind and status apply only to what the planner can see. Both come
  // from closed lists.
  if (kind) others.push(`kind = '${kind}'`);
  if (status) others.push(`status = '${status}'`);
  if (deadLetters) others.push(isDeadLetterSql, notUninstalled);
  if (eventId !== undefined) others.push(`event_id = ${add(eventId)}`);
  // In chunks are routes that went well, and nothing else.
  const hasChunks =
    (kind ?? 'route') === 'route' && (status ?? 'succeeded') === 'succeeded' && !deadLetters && eventId === undefined;
  const span = spanOf(filter);
  return hasChunks
    ? `every_run runs where ${[...newestIn(span, newest, add), ...others].join(' and ')}`
    : `runs where ${[...rowsIn(span, add), ...others].join(' and ')}`;
}

/** Ids begin with the time at which they were made (RFC 9562 §5.7), so the primary key finds a span of time. */
function spanOf({ installationId, since, until, before }: Omit<RunFilter, 'limit'> & { before?: Id<'run'> }): RunSpan {
  const ends = [...(until ? [firstUuidAt(until)] : []), ...(before ? [uuidFromId(before)] : [])].sort();
  return { installationId, from: since && firstUuidAt(since), before: ends[0] };
}

/** One run, its whole result included. */
export async function findRun(tx: TenantTransaction, runId: Id<'run'>): Promise<StoredRun | undefined> {
  const [row] = await tx.rows<RunRow, ReadRun>(RunRow, `select ${runColumns}, result from every_run where ${oneRun}`, [
    tx.tenantUuid,
    ...oneRunParameters(runId),
  ]);
  return row && toRun(row);
}

/** How many background runs a tenant has under way, and how many it may always have. */
export async function tenantLoad(tx: TenantTransaction): Promise<{ running: number; cap: number }> {
  const [row] = await tx.query<{ running: number; cap: number }>(
    `select (select count(*)::int from runs where tenant_id = $1 and lease_until is not null) as running,
       background_concurrency as cap from tenants where id = $1`,
    [tx.tenantUuid],
  );
  return row ?? { running: 0, cap: 1 };
}

/** A run that nobody had to claim was made in one go: its attempt is the run itself (see record-runs.ts). */
function onlyAttempt({ startedAt, finishedAt, error }: ReadRun): Json {
  return [
    {
      number: 1,
      started_at: startedAt?.toISOString() ?? null,
      finished_at: finishedAt?.toISOString() ?? null,
      ...(error !== null && { error }),
    },
  ];
}

export function toRun({ claims, ...run }: ReadRun): StoredRun {
  return {
    ...run,
    attempts: claims === 0 && run.startedAt !== null ? onlyAttempt({ claims, ...run }) : run.attempts,
    result: run.result ?? undefined,
  };
}
