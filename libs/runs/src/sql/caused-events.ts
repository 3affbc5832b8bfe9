import { uuidFromId, type Id } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import { eventsEmittedBy, type StoredEvent } from './read-events.js';

/** Who emitted an event: a run, and the event that made that run. */
export interface EventCause {
  runId: Id<'run'>;
  /** What is known of the run, unless it is older than runs are kept. */
  plugin: string | null;
  kind: string | null;
  name: string | null;
  /** The event that the run handled; `null` for a job or a route. */
  eventId: string | null;
  eventType: string | null;
}

/** What made an event happen; `null` when it came from outside. */
export async function findCause(tx: TenantTransaction, event: Pick<StoredEvent, 'runId'>): Promise<EventCause | null> {
  if (event.runId === null) return null;
  const [row] = await tx.query<{
    plugin: string | null;
    kind: string;
    name: string;
    event_id: string | null;
    event_type: string | null;
  }>(
    `select r.plugin, r.kind, r.name, r.event_id, e.type as event_type from runs r
     left join events e on e.tenant_id = r.tenant_id and e.id = r.event_id where r.tenant_id = $1 and r.id = $2`,
    [tx.tenantUuid, uuidFromId(event.runId)],
  );
  return {
    runId: event.runId,
    plugin: row?.plugin ?? null,
    kind: row?.kind ?? null,
    name: row?.name ?? null,
    eventId: row?.event_id ?? null,
    eventType: row?.event_type ?? null,
  };
}

/** Everything that an event made happen, level by level. */
export interface CausedEvents {
  /** By the run that emitted them. */
  byRun: Map<Id<'run'>, StoredEvent[]>;
  /** There was more than the caps allow. */
  isCut: boolean;
}

/**
 * Follows an event to the events that its runs emitted, to those of their runs, and so on: `maxLevels` deep (default
 * 10), `maxEvents` in all (default 200).
 */
export async function findCausedEvents(
  tx: TenantTransaction,
  event: StoredEvent,
  { maxLevels = 10, maxEvents = 200 } = {},
): Promise<CausedEvents> {
  const byRun = new Map<Id<'run'>, StoredEvent[]>();
  const seen = new Set([event.id]);
  let level = [event];
  for (let depth = 0; depth < maxLevels; depth += 1) {
    const runs = level.flatMap(({ deliveries }) => deliveries.map(({ runId }) => runId));
    const found =
      runs.length === 0
        ? []
        : (await eventsEmittedBy(tx, runs, maxEvents - seen.size + 2)).filter(({ id }) => !seen.has(id));
    if (found.length === 0) return { byRun, isCut: false };
    const kept = found.slice(0, Math.max(0, maxEvents + 1 - seen.size));
    for (const caused of kept) {
      seen.add(caused.id);
      if (caused.runId !== null) byRun.set(caused.runId, [...(byRun.get(caused.runId) ?? []), caused]);
    }
    if (kept.length < found.length) return { byRun, isCut: true };
    level = kept;
  }
  return { byRun, isCut: level.some(({ deliveries }) => deliveries.length > 0) };
}
