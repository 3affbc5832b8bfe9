import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import { RunRow } from '../rows/run-row.js';
import { lockJob, unparkOverlap, type JobRef } from './overlap.js';
import { oneRun, oneRunParameters } from './every-run.js';
import { isMovedBy, isOpen } from './guards.js';
import { tellEnded } from './tell-ended.js';

/** A run as somebody who waits for it or cancels it needs it. */
export type RunState = Pick<RunRow, 'id' | 'plugin' | 'kind' | 'name' | 'status' | 'cancelRequested'>;

/** Where a run stands, or `null` when the tenant has none with that id. */
export async function findRunState(tx: TenantTransaction, runId: Id<'run'>): Promise<RunState | null> {
  const [row] = await tx.rows<RunRow, RunState>(
    RunRow,
    `select id, plugin, kind, name, status, cancel_requested from every_run where ${oneRun}`,
    [tx.tenantUuid, ...oneRunParameters(runId)],
  );
  return row ?? null;
}

/** Asks every run of an installation that is under way to end. */
export async function cancelUnderWay(tx: TenantTransaction, installationId: Id<'installation'>): Promise<void> {
  const rows = await tx.query<{ id: string }>(
    `update runs set cancel_requested = true
     where tenant_id = $1 and installation_id = $2 and status = 'running' returning id`,
    [tx.tenantUuid, uuidFromId(installationId)],
  );
  for (const { id } of rows) await tx.notify('annex_cancel', id);
}

/**
 * Cancels a run: one that waits ends at once, one under way as soon as its worker hears of it. Answers where it stands
 * now, or `null` when there is no such run or it has ended already.
 */
export async function cancelRun(tx: TenantTransaction, runId: Id<'run'>, message: string): Promise<RunState | null> {
  const [found] = await tx.query<{ kind: string; installation_id: string; name: string }>(
    'select kind, installation_id, name from runs where tenant_id = $1 and id = $2',
    [tx.tenantUuid, uuidFromId(runId)],
  );
  const job: JobRef | undefined =
    found?.kind === 'job' || found?.kind === 'lifecycle'
      ? { installationId: idFromUuid('installation', found.installation_id), name: found.name }
      : undefined;
  if (job) await lockJob(tx, job);
  const [row] = await tx.query<Pick<RunRow, 'plugin' | 'kind' | 'name' | 'status'>>(
    `update runs set status = case when ${isMovedBy('cancel', 'status')} then 'cancelled' else status end,
       cancel_requested = status = 'running',
       finished_at = case when status <> 'running' then now() end,
       error = case when status <> 'running' then json_build_object('code', 'CANCELLED', 'message', $3::text) else error
         end,
       next_attempt_at = null, dispatched_at = null, waiting_for = null
     where tenant_id = $1 and id = $2 and ${isOpen('status')}
     returning plugin, kind, name, status`,
    [tx.tenantUuid, uuidFromId(runId), message],
  );
  if (!row) return null;
  if (row.status === 'running') await tx.notify('annex_cancel', uuidFromId(runId));
  else {
    await tellEnded(tx, runId, row.status);
    if (job) await unparkOverlap(tx, job);
  }
  return {
    id: runId,
    plugin: row.plugin,
    kind: row.kind,
    name: row.name,
    status: row.status,
    cancelRequested: row.status === 'running',
  };
}
