import { idFromUuid, uuidFromId, type Id, type Json } from '@annex/kernel';
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import type { RunStatus } from '../run-status.js';
import { isOpen } from './guards.js';

/** The run of a lifecycle handler that was made last. */
export interface LatestLifecycleRun {
  status: RunStatus;
  payload: Json;
  error: { code: string; message: string } | null;
}

/** Whether a lifecycle handler of an installation still has to run, or runs. */
export async function hasOpenLifecycleRun(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  name: string,
): Promise<boolean> {
  const rows = await tx.query(
    `select 1 from runs where tenant_id = $1 and installation_id = $2 and kind = 'lifecycle' and name = $3
       and ${isOpen('status')} limit 1`,
    [tx.tenantUuid, uuidFromId(installationId), name],
  );
  return rows.length > 0;
}

/** The runs of a lifecycle handler of an installation that have not ended. */
export async function openLifecycleRuns(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  name: string,
): Promise<Id<'run'>[]> {
  const rows = await tx.query<{ id: string }>(
    `select id from runs where tenant_id = $1 and installation_id = $2 and kind = 'lifecycle' and name = $3
       and ${isOpen('status')} order by id`,
    [tx.tenantUuid, uuidFromId(installationId), name],
  );
  return rows.map(({ id }) => idFromUuid('run', id));
}

/** How the last run of an installation's lifecycle handler stands; `undefined`: there was none. */
export async function latestLifecycleRun(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  name: string,
): Promise<LatestLifecycleRun | undefined> {
  const [row] = await tx.query<LatestLifecycleRun>(
    `select status, payload, error from runs
     where tenant_id = $1 and installation_id = $2 and kind = 'lifecycle' and name = $3
     order by queued_at desc, id desc limit 1`,
    [tx.tenantUuid, uuidFromId(installationId), name],
  );
  return row;
}

/** Of some installations those of which no run of a lifecycle handler is open. UUIDs. */
export async function withoutOpenLifecycleRun(
  tx: PlatformTransaction,
  installations: readonly { tenant_id: string; id: string }[],
  name: string,
): Promise<{ tenant_id: string; id: string }[]> {
  if (installations.length === 0) return [];
  return tx.query(
    `select i.tenant_id, i.id from unnest($1::uuid[], $2::uuid[]) as i (tenant_id, id)
     where not exists (select 1 from runs r where r.tenant_id = i.tenant_id and r.installation_id = i.id
       and r.kind = 'lifecycle' and r.name = $3 and ${isOpen('r.status')})`,
    [installations.map(({ tenant_id }) => tenant_id), installations.map(({ id }) => id), name],
  );
}
