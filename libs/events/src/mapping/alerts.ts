/** Which of the events of one key go through, and when their alert is over. Pure: `nowMs` and the state come in. */
import { mappingLimits } from '@annex/limits';
import type { DedupeTerms } from './definition.js';

/** What is kept of the events of one rule and key. Times in milliseconds since the epoch. */
export interface AlertState {
  /** `alr_…` */
  id: string;
  status: 'firing' | 'resolved';
  /** Events since it began to fire. */
  count: number;
  firstMs: number;
  lastMs: number;
  /** When an event last went through. */
  passedMs: number;
  /** When it is over by itself, and of a resolved one, when it is forgotten. */
  endsMs: number;
  /** Its end is told as an event. */
  tellsEnd: boolean;
  /** Until then its events are kept back; `null`: they are not. */
  silencedUntilMs: number | null;
}

/** What an event of an alert carries. */
export interface EventAlert {
  id: string;
  status: 'firing' | 'resolved';
  /** Events of the alert up to this one. */
  count: number;
  /** When it began to fire, RFC 3339. */
  first_at: string;
}

/** Why an event of an alert was given to nobody. */
export type AlertSuppression = 'window' | 'silence' | 'resolved';

export interface AlertDecision {
  /** What is kept from now on. */
  state: AlertState;
  alert: EventAlert;
  suppressedBy: AlertSuppression | null;
  /** An alert that was over, whose end was to be told and is not yet: that comes first. */
  ended: AlertState | null;
}

/** Whether an alert still fires. */
export function isFiring(state: Pick<AlertState, 'status' | 'endsMs'>, nowMs: number): boolean {
  return state.status === 'firing' && nowMs < state.endsMs;
}

/**
 * Decides about an event that a rule with `dedupe` took. The first of a key goes through, and one after each window.
 * `freshId`: for an alert that begins.
 */
export function takeAlert(
  state: AlertState | null,
  terms: Omit<DedupeTerms, 'rule' | 'key'>,
  { isResolving, nowMs, freshId }: { isResolving: boolean; nowMs: number; freshId: string },
): AlertDecision {
  const before = state !== null && isFiring(state, nowMs) ? state : null;
  const ended = state !== null && state.status === 'firing' && before === null && state.tellsEnd ? state : null;
  if (isResolving) return resolve(state, before, { ended, nowMs, freshId });
  // A silence is of the key: it outlives the alert.
  const until = state?.silencedUntilMs ?? null;
  const silencedUntilMs = until !== null && nowMs < until ? until : null;
  const isWithin = before !== null && nowMs < before.passedMs + terms.windowMs;
  const passes = silencedUntilMs === null && !isWithin;
  // One that is silenced from its beginning has let nothing through, so the first event after the silence goes.
  const passedMs = passes ? nowMs : (before?.passedMs ?? nowMs - terms.windowMs);
  const after: AlertState = {
    ...{ id: before?.id ?? freshId, status: 'firing', count: (before?.count ?? 0) + 1 },
    ...{ firstMs: before?.firstMs ?? nowMs, lastMs: nowMs, passedMs },
    ...{ endsMs: endOf(terms, nowMs, passes ? nowMs : (before?.passedMs ?? nowMs)), tellsEnd: tellsEnd(terms) },
    silencedUntilMs,
  } as AlertState;
  const suppressedBy = silencedUntilMs !== null ? 'silence' : passes ? null : 'window';
  return { state: after, alert: alertOf(after), suppressedBy, ended };
}

/** An alert that an event, a person or its time resolved. */
export function resolved(state: AlertState, nowMs: number): AlertState {
  const endsMs = Math.max(nowMs + mappingLimits.resolvedMs, state.silencedUntilMs ?? 0);
  return { ...state, status: 'resolved', endsMs, tellsEnd: false };
}

/** What an event of an alert carries of it. */
export function alertOf({ id, status, count, firstMs }: AlertState): EventAlert {
  return { id, status, count, first_at: new Date(firstMs).toISOString() };
}

function resolve(
  state: AlertState | null,
  before: AlertState | null,
  { ended, nowMs, freshId }: { ended: AlertState | null; nowMs: number; freshId: string },
): AlertDecision {
  if (before !== null) {
    const after = resolved({ ...before, count: before.count + 1, lastMs: nowMs }, nowMs);
    return { state: after, alert: alertOf(after), suppressedBy: null, ended: null };
  }
  // One that its time ended is told by that, whether the ticker was here or not.
  const over = ended === null ? state : resolved(ended, ended.endsMs);
  if (over !== null && over.status === 'resolved' && nowMs < over.endsMs)
    return { state: over, alert: alertOf(over), suppressedBy: 'resolved', ended };
  // Its beginning may be older than what is kept, or had no room: it is told rather than lost.
  const unknown = resolved(
    { id: freshId, status: 'firing', count: 1, firstMs: nowMs, lastMs: nowMs, passedMs: nowMs } as AlertState,
    nowMs,
  );
  return { state: unknown, alert: alertOf(unknown), suppressedBy: null, ended };
}

function tellsEnd({ resolveAfterMs, isResolvedByEvent }: Omit<DedupeTerms, 'rule' | 'key'>): boolean {
  return resolveAfterMs !== null || isResolvedByEvent;
}

/** Without a time of its own, an alert ends with its window; one that an event resolves waits for that. */
function endOf(
  { windowMs, resolveAfterMs, isResolvedByEvent }: Omit<DedupeTerms, 'rule' | 'key'>,
  lastMs: number,
  passedMs: number,
): number {
  if (resolveAfterMs !== null) return lastMs + resolveAfterMs;
  return isResolvedByEvent ? lastMs + mappingLimits.alertMs : passedMs + windowMs;
}
