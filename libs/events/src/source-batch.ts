/**
 * What a source of events gave at once: read and judged before any of it is written, so that one bad event keeps the
 * whole batch out and the cursor where it was.
 */
import { createHash } from 'node:crypto';
import { isJsonObject, jsonBytes, quote, type Json, type JsonObject } from '@annex/kernel';
import { sourceLimits } from '@annex/limits';
import { isReservedEventName, reservationOf } from './names.js';
import { compileEventPattern } from './patterns.js';
import { readEvent, type EventInput } from './read-event.js';
import { missingPaths } from './required.js';

/** What a source may give. */
export interface SourceRules {
  /** Patterns of the events that it declares. */
  events: readonly string[];
  /** Paths that no event may lack. Default: none. */
  require?: readonly string[];
  /** Patterns that the operator keeps from plugins. Default: none. */
  reserved?: readonly string[];
  /**
   * An event that cannot be kept as it is does not refuse the batch, but becomes a rejected one: of a connection that
   * goes on behind it, nobody could give it in another form. Default: no.
   */
  keepsFaulty?: boolean;
}

/** One event of a batch. */
export interface SourceEvent extends EventInput {
  /** Which of the required paths it lacks: it is kept, and given to nobody. */
  missing: string[];
  /** Why nothing of it but its type and id is kept; left out: all of it is. */
  fault?: string;
}

export interface SourceBatch {
  events: SourceEvent[];
  /** Where to go on; `undefined`: the source said nothing, and the cursor stays. */
  cursor: Json | undefined;
  /** There is more to be had at once. */
  more: boolean;
}

export type SourceReading = { ok: true; batch: SourceBatch } | { ok: false; detail: string };

const answerKeys = ['events', 'cursor', 'more'];

/**
 * Reads what `poll` or `receive` returned: `{ events, cursor, more }`. Nothing returned is nothing new. The first fault
 * is told, with the event that it is of.
 */
export function readSourceBatch(answer: Json | undefined, rules: SourceRules): SourceReading {
  if (answer === undefined || answer === null)
    return { ok: true, batch: { events: [], cursor: undefined, more: false } };
  if (!isJsonObject(answer)) return refuse('A source returns an object such as { events: [], cursor }.');
  const unknown = Object.keys(answer).find((key) => !answerKeys.includes(key));
  if (unknown !== undefined)
    return refuse(`What a source returns has no member ${quote(unknown, 60)}; there are: ${answerKeys.join(', ')}.`);
  const { events = [], cursor, more = false } = answer;
  if (!Array.isArray(events)) return refuse('"events" must be a list of { id, type, data }.');
  if (events.length > sourceLimits.events)
    return refuse(
      `${events.length} events were returned; at most ${sourceLimits.events} are taken at once. Return fewer, with ` +
        'the cursor behind them, and more: true.',
    );
  if (typeof more !== 'boolean') return refuse('"more" must be true or false.');
  const bytes = cursor === undefined ? 0 : jsonBytes(cursor);
  if (bytes > sourceLimits.cursorBytes)
    return refuse(`The cursor is ${bytes} bytes of JSON; at most ${sourceLimits.cursorBytes} are kept.`);
  return readEvents(events, rules, { cursor, more });
}

/** Why a source may not emit events of this type; `undefined`: it may. */
export function sourceTypeFault(type: string, { events, reserved = [] }: SourceRules): string | undefined {
  if (!events.some((pattern) => compileEventPattern(pattern)(type)))
    return `${quote(type)} is none of the source's events (${events.map((each) => quote(each)).join(', ')}).`;
  if (isReservedEventName(type)) return `${quote(type)} is the platform's own; no source can speak for it.`;
  const pattern = reservationOf(type, reserved);
  return pattern === undefined
    ? undefined
    : `${quote(type)} is reserved by the operator of this Annex (${quote(pattern)} of ANNEX_RESERVED_EVENTS).`;
}

/** The same id of the same source is the same event, whoever sends it again. In the form of every event's id. */
export function sourceEventId(source: string, given: string): string {
  return `evt_0${createHash('sha256').update(`${source}\0${given}`).digest('hex').slice(0, 25)}`;
}

function readEvents(
  given: readonly Json[],
  rules: SourceRules,
  rest: Pick<SourceBatch, 'cursor' | 'more'>,
): SourceReading {
  const events: SourceEvent[] = [];
  for (const [index, one] of given.entries()) {
    const reading = readOne(one, rules);
    if ('detail' in reading) return refuse(`events[${index}]: ${reading.detail}`);
    events.push(reading.event);
  }
  return { ok: true, batch: { events, ...rest } };
}

function readOne(one: Json, rules: SourceRules): { event: SourceEvent } | { detail: string } {
  const reading = readEvent(withTextId(one));
  if (!reading.ok) {
    const [fault] = reading.errors;
    const detail = `${fault?.pointer.slice(1) ?? ''} ${fault?.detail ?? 'is no event.'}`.trim();
    return (rules.keepsFaulty && faultyEvent(one, detail, rules)) || { detail };
  }
  const { event } = reading;
  const fault = sourceTypeFault(event.type, rules);
  if (fault !== undefined) return { detail: fault };
  return { event: { ...event, missing: missingPaths(event, rules.require ?? []) } };
}

/** What can be kept of an event that cannot be kept. */
function faultyEvent(one: Json, fault: string, rules: SourceRules): { event: SourceEvent } | undefined {
  if (!isJsonObject(one)) return undefined;
  const { type, id = null } = one;
  if (typeof type !== 'string' || sourceTypeFault(type, rules) !== undefined) return undefined;
  // The same one again is the same event, whatever its id is.
  const known = typeof id === 'string' || typeof id === 'number' ? String(id) : null;
  const hashed = known !== null && `sha256:${createHash('sha256').update(known).digest('hex')}`;
  const reading = readEvent({ type, ...(hashed !== false && { id: hashed }) });
  return reading.ok ? { event: { ...reading.event, data: null, missing: [], fault } } : undefined;
}

/** Row numbers are ids too, and every system counts its rows. */
function withTextId(one: Json): Json {
  if (!isJsonObject(one) || typeof one['id'] !== 'number') return one;
  return { ...one, id: String(one['id']) } satisfies JsonObject;
}

function refuse(detail: string): SourceReading {
  return { ok: false, detail };
}
