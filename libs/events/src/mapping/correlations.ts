/** When a correlation makes its event. Pure: `nowMs` and the state come in. */
import type { CorrelationRule } from './definition.js';
import type { CorrelationPart } from './mapper.js';

/** What is kept of one correlation and key. Times in milliseconds since the epoch. */
export interface CorrelationState {
  /** By its place in `all`: when each was last met, and by which event. What is too long ago is left out. */
  seen: Record<number, SeenEvent>;
  /** All were met, and at this time it fires unless one of `absent` comes. `null`: it waits for nothing. */
  dueMs: number | null;
  /** It fired, and is closed until then. `null`: it is open. */
  closedUntilMs: number | null;
}

export interface SeenEvent {
  ms: number;
  id: string;
}

export interface CorrelationDecision {
  /** `null`: nothing needs to be kept. */
  state: CorrelationState | null;
  /** The events that met `all`, of each time that it fires; empty: it does not. At most twice. */
  fired: string[][];
}

type Terms = Pick<CorrelationRule, 'all' | 'absent' | 'withinS'>;

const open: CorrelationState = { seen: {}, dueMs: null, closedUntilMs: null };

/**
 * Decides about an event that has a part in a correlation. It fires when each of `all` was met within the time, or,
 * with `absent`, when that time is over and none of these came; then not again for its key until as much time is over.
 */
export function takeCorrelation(
  before: CorrelationState | null,
  terms: Terms,
  part: Pick<CorrelationPart, 'meets' | 'isAbsent'> & { eventId: string; nowMs: number },
): CorrelationDecision {
  // Its time may be over, and the ticker was not here: that comes before what happens now.
  const due = before && fireDue(before, terms, part.nowMs);
  const { state, fired } = takeOne(due?.state ?? (due ? null : before), terms, part);
  return { state, fired: [...(due?.fired ?? []), ...fired] };
}

/** Fires a state whose time is over; `null`: it is not, or waits for nothing. */
export function fireDue(state: CorrelationState, terms: Terms, nowMs: number): CorrelationDecision | null {
  if (state.dueMs === null || nowMs < state.dueMs) return null;
  const closedUntilMs = state.dueMs + terms.withinS * 1000;
  return { state: { ...open, closedUntilMs }, fired: [idsOf(state.seen)] };
}

function takeOne(
  before: CorrelationState | null,
  terms: Terms,
  { meets, isAbsent, eventId, nowMs }: Parameters<typeof takeCorrelation>[2],
): CorrelationDecision {
  const withinMs = terms.withinS * 1000;
  if (before !== null && before.closedUntilMs !== null && nowMs < before.closedUntilMs)
    return { state: before, fired: [] };
  if (isAbsent) return { state: null, fired: [] };
  if (before !== null && before.dueMs !== null) return { state: before, fired: [] };
  const recent = Object.entries(before?.seen ?? {}).filter(([, { ms }]) => ms > nowMs - withinMs);
  const met = meets.map((place): [string, SeenEvent] => [String(place), { ms: nowMs, id: eventId }]);
  const seen = Object.fromEntries([...recent, ...met]) as Record<number, SeenEvent>;
  if (!terms.all.every((_, place) => seen[place] !== undefined)) return { state: { ...open, seen }, fired: [] };
  if (terms.absent.length > 0) return { state: { ...open, seen, dueMs: nowMs + withinMs }, fired: [] };
  return { state: { ...open, closedUntilMs: nowMs + withinMs }, fired: [idsOf(seen)] };
}

/** When somebody must look at a state again: to fire, or to forget it. */
export function correlationEndsMs(state: CorrelationState, { withinS }: Pick<Terms, 'withinS'>): number {
  if (state.dueMs !== null) return state.dueMs;
  if (state.closedUntilMs !== null) return state.closedUntilMs;
  return Math.max(0, ...Object.values(state.seen).map(({ ms }) => ms)) + withinS * 1000;
}

/** Each once, in the order of `all`. */
function idsOf(seen: CorrelationState['seen']): string[] {
  return [...new Set(Object.values(seen).map(({ id }) => id))];
}
