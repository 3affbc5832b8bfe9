import {
  isReservedEventName,
  reservationOf,
  type EventAlert,
  type EventAttributes,
  type EventInput,
  type EventSeverity,
} from '@annex/events';
import { failpoint, quote, type Id, type Json, type Page, type PageRequest } from '@annex/kernel';
import { emitEvent, type EmittedEvent } from './sql/emit-event.js';
import { findCause, findCausedEvents, type CausedEvents } from './sql/caused-events.js';
import { findPassedOver, type PassedOver } from './sql/passed-over.js';
import { earliestFollowed, eventsFromNow, readEventsAfter, type EventPlace } from './sql/follow-events.js';
import { writingMs } from './sql/settled.js';
import { poll, readPlace, writePlace } from './poll.js';
import { findEvent, listEvents, type Delivery, type StoredEvent } from './sql/read-events.js';
import type { RunStatus } from './run-status.js';
import type { Database } from '@annex/database';
import { runErrors } from './errors.js';
import type { Rejection, Suppression } from './rows/event-row.js';
import type { RunsCaller } from './runs-caller.js';

/** An event as the REST API shows it. */
export interface EventView {
  id: string;
  type: string;
  source: string;
  subject: string | null;
  data: Json;
  time: string;
  severity: EventSeverity;
  tags: string[];
  /** Extension attributes of CloudEvents. */
  attributes: EventAttributes;
  /** Why no handler got it. */
  rejected?: Rejection;
  /** The type that it came with, where a mapping gave it another. */
  raw_type?: string;
  /** `<mapping>/<rule>` that took it, or made it. */
  mapped_from?: string;
  /** Why a mapping gave it to nobody. */
  suppressed_by?: Suppression;
  /** The alert that it belongs to. */
  alert?: EventAlert;
  /** The run that emitted it. */
  run_id?: string;
  deliveries: EventDeliveryView[];
}

export interface EventDeliveryView {
  run_id: string;
  plugin: string | null;
  webhook?: string;
  status: RunStatus;
  attempts: number;
  replay_of?: string;
  /** With a single event: what this run emitted, each with its own deliveries, and so on. */
  emitted?: CausedEventView[];
}

/** An event that another one caused. */
export type CausedEventView = Pick<EventView, 'id' | 'type' | 'source' | 'time' | 'deliveries'>;

/** One event with what made it happen and what it made happen. */
export interface EventTreeView extends EventView {
  /** The run that emitted it and the event behind that; `null`: it came from outside. */
  caused_by: {
    run_id: string;
    plugin: string | null;
    kind: string | null;
    name: string | null;
    event_id: string | null;
    event_type: string | null;
  } | null;
  /** Who wants events of this name and would not get this one, as handlers stand now; 100 at most. */
  passed_over: PassedOver[];
  /** The tree goes on beyond what is shown: 10 levels, 200 events. */
  tree_truncated: boolean;
}

/** `GET /api/events?type=&since=&until=`. */
export interface EventFilter {
  /** A name, or a pattern with `*` and `**`. */
  type?: string | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
  severity?: EventSeverity | undefined;
  /** One of its tags. */
  tag?: string | undefined;
  /** Only those that nobody got: `rejected` by what their source must say, `suppressed` by a mapping. */
  status?: 'rejected' | 'suppressed' | undefined;
}

/** Events that one look at the database brings. */
const pageEvents = 100;
const placeShape = [/^\d{1,18}$/, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00$/, /^[^\0]{0,1000}$/];

/** The time of a place. `undefined`: there is no such day or hour, and PostgreSQL would not read it either. */
function timeOf(createdText: string): Date | undefined {
  const time = new Date(createdText.replace(' ', 'T').replace('+00', 'Z'));
  const isOne = !Number.isNaN(time.getTime()) && time.toISOString().startsWith(createdText.slice(0, 10));
  return isOne ? time : undefined;
}

/** Whoever follows events. */
export interface EventReader {
  send: (event: { id: string; data: EventView }) => void;
  /** Resolves when the reader can take more. */
  ready: () => Promise<void>;
  /** A look that failed; the next one comes all the same. */
  onFailed: (thrown: unknown) => void;
  /** Milliseconds between two looks. Default 1000. */
  pollMs?: number;
}

/** Events as people see and send them. */
export class Events {
  /** `reservedEvents`: patterns that the operator keeps from plugins (`ANNEX_RESERVED_EVENTS`). Default: none. */
  constructor(private readonly options: { database: Database; reservedEvents?: readonly string[] }) {}

  /**
   * Whether a name speaks for the platform, or is one that the operator reserved: posting it takes a role that plugin
   * code has not.
   */
  isReserved(type: string): boolean {
    return isReservedEventName(type) || reservationOf(type, this.options.reservedEvents ?? []) !== undefined;
  }

  /** Writes an event that came through the API; answers after the commit. Throws `QUEUE_FULL`. */
  async emit(caller: RunsCaller<EmittedEvent>, event: EventInput): Promise<EmittedEvent> {
    const emitted = await this.options.database.forTenant(caller.tenant.id).transaction(async (tx) => {
      const written = await emitEvent(tx, {
        id: event.id ?? undefined,
        type: event.type,
        // Nobody outside can claim a source that begins with "annex:", so this tells the API's callers from the
        // platform.
        source: event.source ?? `/api/${caller.actor}`,
        subject: event.subject,
        data: event.data,
        time: event.time ?? undefined,
        severity: event.severity,
        tags: event.tags,
        attributes: event.attributes,
      });
      await caller.beforeCommit?.(tx, written);
      failpoint('emit.written');
      return written;
    });
    failpoint('emit.committed');
    return emitted;
  }

