import { idFromUuid, type Id } from '@annex/kernel';
import { retryLimits } from '@annex/limits';
import type { PlatformTransaction } from '@annex/database';
import { wakeRelays } from './enqueue-run.js';
import { isMovedBy } from './guards.js';

/** A run whose worker stopped renewing its lease, and what became of it. */
export interface ExpiredLease {
  tenantId: Id<'tenant'>;
  runId: Id<'run'>;
  /** The dispatcher that had it. */
  owner: string | null;
  status: 'queued' | 'failed' | 'cancelled';
}

/**
 * Takes runs away from workers whose lease ran out. They start again, the later the more often it happened, and end as
 * `CRASH_LOOP` after {@link retryLimits.claims} starts without an outcome: work that kills whoever touches it must not
 * go on for ever.
 */
export async function expireLeases(
  tx: PlatformTransaction,
  { limit = 200 }: { limit?: number } = {},
): Promise<ExpiredLease[]> {
  const rows = await tx.query<{ tenant_id: string; id: string; owner: string | null; status: ExpiredLease['status'] }>(
    `with expired as (
       select tenant_id, id, lease_owner, claims - attempt_count - waited as starts,
         case when cancel_requested then 'cancelled' when claims - attempt_count - waited >= $2 then 'failed'
           else 'queued'
           end as next
       from runs where lease_until < now() and ${isMovedBy('expire', 'status')} order by lease_until limit $1
       for update skip locked
     )
     update runs r set status = e.next, lease_until = null, lease_owner = null, cancel_requested = false,
       finished_at = case when e.next <> 'queued' then now() end,
       next_attempt_at = case when e.next = 'queued'
         then now() + least(300, power(2, e.starts - 1) - 1) * interval '1 second' end,
       error = case e.next when 'failed' then json_build_object('code', 'CRASH_LOOP', 'message',
         'The run was started ' || e.starts ||
         ' times and its worker never reported an end. Look for a handler that exhausts the machine.')
         when 'cancelled' then json_build_object('code', 'CANCELLED', 'message', 'The run was cancelled.') else r.error
           end,
       attempts = case when attempts = '[]' then attempts
         else jsonb_set(attempts, '{-1}', attempts->-1 || jsonb_build_object(
         'finished_at', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
         'error', jsonb_build_object('code', 'EXECUTOR_LOST', 'message', 'The worker that ran it stopped answering.')))
           end
     from expired e where r.tenant_id = e.tenant_id and r.id = e.id
     returning r.tenant_id, r.id, e.lease_owner as owner, r.status`,
    [limit, retryLimits.claims],
  );
  for (const { id, status } of rows) if (status !== 'queued') await tx.notify('annex_run', `${id} ${status}`);
  if (rows.length > 0) await wakeRelays(tx);
  return rows.map(({ tenant_id, id, owner, status }) => ({
    tenantId: idFromUuid('tenant', tenant_id),
    runId: idFromUuid('run', id),
    owner,
    status,
  }));
}

/**
 * Makes runs due again that a worker of an earlier release handed over by name and nobody has claimed: such a worker
 * may go on beside this one until it is replaced. Goes with the column, a release later.
 */
export async function takeBackHandedOver(tx: PlatformTransaction): Promise<number> {
  return tx.execute(
    `update runs set dispatched_at = null, next_attempt_at = now()
     where dispatched_at < now() - interval '15 seconds' and ${isMovedBy('claim', 'status')}`,
  );
}
