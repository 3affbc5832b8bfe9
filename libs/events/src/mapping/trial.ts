/**
 * Mappings tried out in memory: what would become of some events, one after the other. The same rules decide as in the
 * emit (libs/runs), which keeps its states in PostgreSQL.
 */
import type { Json } from '@annex/kernel';
import { newId } from '@annex/kernel';
import type { EventLabels } from '../labels.js';
import { alertOf, resolved, takeAlert, type AlertState, type EventAlert } from './alerts.js';
import { correlationEndsMs, fireDue, takeCorrelation, type CorrelationState } from './correlations.js';
import type { IncomingEvent } from './event-fields.js';
import { correlationSeverity, type ActiveCorrelation, type MappedEvent, type Mapper } from './mapper.js';

/** Why an event would be given to nobody. */
export interface TriedSuppression {
  reason: 'window' | 'silence' | 'resolved' | 'unmapped';
  rule: string;
  alert: string | null;
}

/** An event that mappings make by themselves. */
export interface MadeEvent extends Omit<EventLabels, 'attributes'> {
  type: string;
  subject: string | null;
  data: Json;
  mappedFrom: string;
  alert: EventAlert | null;
}

/** What would become of an event. */
export interface TriedEvent {
  event: IncomingEvent;
  mappedFrom: string | null;
  rawType: string | null;
  suppressedBy: TriedSuppression | null;
  alert: EventAlert | null;
  /** Events that follow from it, or whose time came before it. */
  makes: MadeEvent[];
}

interface Kept<State> {
  rule: string;
  key: string;
  state: State;
}

/** One trial; it begins with nothing remembered. */
export class MappingTrial {
  readonly #alerts = new Map<string, Kept<AlertState> & { last: IncomingEvent }>();
  readonly #correlations = new Map<string, Kept<CorrelationState> & { correlation: ActiveCorrelation }>();

  constructor(private readonly mapper: Mapper) {}

  /** What becomes of an event at a time, milliseconds since the epoch; the times must not go back. */
  take(incoming: IncomingEvent, nowMs: number): TriedEvent {
    const makes = this.pass(nowMs);
    const mapped = this.mapper.map(incoming);
    const { event, mappedFrom, rawType, droppedBy } = mapped;
    const tried = { event, mappedFrom, rawType, alert: null, makes };
    if (droppedBy !== null) return { ...tried, suppressedBy: { reason: 'unmapped', rule: droppedBy, alert: null } };
    const { alert, suppressedBy } = this.#count(mapped, nowMs);
    if (!mapped.isResolving && suppressedBy?.reason !== 'silence') makes.push(...this.#correlate(mapped, nowMs));
    return { ...tried, alert, suppressedBy };
  }

  /** The events that are made because their time has come. */
  pass(nowMs: number): MadeEvent[] {
    const made: MadeEvent[] = [];
    for (const [id, { rule, state, last }] of this.#alerts) {
      if (nowMs < state.endsMs) continue;
      this.#alerts.delete(id);
      if (state.status !== 'firing' || !state.tellsEnd) continue;
      const after = resolved(state, state.endsMs);
      if (nowMs < after.endsMs) this.#alerts.set(id, { rule, key: id, state: after, last });
      made.push(madeOf(rule, last, alertOf(after)));
    }
    for (const [id, { key, state, correlation }] of this.#correlations) {
      if (nowMs < correlationEndsMs(state, correlation)) continue;
      const due = fireDue(state, correlation, nowMs);
      this.#correlations.delete(id);
      for (const ids of due?.fired ?? []) made.push(incidentOf(correlation, key, ids));
      if (due?.state && nowMs < correlationEndsMs(due.state, correlation))
        this.#correlations.set(id, { rule: correlation.id, key, correlation, state: due.state });
    }
    return made;
  }

  #count({ event, dedupe, isResolving }: MappedEvent, nowMs: number): Pick<TriedEvent, 'alert' | 'suppressedBy'> {
    if (dedupe === null) return { alert: null, suppressedBy: null };
    const { rule, key } = dedupe;
    const id = JSON.stringify([rule, key]);
    const before = this.#alerts.get(id);
    const freshId = newId('alert');
    const decided = takeAlert(before?.state ?? null, dedupe, { isResolving, nowMs, freshId });
    const { state, alert, suppressedBy: reason } = decided;
    const last = reason === null || state.count === 1 ? event : (before?.last ?? event);
    this.#alerts.set(id, { rule, key, state, last });
    return { alert, suppressedBy: reason && { reason, rule, alert: alert.id } };
  }

  #correlate(mapped: MappedEvent, nowMs: number): MadeEvent[] {
    return this.mapper.partsOf(mapped).flatMap(({ correlation, key, meets, isAbsent }) => {
      const id = JSON.stringify([correlation.id, key]);
      const before = this.#correlations.get(id)?.state ?? null;
      const part = { meets, isAbsent, eventId: mapped.event.id, nowMs };
      const { state, fired } = takeCorrelation(before, correlation, part);
      if (state === null) this.#correlations.delete(id);
      else this.#correlations.set(id, { rule: correlation.id, key, state, correlation });
      return fired.map((ids) => incidentOf(correlation, key, ids));
    });
  }
}

function madeOf(rule: string, { type, subject, data, severity, tags }: IncomingEvent, alert: EventAlert): MadeEvent {
  return { type, subject, data, severity, tags, mappedFrom: rule, alert };
}

function incidentOf(correlation: ActiveCorrelation, key: string, eventIds: string[]): MadeEvent {
  const { emit, tags, id } = correlation;
  const labels = { severity: correlationSeverity(correlation), tags };
  return { type: emit, ...incidentBody(correlation, key, eventIds), ...labels, mappedFrom: id, alert: null };
}

/** Subject and data of the event that a correlation makes. */
export function incidentBody(
  { id, all, absent, withinS }: Pick<ActiveCorrelation, 'id' | 'all' | 'absent' | 'withinS'>,
  key: string,
  eventIds: string[],
): { subject: string; data: Json } {
  return { subject: key, data: { correlation: id, key, events: eventIds, all, absent, within_s: withinS } };
}
