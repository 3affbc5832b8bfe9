/** Which rows of `schedules` an installation has: what its manifest says, what an admin chose instead, and when the next tick is. */
import type { Id, Logger } from '@annex/kernel';
import type { Manifest, ManifestJob } from '@annex/manifest';
import { listPluginSchedules, savePluginSchedule, type PluginSchedule, type TenantTransaction } from '@annex/persistence';
import { nextRun, parseSchedule, scheduleSpecHash } from '@annex/scheduling';

/** When a job runs: the manifest's word, or an admin's. */
export interface ScheduleSetting {
  /** Cron text, or `null`: only when asked. */
  schedule: string | null;
  timezone: string;
  /** An admin's word. */
  overridden: boolean;
  paused: boolean;
}

/** The setting in force for a job, from its manifest and its row, if it has one. */
export function settingOf(job: ManifestJob, row: PluginSchedule | undefined): ScheduleSetting {
  const paused = row?.paused ?? false;
  return row?.overridden ? { schedule: row.schedule, timezone: row.timezone, overridden: true, paused } : { schedule: job.schedule, timezone: job.timezone, overridden: false, paused };
}

/**
 * The row that a setting makes, or `undefined` when the job has no schedule (or one that this host cannot read any more). The next tick is
 * kept while the ticks are the same ones, so that an upgrade across a due tick loses nothing; a job that rested or was paused starts from now,
 * since nobody wanted the ticks in between.
 */
export function planSchedule(
  job: ManifestJob,
  setting: ScheduleSetting,
  { installationId, row, ticking, nowMs }: { installationId: Id<'installation'>; row: PluginSchedule | undefined; ticking: boolean; nowMs: number },
): Omit<PluginSchedule, 'id'> | undefined {
  if (setting.schedule === null) return undefined;
  const reading = parseSchedule(setting.schedule);
  if (!reading.ok) return undefined;
  const specHash = scheduleSpecHash({ schedule: reading.schedule, timezone: setting.timezone });
  const kept = row !== undefined && row.active && !row.paused && row.specHash === specHash ? row.nextAt : null;
  const nextMs = ticking && !setting.paused ? (kept?.getTime() ?? nextRun(reading.schedule, setting.timezone, nowMs)) : undefined;
  return {
    installationId,
    name: job.name,
    specHash,
    schedule: setting.schedule,
    timezone: setting.timezone,
    overridden: setting.overridden,
    overlap: job.overlap,
    catchUp: job.catchUp,
    misfireDeadlineS: job.misfireDeadlineS,
    paused: setting.paused,
    active: ticking,
    nextAt: nextMs === undefined ? null : new Date(nextMs),
  };
}

/** Makes an installation's schedules tick as its active release says; those of jobs that it does not have rest, an admin's choice kept. */
export async function startSchedules(
  tx: TenantTransaction,
  { installationId, manifest, nowMs, logger }: { installationId: Id<'installation'>; manifest: Manifest; nowMs: number; logger: Logger },
): Promise<void> {
  const rows = await listPluginSchedules(tx, [installationId], { lock: true });
  const planned = new Set<string>();
  for (const job of manifest.jobs) {
    const row = rows.find((each) => each.name === job.name);
    const setting = settingOf(job, row);
    const plan = planSchedule(job, setting, { installationId, row, ticking: true, nowMs });
    if (!plan) {
      if (setting.schedule !== null) logger.warn({ installationId, job: job.name, schedule: setting.schedule }, 'a schedule that was accepted before cannot be read');
      continue;
    }
    planned.add(job.name);
    await savePluginSchedule(tx, plan);
  }
  for (const row of rows) {
    if (row.active && !planned.has(row.name)) await savePluginSchedule(tx, { ...row, active: false, nextAt: null });
  }
}
