/** Alerts as they are kept. A row is locked when it is read, so that events of one key are decided one by one. */
import type { AlertState, DedupeTerms } from '@annex/events';
import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import { mappingLimits } from '@annex/limits';
import { statement, type TenantTransaction } from '@annex/database';
import { OpenKeys } from '../open-keys.js';
import { insertEventSql, type EventColumns } from './insert-event.js';

/** A kept alert. */
export interface AlertRow extends AlertState {
  id: Id<'alert'>;
  rule: string;
  key: string;
  /** Of its events. */
  type: string;
  /** The last event that went through. */
  eventId: string;
}

/** What `alertFrom` reads; times in milliseconds. */
export const alertColumns = `s.rule, s.key, s.id, s.status, s.type, s.event_id, s.count, s.tells_end,
  extract(epoch from s.first_at) * 1000 as first_ms, extract(epoch from s.last_at) * 1000 as last_ms,
  extract(epoch from s.passed_at) * 1000 as passed_ms, extract(epoch from s.ends_at) * 1000 as ends_ms,
  extract(epoch from s.silenced_until) * 1000 as silenced_ms`;

export interface RawAlert {
  rule: string;
  key: string;
  id: string;
  status: 'new' | 'firing' | 'resolved';
  type: string;
  event_id: string;
  count: number;
  tells_end: boolean;
  first_ms: string;
  last_ms: string;
  passed_ms: string;
  ends_ms: string;
  silenced_ms: string | null;
}

const ms = (text: string): number => Math.round(Number(text));

/** An alert as it was read; `null`: it was made by the statement that read it. */
export function alertFrom(row: RawAlert): AlertRow | null {
  if (row.status === 'new') return null;
  return {
    id: idFromUuid('alert', row.id),
    rule: row.rule,
    key: row.key,
    type: row.type,
    eventId: row.event_id,
    status: row.status,
    count: row.count,
    firstMs: ms(row.first_ms),
    lastMs: ms(row.last_ms),
    passedMs: ms(row.passed_ms),
    endsMs: ms(row.ends_ms),
    tellsEnd: row.tells_end,
    silencedUntilMs: row.silenced_ms === null ? null : ms(row.silenced_ms),
  };
}

/**
 * Writes an event and locks the alert of its key, in one statement: an event that was there already counts for nothing.
 * The clock is read when the lock is held, so that times of one key never go back.
 */
const takeSql = statement(
  `with taken as (${insertEventSql} returning id),
   open as materialized (
     select count(*)::int as n from (select from event_states o
       where $22 and o.tenant_id = $1 and o.status = 'firing' limit $21) many),
   locked as (
     insert into event_states as s (tenant_id, rule, key, id, status, type, event_id, first_at, last_at, passed_at,
       ends_at)
     select $1, $18, $19, $20, 'new', $3, $2, now(), now(), now(), now() from taken
     where exists (select from event_states e where e.tenant_id = $1 and e.rule = $18 and e.key = $19)
       or (select n from open) < $21
     on conflict (tenant_id, rule, key) do update set key = excluded.key
     returning ${alertColumns}, extract(epoch from clock_timestamp()) * 1000 as now_ms
   )
   select exists (select from taken) as is_new, (select n from open) as open, locked.*
   from (select) one left join locked on true`,
);

const openKeys = new OpenKeys();

export interface TakenAlert {
  /** An event with this id had been written before. */
  isDuplicate: boolean;
  /** `null`: the key is new. */
  state: AlertRow | null;
  /** `null`: there is no room for another key. */
  nowMs: number | null;
}

/** Writes an event and answers what is kept of its key, locked. */
export async function takeIntoAlert(
  tx: TenantTransaction,
  columns: EventColumns,
  { rule, key, freshId }: Pick<DedupeTerms, 'rule' | 'key'> & { freshId: Id<'alert'> },
): Promise<TakenAlert> {
  const isCounted = openKeys.isCountDue(tx.tenantUuid);
  const [row] = await tx.query<Partial<RawAlert> & { is_new: boolean; open: number; now_ms: string | null }>(takeSql, [
    ...columns,
    rule,
    key,
    uuidFromId(freshId),
    mappingLimits.openKeys,
    isCounted,
  ]);
  openKeys.took(tx.tenantUuid, { isNew: row?.status === 'new', counted: isCounted ? (row?.open ?? 0) : null });
  const nowMs = row?.now_ms ?? null;
  return {
    isDuplicate: row?.is_new !== true,
    state: nowMs === null ? null : alertFrom(row as RawAlert),
    nowMs: nowMs === null ? null : Math.floor(Number(nowMs)),
  };
}

/** What an alert is after a decision; the event that made it so says what became of it. */
const keepSql = statement(
  `with kept as (
     update event_states set id = $4, status = $5, type = $6, event_id = coalesce($7, event_id), count = $8,
       first_at = to_timestamp($9::float8 / 1000), last_at = to_timestamp($10::float8 / 1000),
       passed_at = to_timestamp($11::float8 / 1000), ends_at = to_timestamp($12::float8 / 1000), tells_end = $13,
       silenced_until = to_timestamp($14::float8 / 1000), resolved_by = null
     where tenant_id = $1 and rule = $2 and key = $3)
   update events set alert = $16::json, suppressed_by = $17::json where tenant_id = $1 and id = $15`,
);

/** Writes a decision about an event: the alert, and what the event carries of it. */
export async function keepAlert(
  tx: TenantTransaction,
  {
    rule,
    key,
    type,
    state,
    eventId,
    alert,
    suppressedBy,
  }: {
    rule: string;
    key: string;
    type: string;
    state: AlertState;
    eventId: string;
    alert: object;
    suppressedBy: object | null;
  },
): Promise<void> {
  await tx.execute(keepSql, [
    tx.tenantUuid,
    rule,
    key,
    uuidFromId(state.id as Id<'alert'>),
    state.status,
    type,
    suppressedBy === null || state.count === 1 ? eventId : null,
    state.count,
    state.firstMs,
    state.lastMs,
    state.passedMs,
    state.endsMs,
    state.tellsEnd,
    state.silencedUntilMs,
    eventId,
    JSON.stringify(alert),
    suppressedBy && JSON.stringify(suppressedBy),
  ]);
}
