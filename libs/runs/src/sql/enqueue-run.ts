import { newId, newUuid, uuidFromId, type Id, type Json } from '@annex/kernel';
import { outcomeErrors } from '../outcomes.js';
import type { RetryPolicy } from '../retry.js';
import { tenantLimits, type RunKind } from '@annex/limits';
import { statement, type TenantTransaction } from '@annex/database';
import { recordDeliveries } from './record-deliveries.js';

/** The kinds of run that wait in the queue; a route's and a filter's run begins and ends in one call. */
export type BackgroundKind = Extract<RunKind, 'event' | 'job' | 'webhook' | 'lifecycle' | 'source'>;

/** What was decided about a run when it was made. Every part left out is the default of its kind (lifecycle). */
export interface RunPolicy {
  /** How long an attempt may take, in milliseconds. */
  timeoutMs?: number;
  /** A parked run starts no earlier than `ms` after it was made; the first that it stands for was made at `sinceMs`. */
  settle?: { ms: number; sinceMs: number };
  retry?: Partial<RetryPolicy>;
}

/**
 * Why a run waits although its time has come. `overlap`: an earlier run of its job is not done. `plugin`: its plugin is
 * not enabled.
 * `endpoint`: as many deliveries as may go to its endpoint at once are under way. `agent`: an agent works on it.
 * `approval`: somebody has to say yes first. `quota`: the tenant has used up what its runs may use in a day. The last
 * three have a time as well, at which they are looked at again.
 */
export type WaitReason = 'overlap' | 'plugin' | 'endpoint' | 'agent' | 'approval' | 'quota';

/** A background run to be made. */
export interface NewRun {
  /** Default: a fresh one. */
  id?: Id<'run'>;
  /** `null`: it belongs to no plugin, but to one of the tenant's own webhooks. */
  installationId: Id<'installation'> | null;
  /** The plugin's slug; `null` as above. */
  plugin: string | null;
  kind: BackgroundKind;
  /** The event pattern, job, source or lifecycle hook, as the plugin registered it; the webhook's name. */
  name: string;
  /** Which of several handlers with the same kind and name, from 0. */
  ordinal: number;
  /** The handler's second argument; `undefined`: none. For kind `event` it replaces the event's `data`. */
  payload?: Json | undefined;
  policy: RunPolicy;
  eventId?: string | null;
  scheduleId?: Id<'schedule'> | null;
  scheduledFor?: Date | null;
  replayOf?: Id<'run'> | null;
  /**
   * Who asked for it: an actor, or the run whose code did. Default: nobody; an event, a schedule or the platform did.
   */
  startedBy?: string | null;
  /** How many emits lie between this run and the outside world. */
  depth: number;
  /** The relay leaves it alone until then. Default: it may start at once. */
  notBefore?: Date;
  /** Parks it: the relay leaves it alone until whatever it waits for has come. */
  waitingFor?: WaitReason;
  /** For kind `webhook`: to which. */
  webhookId?: Id<'webhook'> | null;
  /** For kind `webhook`: a delivery that was made before and is sent again. Default: a new one, with the run's UUID. */
  deliveryId?: Id<'delivery'> | null;
}

/**
 * Makes a background run in the caller's transaction; a worker starts it after the commit. Throws `QUEUE_FULL` when the
 * tenant has {@link tenantLimits.queuedRuns} unfinished background runs; lifecycle hooks and parked runs are let in
 * regardless.
 */
export async function enqueueRun(tx: TenantTransaction, run: NewRun): Promise<Id<'run'>> {
  if (run.kind !== 'lifecycle') await ensureRoom(tx, 1);
  const id = run.id ?? newId('run');
  await insertQueued(tx, [{ ...run, id }]);
  return id;
}