  /** Events, newest first. */
  async list(
    tenantId: Id<'tenant'>,
    { type, since, until, severity, tag, status }: EventFilter,
    page: PageRequest,
  ): Promise<Page<EventView>> {
    const { events, cursor } = await this.options.database.forTenant(tenantId).transaction((tx) =>
      listEvents(tx, {
        ...(type !== undefined && { type }),
        ...(since && { since }),
        ...(until && { until }),
        ...(severity && { severity }),
        ...(tag !== undefined && { tag }),
        status,
        limit: page.limit,
        ...(page.cursor !== undefined && { cursor: page.cursor }),
      }),
    );
    return { items: events.map(eventView), next_cursor: cursor };
  }

  /**
   * Sends new events as they are accepted, each once, until the answered function is called. `lastId`: of the last one
   * that the reader has; it goes on behind that. Without it `since` begins with events from before. `ready` is waited
   * for before each.
   */
  async follow(
    tenantId: Id<'tenant'>,
    { type, since, lastId }: Pick<EventFilter, 'type' | 'since'> & { lastId?: string | undefined },
    { send, ready, onFailed, pollMs = 1_000 }: EventReader,
  ): Promise<() => void> {
    const scope = this.options.database.forTenant(tenantId);
    const [writer, createdText, id] = readPlace(lastId, placeShape) ?? [];
    const backTo = createdText === undefined ? undefined : timeOf(createdText);
    const isResumed = backTo !== undefined && writer !== undefined && createdText !== undefined && id !== undefined;
    const now = isResumed || since ? undefined : await scope.transaction(eventsFromNow);
    let place: EventPlace = isResumed ? [writer, createdText, id] : (now?.place ?? ['0', '-infinity', '']);
    const asked = isResumed ? new Date(backTo.getTime() - writingMs) : (since ?? new Date(Date.now() - writingMs));
    // Each look sorts what lies behind its beginning, so the past that a stream tells has an end.
    const earliest = await scope.transaction(earliestFollowed);
    let from = earliest && earliest > asked ? earliest : asked;
    const look = async (isEnded: () => boolean): Promise<boolean> => {
      const beganMs = Date.now();
      const events = await scope.transaction((tx) =>
        readEventsAfter(tx, { place, snapshot: now?.snapshot, type, since: from, limit: pageEvents }),
      );
      for (const event of events) {
        await ready();
        if (isEnded()) return false;
        send({ id: writePlace(event.place), data: eventView(event) });
        ({ place } = event);
      }
      if (events.length === pageEvents) return true;
      // All before this look is told, but for what was being written meanwhile.
      from = new Date(Math.max(from.getTime(), beganMs - writingMs));
      return false;
    };
    return poll(look, { everyMs: pollMs, onFailed });
  }

  /** One event with its deliveries, its cause and everything it caused. Throws `EVENT_NOT_FOUND`. */
  async get(tenantId: Id<'tenant'>, eventId: string): Promise<EventTreeView> {
    return this.options.database.forTenant(tenantId).transaction(async (tx) => {
      const event = await findEvent(tx, eventId);
      if (event === null)
        throw runErrors.error(
          'EVENT_NOT_FOUND',
          `This tenant has no event ${quote(eventId, 80)}; it may be older than events are kept.`,
        );
      const cause = await findCause(tx, event);
      const { byRun, isCut } = await findCausedEvents(tx, event);
      return {
        ...eventView(event),
        caused_by: cause && {
          run_id: cause.runId,
          plugin: cause.plugin,
          kind: cause.kind,
          name: cause.name,
          event_id: cause.eventId,
          event_type: cause.eventType,
        },
        deliveries: deliveryTree(event, byRun),
        passed_over: await findPassedOver(tx, { ...event, time: event.time.toISOString() }),
        tree_truncated: isCut,
      };
    });
  }
}

/** The deliveries of an event, each with the events that it emitted. An event has one cause, so this ends. */
function deliveryTree(event: StoredEvent, byRun: CausedEvents['byRun']): EventDeliveryView[] {
  return event.deliveries.map((delivery) => ({
    ...deliveryView(delivery),
    emitted: (byRun.get(delivery.runId) ?? []).map((caused) => {
      const { id, type, source, time } = eventView(caused);
      return { id, type, source, time, deliveries: deliveryTree(caused, byRun) };
    }),
  }));
}

function eventView(event: StoredEvent): EventView {
  return {
    id: event.id,
    type: event.type,
    source: event.source,
    subject: event.subject,
    data: event.data,
    time: event.time.toISOString(),
    severity: event.severity,
    tags: event.tags,
    attributes: event.attributes,
    ...(event.rejected && { rejected: event.rejected }),
    ...(event.rawType !== null && { raw_type: event.rawType }),
    ...(event.mappedFrom !== null && { mapped_from: event.mappedFrom }),
    ...(event.suppressedBy && { suppressed_by: event.suppressedBy }),
    ...(event.alert && { alert: event.alert }),
    ...(event.runId !== null && { run_id: event.runId }),
    deliveries: event.deliveries.map(deliveryView),
  };
}

function deliveryView({ runId, plugin, webhook, status, attempts, replayOf }: Delivery): EventDeliveryView {
  return {
    run_id: runId,
    plugin,
    ...(webhook !== null && { webhook }),
    status,
    attempts,
    ...(replayOf !== null && { replay_of: replayOf }),
  };
}
