/** What would become of events, by the mappings in force or by one that is not yet. Writes nothing. */
import type { Database } from '@annex/database';
import {
  eventSources,
  Mapper,
  MappingTrial,
  readEvent,
  type ActiveMapping,
  type IncomingEvent,
  type MadeEvent,
  type TriedEvent,
} from '@annex/events';
import { isJsonObject, jsonPointer, newId, type InputFault, type JsonObject, type TenantActor } from '@annex/kernel';
import { mappingLimits } from '@annex/limits';
import { listActiveMappings } from '@annex/runs';
import { invalid, readDocument, type SentMapping } from './read-document.js';
import { recentEvents } from './sql/recent-events.js';

/** What is tried out. */
export interface DryRunInput {
  /** Beside those in force, in place of the one with its name. Default: those in force alone. */
  mapping?: { name: string; sent: SentMapping } | undefined;
  /** Bodies as `POST /api/events` takes them. Default: the tenant's latest. */
  events?: readonly unknown[] | undefined;
  /** How many of the latest, without `events`. Default 20. */
  recent?: number | undefined;
  /** Only the latest of this type. */
  type?: string | undefined;
}

/** What would become of an event, on the wire. */
export interface TriedEventView {
  event_id: string;
  type: string;
  raw_type: string | null;
  subject: string | null;
  severity: string;
  tags: string[];
  mapped_from: string | null;
  suppressed_by: TriedEvent['suppressedBy'];
  alert: TriedEvent['alert'];
  /** Events that would be made before or after it. */
  makes: { type: string; subject: string | null; severity: string; mapped_from: string; alert: TriedEvent['alert'] }[];
}

export interface DryRun {
  events: TriedEventView[];
  warnings: InputFault[];
}

/** Tries mappings out. Throws `MAPPING_INVALID` for a faulty mapping, and for faulty events. */
export async function dryRun(
  database: Pick<Database, 'forTenant'>,
  caller: TenantActor,
  { mapping, events, recent = 20, type, reservedEvents }: DryRunInput & { reservedEvents: readonly string[] },
): Promise<DryRun> {
  const read = mapping && readDocument(mapping.sent, reservedEvents);
  const given = events && readEvents(events);
  const found = await database.forTenant(caller.tenant.id).transaction(async (tx) => ({
    active: await listActiveMappings(tx),
    incoming: given ?? (await recentEvents(tx, { type, limit: recent })),
  }));
  const tried: ActiveMapping[] =
    read && mapping
      ? [
          ...found.active.filter(({ name }) => name !== mapping.name),
          { name: mapping.name, plugin: null, definition: read.definition },
        ]
      : found.active;
  return { events: tryAll(new Mapper(tried), found.incoming), warnings: read?.warnings ?? [] };
}

function tryAll(mapper: Mapper, events: readonly IncomingEvent[]): TriedEventView[] {
  const trial = new MappingTrial(mapper);
  let nowMs = 0;
  return events.map((event) => {
    nowMs = Math.max(nowMs, Date.parse(event.time));
    return view(trial.take(event, nowMs));
  });
}

function readEvents(bodies: readonly unknown[]): IncomingEvent[] {
  const errors: InputFault[] = [];
  const refuse = (fault: InputFault): void => void (errors.length < 50 && errors.push(fault));
  if (bodies.length > mappingLimits.testEvents)
    refuse({
      pointer: '/events',
      code: 'RANGE',
      detail: `has ${bodies.length} events; at most ${mappingLimits.testEvents} are tried at once.`,
    });
  const read = bodies.slice(0, mappingLimits.testEvents).flatMap((body, index): IncomingEvent[] => {
    // Those of Annex itself may be tried too, although nobody may send them.
    const { source, ...rest } = isJsonObject(body) ? body : ({} as JsonObject);
    const isOwn = typeof source === 'string' && source.startsWith('annex:');
    const reading = readEvent(isOwn ? rest : body);
    if (!reading.ok) {
      for (const fault of reading.errors) refuse({ ...fault, pointer: jsonPointer('events', index) + fault.pointer });
      return [];
    }
    const { id, time, source: named, ...event } = reading.event;
    return [
      {
        ...event,
        id: id ?? newId('event'),
        source: isOwn ? source : (named ?? eventSources.testEvent),
        time: time ?? new Date(0).toISOString(),
      },
    ];
  });
  if (errors.length > 0) throw invalid(errors);
  return read;
}

function view({ event, rawType, mappedFrom, suppressedBy, alert, makes }: TriedEvent): TriedEventView {
  return {
    ...{ event_id: event.id, type: event.type, raw_type: rawType, subject: event.subject },
    ...{ severity: event.severity, tags: event.tags, mapped_from: mappedFrom, suppressed_by: suppressedBy, alert },
    makes: makes.map(madeView),
  };
}

function madeView({ type, subject, severity, mappedFrom, alert }: MadeEvent): TriedEventView['makes'][number] {
  return { type, subject, severity, mapped_from: mappedFrom, alert };
}
