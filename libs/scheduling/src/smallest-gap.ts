import type { Schedule } from './schedule.js';

const daySeconds = 86_400;
/**
 * The Gregorian calendar, weekdays included, repeats after 400 years; every pair of neighbouring days shows within 28
 * from here.
 */
const horizonDays = 28 * 366;
const horizonStart = Date.UTC(2000, 0, 1) / 86_400_000;

/**
 * The smallest time between two neighbouring ticks in seconds, on days of 24 hours. Exact below `enoughS`; any answer
 * from there on only says that no smaller one exists. A clock change may bring two ticks nearer once a year; that is
 * not counted.
 */
export function smallestGapS(schedule: Schedule, enoughS: number): number {
  let smallest = Number.POSITIVE_INFINITY;
  let first: number | undefined;
  let last: number | undefined;
  for (const hour of schedule.hours) {
    for (const minute of schedule.minutes) {
      for (const second of schedule.seconds) {
        const at = hour * 3600 + minute * 60 + second;
        first ??= at;
        if (last !== undefined && at - last < smallest) smallest = at - last;
        last = at;
        if (smallest === 1) return 1;
      }
    }
  }
  const overMidnight = daySeconds - (last ?? 0) + (first ?? 0);
  // Only now, and only if a gap over midnight could be the smallest, is it worth knowing which days have ticks.
  if (overMidnight < Math.min(smallest, enoughS))
    smallest = Math.min(smallest, overMidnight + (smallestDayGap(schedule) - 1) * daySeconds);
  return smallest;
}

/** Days from one scheduled day to the next one, where they lie nearest; 1: there are neighbours. */
function smallestDayGap({ days }: Schedule): number {
  let smallest = Number.POSITIVE_INFINITY;
  let before = days.firstFrom(horizonStart);
  while (before !== undefined && before < horizonStart + horizonDays && smallest > 1) {
    const next = days.firstFrom(before + 1);
    if (next !== undefined) smallest = Math.min(smallest, next - before);
    before = next;
  }
  return smallest;
}
