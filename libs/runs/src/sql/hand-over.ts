/**
 * Which due runs go to the queue next. Several relays run this at once without a leader: rows are taken with SKIP
 * LOCKED.
 *
 * Fair, in three rules. The queue never holds more than twice what the workers can run at once, so what is due later
 * can still overtake. Within that, tenants take turns by weight, counting what each has in flight. A tenant over its
 * own cap of concurrent runs gets only what is free besides a reserve, so that a quiet tenant finds a slot at once even
 * while a flood of long runs fills the rest; where there are fewer slots than its cap, the cap ends at the reserve too.
 */
import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import { statement, type PlatformTransaction } from '@annex/database';
import { WorkerRow } from '../rows/worker-row.js';
import { deliveriesAtOnce } from './endpoint-turns.js';

/** A run that was handed to the queue and not yet claimed. */
export interface HandedOver {
  tenantId: Id<'tenant'>;
  runId: Id<'run'>;
  /** The run's fencing number at that moment. */
  claims: number;
  /** Names this handing over; the same run handed over again gets another one. */
  ticketId: string;
  /**
   * Its tenant has as many under way as it may always have: it gets a slot only as long as some are kept free for
   * others.
   */
  isLent: boolean;
}

interface HandedOverRow {
  tenant_id: string;
  id: string;
  claims: number;
  ticket_id: string;
  dispatched: boolean;
  lent: boolean;
  left_behind: boolean;
}

/** The name of a handing over: its run, its claim number and its moment. */
const ticketIdSql = `r.id::text || '_' || r.claims || '_' || (extract(epoch from r.dispatched_at) * 1000000)::bigint`;

/** A dispatcher that has not been seen for this long counts as dead. */
const deadAfter = `interval '15 seconds'`;

export interface HandOverOptions {
  /** Background runs that this process takes at once; all live dispatchers' together are the capacity. */
  slots: number;
  /**
   * Part of the capacity that only tenants below their own cap may use; at least one slot when there are several.
   * Default 1/8.
   */
  reservedShare?: number;
  /**
   * How many more than there are slots for may be handed over of tenants over their cap, as a part of the capacity.
   * Default 0; 0.75 when runs are short.
   */
  aheadShare?: number;
}

/**
 * Marks the next due runs as handed over and answers them in the order in which they shall start. Runs of plugins that
 * are not enabled are parked instead, and so are those of an endpoint that is busy. The caller adds the tickets to the
 * queue after the commit; if it dies before, the reconciler finds out.
 */
export async function handOverDueRuns(tx: PlatformTransaction, options: HandOverOptions): Promise<HandedOver[]> {
  return (await handOverRuns(tx, options)).handedOver;
}

/**
 * {@link handOverDueRuns}, and whether due runs were left behind for want of room: then there is more to do as soon as
 * one ends.
 */
export async function handOverRuns(
  tx: PlatformTransaction,
  { slots, reservedShare = 0.125, aheadShare = 0 }: HandOverOptions,
): Promise<{ handedOver: HandedOver[]; isShort: boolean }> {
  // Most calls find nothing, and the real question costs more than asking this one.
  const [state] = await tx.query<{ waiting: boolean }>(prepareSql);
  if (!state?.waiting) return { handedOver: [], isShort: false };
  // A round that only parks has left every slot free: there may be others to take them.
  for (let round = 0; round < maxRounds; round += 1) {
    const rows = await tx.query<HandedOverRow>(handOverSql, [slots, reservedShare, deliveriesAtOnce, aheadShare]);
    const dispatched = rows.filter((row) => row.dispatched);
    if (dispatched.length > 0)
      return { handedOver: dispatched.map(fromRow), isShort: rows.some((row) => row.left_behind) };
    if (rows.length === 0) break;
  }
  return { handedOver: [], isShort: true };
}

/**
 * A relay that is stopped in mid-transaction must not keep its rows from the others. The rest keeps the planner on the
 * indexes, which it does not find by itself on a table whose statistics are older than a flood: 40 ms instead of 1.
 */
const prepareSql = statement(
  `select exists (select 1 from runs where next_attempt_at is not null) as waiting,
     set_config('idle_in_transaction_session_timeout', '5000', true),
     set_config('enable_bitmapscan', 'off', true)`,
);

/** Rounds of one call. */
const maxRounds = 16;

