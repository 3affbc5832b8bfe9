export { parseSchedule, scheduleWords, type ParseScheduleOptions, type ScheduleReading } from './parse-schedule.js';
export type { Schedule } from './schedule.js';
export { smallestGapS } from './smallest-gap.js';
export { canonicalZone, timezoneFault } from './zone.js';
export { nextRun, nextRuns } from './next-run.js';
export {
  countTicks,
  decideOverlap,
  jitterOffsetS,
  nextTick,
  planTicks,
  scheduleSpecHash,
  type CatchUp,
  type OverlapDecision,
  type OverlapPolicy,
  type SkipReason,
  type TickCount,
  type TickPlan,
  type TickPlanRequest,
} from './ticks.js';
