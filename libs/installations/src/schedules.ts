/**
 * Which rows of `schedules` an installation has: what its manifest says, what an admin chose instead, and when the next
 * tick is.
 */
import type { Id, Logger } from '@annex/kernel';
import type { Manifest, ManifestJob } from '@annex/manifest';
import { listPluginSchedules, savePluginSchedule, type PluginSchedule } from './rows/plugin-schedules.js';
import type { TenantTransaction } from '@annex/database';
import { canonicalZone, jitterOffsetS, nextTick, parseSchedule, scheduleSpecHash } from '@annex/scheduling';

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
  return row?.overridden
    ? { schedule: row.schedule, timezone: row.timezone, overridden: true, paused }
    : { schedule: job.schedule, timezone: job.timezone, overridden: false, paused };
}

/**
 * A plugin that was disabled for no longer was being deployed: its ticks wait for it. Those of a longer rest do not
 * run.
 */
const deployGraceMs = 5 * 60_000;

/** How many seconds after its time each tick of a job comes. */
export function offsetOf(installationId: Id<'installation'>, job: Pick<ManifestJob, 'name' | 'jitterS'>): number {
  return jitterOffsetS(`${installationId}/${job.name}`, job.jitterS ?? 0);
}

/**
 * The row that a setting makes, or `undefined` when the job has no schedule (or one, or a zone, that this host cannot
 * read any more). A tick that is due already, and the next one while the ticks are the same ones, are kept, so that an
 * upgrade, or disabling and enabling as a deployment does, loses none: they run as `catch_up` says. Those of a longer
 * rest, or of a pause, do not run any more, and are marked so.
 */
export function planSchedule(
  job: ManifestJob,
  setting: ScheduleSetting,
  {
    installationId,
    row,
    ticking,
    nowMs,
  }: { installationId: Id<'installation'>; row: PluginSchedule | undefined; ticking: boolean; nowMs: number },
): Omit<PluginSchedule, 'id'> | undefined {
  if (setting.schedule === null) return undefined;
  const reading = parseSchedule(setting.schedule);
  if (!reading.ok || canonicalZone(setting.timezone) === undefined) return undefined;
  const offsetS = offsetOf(installationId, job);
  const specHash = scheduleSpecHash({ schedule: reading.schedule, timezone: setting.timezone, offsetS });
  const before = row?.nextAt?.getTime();
  const kept = before !== undefined && (row?.specHash === specHash || before <= nowMs) ? before : undefined;
  const nextMs =
    kept ??
    (ticking || before !== undefined ? nextTick(reading.schedule, setting.timezone, offsetS, nowMs) : undefined);
  const over = row && restThatEnds(row, setting, { ticking, nowMs });
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
    jitterS: job.jitterS ?? 0,
    paused: setting.paused,
    active: ticking,
    nextAt: nextMs === undefined ? null : new Date(nextMs),
    restingSince: ticking ? null : (row?.restingSince ?? new Date(nowMs)),
    restedUntil: over ? new Date(nowMs) : (row?.restedUntil ?? null),
    restedFor: over ?? row?.restedFor ?? null,
  };
}

/** Why ticks up to now do not run although the schedule goes on; `undefined`: they do. */
function restThatEnds(
  row: PluginSchedule,
  setting: ScheduleSetting,
  { ticking, nowMs }: { ticking: boolean; nowMs: number },
): 'paused' | 'plugin_disabled' | undefined {
  if (row.paused && !setting.paused) return 'paused';
  const restedMs = ticking && !row.active && row.restingSince ? nowMs - row.restingSince.getTime() : 0;
  return restedMs > deployGraceMs ? 'plugin_disabled' : undefined;
}

/**
 * Makes an installation's schedules tick as its active release says; those of jobs that it does not have rest, an
 * admin's choice kept.
 */
export async function startSchedules(
  tx: TenantTransaction,
  {
    installationId,
    manifest,
    nowMs,
    logger,
  }: { installationId: Id<'installation'>; manifest: Manifest; nowMs: number; logger: Logger },
): Promise<void> {
  const rows = await listPluginSchedules(tx, [installationId], { lock: true });
  const planned = new Set<string>();
  for (const job of manifest.jobs) {
    const row = rows.find((each) => each.name === job.name);
    const setting = settingOf(job, row);
    const plan = planSchedule(job, setting, { installationId, row, ticking: true, nowMs });
    if (!plan) {
      if (setting.schedule !== null)
        logger.warn(
          { installationId, job: job.name, schedule: setting.schedule, timezone: setting.timezone },
          'a schedule that was accepted before cannot be read',
        );
      continue;
    }
    planned.add(job.name);
    await savePluginSchedule(tx, plan);
  }
  for (const row of rows) {
    if (row.active && !planned.has(row.name)) await savePluginSchedule(tx, { ...row, active: false, nextAt: null });
  }
}
