/**
 * Emit: one transaction writes the event as its mapping makes it, resolves the subscriptions and makes one run for
 * each. The event's row is unique on tenant and id, so whoever sends the same id again, at the same moment or after a
 * lost answer, gets the runs of the first time and makes none. What mappings remember is written here too: an event
 * that is undone was never counted.
 */
import { idFromUuid, newId, type Id, type Json } from '@annex/kernel';
import type { EventLabels, FilteredEvent, IncomingEvent, MappedEvent } from '@annex/events';
import { maxEmitDepth } from '@annex/limits';
import { outcomeErrors } from '../outcomes.js';
import type { TenantTransaction } from '@annex/database';
import { ensureRoom, insertQueued, type NewRun } from './enqueue-run.js';
import type { Rejection } from '../rows/event-row.js';
import { findSubscribers, planRuns, typesOf, type Subscribers } from './fan-out.js';
import { insertEvent } from './insert-event.js';
import { lastMapper, mapperOf, type KnownMapper } from './mapping-rules.js';
import { writeMapped } from './write-mapped.js';

/** An event to be written. Its texts must have passed `readEvent` (libs/events) or be the platform's own. */
export interface NewEvent extends Partial<EventLabels> {
  /** The sender's own; the same id again is the same event. Default: a fresh `evt_…`. */
  id?: string | undefined;
  type: string;
  source: string;
  subject?: string | null;
  data: Json;
  /** When it happened, RFC 3339. Default: now. */
  time?: string | undefined;
  /** How many emits lie between it and the outside world. Default 0. */
  depth?: number;
  /** The run that emitted it. */
  runId?: Id<'run'>;
  /** Only this installation's handlers get it. Default: every subscriber. */
  only?: Id<'installation'>;
  /** It is kept and shown, and nobody gets it. Default: everyone who subscribed does. */
  rejected?: Rejection | undefined;
}

export interface EmittedEvent {
  eventId: string;
  /**
   * One for each handler and webhook that subscribed; of the first time when the event was known. `plugin` is `null`
   * for a webhook of the tenant's own.
   */
  runs: { runId: Id<'run'>; plugin: string | null }[];
  /** An event with this id had been written before: nothing was changed. */
  duplicate: boolean;
}

/** Writes an event in the caller's transaction. Handlers start after its commit. */
export type EmitEvent = (tx: TenantTransaction, event: NewEvent) => Promise<EmittedEvent>;

type Runs = (NewRun & { id: Id<'run'> })[];

/**
 * Writes an event and one run per subscribed handler. Throws `EMIT_DEPTH` when `depth` is over {@link maxEmitDepth} and
 * `QUEUE_FULL` when
 * the tenant's cap of unfinished background runs does not hold the new ones; then nothing is written.
 */
export const emitEvent: EmitEvent = async (tx, event) => {
  const depth = event.depth ?? 0;
  checkDepth(depth);
  const incoming = incomingOf(event);
  const { id: eventId } = incoming;
  if (event.rejected) {
    const isNew = await insertEvent(tx, {
      ...incoming,
      ...untouched,
      depth,
      time: event.time,
      runId: event.runId,
      rejected: event.rejected,
    });
    return isNew
      ? { eventId, runs: [], duplicate: false }
      : { eventId, runs: await firstRuns(tx, eventId), duplicate: true };
  }
  const { mapper, mapped, subscribers } = await look(tx, incoming, event.only);
  const context = { depth, time: event.time, runId: event.runId, mapper };
  const written = await writeMapped(tx, mapped, context);
  if (written.isDuplicate) return { eventId, runs: await firstRuns(tx, eventId), duplicate: true };
  const runs: Runs = written.isSuppressed
    ? []
    : planRuns(subscribers, { event: filtered(mapped, written.alert), depth });
  const all = [...written.followingRuns, ...runs];
  if (all.length > 0) {
    await ensureRoom(tx, all.length);
    await insertQueued(tx, all);
  }
  return { eventId, runs: runs.map(({ id, plugin }) => ({ runId: id, plugin })), duplicate: false };
};

/**
 * The event as the mappings in force make it, and its subscribers. The rules of last time are tried first: they are the
 * right ones unless somebody changed them since, and then the names to look for are known before the look.
 */
async function look(
  tx: TenantTransaction,
  incoming: IncomingEvent,
  only: Id<'installation'> | undefined,
): Promise<{ mapper: KnownMapper['mapper']; mapped: MappedEvent; subscribers: Subscribers }> {
  const last = lastMapper(tx);
  const guess = last.mapper.map(incoming);
  const subscribers = await findSubscribers(tx, namesOf(guess), only);
  if (subscribers.revision === last.revision) return { mapper: last.mapper, mapped: guess, subscribers };
  const { mapper } = await mapperOf(tx, subscribers.revision);
  const mapped = mapper.map(incoming);
  const isFound = namesOf(mapped).every((type) => subscribers.types.includes(type));
  return { mapper, mapped, subscribers: isFound ? subscribers : await findSubscribers(tx, namesOf(mapped), only) };
}

function filtered({ event, rawType, mappedFrom }: MappedEvent, alert: FilteredEvent['alert']): FilteredEvent {
  return { ...event, rawType, mappedFrom, alert };
}

function namesOf({ event, rawType }: MappedEvent): string[] {
  return typesOf({ type: event.type, rawType });
}

function incomingOf(event: NewEvent): IncomingEvent {
  return {
    id: event.id ?? newId('event'),
    type: event.type,
    source: event.source,
    subject: event.subject ?? null,
    data: event.data,
    time: event.time ?? new Date().toISOString(),
    severity: event.severity ?? 'info',
    tags: event.tags ?? [],
    attributes: event.attributes ?? {},
  };
}

/** What a rejected event has none of. */
const untouched = { rawType: null, mappedFrom: null, suppressedBy: null, alert: null };

function checkDepth(depth: number): void {
  if (depth <= maxEmitDepth) return;
  throw outcomeErrors.error(
    'EMIT_DEPTH',
    `This event would be ${depth} emits deep; at most ${maxEmitDepth} are allowed. Look for handlers that cause ` +
      `each other's events.`,
    { extra: { limit: maxEmitDepth } },
  );
}

async function firstRuns(tx: TenantTransaction, eventId: string): Promise<EmittedEvent['runs']> {
  const rows = await tx.query<{ id: string; plugin: string | null }>(
    `select id, plugin from runs where tenant_id = $1 and event_id = $2 and kind in ('event', 'webhook')
       and replay_of is null order by id`,
    [tx.tenantUuid, eventId],
  );
  return rows.map(({ id, plugin }) => ({ runId: idFromUuid('run', id), plugin }));
}
