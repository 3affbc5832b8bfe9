import { idFromUuid, uuidFromId, type Id, type Json } from '@annex/kernel';
import type { RunKind } from '@annex/limits';
import type { RunStatus } from '../run-status.js';
import type { TenantTransaction } from '@annex/database';
import { isDeadLetterSql } from './dead-letters.js';
import { firstUuidAt } from './run-numbers.js';
import type { WaitReason } from './enqueue-run.js';

/** A run as it is kept. */
export interface StoredRun {
  id: Id<'run'>;
  /** `null`: it belongs to one of the tenant's own webhooks. */
  installationId: Id<'installation'> | null;
  /** The plugin's slug; `null` as above. */
  plugin: string | null;
  /** Version of the release that ran last; `null` before the first attempt. */
  release: string | null;
  kind: RunKind;
  name: string;
  status: RunStatus;
  eventId: string | null;
  scheduledFor: Date | null;
  replayOf: Id<'run'> | null;
  /** Who asked for it: an actor, or the run whose code did; `null`: an event, a schedule, a caller or the platform. */
  startedBy: string | null;
  attempts: Json;
  /** `undefined` when the handler returned nothing, or when it was left out of a list for its size. */
  result: Json | undefined;
  /** Bytes of the result as JSON text; `null`: none. */
  resultBytes: number | null;
  error: Json;
  limits: Json;
  waitingFor: WaitReason | null;
  queuedAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** When it may start, for a run that waits. */
  nextAttemptAt: Date | null;
  /** Of a skipped tick that tells of others too: how many in all, and the last one's time. */
  skippedTicks: number | null;
  skippedUntil: Date | null;
  /** When somebody discarded it as a dead letter. */
  discardedAt: Date | null;
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

interface Raw {
  id: string;
  installation_id: string | null;
  plugin: string | null;
  release: string | null;
  kind: RunKind;
  name: string;
  status: RunStatus;
  event_id: string | null;
  scheduled_for: Date | null;
  replay_of: string | null;
  started_by: string | null;
  attempts: Json;
  claims: number;
  result: Json | null;
  result_bytes: number | null;
  error: Json;
  limits: Json;
  waiting_for: WaitReason | null;
  queued_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  next_attempt_at: Date | null;
  skipped_ticks: number | null;
  skipped_until: Date | null;
  discarded_at: Date | null;
}

const columns = `id, installation_id, plugin, release, kind, name, status, event_id, scheduled_for, replay_of, started_by, attempts, claims, error, limits, waiting_for,
  queued_at, started_at, finished_at, next_attempt_at, skipped_ticks, skipped_until, discarded_at, octet_length(result::text) as result_bytes`;

/** Results over this many bytes are left out of lists. */
const listedResultBytes = 8 * 1024;

/**
 * Leaves out runs of a plugin that is gone: they are history, and nothing is made of them any more. The tenant is `$1`.
 */
export const notUninstalled = `(installation_id is null or installation_id <> all (array(select installation_id from uninstalled where tenant_id = $1)))`;

/** A page of runs, newest first. */
export interface RunPage {
  /** At most `limit`. */
  runs: StoredRun[];
  /** `before` of the next page; `null`: this is the last. With `name` or `text` a page may be empty and not the last. */
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
  const wanted = wantedSql(filter, add);
  const said = saidSql(filter, add);
  const from = said === '' ? `runs where ${wanted}` : `${windowOf(wanted)} where ${said}`;
  const rows = await tx.query<Raw>(
    `select ${columns}, case when octet_length(result::text) <= ${listedResultBytes} then result end as result
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

const windowOf = (wanted: string): string =>
  `(select * from runs where ${wanted} order by id desc limit ${lookedAt}) runs`;

/**
 * Where a page with `name` or `text` stopped looking, for the next page to go on from; `null`: it saw everything.
 */
async function endOfWindow(
  tx: TenantTransaction,
  filter: Omit<RunFilter, 'plugin'> & { before?: Id<'run'> },
): Promise<Id<'run'> | null> {
  const parameters: unknown[] = [tx.tenantUuid];
  const wanted = wantedSql(filter, (value) => `$${parameters.push(value)}`);
  const [last] = await tx.query<{ id: string }>(
    `select id from runs where ${wanted} order by id desc offset ${lookedAt - 1} limit 1`,
    parameters,
  );
  return last ? idFromUuid('run', last.id) : null;
}

type Bind = (value: unknown) => string;

/** What `name` and `text` ask for; empty: nothing. */
function saidSql({ name, text }: Pick<RunFilter, 'name' | 'text'>, add: Bind): string {
  const said: string[] = [];
  if (name !== undefined) said.push(`name = ${add(name)}`);
  if (text !== undefined)
    said.push(`position(${add(text.toLowerCase())} in lower(concat_ws(' ', name, plugin, error::text))) > 0`);
  return said.join(' and ');
}

/** What indexes find. */
function wantedSql(filter: Omit<RunFilter, 'plugin' | 'limit'> & { before?: Id<'run'> }, add: Bind): string {
  const { installationId, kind, status, deadLetters, eventId, since, until, before } = filter;
  const wanted = ['tenant_id = $1'];
  if (installationId) wanted.push(`installation_id = ${add(uuidFromId(installationId))}`);
  // Written out, not bound: the partial indexes on kind and status apply only to what the planner can see. Both come
  // from closed lists.
  if (kind) wanted.push(`kind = '${kind}'`);
  if (status) wanted.push(`status = '${status}'`);
  if (deadLetters) wanted.push(isDeadLetterSql, notUninstalled);
  if (eventId !== undefined) wanted.push(`event_id = ${add(eventId)}`);
  // Ids begin with the time at which they were made (RFC 9562 §5.7), so the primary key finds a span of time.
  if (since) wanted.push(`id >= ${add(firstUuidAt(since))}::uuid`);
  if (until) wanted.push(`id < ${add(firstUuidAt(until))}::uuid`);
  if (before) wanted.push(`id < ${add(uuidFromId(before))}::uuid`);
  return wanted.join(' and ');
}

/** One run, its whole result included. */
export async function findRun(tx: TenantTransaction, runId: Id<'run'>): Promise<StoredRun | undefined> {
  const [row] = await tx.query<Raw>(`select ${columns}, result from runs where tenant_id = $1 and id = $2`, [
    tx.tenantUuid,
    uuidFromId(runId),
  ]);
  return row && toRun(row);
}

/** How many background runs a tenant has under way, and how many it may always have. */
export async function tenantLoad(tx: TenantTransaction): Promise<{ running: number; cap: number }> {
  const [row] = await tx.query<{ running: number; cap: number }>(
    `select (select count(*)::int from runs where tenant_id = $1 and lease_until is not null) as running, background_concurrency as cap from tenants where id = $1`,
    [tx.tenantUuid],
  );
  return row ?? { running: 0, cap: 1 };
}

/** A run that nobody had to claim was made in one go: its attempt is the run itself (see record-runs.ts). */
function onlyAttempt({ started_at: startedAt, finished_at: finishedAt, error }: Raw): Json {
  return [
    {
      number: 1,
      started_at: startedAt?.toISOString() ?? null,
      finished_at: finishedAt?.toISOString() ?? null,
      ...(error !== null && { error }),
    },
  ];
}

function toRun(row: Raw): StoredRun {
  return {
    id: idFromUuid('run', row.id),
    installationId: row.installation_id === null ? null : idFromUuid('installation', row.installation_id),
    plugin: row.plugin,
    release: row.release,
    kind: row.kind,
    name: row.name,
    status: row.status,
    eventId: row.event_id,
    scheduledFor: row.scheduled_for,
    replayOf: row.replay_of === null ? null : idFromUuid('run', row.replay_of),
    startedBy: row.started_by,
    attempts: row.claims === 0 && row.started_at !== null ? onlyAttempt(row) : row.attempts,
    result: row.result ?? undefined,
    resultBytes: row.result_bytes,
    error: row.error,
    limits: row.limits,
    waitingFor: row.waiting_for,
    queuedAt: row.queued_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    nextAttemptAt: row.next_attempt_at,
    skippedTicks: row.skipped_ticks,
    skippedUntil: row.skipped_until,
    discardedAt: row.discarded_at,
  };
}
