import { uuidFromId, type Id } from '@annex/kernel';
import type { PlatformTransaction } from '@annex/database';
import { wakeRelays } from './enqueue-run.js';

/**
 * Has a tenant's runs that wait for a quota of the day looked at again, in a second: until then every process has heard
 * that the quota is another one, and refuses none of them for what it knew before.
 */
export async function wakeQuotaWaiters(tx: PlatformTransaction, tenantId: Id<'tenant'>): Promise<void> {
  const woken = await tx.execute(
    `update runs set next_attempt_at = now() + interval '1 second'
     where tenant_id = $1 and waiting_for = 'quota' and next_attempt_at > now() + interval '1 second'`,
    [uuidFromId(tenantId)],
  );
  if (woken > 0) await wakeRelays(tx);
}
