/**
 * What the holder of a claim may do with its run. A claim counts up `claims`, which is also the fencing number:
 * whatever a worker writes about a run holds only while `claims` is still the number it got, so one that stood still
 * while another took over can change nothing. How a claim is made: claim-due.ts.
 */
import { idFromUuid, uuidFromId, type Id, type Json } from '@annex/kernel';
import { statement, type PlatformTransaction, type TenantTransaction, type Transaction } from '@annex/database';
import { isMove, isMovedBy } from './guards.js';
import { wakeRelays, type WaitReason } from './enqueue-run.js';
import { tellEnded } from './tell-ended.js';
import { nowText } from './texts.js';

/**
 * Changes the last entry of `attempts`, whose word on an error is the last: a worker that was given up may come back
 * with a success.
 */
const endLastAttempt = (change: string): string =>
  `case when r.attempts = '[]' then r.attempts else jsonb_set(r.attempts, '{-1}', (r.attempts->-1) - 'error' || ` +
  `${change}) end`;

/**
 * A run by its key, locked; several are locked in the order of their keys, so that two who want the same ones cannot
 * wait for each other. What it must be like is asked outside: asked inside, a prepared statement may be planned to look
 * through every open run instead.
 */
const lockedRun = (wanted: string): string =>
  `(select l.claims, l.status, l.cancel_requested, l.kind, l.installation_id from runs l
   where l.tenant_id = ${wanted}.tenant_id and l.id = ${wanted}.id offset 0 for update)`;

/** A claim as its holder remembers it. */
export interface HeldClaim {
  tenantId: Id<'tenant'>;
  runId: Id<'run'>;
  claim: number;
}

const renewSql = statement(
  `with held as materialized (
     select h.tenant_id, h.id from (select * from unnest($1::uuid[], $2::uuid[], $3::int[]) as h (tenant_id, id, claim)
     order by 1, 2) h
     cross join lateral ${lockedRun('h')} r
     where r.claims = h.claim and r.status = 'running'
   )
   update runs r set lease_until = now() + $4::float8 * interval '1 millisecond'
   from held h where r.tenant_id = h.tenant_id and r.id = h.id returning r.id, r.cancel_requested`,
);

/** Extends leases; answers those claims that still hold, each with whether somebody asked to cancel its run. */
export async function renewLeases(
  tx: PlatformTransaction,
  held: readonly HeldClaim[],
  leaseMs: number,
): Promise<Map<Id<'run'>, { cancelRequested: boolean }>> {
  const rows = await tx.query<{ id: string; cancel_requested: boolean }>(renewSql, [
    held.map(({ tenantId }) => uuidFromId(tenantId)),
    held.map(({ runId }) => uuidFromId(runId)),
    held.map(({ claim }) => claim),
    leaseMs,
  ]);
  return new Map(
    rows.map(({ id, cancel_requested }) => [idFromUuid('run', id), { cancelRequested: cancel_requested }]),
  );
}

/** How an attempt ended and what follows. */
export interface AttemptEnd {
  tenantId: Id<'tenant'>;
  runId: Id<'run'>;
  claim: number;
  /** `retrying` and `queued` need `delayMs`; `queued`: it waits for what `waitingFor` says. */
  status: 'succeeded' | 'failed' | 'cancelled' | 'retrying' | 'skipped' | 'queued';
  delayMs?: number;
  waitingFor?: WaitReason;
  /** The failure goes into the plugin's own count, which drives its retry schedule. */
  countsAsAttempt: boolean;
  /** The failure is the plugin's own and speaks against its health. Default `false`. */
  blamesPlugin?: boolean;
  result?: Json | undefined;
  error?: { code: string; message: string };
  /** Used and allowed amount of each limit (`usageRecord` of libs/limits). */
  limits: Json;
  /** Version of the release that ran. */
  release: string | null;
}

/** What a run is after its attempt ended. */
export interface EndedAttempt {
  status: AttemptEnd['status'];
  /**
   * Something was parked behind it: another run of its job, or another delivery to its endpoint. Unpark that once this
   * has committed.
   */
  isWaitedFor: boolean;
  /**
   * How many runs of its plugin have failed for good in a row by the plugin's own fault, when this attempt failed by
   * it; else 0.
   */
  failedRuns: number;
}

