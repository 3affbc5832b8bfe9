import type { JsonObject } from '@annex/kernel';
import type { EventSeverity } from '../labels.js';

/** A mapping that was checked: what a file of `mappings/` or `PUT /api/mappings/:name` says. Plain data. */
export interface MappingDefinition {
  rules: MappingRule[];
  correlations: CorrelationRule[];
  /** What becomes of an event of these sources that no rule takes: it goes on as it is, or nobody gets it. */
  unmapped: 'keep' | 'drop';
}

/** What events of one type from one source become. */
export interface MappingRule {
  /** Tells it from the others of its mapping, also after an edit: what it makes, with a number where that repeats. */
  name: string;
  /** An event's source, or the end of one of Annex's own, such as `github` of `annex:hooks/github`. `null`: any. */
  source: string | null;
  /** A name, or a pattern. */
  type: string;
  /** A filter on the event as it came. `null`: each. */
  where: JsonObject | null;
  /** The event's new type; `null`: it keeps its own. */
  to: string | null;
  description: string | null;
  severity: EventSeverity | null;
  /** Added to the event's own. */
  tags: string[];
  /** Liquid texts by what they set: `subject`, or a path such as `data.name`. */
  set: Record<string, string>;
  /** Events of one key are one alert. `null`: they are not counted. */
  dedupe: { key: string; windowS: number; resolveAfterS: number | null } | null;
  /** A filter on the event as it came: it ends the alert. `null`: none does. */
  resolvedWhen: JsonObject | null;
  enabled: boolean;
}

/** An event that is made when others came, or did not come, within a time. */
export interface CorrelationRule {
  name: string;
  /** The type of the event that it makes. */
  emit: string;
  /** Names or patterns; each must be met. */
  all: string[];
  /** Names or patterns; none may be met from the moment when `all` are until the time is over. */
  absent: string[];
  /** A Liquid text: only events for which it is the same belong together. */
  by: string;
  withinS: number;
  description: string | null;
  severity: EventSeverity | null;
  tags: string[];
  enabled: boolean;
}

/** How events of one key are counted. */
export interface DedupeTerms {
  /** The rule's name: `<mapping>/<rule>`. */
  rule: string;
  key: string;
  windowMs: number;
  /** `null`: time alone resolves nothing. */
  resolveAfterMs: number | null;
  /** An event resolves it. */
  isResolvedByEvent: boolean;
}
