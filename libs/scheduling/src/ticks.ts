import { createHash } from 'node:crypto';
import { assertNever } from '@annex/kernel';
import { scheduleLimits } from '@annex/limits';
import { nextRun } from './next-run.js';
import type { Schedule } from './schedule.js';

/** What happens to ticks that passed while nothing could fire them. */
export type CatchUp = 'none' | 'latest' | 'all';
/** What happens to a tick whose job is still running or waiting from an earlier one. */
export type OverlapPolicy = 'skip' | 'queue' | 'allow' | 'replace';
/** Why a tick did not run. */
export type SkipReason =
  /** `catch_up: none`: nothing fired it in time. */
  | 'missed'
  /** `catch_up: latest`: a later tick was due as well. */
  | 'superseded'
  /** It was later than its job's `misfire_deadline_s`. */
  | 'misfire_deadline'
  /** `overlap: skip`: an earlier run was not done. */
  | 'overlap'
  /** `overlap: queue`: as many runs as may wait were waiting. */
  | 'queue_full'
  /** The job was paused. */
  | 'paused'
  /** The plugin was not enabled. */
  | 'plugin_disabled';

export interface TickPlanRequest {
  schedule: Schedule;
  timezone: string;
  /** How much later each tick comes than the schedule says, in seconds ({@link jitterOffsetS}). Default 0. */
  offsetS?: number | undefined;
  /** The earliest tick that was not decided yet, in milliseconds since the epoch. */
  nextAtMs: number;
  nowMs: number;
  catchUp: CatchUp;
  /** A tick later than this does not fire any more, in seconds; `null`: it always does. */
  misfireDeadlineS: number | null;
  /** How late a tick may be and still count as on time, in milliseconds. Default: 60 000. */
  onTimeMs?: number;
  /** Most ticks decided at once. Default: 1000. */
  maxTicks?: number;
}

export interface TickPlan {
  /** Ticks to fire now, oldest first. */
  fire: number[];
  /** Ticks that do not fire, oldest first. */
  skipped: { at: number; reason: SkipReason }[];
  /** The next undecided tick; `undefined` when the schedule has none. */
  nextAtMs: number | undefined;
  /** More than `maxTicks` were due: plan again from `nextAtMs`, which is still in the past. */
  more: boolean;
}

/**
 * Decides every tick that is due at `nowMs`: fire it, or skip it with a reason. Nothing is due: the plan is empty and
 * `nextAtMs` unchanged.
 * `latest` fires the newest due tick, `all` every one, `none` only the newest and only if it is on time; a tick past
 * the misfire deadline never fires.
 */
export function planTicks(request: TickPlanRequest): TickPlan {
  const {
    schedule,
    timezone,
    offsetS = 0,
    nextAtMs,
    nowMs,
    catchUp,
    misfireDeadlineS,
    onTimeMs = 60_000,
    maxTicks = 1000,
  } = request;
  const due: number[] = [];
  let next: number | undefined = nextAtMs;
  while (next !== undefined && next <= nowMs && due.length < maxTicks) {
    due.push(next);
    next = nextTick(schedule, timezone, offsetS, next);
  }
  const more = next !== undefined && next <= nowMs;
  const plan: TickPlan = { fire: [], skipped: [], nextAtMs: next, more };
  due.forEach((at, index) => {
    const lateMs = nowMs - at;
    const isNewest = !more && index === due.length - 1;
    const reason = skipReason(catchUp, {
      isNewest,
      isOnTime: lateMs <= onTimeMs,
      isTooLate: misfireDeadlineS !== null && lateMs > misfireDeadlineS * 1000,
    });
    if (reason === undefined) plan.fire.push(at);
    else plan.skipped.push({ at, reason });
  });
  return plan;
}

function skipReason(
  catchUp: CatchUp,
  tick: { isNewest: boolean; isOnTime: boolean; isTooLate: boolean },
): SkipReason | undefined {
  if (tick.isTooLate) return 'misfire_deadline';
  switch (catchUp) {
    case 'all':
      return undefined;
    case 'latest':
      return tick.isNewest ? undefined : 'superseded';
    case 'none':
      return tick.isNewest && tick.isOnTime ? undefined : 'missed';
    default:
      return assertNever(catchUp);
  }
}

/**
 * How many seconds after its time each tick of a schedule comes, so that many schedules for the same minute do not
 * start together: a whole number from 0 to `jitterS`, always the same one for the same `seed` (what names the
 * schedule).
 */
export function jitterOffsetS(seed: string, jitterS: number): number {
  if (jitterS <= 0) return 0;
  return createHash('sha256').update(seed).digest().readUInt32BE(0) % (jitterS + 1);
}

/** {@link nextRun} of a schedule whose every tick comes `offsetS` seconds later. */
export function nextTick(schedule: Schedule, timezone: string, offsetS: number, afterMs: number): number | undefined {
  const at = nextRun(schedule, timezone, afterMs - offsetS * 1000);
  return at === undefined ? undefined : at + offsetS * 1000;
}

/** Ticks of a stretch of time, both ends included. */
export interface TickCount {
  ticks: number;
  firstMs: number;
  lastMs: number;
  /** There are more than were counted; `lastMs` is the last one counted. */
  isCut: boolean;
}

/**
 * Counts the ticks from one of them, `firstMs`, until `untilMs`, at most `max` (default 10,000); `undefined` when the
 * first one is later.
 */
export function countTicks(
  schedule: Schedule,
  timezone: string,
  offsetS: number,
  { firstMs, untilMs, max = 10_000 }: { firstMs: number; untilMs: number; max?: number },
): TickCount | undefined {
  if (firstMs > untilMs) return undefined;
  const counted: TickCount = { ticks: 1, firstMs, lastMs: firstMs, isCut: false };
  for (;;) {
    const next = nextTick(schedule, timezone, offsetS, counted.lastMs);
    if (next === undefined || next > untilMs) return counted;
    if (counted.ticks >= max) return { ...counted, isCut: true };
    counted.ticks += 1;
    counted.lastMs = next;
  }
}

/** What to do with a tick: start it now, let it wait, leave it out, or start it and cancel what runs and waits. */
export type OverlapDecision = { action: 'start' | 'queue' | 'replace' } | { action: 'skip'; reason: SkipReason };

/**
 * Decides what a due tick does to earlier runs of the same job. `running` and `queued` count those, retries included in
 * `queued`.
 */
export function decideOverlap(
  policy: OverlapPolicy,
  { running, queued }: { running: number; queued: number },
): OverlapDecision {
  const busy = running + queued > 0;
  switch (policy) {
    case 'allow':
      return { action: 'start' };
    case 'skip':
      return busy ? { action: 'skip', reason: 'overlap' } : { action: 'start' };
    case 'queue':
      if (!busy) return { action: 'start' };
      return queued >= scheduleLimits.queuedTicks ? { action: 'skip', reason: 'queue_full' } : { action: 'queue' };
    case 'replace':
      return { action: busy ? 'replace' : 'start' };
    default:
      return assertNever(policy);
  }
}

/**
 * Changes exactly when the ticks of a schedule change; hex SHA-256. A schedule's `next_at` is computed anew only when
 * its hash is another one, so that a restart never drops an overdue tick.
 */
export function scheduleSpecHash({
  schedule,
  timezone,
  offsetS = 0,
}: {
  schedule: Schedule;
  timezone: string;
  offsetS?: number;
}): string {
  return createHash('sha256')
    .update(JSON.stringify([2, timezone, schedule.expressions, ...(offsetS > 0 ? [offsetS] : [])]))
    .digest('hex');
}
