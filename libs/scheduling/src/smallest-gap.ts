import { isScheduledDay } from './days.js';
import type { Schedule } from './parse-schedule.js';

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
  if (overMidnight < Math.min(smallest, enoughS) && hasNeighbouringDays(schedule)) smallest = overMidnight;
  // A schedule with one tick a day may be asked for a longer pause than a day: then the days decide.
  if (smallest >= daySeconds && enoughS > daySeconds)
    smallest = smallestDayGap(schedule, first ?? 0, last ?? 0, smallest);
  return smallest === Number.POSITIVE_INFINITY ? daySeconds : smallest;
}

function hasNeighbouringDays(schedule: Schedule): boolean {
  let before = false;
  for (let day = horizonStart; day < horizonStart + horizonDays; day += 1) {
    const now = isScheduledDay(schedule, day);
    if (now && before) return true;
    before = now;
  }
  return false;
}

function smallestDayGap(schedule: Schedule, first: number, last: number, atMost: number): number {
  let smallest = atMost;
  let before: number | undefined;
  for (let day = horizonStart; day < horizonStart + horizonDays; day += 1) {
    if (!isScheduledDay(schedule, day)) continue;
    if (before !== undefined) smallest = Math.min(smallest, (day - before) * daySeconds - last + first);
    before = day;
  }
  return smallest;
}
