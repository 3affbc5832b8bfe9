import { DAY, KiB, MiB, MINUTE, SECOND } from '@annex/kernel';

/** Attempts of a run. */
export const retryLimits = {
  /** Attempts that a manifest or a webhook may ask for. */
  attempts: 20,
  /** The wait that a plugin may ask for with `RetryAfter`. */
  retryAfterMs: DAY,
  /** Claims of one run before it ends as `CRASH_LOOP`: starts that never led to an outcome. */
  claims: 30,
} as const;

/** Executors killed because of one installation, after which it is suspended. */
export const killLimits = {
  /** Executors. */
  kills: 3,
  /** The time in which they are counted. */
  withinMs: 5 * MINUTE,
} as const;

/** A plugin that fails by its own fault, run after run without one that goes well in between. */
export const failureLimits = {
  /** Failed attempts after which it shows as degraded. */
  degradedAfterAttempts: 3,
  /**
   * Runs that failed for good, all their retries spent, after which it is disabled until somebody enables it again; the
   * operator may say another number.
   */
  disabledAfterRuns: 50,
} as const;

/** Health checks of a plugin. */
export const healthLimits = {
  /** Failed checks in a row that make it unhealthy. */
  unhealthyAfter: 3,
  /** The time between two checks, however often they failed. */
  longestPauseS: 900,
  /** The reason that is kept. */
  reasonChars: 500,
} as const;

/** An uninstallation. */
export const uninstallLimits = {
  /** How long it waits for `onShutdown`, and then for `onUninstall`; after that the plugin goes without. */
  waitMs: 10 * SECOND,
} as const;

/** Schedules. */
export const scheduleLimits = {
  /** The shortest time between two ticks, until the operator says otherwise. */
  intervalS: 60,
  /** A schedule as text. */
  chars: 200,
  /** Runs of one job that wait behind a running one under `overlap: queue`. */
  queuedTicks: 100,
  /** Ticks of one job that a calendar shows; then it says that there are more. */
  shownTicks: 50,
  /** Days of one calendar. */
  calendarDays: 31,
  /** Jobs of one page of a calendar. */
  calendarJobs: 50,
} as const;

/** What is said of runs. */
export const runListLimits = {
  /** Buckets of one chart. */
  buckets: 1000,
  /** Each list of the story of a run. */
  mentions: 100,
  /** Dead letters that one call discards. */
  discarded: 10_000,
  /** Runs that one act by filter cancels, replays or discards. */
  batch: 10_000,
  /** Such acts of one tenant at once. */
  batchesAtOnce: 5,
} as const;

/** What is kept of host calls while a plugin is recorded. */
export const recordingLimits = {
  /** How long one asks for, in minutes; asking again begins anew. */
  minutes: 60,
  /** Calls of one attempt; further ones are counted. */
  calls: 500,
  /** Arguments or answer of one call; larger ones are left out, and the call says so. */
  callBytes: 64 * KiB,
  /** Arguments and answers of one attempt. */
  runBytes: 512 * KiB,
  /** Attempts that a tenant keeps; the oldest go. */
  runs: 1_000,
  /** What a tenant's recorded calls take; the oldest go. */
  tenantBytes: 32 * MiB,
  /** What one process holds of runs that are under way; calls that come then are counted. */
  heldBytes: 32 * MiB,
  /** How long they are kept. */
  days: 7,
} as const;

/** What one tenant may use at a time (docs/configuration.md). */
export const tenantLimits = {
  /** Background runs at once; more while other tenants idle. */
  backgroundRunsAtOnce: 5,
  /** Background runs that wait; further ones are refused with `QUEUE_FULL`. */
  queuedRuns: 10_000,
  /** Route calls in flight; further ones are refused with `RATE_LIMITED`. */
  routeCallsInFlight: 200,
} as const;