const finishSql = statement(
  `with ended as materialized (
     select e.tenant_id, e.id, case when r.cancel_requested
       and e.status in ('failed', 'retrying', 'queued') then 'cancelled' else e.status end as next,
       e.error::jsonb as error, e.counts, e.result, e.limits, e.release, e.delay_ms, e.blames, e.waiting_for,
       r.installation_id, r.kind
     from (select * from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::int[], $7::text[],
       $8::text[], $9::text[], $10::float8[], $11::bool[], $12::text[])
       as e (tenant_id, id, claim, status, error, counts, result, limits, release, delay_ms, blames, waiting_for)
       order by 1, 2) e
     cross join lateral ${lockedRun('e')} r
     where r.claims = e.claim and ${isMove('finish', 'r.status', 'e.status')}
   ), well as materialized (
     select distinct tenant_id, installation_id from ended
     where next = 'succeeded' and kind in ('event', 'job') and installation_id is not null
   ), failing as (
     insert into plugin_failures as f (tenant_id, installation_id, attempts, runs, last_run_id, last_error)
     select e.tenant_id, e.installation_id, count(*), count(*) filter (where e.next = 'failed'),
       (array_agg(e.id order by e.id desc))[1], (array_agg(e.error order by e.id desc))[1]::json
     from ended e where e.blames and e.next in ('failed', 'retrying') and e.kind in ('event', 'job')
       and e.installation_id is not null
       and not exists (select 1 from well w where w.tenant_id = e.tenant_id and w.installation_id = e.installation_id)
     group by 1, 2 order by 1, 2
     on conflict (tenant_id, installation_id) do update
     set attempts = f.attempts + excluded.attempts, runs = f.runs + excluded.runs, last_at = now(),
       last_run_id = excluded.last_run_id, last_error = excluded.last_error
     returning tenant_id, installation_id, attempts, runs
   ), recovered as (
     delete from plugin_failures f using well w
     where f.tenant_id = w.tenant_id and f.installation_id = w.installation_id
   )
   update runs r set
     status = e.next, finished_at = case when e.next not in ('retrying', 'queued') then now() end,
     -- Whoever only waits leaves no attempt.
     attempts = case when e.next = 'queued' then r.attempts - (-1) else
       ${endLastAttempt(`jsonb_strip_nulls(jsonb_build_object('finished_at', ${nowText}, 'error', e.error))`)} end,
     waited = r.waited + case when e.next = 'queued' then 1 else 0 end,
     waiting_for = case when e.next = 'queued' then e.waiting_for end,
     attempt_count = r.attempt_count + e.counts, result = e.result::json,
     error = case when e.next <> 'queued' then e.error::json end,
       limits = e.limits::json, release = coalesce(e.release, r.release),
     next_attempt_at = case when e.next in ('retrying', 'queued')
       then now() + e.delay_ms * interval '1 millisecond' end,
     lease_until = null, lease_owner = null, cancel_requested = false
   from ended e where r.tenant_id = e.tenant_id and r.id = e.id
   returning r.id, r.status, case
     when r.webhook_id is not null then exists (select 1 from runs p
     where p.tenant_id = r.tenant_id and p.webhook_id = r.webhook_id and p.waiting_for = 'endpoint')
     when r.kind in ('job', 'lifecycle') and e.next not in ('retrying', 'queued') then exists (
       select 1 from runs p where p.tenant_id = r.tenant_id and p.installation_id = r.installation_id
         and p.kind = r.kind and p.name = r.name and p.waiting_for = 'overlap')
     else false end as waited_for,
     (select f.runs from failing f where f.tenant_id = r.tenant_id
       and f.installation_id = r.installation_id) as failed_runs`,
);

/**
 * Writes how attempts ended, in one statement; the answer has, in the order given, `null` for each whose claim holds no
 * more because another worker has taken over. A failure of a run that somebody asked to cancel ends it as `cancelled`.
 * A success is taken even when the lease ran out, as long as nobody else has started the run since.
 */
export async function finishAttempts(tx: Transaction, ends: readonly AttemptEnd[]): Promise<(EndedAttempt | null)[]> {
  const errors = ends.map(
    ({ error }) => error && { code: storable(error.code, 64), message: storable(error.message, 8192) },
  );
  const rows = await tx.query<{
    id: string;
    status: AttemptEnd['status'];
    waited_for: boolean;
    failed_runs: number | null;
  }>(finishSql, [
    ends.map((end) => uuidFromId(end.tenantId)),
    ends.map((end) => uuidFromId(end.runId)),
    ends.map((end) => end.claim),
    ends.map((end) => end.status),
    errors.map((error) => (error ? JSON.stringify(error) : null)),
    ends.map((end) => (end.countsAsAttempt ? 1 : 0)),
    ends.map((end) => (end.result === undefined ? null : JSON.stringify(end.result))),
    ends.map((end) => JSON.stringify(end.limits)),
    ends.map((end) => end.release),
    ends.map((end) => end.delayMs ?? 0),
    ends.map((end) => end.blamesPlugin ?? false),
    ends.map((end) => end.waitingFor ?? null),
  ]);
  for (const { id, status } of rows)
    if (status !== 'retrying' && status !== 'queued') await tellEnded(tx, idFromUuid('run', id), status);
  const found = new Map(rows.map((row) => [row.id, row]));
  return ends.map(({ runId }) => {
    const row = found.get(uuidFromId(runId));
    return row ? { status: row.status, isWaitedFor: row.waited_for, failedRuns: row.failed_runs ?? 0 } : null;
  });
}

/** {@link finishAttempts} for one attempt: the status its run has now, or `null`. */
export async function finishAttempt(tx: Transaction, end: AttemptEnd): Promise<AttemptEnd['status'] | null> {
  const [ended] = await finishAttempts(tx, [end]);
  return ended?.status ?? null;
}

/**
 * Gives a claimed run back so that another worker can start it at once; the try leaves no trace but a higher fencing
 * number. One that somebody asked to cancel ends instead.
 * `park`: it shall wait until its plugin is enabled.
 */
export async function handBack(
  tx: TenantTransaction,
  { runId, claim, park = false }: { runId: Id<'run'>; claim: number; park?: boolean },
): Promise<boolean> {
  const [row] = await tx.query<{ status: string }>(
    `update runs set status = case when cancel_requested then 'cancelled' else 'queued' end,
       attempts = case when cancel_requested then attempts else attempts - (-1) end,
       finished_at = case when cancel_requested then now() end,
       error = case when cancel_requested
         then json_build_object('code', 'CANCELLED', 'message', 'The run was cancelled.') else error end,
       next_attempt_at = case when cancel_requested or $4 then null else now() end,
       waiting_for = case when $4 and not cancel_requested then 'plugin' end, lease_until = null, lease_owner = null,
         cancel_requested = false
     where tenant_id = $1 and id = $2 and claims = $3 and ${isMovedBy('handBack', 'status')} returning status`,
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
