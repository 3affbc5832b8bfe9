/**
 * What admins set on an installation: grants, settings, schedules. Each change is validated, leaves a trace, and tells
 * the plugin.
 */
import { didYouMean, quote, type Actor, type InputFault, type Json, type JsonObject } from '@annex/kernel';
import { listPluginSchedules, savePluginSchedule } from './rows/plugin-schedules.js';
import { updateInstallation } from './rows/installations.js';
import type { InstallationRow } from './rows/installation-row.js';
import { wakeRelays } from '@annex/runs';
import type { TenantTransaction } from '@annex/database';
import { canonicalZone, parseSchedule, timezoneFault } from '@annex/scheduling';
import { configChanges, mergePatch, requireConfigSize } from './plugin-config.js';
import type { InstallationsContext, Subject } from './context.js';
import { installationErrors } from './errors.js';
import { readGrants, viewPermissions } from './grants.js';
import { effectiveConfig, readConfig } from './requirements.js';
import { planSchedule, settingOf } from './schedules.js';

/**
 * Makes exactly these permissions the granted ones. Taking one away from an enabled plugin makes its calls fail from
 * now on.
 */
export async function replaceGrants(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  subject: Subject,
  names: readonly string[],
): Promise<InstallationRow> {
  const { installation, release } = subject;
  const granted = readGrants(release.manifest, names, '/granted');
  if (JSON.stringify(granted) === JSON.stringify(installation.granted)) return installation;
  const after = await updateInstallation(tx, installation, { granted, updatedAt: context.now() });
  await context.record(tx, author, subject, 'plugin.permissions_set', {
    before: viewPermissions(release.manifest, installation.granted).granted,
    after: viewPermissions(release.manifest, granted).granted,
  });
  await context.invalidate(tx, installation.id);
  return after;
}

/**
 * Replaces the settings. Throws `CONFIG_INVALID` with every fault. An enabled plugin hears of each one that changed.
 */
export async function replaceConfig(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  subject: Subject,
  config: JsonObject,
): Promise<JsonObject> {
  const { installation, release } = subject;
  requireConfigSize(config);
  const reading = await readConfig(tx, release.manifest, config);
  if (!reading.ok) {
    const { errors } = reading;
    const why = errors
      .map((fault) => `${fault.pointer || 'settings'}: ${fault.detail}`)
      .join(' ')
      .slice(0, 900);
    throw installationErrors.error('CONFIG_INVALID', `The settings of ${installation.slug} were not changed. ${why}`, {
      errors,
    });
  }
  const effective = reading.value;
  const changes = configChanges(await effectiveConfig(tx, release.manifest, installation.config), effective, config);
  if (changes.length === 0 && JSON.stringify(config) === JSON.stringify(installation.config)) return effective;
  await updateInstallation(tx, installation, { config, updatedAt: context.now() });
  // Names only: settings may hold what nobody wants in an audit trail for a year.
  await context.record(tx, author, subject, 'plugin.config_changed', { keys: changes.map((change) => change.key) });
  if (installation.status === 'enabled') {
    for (const { key, value, op } of changes)
      await context.fireInTurn(tx, subject, 'config_change', { key, value, op });
  }
  await context.invalidate(tx, installation.id);
  return effective;
}

/** Changes some settings: an RFC 7396 merge patch. */
export function patchedConfig({ installation }: Subject, patch: JsonObject): JsonObject {
  requireConfigSize(patch);
  return mergePatch(installation.config, patch);
}

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
  const { installation, release } = subject;
  const job = release.manifest.jobs.find((each) => each.name === name);
  if (!job) {
    const names = release.manifest.jobs.map((each) => each.name);
    throw installationErrors.error(
      'JOB_NOT_FOUND',
      `${installation.slug} ${release.version} has no job ${quote(name, 70)}.${didYouMean(name, names)}`,
    );
  }
  const row = (await listPluginSchedules(tx, [installation.id], { lock: true })).find((each) => each.name === name);
  const before = settingOf(job, row);
  const schedule = change.schedule === undefined ? before.schedule : (change.schedule ?? job.schedule);
  const timezone = change.timezone === undefined ? before.timezone : (change.timezone ?? job.timezone);
  const paused = change.paused ?? before.paused;
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
  const plan = planSchedule(
    job,
    { schedule, timezone: zone, overridden, paused },
    {
      installationId: installation.id,
      row,
      ticking: installation.status === 'enabled',
      nowMs: context.options.clock.now(),
    },
  );
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