const handOverSql = statement(`
with recursive waiting (tenant_id) as (
    (select tenant_id from runs where next_attempt_at is not null order by tenant_id limit 1)
  union all
    select (select r.tenant_id from runs r where r.next_attempt_at is not null and r.tenant_id > w.tenant_id
    order by r.tenant_id limit 1)
    from waiting w where w.tenant_id is not null
), flight as materialized (
  select tenant_id, count(*)::int as n from (
    select tenant_id from runs where dispatched_at is not null union all select tenant_id from runs
    where lease_until is not null
  ) f group by tenant_id
), capacity as materialized (
  select greatest($1::int, (select coalesce(sum(slots), 0) from workers
  where seen_at > now() - ${deadAfter}))::int as slots,
    (select coalesce(sum(n), 0) from flight)::int as in_flight
), room as materialized (
  select slots, in_flight, greatest(0, 2 * slots - in_flight) as free,
    case when slots > 1 then slots - greatest(1, floor(slots * $2::float8)) else 1 end as lendable,
      floor(slots * $4::float8)::int as ahead
  from capacity
), candidates as (
  select w.tenant_id, due.id, due.next_attempt_at, t.weight,
    least(t.background_concurrency, room.lendable * t.weight) as cap,
    coalesce(f.n, 0) + row_number() over (partition by w.tenant_id order by due.next_attempt_at, due.id) as place
  from room cross join waiting w
  join tenants t on t.id = w.tenant_id and t.erase_after is null
  left join flight f on f.tenant_id = w.tenant_id
  cross join lateral (
    select r.id, r.next_attempt_at from runs r
    where r.tenant_id = w.tenant_id and r.next_attempt_at <= now() order by r.next_attempt_at, r.id
    limit least(room.free, 500)
  ) due
), turns as (
  select c.*, row_number() over (order by c.place > c.cap, c.place::float8 / c.weight, c.next_attempt_at, c.id) as turn
  from candidates c
), chosen as (
  select t.tenant_id, t.id, t.turn, t.place > t.cap as lent from turns t cross join room
  where t.turn <= room.free and (t.place <= t.cap or room.in_flight + t.turn <= room.lendable + room.ahead)
), taken as materialized (
  -- By the key: the index of what is due holds, in a flood, many entries of runs that were handed over a moment ago.
  select c.tenant_id, c.id, c.turn, c.lent, r.webhook_id,
    (r.installation_id is null or i.id is not null and (i.status = 'enabled' or r.kind = 'lifecycle')) as startable
  from chosen c
  cross join lateral (
    select l.next_attempt_at, l.kind, l.webhook_id, l.installation_id from runs l
    where l.tenant_id = c.tenant_id and l.id = c.id offset 0 for update skip locked
  ) r
  left join installations i on i.tenant_id = c.tenant_id and i.id = r.installation_id
  where r.next_attempt_at is not null
), sending as materialized (
  select tenant_id, webhook_id, count(*)::int as n from (
    select tenant_id, webhook_id from runs where dispatched_at is not null and webhook_id is not null
    union all select tenant_id, webhook_id from runs where lease_until is not null and webhook_id is not null
  ) s group by tenant_id, webhook_id
), judged as (
  select t.tenant_id, t.id, t.turn, t.lent, case when not t.startable then 'plugin'
    when t.webhook_id is not null and coalesce(s.n, 0) + row_number() over (partition by t.tenant_id, t.webhook_id
    order by t.turn) > $3::int then 'endpoint' end as waits
  from taken t left join sending s on s.tenant_id = t.tenant_id and s.webhook_id = t.webhook_id
), handed as (
  update runs r set next_attempt_at = null, dispatched_at = case when j.waits is null then now() end,
    waiting_for = j.waits
  from judged j where r.tenant_id = j.tenant_id and r.id = j.id
  returning r.tenant_id, r.id, r.claims, ${ticketIdSql} as ticket_id, j.waits is null as dispatched, j.turn, j.lent
)
select tenant_id, id, claims, ticket_id, dispatched, lent,
  (select count(*) from turns) > (select count(*) from chosen) as left_behind from handed order by turn`);

/** Runs that were handed over more than `olderThanMs` ago and that nobody has claimed, oldest first. */
export async function listHandedOver(
  tx: PlatformTransaction,
  { olderThanMs, limit = 500 }: { olderThanMs: number; limit?: number },
): Promise<HandedOver[]> {
  const rows = await tx.query<HandedOverRow>(
    `select r.tenant_id, r.id, r.claims, ${ticketIdSql} as ticket_id, false as lent from runs r
     where r.dispatched_at < now() - $1 * interval '1 millisecond' order by r.dispatched_at limit $2`,
    [olderThanMs, limit],
  );
  return rows.map(fromRow);
}

/**
 * Makes runs due again whose tickets never reached the queue or were lost there. Those claimed or handed over anew
 * meanwhile stay.
 */
export async function takeBack(
  tx: PlatformTransaction,
  handedOver: readonly Omit<HandedOver, 'isLent' | 'claims'>[],
): Promise<number> {
  if (handedOver.length === 0) return 0;
  return tx.execute(
    `update runs r set dispatched_at = null, next_attempt_at = now()
     from unnest($1::uuid[], $2::uuid[], $3::text[]) as t (tenant_id, id, ticket_id)
     where r.tenant_id = t.tenant_id and r.id = t.id and r.dispatched_at is not null and ${ticketIdSql} = t.ticket_id`,
    [
      handedOver.map(({ tenantId }) => uuidFromId(tenantId)),
      handedOver.map(({ runId }) => uuidFromId(runId)),
      handedOver.map(({ ticketId }) => ticketId),
    ],
  );
}

/** Says that a dispatcher is alive and how many runs it takes at once. Call every few seconds. */
export async function reportWorker(
  tx: PlatformTransaction,
  { id, slots }: { id: string; slots: number },
): Promise<void> {
  await tx.query(
    `insert into workers (id, slots) values ($1, $2) on conflict (id) do update
     set slots = excluded.slots, seen_at = now()`,
    [id, slots],
  );
  await tx.query(`delete from workers where seen_at < now() - interval '10 minutes'`);
}

/** Says that a dispatcher has left. */
export async function removeWorker(tx: PlatformTransaction, id: string): Promise<void> {
  await tx.repository(WorkerRow).delete({ id });
}

function fromRow({ tenant_id, id, claims, ticket_id, lent }: HandedOverRow): HandedOver {
  return {
    tenantId: idFromUuid('tenant', tenant_id),
    runId: idFromUuid('run', id),
    claims,
    ticketId: ticket_id,
    isLent: lent,
  };
}
