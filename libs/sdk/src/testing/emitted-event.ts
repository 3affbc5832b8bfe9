import type { Json } from '@annex/kernel';
import type { EventSeverity } from '../context.js';

/** An event that the plugin emitted. One with an id that was emitted before is the same event and not listed again. */
export interface EmittedEvent {
  id: string;
  type: string;
  source: string;
  subject: string | null;
  data: Json;
  severity: EventSeverity;
  tags: string[];
  attributes: Record<string, string | number | boolean>;
}
