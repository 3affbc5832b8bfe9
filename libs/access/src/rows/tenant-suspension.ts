import { uuidFromId, type Id } from '@annex/kernel';
import type { PlatformTransaction } from '@annex/database';
import { wakeRelays } from '@annex/runs';
import { changedWholly } from './tenants.js';
import { TenantRow, type SuspensionScope } from './tenant-row.js';

/** Column `tenant_shut_for` of a tenant `t`: why nobody but operators enters it; `null`: it is open. */
export const shutFor = `case when t.suspend_scope = 'everything' then t.suspend_reason end as tenant_shut_for`;

/** Brings a tenant to a standstill, or writes anew how much of it and why. Call under `lockTenantBySlug`. */
export async function writeSuspension(
  tx: PlatformTransaction,
  id: Id<'tenant'>,
  { by, reason, scope }: { by: string; reason: string; scope: SuspensionScope },
): Promise<void> {
  await tx.query(
    `update tenants set suspended_at = coalesce(suspended_at, now()), suspended_by = $2, suspend_reason = $3,
       suspend_scope = $4, updated_at = now() where id = $1`,
    [uuidFromId(id), by, reason, scope],
  );
  // Connections that sources hold write nothing any more; the next claim comes when the tenant goes on.
  await tx.query(
    'update sources set token = token + 1, lease_until = null where tenant_id = $1 and lease_until is not null',
    [uuidFromId(id)],
  );
  await changedWholly(tx, id);
}

/** Lets a suspended tenant go on. Call under `lockTenantBySlug`. */
export async function endSuspension(tx: PlatformTransaction, id: Id<'tenant'>): Promise<void> {
  await tx.repository(TenantRow).update(
    { id },
    {
      ...{ suspendedAt: null, suspendedBy: null, suspendReason: null, suspendScope: null },
      updatedAt: () => 'now()',
    },
  );
  await changedWholly(tx, id);
  await wakeRelays(tx);
}
