import { idFromUuid, uuidFromId, type Json } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import type { RunPolicy } from './enqueue-run.js';
import { isMovedBy } from './guards.js';
import { lockJob, unparkOverlap, type JobRef } from './overlap.js';
import { tellEnded } from './tell-ended.js';

/** A run that was not to happen any more. */
export interface Superseded {
  payload: Json;
  policy: RunPolicy;
}

/**
 * Ends those runs of a handler that nobody has begun and that a later one makes needless; answers them, the
 * oldest first. One that a worker has begun goes on. Whoever makes the later one does so in this transaction.
 */
export async function supersedeUnbegun(
  tx: TenantTransaction,
  handler: JobRef & { kind: 'job' | 'lifecycle' },
  isNeedless: (payload: Json) => boolean,
  error: { code: string; message: string },
): Promise<Superseded[]> {
  await lockJob(tx, handler);
  const rows = await tx.query<Superseded & { id: string }>(
    `select id, payload, policy from runs
     where tenant_id = $1 and installation_id = $2 and name = $3 and kind = $4
       and ${isMovedBy('supersede', 'status')} and attempts = '[]'
     order by queued_at, id for update`,
    [tx.tenantUuid, uuidFromId(handler.installationId), handler.name, handler.kind],
  );
  const needless = rows.filter(({ payload }) => isNeedless(payload));
  if (needless.length === 0) return [];
  await tx.query(
    `update runs set status = 'cancelled', finished_at = now(), error = $3, next_attempt_at = null,
       dispatched_at = null, waiting_for = null
     where tenant_id = $1 and id = any($2)`,
    [tx.tenantUuid, needless.map(({ id }) => id), JSON.stringify(error)],
  );
  for (const { id } of needless) await tellEnded(tx, idFromUuid('run', id), 'cancelled');
  await unparkOverlap(tx, handler);
  return needless.map(({ payload, policy }) => ({ payload, policy }));
}
