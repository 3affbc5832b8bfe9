/**
 * When a schedule fires, on a clock that is set forward and back.
 *
 * Why cron-parser is not asked in the zone itself: it fires a skipped 02:30 at 03:30 instead of 03:00, and loses whole
 * runs where the clock
 * moves by half an hour (Australia/Lord_Howe). The rule here follows the contract, one span of constant offset at a
 * time:
 *
 * - A schedule with chosen hours is about local times. One that is skipped fires once, at the first instant after the
 *   gap; one that comes twice fires the first time only.
 * - A schedule for every hour is about a rhythm: each real instant whose local time matches fires, so no real hour goes
 *   without. If the gap is not of whole hours, the rhythm breaks, and what was skipped fires at the first instant after
 *   the gap.
 */
import { nextWall } from './next-wall.js';
import type { Schedule } from './schedule.js';
import { canonicalZone, zoneSpan, type ZoneSpan } from './zone.js';

const hourMs = 3_600_000;
/** A fifth Monday in February can be 40 years away; nothing that ever fires waits longer than this. */
const horizonMs = 41 * 366 * 86_400_000;
/** The largest instant that has a date (ECMA-262 §21.4.1.1). */
const lastInstantMs = 8.64e15;

/**
 * The first instant strictly after `afterMs` at which a schedule fires in a time zone, in milliseconds since the epoch
 * (always a whole second). `undefined` when it does not within 41 years, or the zone is none that {@link canonicalZone}
 * knows (any more).
 */
export function nextRun(schedule: Schedule, timezone: string, afterMs: number): number | undefined {
  if (canonicalZone(timezone) === undefined) return undefined;
  const fromMs = Math.floor(afterMs / 1000) * 1000 + 1000;
  const limitMs = Math.min(fromMs + horizonMs, lastInstantMs);
  let at = fromMs;
  while (at < limitMs) {
    const span = zoneSpan(timezone, at);
    const found = nextInSpan(schedule, span, fromMs, limitMs);
    if (found !== undefined) return found;
    at = span.endMs;
  }
  return undefined;
}

/**
 * The next `count` instants after `afterMs`, in order; fewer when the schedule ends within the horizon of {@link
 * nextRun}.
 */
export function nextRuns(schedule: Schedule, timezone: string, afterMs: number, count: number): number[] {
  const runs: number[] = [];
  let at: number | undefined = afterMs;
  while (runs.length < count) {
    at = nextRun(schedule, timezone, at);
    if (at === undefined) break;
    runs.push(at);
  }
  return runs;
}

function nextInSpan(schedule: Schedule, span: ZoneSpan, fromMs: number, limitMs: number): number | undefined {
  const { startMs, offsetMs, offsetBeforeMs } = span;
  const shiftMs = offsetMs - offsetBeforeMs;
  const wallEnd = Math.min(span.endMs, limitMs) + offsetMs;
  let wallFrom = Math.max(startMs, fromMs) + offsetMs;
  if (shiftMs > 0 && fromMs <= startMs && (!schedule.everyHour || shiftMs % hourMs !== 0)) {
    const skipped = nextWall(schedule, startMs + offsetBeforeMs, startMs + offsetMs);
    if (skipped !== undefined) return startMs;
  }
  if (shiftMs < 0 && !schedule.everyHour) wallFrom = Math.max(wallFrom, startMs + offsetBeforeMs);
  const wall = nextWall(schedule, wallFrom, wallEnd);
  return wall === undefined ? undefined : wall - offsetMs;
}
