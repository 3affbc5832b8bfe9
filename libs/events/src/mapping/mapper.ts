/**
 * What the mappings of a tenant make of an event. Pure: what it has seen before lies in the states that the caller
 * keeps (`alerts.ts`, `correlations.ts`).
 */
import { createHash } from 'node:crypto';
import { MatchBudget, matchesFilter, MatchTooDear, type Filter, type TableRow } from '@annex/host-api';
import { isJsonObject, jsonBytes, type Json } from '@annex/kernel';
import { eventLimits, mappingLimits, maxPayloadBytes } from '@annex/limits';
import { eventSources, isReservedSource } from '../envelope.js';
import type { EventSeverity } from '../labels.js';
import { matchesEvent } from '../patterns.js';
import type { CorrelationRule, DedupeTerms, MappingDefinition, MappingRule } from './definition.js';
import { soundFilter } from './event-filter.js';
import { eventRoots, rowOf, type IncomingEvent } from './event-fields.js';
import { readText, type RenderText } from './text.js';

/** A mapping that is in force. */
export interface ActiveMapping {
  /** Its name; begins the names of its rules. */
  name: string;
  /** The plugin whose package brought it; `null`: the tenant's own. */
  plugin: string | null;
  definition: MappingDefinition;
}

/** A part that an event has in a correlation. */
export interface CorrelationPart {
  correlation: ActiveCorrelation;
  key: string;
  /** Which of `all` it meets, by their places. */
  meets: number[];
  /** It is one of `absent`. */
  isAbsent: boolean;
}

/** What became of an event. */
export interface MappedEvent {
  event: IncomingEvent;
  /** `<mapping>/<rule>`; `null`: no rule took it. */
  mappedFrom: string | null;
  /** The type that it had; `null`: it kept it. */
  rawType: string | null;
  /** Nobody gets it: its source has a mapping that drops what no rule takes. Names that mapping. */
  droppedBy: string | null;
  dedupe: DedupeTerms | null;
  /** It says that the alert of its key is over. */
  isResolving: boolean;
  /** Looking at it would have cost too much, so no rule was asked. */
  isTooDear: boolean;
}

export interface ActiveCorrelation extends Omit<CorrelationRule, 'by'> {
  /** `<mapping>/<correlation>`. */
  id: string;
  by: RenderText;
}

const controls = /[\p{Cc}\p{Cs}]/gu;

interface ActiveRule {
  id: string;
  /** Among all rules, from the first that is asked. */
  order: number;
  mapping: ActiveMapping;
  rule: MappingRule;
  where: Filter | null;
  resolvedWhen: Filter | null;
  sets: { path: string[]; render: RenderText }[];
  key: RenderText | null;
}

/** All mappings of a tenant, made ready to be asked. The tenant's own come first, then packages', each by name. */
export class Mapper {
  readonly #byType = new Map<string, ActiveRule[]>();
  readonly #byPattern: ActiveRule[] = [];
  readonly #dropping: ActiveMapping[];
  readonly correlations: readonly ActiveCorrelation[];

  constructor(mappings: readonly ActiveMapping[]) {
    const inOrder = mappings.toSorted(
      (a, b) => Number(a.plugin !== null) - Number(b.plugin !== null) || (a.name < b.name ? -1 : 1),
    );
    const rules = inOrder.flatMap((mapping) =>
      mapping.definition.rules.filter(({ enabled }) => enabled).map((rule) => ({ mapping, rule })),
    );
    rules.forEach(({ mapping, rule }, order) => {
      const active = prepare(mapping, rule, order);
      if (rule.type.includes('*')) this.#byPattern.push(active);
      else this.#byType.set(rule.type, [...(this.#byType.get(rule.type) ?? []), active]);
    });
    this.#dropping = inOrder.filter(({ definition }) => definition.unmapped === 'drop');
    this.correlations = inOrder.flatMap(({ name, definition }) =>
      definition.correlations
        .filter(({ enabled }) => enabled)
        .map((rule) => ({ ...rule, id: `${name}/${rule.name}`, by: prepareText(rule.by) })),
    );
  }

  /** Whether there is anything that could change an event. */
  get isEmpty(): boolean {
    return this.#byType.size === 0 && this.#byPattern.length === 0 && this.correlations.length === 0;
  }

