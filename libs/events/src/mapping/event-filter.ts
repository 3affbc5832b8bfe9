/** The filter of `ctx.db` on events: of hooks, and of rules. */
import { MatchBudget, matchesFilter, MatchTooDear, readFilter, type Filter } from '@annex/host-api';
import { didYouMean, isDeeperThan, isJsonObject, quote, type Json } from '@annex/kernel';
import { filterLimits, mappingLimits } from '@annex/limits';
import type { EventAlert } from './alerts.js';
import { eventRoots, rowOf, type IncomingEvent } from './event-fields.js';

/** An event as a hook's filter sees it: as its handler does. */
export interface FilteredEvent extends IncomingEvent {
  /** The type that it came with; `null`: it kept it. */
  rawType: string | null;
  mappedFrom: string | null;
  alert: EventAlert | null;
}

/** What a hook's filter may ask of an event. */
export const hookRoots: readonly string[] = [...eventRoots, 'raw_type', 'mapped_from', 'alert'];

/** `$and` and `$or` take two levels each, and a value has some of its own. */
const maxLevels = 2 * filterLimits.depth + 8;

/** What is wrong with a filter; the path are the tokens of a pointer into it. Nothing: it is sound. */
export function eventFilterFaults(
  value: Json,
  roots: readonly string[],
  maxChars: number = filterLimits.chars,
): { path: (string | number)[]; detail: string }[] {
  if (!isJsonObject(value)) return [{ path: [], detail: 'must be a filter such as { "data.count": { "$gte": 3 } }.' }];
  // First, because a serialiser recurses.
  if (isDeeperThan(value, maxLevels)) return [{ path: [], detail: `is nested more than ${maxLevels} levels deep.` }];
  const size = JSON.stringify(value).length;
  if (size > maxChars) return [{ path: [], detail: `is ${size} characters of JSON; the limit is ${maxChars}.` }];
  const faults: { path: (string | number)[]; detail: string }[] = [];
  const read = readFilter(value, (path, detail) => void faults.push({ path, detail: `${detail}.` }));
  for (const root of rootsOf(read))
    if (!roots.includes(root))
      faults.push({
        path: [],
        detail:
          `names ${quote(root)}, which no event has.${didYouMean(root, roots)} Paths begin with ` +
          `${roots.join(', ')}.`,
      });
  return faults;
}

/** A filter that was read before; one that a later release reads no more takes nothing. */
export function soundFilter(value: Json): Filter {
  if (!isJsonObject(value)) return { kind: 'never' };
  let isSound = true;
  const read = readFilter(value, () => {
    isSound = false;
  });
  return isSound ? read : { kind: 'never' };
}

/**
 * Says whether an event passes the filters of hooks. All together have one budget; an event that would cost more to
 * look at passes the rest of them: it is not lost.
 */
export function hookGate(event: FilteredEvent): (filter: Filter) => boolean {
  const { rawType, mappedFrom, alert } = event;
  const row = { ...rowOf(event), raw_type: rawType, mapped_from: mappedFrom, alert: alert && { ...alert } };
  const budget = new MatchBudget(mappingLimits.stepsPerEvent);
  return (filter) => {
    try {
      return matchesFilter(filter, row, budget);
    } catch (thrown) {
      if (thrown instanceof MatchTooDear) return true;
      throw thrown;
    }
  };
}

/** The fields of an event that a filter asks of. */
function rootsOf(filter: Filter): Set<string> {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return new Set(filter.filters.flatMap((one) => [...rootsOf(one)]));
    case 'not':
      return rootsOf(filter.filter);
    case 'never':
      return new Set();
    case 'column':
      return new Set([filter.column]);
    case 'field':
      return new Set(filter.path.slice(0, 1));
  }
}
