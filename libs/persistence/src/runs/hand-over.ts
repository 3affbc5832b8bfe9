/**
 * Which due runs go to the queue next. Several relays run this at once without a leader: rows are taken with SKIP LOCKED.
 *
 * Fair, in three rules. The queue never holds more than twice what the workers can run at once, so what is due later can still overtake.
 * Within that, tenants take turns by weight, counting what each has in flight. A tenant over its own cap of concurrent runs gets only what
 * is free besides a reserve, so that a quiet tenant finds a slot at once even while a flood of long runs fills the rest; where there are
 * fewer slots than its cap, the cap ends at the reserve too.
 */
import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import type { PlatformTransaction } from '../core/database.js';

/** A run that was handed to the queue and not yet claimed. */
export interface HandedOver {
  tenantId: Id<'tenant'>;
  runId: Id<'run'>;
  /** The run's fencing number at that moment. */
  claims: number;
  /** Names this handing over; the same run handed over again gets another one. */
  ticketId: string;
}

interface HandedOverRow {
  tenant_id: string;
  id: string;
  claims: number;
  ticket_id: string;
  dispatched: boolean;
}

/** The name of a handing over: its run, its claim number and its moment. */
const ticketIdSql = `r.id::text || '_' || r.claims || '_' || (extract(epoch from r.dispatched_at) * 1000000)::bigint`;

/** A dispatcher that has not been seen for this long counts as dead. */
const deadAfter = `interval '15 seconds'`;

export interface HandOverOptions {
  /** Background runs that this process takes at once; all live dispatchers' together are the capacity. */
  slots: number;
  /** Part of the capacity that only tenants below their own cap may use; at least one slot when there are several. Default 1/8. */
  reservedShare?: number;
}

/**
 * Marks the next due runs as handed over and answers them in the order in which they shall start. Runs of plugins that are not enabled are
 * parked instead. The caller adds the tickets to the queue after the commit; if it dies before, the reconciler finds out.
 */
export async function handOverDueRuns(tx: PlatformTransaction, { slots, reservedShare = 0.125 }: HandOverOptions): Promise<HandedOver[]> {
  // Most calls find nothing, and planning the real question costs more than asking this one.
  const [waiting] = await tx.query('select 1 from runs where next_attempt_at is not null limit 1');
  if (!waiting) return [];
  // A relay that is stopped in mid-transaction must not keep these rows from the others. The rest keeps the planner on the indexes, which it
  // does not find by itself on a table whose statistics are older than a flood: 40 ms instead of 1.
  await tx.query(
    `select set_config('idle_in_transaction_session_timeout', '5000', true), set_config('jit', 'off', true), set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true)`,
  );
  const rows = await tx.query<HandedOverRow>(handOverSql, [slots, reservedShare]);
  return rows.filter(({ dispatched }) => dispatched).map(fromRow);
}