  /** What the first rule that takes an event makes of it. */
  map(event: IncomingEvent): MappedEvent {
    const asItIs: MappedEvent = {
      event,
      mappedFrom: null,
      rawType: null,
      droppedBy: null,
      dedupe: null,
      isResolving: false,
      isTooDear: false,
    };
    const row = rowOf(event);
    const budget = new MatchBudget(mappingLimits.stepsPerEvent);
    try {
      const taken = this.#candidates(event).find(({ where }) => where === null || matchesFilter(where, row, budget));
      if (!taken) return { ...asItIs, droppedBy: this.#dropperOf(event) };
      const isResolving = taken.resolvedWhen !== null && matchesFilter(taken.resolvedWhen, row, budget);
      return apply(taken, event, row, isResolving);
    } catch (thrown) {
      if (thrown instanceof MatchTooDear) return { ...asItIs, isTooDear: true };
      throw thrown;
    }
  }

  /** The parts that a mapped event has in correlations. One whose key is empty has none. */
  partsOf({ event, rawType }: Pick<MappedEvent, 'event' | 'rawType'>): CorrelationPart[] {
    const isMet = (pattern: string): boolean =>
      matchesEvent(pattern, event.type) || (rawType !== null && matchesEvent(pattern, rawType));
    return this.correlations.flatMap((correlation) => {
      const meets = correlation.all.flatMap((pattern, place) => (isMet(pattern) ? [place] : []));
      const isAbsent = correlation.absent.some(isMet);
      if (meets.length === 0 && !isAbsent) return [];
      const key = keyOf(correlation.by, rowOf(event));
      return key === '' ? [] : [{ correlation, key, meets, isAbsent }];
    });
  }

  #candidates(event: IncomingEvent): ActiveRule[] {
    const exact = this.#byType.get(event.type) ?? [];
    const byPattern = this.#byPattern.filter(({ rule }) => matchesEvent(rule.type, event.type));
    const all = byPattern.length === 0 ? exact : [...exact, ...byPattern].sort((a, b) => a.order - b.order);
    return all.filter(
      ({ mapping, rule }) =>
        (rule.source === null || isFrom(rule.source, event.source)) &&
        // What the platform says of users and plugins is not a package's to change or to keep back.
        (mapping.plugin === null || event.source !== eventSources.platform),
    );
  }

  #dropperOf({ source }: IncomingEvent): string | null {
    const dropping = this.#dropping.find(
      ({ plugin, definition }) =>
        (plugin === null || source !== eventSources.platform) &&
        definition.rules.some((rule) => rule.source !== null && isFrom(rule.source, source)),
    );
    return dropping?.name ?? null;
  }
}

/** A source is named in full, or by the last part of one of Annex's own: `github` for `annex:hooks/github`. */
function isFrom(named: string, source: string): boolean {
  return named === source || (isReservedSource(source) && source.endsWith(`/${named}`));
}

function prepare(mapping: ActiveMapping, rule: MappingRule, order: number): ActiveRule {
  return {
    id: `${mapping.name}/${rule.name}`,
    order,
    mapping,
    rule,
    where: rule.where && soundFilter(rule.where),
    resolvedWhen: rule.resolvedWhen && soundFilter(rule.resolvedWhen),
    sets: Object.entries(rule.set).map(([path, text]) => ({ path: path.split('.'), render: prepareText(text) })),
    key: rule.dedupe && prepareText(rule.dedupe.key),
  };
}

/** Texts were read when the mapping was written; what a later release reads no more makes nothing. */
function prepareText(text: string): RenderText {
  const reading = readText(text, eventRoots);
  return reading.ok ? reading.render : () => '';
}

function apply(active: ActiveRule, raw: IncomingEvent, row: TableRow, isResolving: boolean): MappedEvent {
  const { rule, id, key } = active;
  const event: IncomingEvent = {
    ...raw,
    ...setValues(active, raw, row),
    type: rule.to ?? raw.type,
    severity: rule.severity ?? raw.severity,
    tags: [...new Set([...raw.tags, ...rule.tags])].slice(0, eventLimits.tags),
  };
  const rendered = key === null ? '' : keyOf(key, rowOf(event));
  return {
    event,
    mappedFrom: id,
    rawType: event.type === raw.type ? null : raw.type,
    droppedBy: null,
    dedupe:
      rule.dedupe === null || rendered === ''
        ? null
        : {
            rule: id,
            key: rendered,
            windowMs: rule.dedupe.windowS * 1000,
            resolveAfterMs: rule.dedupe.resolveAfterS === null ? null : rule.dedupe.resolveAfterS * 1000,
            isResolvedByEvent: rule.resolvedWhen !== null,
          },
    isResolving,
    isTooDear: false,
  };
}

/** The subject and data that a rule sets. Texts that come out empty set nothing. */
function setValues({ sets }: ActiveRule, raw: IncomingEvent, row: TableRow): Partial<IncomingEvent> {
  let { subject, data } = raw;
  for (const { path, render } of sets) {
    const text = render(row);
    if (text === '') continue;
    const [first, ...rest] = path;
    if (first === 'subject') subject = subjectOf(text) ?? subject;
    else data = withValue(data, rest, text);
  }
  return data === raw.data || jsonBytes(data) <= maxPayloadBytes ? { subject, data } : { subject };
}

function subjectOf(text: string): string | undefined {
  const kept = text.replace(controls, ' ').slice(0, eventLimits.textChars).toWellFormed().trim();
  return kept === '' ? undefined : kept;
}

/** A copy with a value at a path. Where something else than an object stands in the way, nothing is set. */
function withValue(data: Json, path: readonly string[], text: string): Json {
  const [name, ...rest] = path;
  if (name === undefined) return text;
  if (!isJsonObject(data)) return data;
  const inner = Object.hasOwn(data, name) ? (data[name] ?? null) : {};
  return { ...data, [name]: rest.length === 0 ? text : withValue(inner, rest, text) };
}

/** A key of a state: trimmed, and of one that is too long its digest. */
function keyOf(render: RenderText, row: TableRow): string {
  const key = render(row).replace(controls, ' ').trim();
  if (key.length <= mappingLimits.keyChars) return key;
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

/** How grave an event is that a correlation makes. Default `warning`. */
export function correlationSeverity({ severity }: Pick<CorrelationRule, 'severity'>): EventSeverity {
  return severity ?? 'warning';
}
