import { idFromUuid, type Id } from '@annex/kernel';
import type { PlatformTransaction } from '@annex/database';

/** The background work of one tenant that has not ended. */
export interface TenantQueue {
  tenantId: Id<'tenant'>;
  slug: string;
  name: string;
  weight: number;
  /** Runs that it may always have at once. */
  cap: number;
  /** Why nothing of it is started; `null`: it goes on. */
  rests: 'deleted' | 'suspended' | null;
  due: number;
  /** How long the one that waits longest has been due, in seconds; 0: none is. */
  oldestDueS: number;
  delayed: number;
  running: number;
  /** Runs that wait for something else to happen, by what: `overlap`, `plugin`, `endpoint`. */
  parked: Record<string, number>;
}

/**
 * Tenants that have background work, those with most due runs first. Reads three partial indexes, which hold what has
 * not ended and nothing else.
 */
export async function readQueueByTenant(tx: PlatformTransaction, limit: number): Promise<TenantQueue[]> {
  const rows = await tx.query<Omit<TenantQueue, 'tenantId'> & { id: string }>(
    `with waiting as (
       select tenant_id, count(*) filter (where next_attempt_at <= now())::int as due,
         count(*) filter (where next_attempt_at > now())::int as delayed, min(next_attempt_at) as first
       from runs where next_attempt_at is not null group by 1
     ), running as (
       select tenant_id, count(*)::int as n from runs where lease_until is not null group by 1
     ), parked as (
       select tenant_id, jsonb_object_agg(waiting_for, n) as by_reason from (
         select tenant_id, waiting_for, count(*)::int as n from runs where waiting_for is not null group by 1, 2) each
       group by 1
     )
     select t.id, t.slug, t.name, t.weight, t.background_concurrency as cap,
       case when t.erase_after is not null then 'deleted' when t.suspended_at is not null then 'suspended' end as rests,
       coalesce(w.due, 0) as due, coalesce(w.delayed, 0) as delayed, coalesce(r.n, 0) as running,
       case when w.due > 0 then extract(epoch from now() - w.first)::float8 else 0 end as "oldestDueS",
       coalesce(p.by_reason, '{}') as parked
     from waiting w full join running r on r.tenant_id = w.tenant_id
     full join parked p on p.tenant_id = coalesce(w.tenant_id, r.tenant_id)
     join tenants t on t.id = coalesce(w.tenant_id, r.tenant_id, p.tenant_id)
     order by due desc, running desc, t.id limit $1`,
    [limit],
  );
  return rows.map(({ id, ...row }) => ({ ...row, tenantId: idFromUuid('tenant', id) }));
}

/** Background runs that all living workers together take at once. */
export async function readSlots(tx: PlatformTransaction): Promise<{ workers: number; slots: number }> {
  const [row] = await tx.query<{ workers: number; slots: number }>(
    `select count(*)::int as workers, coalesce(sum(slots), 0)::int as slots from workers
     where seen_at > now() - interval '30 seconds'`,
  );
  return row ?? { workers: 0, slots: 0 };
}
