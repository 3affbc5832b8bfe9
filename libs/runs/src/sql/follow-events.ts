import type { TenantTransaction } from '@annex/database';
import { EventRow } from '../rows/event-row.js';
import { eventColumns, patternAsRegex, withDeliveries, type ReadEvent, type StoredEvent } from './read-events.js';
import { horizonSql, notVisibleIn, writerSql } from './settled.js';

/** Behind which event a reader goes on: the number of the transaction that wrote it, its time, its id. */
export type EventPlace = readonly [writer: string, createdText: string, id: string];

/** An event with the place behind it. */
export type FollowedEvent = StoredEvent & { place: EventPlace };

/** Where somebody begins who wants what is accepted from now on. */
export interface EventsFromNow {
  /** Behind it lies every event that is not settled yet. */
  place: EventPlace;
  /** What could be seen then, as PostgreSQL writes it: events that could are told to nobody. */
  snapshot: string;
}

/** The place from which only events are seen that come from now on. */
export async function eventsFromNow(tx: TenantTransaction): Promise<EventsFromNow> {
  const [row] = await tx.query<{ settled: string; snapshot: string }>(
    `with ${horizonSql} select settled::text, pg_current_snapshot()::text as snapshot from h`,
  );
  return { place: [row?.settled ?? '0', '-infinity', ''], snapshot: row?.snapshot ?? '1:1:' };
}

/** Most events that a stream begins with: the latest. */
const toldOfPast = 20_000;

/** When the earliest event was accepted that a stream may begin with; `undefined`: with any. */
export async function earliestFollowed(tx: TenantTransaction): Promise<Date | undefined> {
  const [row] = await tx.query<{ created_at: Date }>(
    `select created_at from events where tenant_id = $1 order by created_at desc offset ${toldOfPast} limit 1`,
    [tx.tenantUuid],
  );
  return row?.created_at;
}

/** Which events somebody asks for. */
export interface EventsAfter {
  place: EventPlace;
  /** Of {@link eventsFromNow}: what could be seen in it is left out. Default: nothing is. */
  snapshot?: string | undefined;
  type?: string | undefined;
  since: Date;
  limit: number;
}

/** Settled events behind a place that were accepted at `since` or later, in the order of their writing. */
export async function readEventsAfter(
  tx: TenantTransaction,
  { place, snapshot, type, since, limit }: EventsAfter,
): Promise<FollowedEvent[]> {
  const [writer, createdText, id] = place;
  const rows = await tx.rows<EventRow, ReadEvent & { writer: string }>(
    EventRow,
    `with ${horizonSql},
     written as (select e.*, ${writerSql('e')} as writer from events e, h
       where e.tenant_id = $1 and e.created_at >= $2 and ($3::text is null or e.type ~ $3))
     select ${eventColumns}, writer::text as writer from written, h
     where writer < h.settled and (writer, created_at, id) > ($4::bigint, $5::timestamptz, $6)
       and ${notVisibleIn('$8', 'writer')}
     order by written.writer, created_at, id limit $7`,
    [
      ...[tx.tenantUuid, since, type === undefined ? null : patternAsRegex(type)],
      ...[writer, createdText, id, limit, snapshot ?? null],
    ],
  );
  const events = await withDeliveries(tx, rows);
  return events.map((event, index) => {
    const row = rows[index];
    return { ...event, place: [row?.writer ?? '0', row?.createdText ?? '-infinity', event.id] };
  });
}