const insertSql = statement(
  `insert into runs (tenant_id, id, installation_id, plugin, kind, name, ordinal, status, event_id, schedule_id,
     scheduled_for, replay_of,
     payload, depth, policy, waiting_for, next_attempt_at, webhook_id, delivery_id, started_by)
   select $1, r.id, r.installation_id, r.plugin, r.kind, r.name, r.ordinal, 'queued', r.event_id, r.schedule_id,
     r.scheduled_for, r.replay_of,
     r.payload::json, r.depth, r.policy::jsonb, r.waiting_for, case when r.waiting_for is null
       then coalesce(r.not_before, now()) end,
     r.webhook_id, r.delivery_id, r.started_by
   from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[], $9::uuid[],
     $10::timestamptz[], $11::uuid[],
     $12::text[], $13::int[], $14::text[], $15::text[], $16::timestamptz[], $17::uuid[], $18::uuid[], $19::text[])
     as r (id, installation_id, plugin, kind, name, ordinal, event_id, schedule_id, scheduled_for, replay_of, payload,
       depth, policy, waiting_for, not_before, webhook_id, delivery_id, started_by)
   on conflict (tenant_id, schedule_id, scheduled_for) where schedule_id is not null and replay_of is null do nothing`,
);

/** Inserts runs in one statement and wakes the relays. A tick that has a run already is left out. @internal */
export async function insertQueued(
  tx: TenantTransaction,
  runs: readonly (NewRun & { id: Id<'run'> })[],
): Promise<void> {
  if (runs.length === 0) return;
  await tx.query(insertSql, [
    tx.tenantUuid,
    runs.map((run) => uuidFromId(run.id)),
    runs.map((run) => (run.installationId ? uuidFromId(run.installationId) : null)),
    runs.map((run) => run.plugin),
    runs.map((run) => run.kind),
    runs.map((run) => run.name),
    runs.map((run) => run.ordinal),
    runs.map((run) => run.eventId ?? null),
    runs.map((run) => (run.scheduleId ? uuidFromId(run.scheduleId) : null)),
    runs.map((run) => run.scheduledFor ?? null),
    runs.map((run) => (run.replayOf ? uuidFromId(run.replayOf) : null)),
    runs.map((run) => (run.payload === undefined ? null : JSON.stringify(run.payload))),
    runs.map((run) => run.depth),
    runs.map((run) => JSON.stringify(run.policy)),
    runs.map((run) => run.waitingFor ?? null),
    runs.map((run) => run.notBefore ?? null),
    runs.map((run) => (run.webhookId ? uuidFromId(run.webhookId) : null)),
    runs.map((run) => (run.webhookId ? uuidFromId(run.deliveryId ?? run.id) : null)),
    runs.map((run) => run.startedBy ?? null),
  ]);
  await recordDeliveries(tx, runs);
  await wakeRelays(tx);
}

/** A name for each transaction that tells of work. */
const commits = new WeakMap<object, string>();

/**
 * Tells every worker, once this commits, that background work of the transaction's tenant is due; of any tenant, when
 * it is not one tenant's. All that a transaction tells has one name, so that the workers that hear of it put one permit
 * into the queue and not one each.
 */
export async function wakeRelays(tx: Pick<TenantTransaction, 'notify'> & { tenantUuid?: string }): Promise<void> {
  const commit = commits.get(tx) ?? newUuid();
  commits.set(tx, commit);
  await tx.notify('annex_work', `${tx.tenantUuid ?? '-'} ${commit}`);
}

/**
 * Throws `QUEUE_FULL` unless `more` background runs fit under the tenant's cap. Transactions that commit at the same
 * moment may exceed it by what they add: it bounds a flood, it is no quota to the last run.
 */
export async function ensureRoom(tx: TenantTransaction, more: number): Promise<void> {
  const cap = tenantLimits.queuedRuns;
  const open = await countOpenRuns(tx, cap + 1);
  if (open + more <= cap) return;
  throw outcomeErrors.error(
    'QUEUE_FULL',
    `${Math.min(open, cap)} background runs of this tenant are unfinished and ${more} more would exceed ${cap}. ` +
      'Try again when some have ended, or cancel runs.',
    { retryAfterS: 5, extra: { limit: cap } },
  );
}

/** How many more background runs fit under the tenant's cap. */
export async function roomLeft(tx: TenantTransaction): Promise<number> {
  return Math.max(0, tenantLimits.queuedRuns - (await countOpenRuns(tx, tenantLimits.queuedRuns)));
}

const countOpenSql = statement(
  `select count(*)::int as n from (select 1 from runs
   where tenant_id = $1 and status in ('queued', 'running', 'retrying') limit $2) open`,
);

async function countOpenRuns(tx: TenantTransaction, upTo: number): Promise<number> {
  const [row] = await tx.query<{ n: number }>(countOpenSql, [tx.tenantUuid, upTo]);
  return row?.n ?? 0;
}
