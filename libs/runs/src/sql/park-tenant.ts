import { uuidFromId, type Id } from '@annex/kernel';
import type { PlatformTransaction } from '@annex/database';

/**
 * Parks what was handed over of a tenant and not begun: the reconciler makes it due again, and no relay takes it while
 * the tenant is suspended.
 */
export async function parkTenant(tx: PlatformTransaction, id: Id<'tenant'>): Promise<void> {
  await tx.query(
    `update runs set waiting_for = case when webhook_id is null then 'plugin' else 'endpoint' end, dispatched_at = null,
       next_attempt_at = null
     where tenant_id = $1 and dispatched_at is not null and kind <> 'lifecycle'`,
    [uuidFromId(id)],
  );
}
