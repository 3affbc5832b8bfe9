import type { EventInput } from '@annex/events';
import { failpoint, quote, type Id, type Json } from '@annex/kernel';
import { emitEvent, findEvent, listEvents, type Database, type EmittedEvent, type StoredEvent } from '@annex/persistence';
import { dispatchErrors } from './errors.js';
import type { RunsCaller } from './runs.js';

/** An event on the wire (CONTRACT §5). */
export interface EventView {
  id: string;
  type: string;
  source: string;
  subject: string | null;
  data: Json;
  time: string;
  /** The run that emitted it. */
  run_id?: string;
  deliveries: { run_id: string; plugin: string | null; webhook?: string; status: string; attempts: number; replay_of?: string }[];
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
        // Nobody outside can claim a source that begins with "annex:", so this tells the API's callers from the platform.
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
  async list(tenantId: Id<'tenant'>, { type, since, until }: EventFilter, page: { limit: number; cursor?: string | undefined }): Promise<{ items: EventView[]; next_cursor: string | null }> {
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

  /** One event with its deliveries. Throws `EVENT_NOT_FOUND`. */
  async get(tenantId: Id<'tenant'>, eventId: string): Promise<EventView> {
    const event = await this.options.database.forTenant(tenantId).transaction((tx) => findEvent(tx, eventId));
    if (event === null) throw dispatchErrors.error('EVENT_NOT_FOUND', `This tenant has no event ${quote(eventId, 80)}; it may be older than events are kept.`);
    return eventView(event);
  }
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
    deliveries: event.deliveries.map(({ runId, plugin, webhook, status, attempts, replayOf }) => ({
      run_id: runId,
      plugin,
      ...(webhook !== null && { webhook }),
      status,
      attempts,
      ...(replayOf !== null && { replay_of: replayOf }),
    })),
  };
}
