import type { TableRow } from '@annex/host-api';
import type { Json } from '@annex/kernel';
import type { EventLabels } from '../labels.js';

/** What rules may ask of an event. */
export const eventRoots = [
  ...['id', 'type', 'source', 'subject', 'data', 'time', 'severity', 'tags', 'attributes'],
] as readonly string[];

/** An event on its way to the bus. */
export interface IncomingEvent extends EventLabels {
  id: string;
  type: string;
  source: string;
  subject: string | null;
  data: Json;
  time: string;
}

/** The event as filters and texts see it. */
export function rowOf({ id, type, source, subject, data, time, severity, tags, attributes }: IncomingEvent): TableRow {
  const columns = { created_at: time, updated_at: time };
  return { id, type, source, subject, data, time, severity, tags, attributes, ...columns };
}
