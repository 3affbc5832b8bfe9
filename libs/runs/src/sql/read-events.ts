import type { EventSeverity } from '@annex/events';
import { uuidFromId, type Id } from '@annex/kernel';
import type { RunStatus } from '../run-status.js';
import type { TenantTransaction } from '@annex/database';
import { EventRow } from '../rows/event-row.js';
import { RunRow } from '../rows/run-row.js';

/** What became of an event at one handler. */
export interface Delivery {
  runId: Id<'run'>;
  /** The plugin's slug; `null` for a webhook of the tenant's own. */
  plugin: string | null;
  /** The webhook's name; `null` for a handler. */
  webhook: string | null;
  status: RunStatus;
  /** How many tries were begun. */
  attempts: number;
  /** The run that this one repeats, or `null`. */
  replayOf: Id<'run'> | null;
}

/** An event as it was kept. */
export interface StoredEvent extends Omit<EventRow, 'tenantId'> {
  deliveries: Delivery[];
}

export interface EventQuery {
  /** An exact name, or a pattern with `*` and `**`. */
  type?: string;
  /** Accepted at or after. */
  since?: Date;
  /** Accepted before. */
  until?: Date;
  severity?: EventSeverity;
  /** One of its tags. */
  tag?: string;
  /** Only those that were kept from every handler: by what their source must say, or by a mapping. */
  status?: 'rejected' | 'suppressed' | undefined;
  limit: number;
  /** `cursor` of the page before. */
  cursor?: string;
}

export interface EventPage {
  events: StoredEvent[];
  /** Continues behind this page; `null`: it was the last. */
  cursor: string | null;
}

/** `createdText`: the time to the microsecond, which a `Date` does not hold. */
export type ReadEvent = Omit<EventRow, 'tenantId'> & { createdText: string };

export const eventColumns = `id, type, source, subject, data, time, depth, run_id, created_at,
  severity, tags, attributes, rejected, raw_type, mapped_from, suppressed_by, alert,
  created_at::text as "createdText"`;

const keptBack = { rejected: 'and rejected is not null', suppressed: 'and suppressed_by is not null' } as const;

/**
 * A page of events, newest first, with their deliveries. A cursor that this function did not make is taken for none.
 */
export async function listEvents(
  tx: TenantTransaction,
  { type, since, until, severity, tag, status, limit, cursor }: EventQuery,
): Promise<EventPage> {
  const [at, id] = readCursor(cursor) ?? [null, null];
  const rows = await tx.rows<EventRow, ReadEvent>(
    EventRow,
    `select ${eventColumns} from events
     where tenant_id = $1 and ($2::text is null or type ~ $2) and ($3::timestamptz is null or created_at >= $3)
       and ($4::timestamptz is null or created_at < $4)
       and ($5::timestamptz is null or (created_at, id) < ($5, $6))
       and ($8::text is null or severity = $8) and ($9::text is null or $9 = any(tags))
       ${status === undefined ? '' : keptBack[status]} order by created_at desc, id desc limit $7`,
    [
      tx.tenantUuid,
      type === undefined ? null : patternAsRegex(type),
      since ?? null,
      until ?? null,
      at,
      id,
      limit + 1,
      severity ?? null,
      tag ?? null,
    ],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    events: await withDeliveries(tx, page),
    cursor:
      rows.length > limit && last
        ? Buffer.from(JSON.stringify([last.createdText, last.id])).toString('base64url')
        : null,
  };
}

/** One event with its deliveries, or `null` when the tenant has none with that id. */
export async function findEvent(tx: TenantTransaction, id: string): Promise<StoredEvent | null> {
  const rows = await tx.rows<EventRow, ReadEvent>(
    EventRow,
    `select ${eventColumns} from events where tenant_id = $1 and id = $2`,
    [tx.tenantUuid, id.replaceAll('\0', '\uFFFD')],
  );
  const [event] = await withDeliveries(tx, rows);
  return event ?? null;
}

/** Events that some runs emitted, in the order in which they were written, at most `limit`. */
export async function eventsEmittedBy(
  tx: TenantTransaction,
  runIds: readonly Id<'run'>[],
  limit: number,
): Promise<StoredEvent[]> {
  const rows = await tx.rows<EventRow, ReadEvent>(
    EventRow,
    `select ${eventColumns} from events where tenant_id = $1 and run_id = any($2::uuid[])
     order by created_at, id limit $3`,
    [tx.tenantUuid, runIds.map(uuidFromId), limit],
  );
  return withDeliveries(tx, rows);
}

export async function withDeliveries(tx: TenantTransaction, events: ReadEvent[]): Promise<StoredEvent[]> {
  if (events.length === 0) return [];
  const runs = await tx.rows<
    RunRow,
    Pick<RunRow, 'id' | 'eventId' | 'kind' | 'name' | 'plugin' | 'status' | 'replayOf'> & { tries: number }
  >(
    RunRow,
    `select id, event_id, kind, name, plugin, status, jsonb_array_length(attempts) as tries, replay_of from runs
     where tenant_id = $1 and event_id = any($2::text[]) and kind in ('event', 'webhook') order by id`,
    [tx.tenantUuid, events.map(({ id }) => id)],
  );
  return events.map(({ createdText: _, ...event }) => ({
    ...event,
    deliveries: runs
      .filter(({ eventId }) => eventId === event.id)
      .map(({ id, kind, name, plugin, status, tries, replayOf }) => ({
        runId: id,
        plugin,
        webhook: kind === 'webhook' ? name : null,
        status,
        attempts: tries,
        replayOf,
      })),
  }));
}

function readCursor(cursor: string | undefined): [at: string, id: string] | undefined {
  if (cursor === undefined || cursor.length > 2000) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (!Array.isArray(value) || value.length !== 2) return undefined;
    const [at, id] = value as unknown[];
    if (typeof at !== 'string' || typeof id !== 'string' || id.includes('\0')) return undefined;
    return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00$/.test(at) &&
      !Number.isNaN(Date.parse(at.replace(' ', 'T').replace('+00', 'Z')))
      ? [at, id]
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * An event pattern (libs/events) as a POSIX regular expression; every character outside a name's own matches itself
 * only.
 */
export function patternAsRegex(pattern: string): string {
  if (pattern === '**') return '';
  const parts = pattern.slice(0, 400).replaceAll('\0', '').split('.');
  let out = '';
  parts.forEach((part, index) => {
    const isFirst = index === 0;
    if (part === '**') out += isFirst ? '([^.]+\\.)*' : '(\\.[^.]+)*';
    else {
      const afterLeadingMany = index > 0 && parts.slice(0, index).every((before) => before === '**');
      out +=
        (isFirst || afterLeadingMany ? '' : '\\.') + (part === '*' ? '[^.]+' : part.replace(/[^a-z0-9_-]/gi, '\\$&'));
    }
  });
  return `^${out}$`;
}
