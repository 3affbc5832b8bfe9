/** Other schedules and zones for jobs than the manifest's, and pauses. */
import { didYouMean, quote, type Actor, type InputFault, type Json } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import type { ManifestJob } from '@annex/manifest';
import { wakeRelays } from '@annex/runs';
import { canonicalZone, parseSchedule, timezoneFault } from '@annex/scheduling';
import type { InstallationsContext, Subject } from './context.js';
import { installationErrors } from './errors.js';
import { upcoming, type SchedulePreviewView } from './job-times.js';
import { updateInstallation } from './rows/installations.js';
import { listPluginSchedules, savePluginSchedule, type PluginSchedule } from './rows/plugin-schedules.js';
import { offsetOf, planSchedule, settingOf, type ScheduleSetting } from './schedules.js';
import { isOn } from './switching.js';

/** What an admin may change of a job. `null`: what the manifest says. Left out: what it was. */
export interface JobChange {
  paused?: boolean | undefined;
  schedule?: string | null | undefined;
  timezone?: string | null | undefined;
}

/**
 * Pauses or resumes a job, or gives it another rhythm. Throws `JOB_NOT_FOUND` or `SCHEDULE_INVALID` with every fault.
 */
export async function changeJob(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  subject: Subject,
  name: string,
  change: JobChange,
): Promise<void> {
  const { installation } = subject;
  const row = (await listPluginSchedules(tx, [installation.id], { lock: true })).find((each) => each.name === name);
  const { job, before, setting } = proposedSetting(context, { subject, row, name }, change);
  const { schedule, timezone: zone, paused } = setting;
  const plan = planSchedule(job, setting, {
    installationId: installation.id,
    row,
    ticking: isOn(installation.status),
    nowMs: context.options.clock.now(),
  });
  if (plan) await savePluginSchedule(tx, plan);
  // Without a schedule of the manifest's, taking the admin's own away leaves the job to be run by hand.
  else if (row) await savePluginSchedule(tx, { ...row, overridden: false, active: false, nextAt: null, paused });
  await updateInstallation(tx, installation, { updatedAt: context.now() });
  await context.record(tx, author, subject, 'job.changed', {
    job: name,
    ...described(before, { schedule, timezone: zone, paused }),
  });
  await context.invalidate(tx, installation.id);
  await wakeRelays(tx);
}

/** What a schedule and zone would mean, without saving it. Throws `JOB_NOT_FOUND`, `SCHEDULE_INVALID`. */
export async function previewSchedule(
  context: InstallationsContext,
  tx: TenantTransaction,
  subject: Subject,
  { name, ...change }: Omit<JobChange, 'paused'> & { name: string },
): Promise<SchedulePreviewView> {
  const { id } = subject.installation;
  const row = (await listPluginSchedules(tx, [id])).find((each) => each.name === name);
  const { job, setting } = proposedSetting(context, { subject, row, name }, change);
  const { schedule, timezone, overridden } = setting;
  const nowMs = context.options.clock.now();
  const ticks = schedule === null ? [] : upcoming(schedule, timezone, offsetOf(id, job), nowMs);
  return { schedule, timezone, overridden, next_runs: ticks };
}

/** What a change would make of a job's setting. Throws `JOB_NOT_FOUND`, `SCHEDULE_INVALID`. */
function proposedSetting(
  context: InstallationsContext,
  { subject, row, name }: { subject: Subject; row: PluginSchedule | undefined; name: string },
  change: JobChange,
): { job: ManifestJob; before: ScheduleSetting; setting: ScheduleSetting } {
  const { installation, release } = subject;
  const job = release.manifest.jobs.find((each) => each.name === name);
  if (!job) {
    const names = release.manifest.jobs.map((each) => each.name);
    throw installationErrors.error(
      'JOB_NOT_FOUND',
      `${installation.slug} ${release.version} has no job ${quote(name, 70)}.${didYouMean(name, names)}`,
    );
  }
  const before = settingOf(job, row);
  const schedule = change.schedule === undefined ? before.schedule : (change.schedule ?? job.schedule);
  const timezone = change.timezone === undefined ? before.timezone : (change.timezone ?? job.timezone);
  const errors = jobFaults(context, { schedule, timezone, change });
  if (errors.length > 0) {
    throw installationErrors.error(
      'SCHEDULE_INVALID',
      errors
        .map((fault) => `${fault.pointer.slice(1)}: ${fault.detail}`)
        .join(' ')
        .slice(0, 900),
      { errors },
    );
  }
  const zone = canonicalZone(timezone) ?? timezone;
  const overridden = schedule !== job.schedule || zone !== job.timezone;
  return { job, before, setting: { schedule, timezone: zone, overridden, paused: change.paused ?? before.paused } };
}

function jobFaults(
  context: InstallationsContext,
  { schedule, timezone, change }: { schedule: string | null; timezone: string; change: JobChange },
): InputFault[] {
  const errors: InputFault[] = [];
  if (schedule === null) {
    const fault = (pointer: string, detail: string): number => errors.push({ pointer, code: 'SCHEDULE', detail });
    if (change.paused) fault('/paused', 'the job has no schedule to pause; it runs only when asked.');
    if (change.timezone) fault('/timezone', 'the job has no schedule; send one together with the zone.');
  } else if (typeof change.schedule === 'string') {
    const reading = parseSchedule(schedule, { minIntervalS: context.limits.minIntervalS });
    if (!reading.ok)
      errors.push(...reading.errors.map((fault) => ({ ...fault, pointer: `/schedule${fault.pointer}` })));
  }
  const zone = timezoneFault(timezone, '/timezone');
  if (zone) errors.push(zone);
  return errors;
}

type Described = { schedule: string | null; timezone: string; paused: boolean };

/** The parts that changed, before and after. */
function described(before: Described, after: Described): Record<string, Json> {
  const keys = (['schedule', 'timezone', 'paused'] as const).filter((key) => before[key] !== after[key]);
  return {
    before: Object.fromEntries(keys.map((key) => [key, before[key]])),
    after: Object.fromEntries(keys.map((key) => [key, after[key]])),
  };
}