const handOverSql = `
with recursive waiting (tenant_id) as (
    (select tenant_id from runs where next_attempt_at is not null order by tenant_id limit 1)
  union all
    select (select r.tenant_id from runs r where r.next_attempt_at is not null and r.tenant_id > w.tenant_id order by r.tenant_id limit 1)
    from waiting w where w.tenant_id is not null
), flight as materialized (
  select tenant_id, count(*)::int as n from (
    select tenant_id from runs where dispatched_at is not null union all select tenant_id from runs where lease_until is not null
  ) f group by tenant_id
), capacity as materialized (
  select greatest($1::int, (select coalesce(sum(slots), 0) from workers where seen_at > now() - ${deadAfter}))::int as slots,
    (select coalesce(sum(n), 0) from flight)::int as in_flight
), room as materialized (
  select slots, in_flight, greatest(0, 2 * slots - in_flight) as free,
    case when slots > 1 then slots - greatest(1, floor(slots * $2::float8)) else 1 end as lendable
  from capacity
), candidates as (
  select w.tenant_id, due.id, due.next_attempt_at, t.weight, least(t.background_concurrency, room.lendable * t.weight) as cap,
    coalesce(f.n, 0) + row_number() over (partition by w.tenant_id order by due.next_attempt_at, due.id) as place
  from room cross join waiting w
  join tenants t on t.id = w.tenant_id and t.erasing_since is null
  left join flight f on f.tenant_id = w.tenant_id
  cross join lateral (
    select r.id, r.next_attempt_at from runs r
    where r.tenant_id = w.tenant_id and r.next_attempt_at <= now() order by r.next_attempt_at, r.id limit least(room.free, 500)
  ) due
), turns as (
  select c.*, row_number() over (order by c.place > c.cap, c.place::float8 / c.weight, c.next_attempt_at, c.id) as turn from candidates c
), chosen as (
  select t.tenant_id, t.id, t.turn from turns t cross join room
  where t.turn <= room.free and (t.place <= t.cap or room.in_flight + t.turn <= room.lendable)
), taken as (
  select r.tenant_id, r.id, c.turn, (i.status = 'enabled' or r.kind = 'lifecycle') as startable
  from chosen c join runs r on r.tenant_id = c.tenant_id and r.id = c.id
  join installations i on i.tenant_id = r.tenant_id and i.id = r.installation_id
  where r.next_attempt_at is not null
  for update of r skip locked
), handed as (
  update runs r set next_attempt_at = null, dispatched_at = case when taken.startable then now() end,
    waiting_for = case when taken.startable then null else 'plugin' end
  from taken where r.tenant_id = taken.tenant_id and r.id = taken.id
  returning r.tenant_id, r.id, r.claims, ${ticketIdSql} as ticket_id, taken.startable as dispatched, taken.turn
)
select tenant_id, id, claims, ticket_id, dispatched from handed order by turn`;

/** Runs that were handed over more than `olderThanMs` ago and that nobody has claimed, oldest first. */
export async function listHandedOver(tx: PlatformTransaction, { olderThanMs, limit = 500 }: { olderThanMs: number; limit?: number }): Promise<HandedOver[]> {
  const rows = await tx.query<HandedOverRow>(
    `select r.tenant_id, r.id, r.claims, ${ticketIdSql} as ticket_id from runs r
     where r.dispatched_at < now() - $1 * interval '1 millisecond' order by r.dispatched_at limit $2`,
    [olderThanMs, limit],
  );
  return rows.map(fromRow);
}

/** Makes runs due again whose tickets never reached the queue or were lost there. Those claimed or handed over anew meanwhile stay. */
export async function takeBack(tx: PlatformTransaction, handedOver: readonly HandedOver[]): Promise<number> {
  if (handedOver.length === 0) return 0;
  return tx.execute(
    `update runs r set dispatched_at = null, next_attempt_at = now()
     from unnest($1::uuid[], $2::uuid[], $3::text[]) as t (tenant_id, id, ticket_id)
     where r.tenant_id = t.tenant_id and r.id = t.id and r.dispatched_at is not null and ${ticketIdSql} = t.ticket_id`,
    [handedOver.map(({ tenantId }) => uuidFromId(tenantId)), handedOver.map(({ runId }) => uuidFromId(runId)), handedOver.map(({ ticketId }) => ticketId)],
  );
}

/** Says that a dispatcher is alive and how many runs it takes at once. Call every few seconds. */
export async function reportWorker(tx: PlatformTransaction, { id, slots }: { id: string; slots: number }): Promise<void> {
  await tx.query(`insert into workers (id, slots) values ($1, $2) on conflict (id) do update set slots = excluded.slots, seen_at = now()`, [id, slots]);
  await tx.query(`delete from workers where seen_at < now() - interval '10 minutes'`);
}

/** Says that a dispatcher has left. */
export async function removeWorker(tx: PlatformTransaction, id: string): Promise<void> {
  await tx.query('delete from workers where id = $1', [id]);
}

function fromRow({ tenant_id, id, claims, ticket_id }: HandedOverRow): HandedOver {
  return { tenantId: idFromUuid('tenant', tenant_id), runId: idFromUuid('run', id), claims, ticketId: ticket_id };
}
