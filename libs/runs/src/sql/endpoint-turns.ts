/**
 * One endpoint that answers slowly must not take every slot of its tenant: only so many of its deliveries are under way
 * at once, the rest is parked, and each that ends unparks the next.
 */
import { uuidFromId, type Id } from '@annex/kernel';
import { webhookLimits } from '@annex/limits';
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import { wakeRelays } from './enqueue-run.js';

/** How many deliveries to an endpoint are under way or about to be. */
const busy = (tenant: string, webhook: string): string => `(
  (select count(*) from runs b where b.tenant_id = ${tenant} and b.webhook_id = ${webhook}
    and b.lease_until is not null)
  + (select count(*) from (select 1 from runs b
  where b.tenant_id = ${tenant} and b.webhook_id = ${webhook} and b.next_attempt_at <= now()
  limit ${webhookLimits.atOnce}) due))`;

/** Unparks the longest waiting deliveries to an endpoint, as far as there is room. */
export async function unparkEndpoint(tx: TenantTransaction, webhookId: Id<'webhook'>): Promise<void> {
  const unparked = await tx.execute(
    `update runs set waiting_for = null, next_attempt_at = now()
     where tenant_id = $1 and waiting_for = 'endpoint' and id = any(array(
       select id from runs where tenant_id = $1 and webhook_id = $2 and waiting_for = 'endpoint' order by queued_at, id
       limit greatest(0, ${webhookLimits.atOnce} - ${busy('$1', '$2')}) for update skip locked))`,
    [tx.tenantUuid, uuidFromId(webhookId)],
  );
  if (unparked > 0) await wakeRelays(tx);
}

/** The same for every endpoint: for when the one that should have done it died. Answers how many. */
export async function unparkEndpoints(tx: PlatformTransaction): Promise<number> {
  return tx.execute(
    `update runs set waiting_for = null, next_attempt_at = now()
     where waiting_for = 'endpoint' and (tenant_id, id) in (
       select p.tenant_id, p.id from (select distinct tenant_id, webhook_id from runs where waiting_for = 'endpoint') w
       cross join lateral (
         select r.tenant_id, r.id from runs r
         where r.tenant_id = w.tenant_id and r.webhook_id = w.webhook_id and r.waiting_for = 'endpoint'
         order by r.queued_at, r.id limit greatest(0,
           ${webhookLimits.atOnce} - ${busy('w.tenant_id', 'w.webhook_id')})) p)`,
  );
}
