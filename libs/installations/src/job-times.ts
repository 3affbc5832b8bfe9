/** When jobs run: on a calendar, and what a schedule would mean before it is saved. */
import { scheduleLimits } from '@annex/limits';
import { nextRun, nextRuns, parseSchedule } from '@annex/scheduling';
import type { TenantTransaction } from '@annex/database';
import { listPluginSchedules } from './rows/plugin-schedules.js';
import type { TenantJob } from './rows/tenant-jobs.js';
import { offsetOf, settingOf } from './schedules.js';

/** How often a job runs in a span of time. */
export interface JobTimesView {
  /** The plugin's slug. */
  plugin: string;
  name: string;
  schedule: string;
  timezone: string;
  /** Why its ticks pass by; `null`: they run. */
  resting: 'paused' | 'plugin_disabled' | null;
  ticks: string[];
  /** It has more ticks in the span than are listed. */
  more: boolean;
}

/** What a schedule would mean for a job. */
export interface SchedulePreviewView {
  schedule: string | null;
  timezone: string;
  /** It is not what the manifest says: upgrades would leave it alone. */
  overridden: boolean;
  next_runs: string[];
}

/** From when to when, in milliseconds since the epoch; `untilMs` is left out itself. */
export interface TimeSpan {
  sinceMs: number;
  untilMs: number;
}

/** The ticks of jobs that have a schedule, in a span of time. */
export async function viewJobTimes(
  tx: TenantTransaction,
  jobs: readonly TenantJob[],
  span: TimeSpan,
): Promise<JobTimesView[]> {
  const rows = await listPluginSchedules(tx, [...new Set(jobs.map(({ installationId }) => installationId))]);
  return jobs.flatMap(({ installationId, slug, job }) => {
    const row = rows.find((each) => each.installationId === installationId && each.name === job.name);
    const { schedule, timezone, paused } = settingOf(job, row);
    if (schedule === null) return [];
    const resting = paused ? 'paused' : row?.active ? null : 'plugin_disabled';
    const found = ticksWithin({ schedule, timezone, offsetS: offsetOf(installationId, job) }, span);
    return [{ plugin: slug, name: job.name, schedule, timezone, resting, ...found }];
  });
}

function ticksWithin(
  { schedule, timezone, offsetS }: { schedule: string; timezone: string; offsetS: number },
  { sinceMs, untilMs }: TimeSpan,
): { ticks: string[]; more: boolean } {
  const reading = parseSchedule(schedule);
  const ticks: string[] = [];
  if (!reading.ok) return { ticks, more: false };
  let at = nextRun(reading.schedule, timezone, sinceMs - offsetS * 1000 - 1);
  while (at !== undefined && at + offsetS * 1000 < untilMs) {
    if (ticks.length === scheduleLimits.shownTicks) return { ticks, more: true };
    ticks.push(new Date(at + offsetS * 1000).toISOString());
    at = nextRun(reading.schedule, timezone, at);
  }
  return { ticks, more: false };
}

/** The next ten ticks of a schedule after `nowMs`; none of one that cannot be read. */
export function upcoming(schedule: string, timezone: string, offsetS: number, nowMs: number): string[] {
  const reading = parseSchedule(schedule);
  return reading.ok
    ? nextRuns(reading.schedule, timezone, nowMs - offsetS * 1000, 10).map((at) =>
        new Date(at + offsetS * 1000).toISOString(),
      )
    : [];
}
