import type { Json } from '@annex/kernel';
import type { EventLabels } from './labels.js';
import type { EventAlert } from './mapping/alerts.js';

/** An event as the bus carries it and as a hook's handler sees it (without `depth` and `causedBy`). */
export interface EventEnvelope extends EventLabels {
  /** `evt_…`, or the id its sender chose. Unique within a tenant: the same id again is the same event. */
  id: string;
  /** Its name, such as `auth.user.created`. */
  type: string;
  /** Who says so, a URI reference (CloudEvents 1.0 §3.1): see {@link eventSources}. */
  source: string;
  /** What it is about within its source, or `null`. */
  subject: string | null;
  data: Json;
  /** When it happened, RFC 3339 in UTC with milliseconds. */
  time: string;
  /**
   * How many emits lie between it and the outside world: 0 for an event from outside, one more for each `ctx.emit` on
   * the way.
   */
  depth: number;
  /** The run that emitted it, or `null`. */
  causedBy: string | null;
  /** The type that it came with. Default: it kept it. */
  rawType?: string | null;
  /** `<mapping>/<rule>` that took it. Default: none. */
  mappedFrom?: string | null;
  /** The alert that it belongs to. Default: none. */
  alert?: EventAlert | null;
}

/** The `source` of events that begin inside Annex. Nobody outside may use a source that begins with `annex:`. */
export const eventSources = {
  platform: 'annex:platform',
  api: 'annex:api',
  testEvent: 'annex:test-event',
  plugin: (slug: string): string => `annex:plugin/${slug}`,
  source: (name: string): string => `annex:source/${name}`,
  webhook: (source: string): string => `annex:hooks/${source}`,
  mapping: (name: string): string => `annex:mappings/${name}`,
} as const;

/** Whether a `source` is one that only Annex itself may set. */
export function isReservedSource(source: string): boolean {
  return source.toLowerCase().startsWith('annex:');
}

/** The body of the event that a handler sees, with wire names. */
export function eventForHandler(event: EventEnvelope): { [key: string]: Json } {
  return {
    id: event.id,
    type: event.type,
    source: event.source,
    subject: event.subject,
    data: event.data,
    time: event.time,
    severity: event.severity,
    tags: event.tags,
    attributes: event.attributes,
    ...((event.rawType ?? null) !== null && { raw_type: event.rawType }),
    ...((event.mappedFrom ?? null) !== null && { mapped_from: event.mappedFrom }),
    ...(event.alert && { alert: { ...event.alert } }),
  };
}

/**
 * The key under which a tenant holds an event at most once: its id. A sender that gives none gets a fresh id, so
 * nothing is dropped. CloudEvents calls `source` + `id` unique; the contract's promise is stronger: the same `id` again
 * is the same event.
 */
export function eventDedupeKey(event: { id: string }): string {
  return event.id;
}

/** The key under which one subscriber gets an event at most once, whatever number of its patterns match. */
export function deliveryDedupeKey(delivery: { eventId: string; installationId: string; handler: string }): string {
  return `${delivery.eventId}/${delivery.installationId}/${delivery.handler}`;
}
