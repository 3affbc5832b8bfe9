/**
 * Who may work on a run. A claim is a compare-and-set on `claims`, which is also the fencing number: whatever a worker writes about a run
 * holds only while `claims` is still the number it got, so one that stood still while another took over can change nothing.
 */
import { idFromUuid, uuidFromId, type Id, type Json } from '@annex/kernel';
import type { PlatformTransaction, TenantTransaction } from '../core/database.js';
import { wakeRelays, type BackgroundKind, type RunPolicy } from './enqueue-run.js';
import { lockJob, releaseOverlap, type JobRef } from './overlap.js';
import { tellEnded } from './told.js';

/** A run that this worker alone may try, until its lease runs out. */
export interface ClaimedRun {
  id: Id<'run'>;
  tenantId: Id<'tenant'>;
  installationId: Id<'installation'>;
  /** The plugin's slug. */
  plugin: string;
  kind: BackgroundKind;
  name: string;
  /** Which of several handlers with the same kind and name, from 0. */
  ordinal: number;
  eventId: string | null;
  /** The handler's second argument; for kind `event` the event as `{ id, type, source, subject, data, time }`. */
  payload: Json | undefined;
  /** Which try this is, from 1. */
  attempt: number;
  /** The fencing number. */
  claim: number;
  /** How many attempts the handler itself has failed. */
  failures: number;
  depth: number;
  policy: RunPolicy;
  scheduledFor: Date | null;
  queuedAt: Date;
}

interface ClaimedRow {
  installation_id: string;
  plugin: string;
  kind: BackgroundKind;
  name: string;
  ordinal: number;
  event_id: string | null;
  payload: string | null;
  attempt: number;
  claims: number;
  attempt_count: number;
  depth: number;
  policy: RunPolicy;
  scheduled_for: Date | null;
  queued_at: Date;
  event_type: string | null;
  event_source: string | null;
  event_subject: string | null;
  event_data: string | null;
  event_time: Date | null;
}

