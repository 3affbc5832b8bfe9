import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import { takeTurn, type PlatformTransaction, type TenantTransaction } from '@annex/database';
import { wakeRelays } from './enqueue-run.js';
import { isMovedBy, isOpen } from './guards.js';
import { tellEnded } from './tell-ended.js';

/** One job of one installation, or the handlers of one lifecycle moment that are called one after the other. */
export interface JobRef {
  installationId: Id<'installation'>;
  name: string;
}

/**
 * Takes turns at deciding about a job, so that two ticks or calls cannot both find it idle. Held until the transaction
 * ends.
 */
export async function lockJob(tx: TenantTransaction, job: JobRef): Promise<void> {
  await takeTurn(tx, 'job', uuidFromId(job.installationId), job.name);
}

/** How many runs of a job are under way and how many wait, those between two attempts included. */
export async function countJobRuns(
  tx: TenantTransaction,
  { installationId, name }: JobRef,
): Promise<{ running: number; queued: number }> {
  const [row] = await tx.query<{ running: number; queued: number }>(
    `select count(*) filter (where status = 'running')::int as running,
       count(*) filter (where status <> 'running')::int as queued from runs
     where tenant_id = $1 and installation_id = $2 and kind = 'job' and name = $3
       and status in ('queued', 'running', 'retrying')`,
    [tx.tenantUuid, uuidFromId(installationId), name],
  );
  return row ?? { running: 0, queued: 0 };
}

const unparkIdle = (scope: string): string => `
  update runs set waiting_for = null,
    next_attempt_at = greatest(now(),
      queued_at + coalesce((policy->'settle'->>'ms')::float8, 0) * interval '1 millisecond')
  where waiting_for = 'overlap' and (tenant_id, id) in (
    select distinct on (p.tenant_id, p.installation_id, p.kind, p.name) p.tenant_id, p.id from runs p
    where p.waiting_for = 'overlap' ${scope} and not exists (
      select 1 from runs o where o.tenant_id = p.tenant_id and o.installation_id = p.installation_id and o.kind = p.kind
        and o.name = p.name
        and o.status in ('queued', 'running', 'retrying') and o.waiting_for is distinct from 'overlap')
    order by p.tenant_id, p.installation_id, p.kind, p.name, p.queued_at, p.id)`;

/**
 * Unparks the longest waiting run of a job if nothing of that job is under way any more. Call under {@link lockJob},
 * taken before any run's row.
 */
export async function unparkOverlap(tx: TenantTransaction, job: JobRef): Promise<void> {
  const unparked = await tx.execute(unparkIdle('and p.tenant_id = $1 and p.installation_id = $2 and p.name = $3'), [
    tx.tenantUuid,
    uuidFromId(job.installationId),
    job.name,
  ]);
  if (unparked > 0) await wakeRelays(tx);
}

/** {@link unparkOverlap} in a turn of its own. */
export async function unparkJob(tx: TenantTransaction, job: JobRef): Promise<void> {
  await lockJob(tx, job);
  await unparkOverlap(tx, job);
}

/**
 * Gives a parked run its place behind those that were made before: by when this statement runs. A transaction's own
 * time is when it began, and one that waited for its turn to change a plugin may have begun first and come last.
 */
export async function takePlaceInTurn(tx: TenantTransaction, runId: Id<'run'>): Promise<void> {
  await tx.query('update runs set queued_at = clock_timestamp() where tenant_id = $1 and id = $2', [
    tx.tenantUuid,
    uuidFromId(runId),
  ]);
}

/**
 * Tells the dispatchers, once this commits, that a run of a job was parked: what it waits for may have ended at the
 * same moment.
 */
export async function tellParked(tx: TenantTransaction, { installationId, name }: JobRef): Promise<void> {
  await tx.notify(
    'annex_parked',
    JSON.stringify({ tenant: tx.tenantUuid, installation: uuidFromId(installationId), name }),
  );
}

/** The same for every job: for when the one that should have done it died. */
export async function unparkOverlaps(tx: PlatformTransaction): Promise<number> {
  return tx.execute(unparkIdle(''));
}

/** Makes runs due again that were parked because their plugin was not enabled, when it now is. */
export async function unparkEnabled(tx: PlatformTransaction, tenantId?: Id<'tenant'>): Promise<number> {
  return tx.execute(
    `update runs r set waiting_for = null, next_attempt_at = now() from installations i
     where r.waiting_for = 'plugin' and i.tenant_id = r.tenant_id and i.id = r.installation_id and i.status = 'enabled'
       and ($1::uuid is null or r.tenant_id = $1)`,
    [tenantId ? uuidFromId(tenantId) : null],
  );
}

/**
 * Cancels every unfinished run of a job: those that wait at once, those under way as soon as their worker hears of it.
 */
export async function cancelJobRuns(
  tx: TenantTransaction,
  { installationId, name }: JobRef,
  error: { code: string; message: string },
): Promise<void> {
  const rows = await tx.query<{ id: string; status: string }>(
    `update runs set status = case when ${isMovedBy('replace', 'status')} then 'cancelled' else status end,
       cancel_requested = status = 'running',
       finished_at = case when status <> 'running' then now() end, error = case when status <> 'running' then $4::json
         end,
       next_attempt_at = null, dispatched_at = null, waiting_for = null
     where tenant_id = $1 and installation_id = $2 and kind = 'job' and name = $3 and ${isOpen('status')}
     returning id, status`,
    [tx.tenantUuid, uuidFromId(installationId), name, JSON.stringify(error)],
  );
  for (const { id, status } of rows) {
    if (status === 'running') await tx.notify('annex_cancel', id);
    else await tellEnded(tx, idFromUuid('run', id), status);
  }
}
