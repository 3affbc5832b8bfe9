import type { EventInput } from '@annex/events';
import { failpoint, quote, type Id, type Json, type Page, type PageRequest } from '@annex/kernel';
import { emitEvent, type EmittedEvent } from './sql/emit-event.js';
import { findCause, findCausedEvents, type CausedEvents } from './sql/caused-events.js';
import { findEvent, listEvents, type Delivery, type StoredEvent } from './sql/read-events.js';
import type { RunStatus } from './run-status.js';
import type { Database } from '@annex/database';
import { runErrors } from './errors.js';
import type { RunsCaller } from './runs.js';

/** An event as the REST API shows it. */
export interface EventView {
  id: string;
  type: string;
  source: string;
  subject: string | null;
  data: Json;
  time: string;
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
  /** The tree goes on beyond what is shown: 10 levels, 200 events. */
  tree_truncated: boolean;
}

/** `GET /api/events?type=&since=&until=`. */
export interface EventFilter {
  /** A name, or a pattern with `*` and `**`. */
  type?: string | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
}

/** Events as people see and send them. */
export class Events {
  constructor(private readonly options: { database: Database }) {}

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
      });
      await caller.beforeCommit?.(tx, written);
      failpoint('emit.written');
      return written;
    });
    failpoint('emit.committed');
    return emitted;
  }

  /** Events, newest first. */
  async list(tenantId: Id<'tenant'>, { type, since, until }: EventFilter, page: PageRequest): Promise<Page<EventView>> {
    const { events, cursor } = await this.options.database.forTenant(tenantId).transaction((tx) =>
      listEvents(tx, {
        ...(type !== undefined && { type }),
        ...(since && { since }),
        ...(until && { until }),
        limit: page.limit,
        ...(page.cursor !== undefined && { cursor: page.cursor }),
      }),
    );
    return { items: events.map(eventView), next_cursor: cursor };
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