/** An instant as the API writes it. */
const nowText = `to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Changes the last entry of `attempts`, whose word on an error is the last: a worker that was given up may come back with a success. */
const endLastAttempt = (change: string): string => `case when attempts = '[]' then attempts else jsonb_set(attempts, '{-1}', (attempts->-1) - 'error' || ${change}) end`;

/**
 * Takes a run that waits, or answers `null` when there is nothing to take: another worker was faster, it was cancelled, or the ticket is of
 * an earlier time.
 */
export async function claimRun(tx: TenantTransaction, { runId, claims, owner, leaseMs }: { runId: Id<'run'>; claims: number; owner: string; leaseMs: number }): Promise<ClaimedRun | null> {
  const [row] = await tx.query<ClaimedRow>(
    `with claimed as (
       update runs set status = 'running', claims = claims + 1, lease_owner = $4, lease_until = now() + $5 * interval '1 millisecond',
         dispatched_at = null, next_attempt_at = null, started_at = coalesce(started_at, now()),
         attempts = attempts || jsonb_build_array(jsonb_build_object('number', jsonb_array_length(attempts) + 1, 'started_at', ${nowText}))
       where tenant_id = $1 and id = $2 and claims = $3 and status in ('queued', 'retrying') and waiting_for is null
       returning *
     )
     select c.installation_id, c.plugin, c.kind, c.name, c.ordinal, c.event_id, c.payload::text as payload, jsonb_array_length(c.attempts) as attempt,
       c.claims, c.attempt_count, c.depth, c.policy, c.scheduled_for, c.queued_at,
       e.type as event_type, e.source as event_source, e.subject as event_subject, e.data::text as event_data, e.time as event_time
     from claimed c left join events e on c.kind = 'event' and e.tenant_id = c.tenant_id and e.id = c.event_id`,
    [tx.tenantUuid, uuidFromId(runId), claims, owner, leaseMs],
  );
  if (!row) return null;
  return {
    id: runId,
    tenantId: tx.tenantId,
    installationId: idFromUuid('installation', row.installation_id),
    plugin: row.plugin,
    kind: row.kind,
    name: row.name,
    ordinal: row.ordinal,
    eventId: row.event_id,
    payload: payloadOf(row),
    attempt: row.attempt,
    claim: row.claims,
    failures: row.attempt_count,
    depth: row.depth,
    policy: row.policy,
    scheduledFor: row.scheduled_for,
    queuedAt: row.queued_at,
  };
}

function payloadOf(row: ClaimedRow): Json | undefined {
  const own = row.payload === null ? undefined : (JSON.parse(row.payload) as Json);
  if (row.kind !== 'event' || row.event_type === null) return own;
  const data = own !== undefined ? own : (JSON.parse(row.event_data ?? 'null') as Json);
  return { id: row.event_id, type: row.event_type, source: row.event_source, subject: row.event_subject, data, time: row.event_time?.toISOString() ?? null };
}

/** A claim as its holder remembers it. */
export interface HeldClaim {
  tenantId: Id<'tenant'>;
  runId: Id<'run'>;
  claim: number;
}

/** Extends leases; answers those claims that still hold, each with whether somebody asked to cancel its run. */
export async function renewLeases(tx: PlatformTransaction, held: readonly HeldClaim[], leaseMs: number): Promise<Map<Id<'run'>, { cancelRequested: boolean }>> {
  const rows = await tx.query<{ id: string; cancel_requested: boolean }>(
    `update runs r set lease_until = now() + $4 * interval '1 millisecond'
     from unnest($1::uuid[], $2::uuid[], $3::int[]) as h (tenant_id, id, claim)
     where r.tenant_id = h.tenant_id and r.id = h.id and r.claims = h.claim and r.status = 'running'
     returning r.id, r.cancel_requested`,
    [held.map(({ tenantId }) => uuidFromId(tenantId)), held.map(({ runId }) => uuidFromId(runId)), held.map(({ claim }) => claim), leaseMs],
  );
  return new Map(rows.map(({ id, cancel_requested }) => [idFromUuid('run', id), { cancelRequested: cancel_requested }]));
}

/** How an attempt ended and what follows. */
export interface AttemptEnd {
  runId: Id<'run'>;
  claim: number;
  /** Set for kind `job`: the next waiting run of the job goes when this one has ended. */
  job?: JobRef | undefined;
  /** `retrying` needs `delayMs`. */
  status: 'succeeded' | 'failed' | 'cancelled' | 'retrying';
  delayMs?: number;
  /** The failure goes into the plugin's own count, which drives its retry schedule. */
  countsAsAttempt: boolean;
  result?: Json | undefined;
  error?: { code: string; message: string };
  /** Used and allowed amount of each limit (lifecycle's usage record). */
  limits: Json;
  /** Version of the release that ran. */
  release: string | null;
}

/**
 * Writes an attempt's end, if the claim still holds; answers the status the run has now, or `null` when another worker has taken over.
 * A failure of a run that somebody asked to cancel ends it as `cancelled`. A success is taken even when the lease ran out, as long as
 * nobody else has started the run since.
 */
export async function finishAttempt(tx: TenantTransaction, end: AttemptEnd): Promise<AttemptEnd['status'] | null> {
  const error = end.error && { code: storable(end.error.code, 64), message: storable(end.error.message, 8192) };
  // Before the run's row, in the order in which a tick takes both.
  if (end.job) await lockJob(tx, end.job);
  const [row] = await tx.query<{ status: AttemptEnd['status'] }>(
    `with ended as (
     update runs set
       status = s.status, finished_at = case when s.status <> 'retrying' then now() end,
       attempts = ${endLastAttempt(`jsonb_strip_nulls(jsonb_build_object('finished_at', ${nowText}, 'error', $5::jsonb))`)},
       attempt_count = attempt_count + $6::int, result = $7::json, error = $5::json, limits = $8::json, release = coalesce($9, release),
       next_attempt_at = case when s.status = 'retrying' then now() + $10::float8 * interval '1 millisecond' end,
       dispatched_at = null, lease_until = null, lease_owner = null, cancel_requested = false
     from (select r.id, case when r.cancel_requested and $4 in ('failed', 'retrying') then 'cancelled' else $4 end as status from runs r where r.tenant_id = $1 and r.id = $2) s
     where runs.tenant_id = $1 and runs.id = $2 and claims = $3 and (runs.status = 'running' or runs.status = 'queued' and $4 = 'succeeded')
     returning runs.id, runs.status)
     select status, case when status <> 'retrying' then pg_notify('annex_run', id::text || ' ' || status) end from ended`,
    [
      tx.tenantUuid,
      uuidFromId(end.runId),
      end.claim,
      end.status,
      error ? JSON.stringify(error) : null,
      end.countsAsAttempt ? 1 : 0,
      end.result === undefined ? null : JSON.stringify(end.result),
      JSON.stringify(end.limits),
      end.release,
      end.delayMs ?? 0,
    ],
  );
  if (!row) return null;
  if (row.status !== 'retrying' && end.job) await releaseOverlap(tx, end.job);
  return row.status;
}

/**
 * Gives a claimed run back so that another worker can start it at once; the try leaves no trace but a higher fencing number. One that
 * somebody asked to cancel ends instead.
 * `park`: it shall wait until its plugin is enabled.
 */
export async function handBack(tx: TenantTransaction, { runId, claim, park = false }: { runId: Id<'run'>; claim: number; park?: boolean }): Promise<boolean> {
  const [row] = await tx.query<{ status: string }>(
    `update runs set status = case when cancel_requested then 'cancelled' else 'queued' end,
       attempts = case when cancel_requested then attempts else attempts - (-1) end,
       finished_at = case when cancel_requested then now() end,
       error = case when cancel_requested then json_build_object('code', 'CANCELLED', 'message', 'The run was cancelled.') else error end,
       next_attempt_at = case when cancel_requested or $4 then null else now() end,
       waiting_for = case when $4 and not cancel_requested then 'plugin' end, lease_until = null, lease_owner = null, cancel_requested = false
     where tenant_id = $1 and id = $2 and claims = $3 and status = 'running' returning status`,
    [tx.tenantUuid, uuidFromId(runId), claim, park],
  );
  if (!row) return false;
  if (row.status === 'cancelled') await tellEnded(tx, runId, row.status);
  await wakeRelays(tx);
  return true;
}

/** Text that every JSON type of PostgreSQL takes: no NUL, no lone surrogates, not longer than `max` characters. */
function storable(text: string, max: number): string {
  return text.slice(0, max).toWellFormed().replaceAll('\0', '\uFFFD');
}
