/** Installations as the API shows them (docs/openapi.json): `snake_case`, times in RFC 3339. */
import type { Id, Json, JsonObject } from '@annex/kernel';
import { failureLimits } from '@annex/limits';
import { latestLifecycleRun, type RunStatus } from '@annex/runs';
import type { ManifestJob, UpgradeFailure } from '@annex/manifest';
import { findLastRuns, listPluginSchedules, type LastRun, type PluginSchedule } from './rows/plugin-schedules.js';
import { findReleases, type ReleaseSummary } from './rows/releases.js';
import { listPluginFailures } from './rows/plugin-failures.js';
import type { PluginFailuresRow } from './rows/plugin-failures-row.js';
import type { ConfigRevisionRow } from './rows/config-revision-row.js';
import type { PluginLogLevel } from './log-levels.js';
import type { InstallationRow, InstallationStatus } from './rows/installation-row.js';
import type { ReleaseRow, ReleaseSigner } from './rows/release-row.js';
import type { TenantJob } from './rows/tenant-jobs.js';
import type { TenantTransaction } from '@annex/database';
import { countTicks, nextTick, parseSchedule } from '@annex/scheduling';
import { viewPermissions, type PermissionsView } from './grants.js';
import { routesOf, type RouteView } from './handlers.js';
import { upcoming } from './job-times.js';
import type { SecretsPort } from './ports.js';
import { offsetOf, settingOf } from './schedules.js';

export interface LastRunView {
  id: Id<'run'>;
  status: RunStatus;
  queued_at: string;
  started_at: string | null;
  finished_at: string | null;
}

export interface JobSummary {
  name: string;
  /** Cron text in force; `null`: runs only when asked. */
  schedule: string | null;
  timezone: string;
  /** `null` while the plugin is not enabled, the job is paused, or no tick is to come. */
  next_run_at: string | null;
  last_run: LastRunView | null;
  paused: boolean;
}

/** A job with everything an admin may want to know. */
export interface JobView extends JobSummary {
  overlap: ManifestJob['overlap'];
  catch_up: ManifestJob['catchUp'];
  misfire_deadline_s: number | null;
  /** Its ticks come up to this many seconds late, always by the same amount; the times here say when. */
  jitter_s: number;
  timeout_ms: number | null;
  /** An admin chose schedule or zone. */
  overridden: boolean;
  /** What the manifest says. */
  manifest: { schedule: string | null; timezone: string };
  /** The next ten ticks, were it not paused or disabled. */
  next_runs: string[];
  /**
   * Ticks that have passed since it was paused or its plugin disabled, 10,000 at most; `null`: none. They become one
   * skipped run when it goes on.
   */
  passing: { reason: 'paused' | 'plugin_disabled'; ticks: number; first: string; last: string } | null;
}

export interface PluginView {
  id: Id<'installation'>;
  slug: string;
  name: string;
  version: string;
  status: InstallationStatus;
  /** Why the platform suspended or disabled it, else `null`. */
  status_reason: string | null;
  /** Lines of lower levels are not kept. */
  log_level: PluginLogLevel;
  /** Until when the host calls of its runs are kept; `null`: they are not. May have passed. */
  recording_until: string | null;
  /** What fails since its last run that went well, once that is more than a mishap; else `null`. */
  degraded: DegradedView | null;
  release: Id<'release'>;
  /** The release that shall take over once its `onInit` has succeeded; `null`: none. */
  upgrade: UpgradeView | null;
  description: string | null;
  permissions: PermissionsView;
  routes: RouteView[];
  events: string[];
  jobs: JobSummary[];
  /** Required secrets without a value; enabling needs them. */
  missing_secrets: string[];
  created_at: string;
  updated_at: string;
}

/** An upgrade that is under way while the active release serves. */
export interface UpgradeView {
  release: Id<'release'>;
  version: string;
  since: string;
  /** Calls of its `onInit`. */
  tries: number;
  /** How the last of them failed; `null`: it did not, or has not ended. */
  last_error: { code: string; message: string } | null;
  on_init_failure: UpgradeFailure;
  /** Required secrets without a value: it waits for them. */
  missing_secrets: string[];
  permissions: PermissionsView;
}

/** Run after run of a plugin fails by its own fault. */
export interface DegradedView {
  since: string;
  /** Attempts that failed in a row, and runs that failed for good. */
  failed_attempts: number;
  failed_runs: number;
  last_run_id: Id<'run'>;
  last_error: Json;
}

export interface ReleaseView {
  id: Id<'release'>;
  version: string;
  sha256: string;
  active: boolean;
  /** Who vouches for its bytes; `null`: nobody. */
  signed_by: ReleaseSigner | null;
  created_by: string | null;
  created_at: string;
}

/** Names of the secrets that a release cannot be enabled without. */
export function requiredSecrets(release: Pick<ReleaseRow, 'manifest'>): string[] {
  return release.manifest.secrets.filter((secret) => secret.required).map((secret) => secret.name);
}

/** Several installations, with a handful of queries for all of them. */
export async function viewPlugins(
  tx: TenantTransaction,
  secrets: SecretsPort,
  rows: readonly InstallationRow[],
): Promise<PluginView[]> {
  const ids = rows.map((row) => row.id);
  const releases = await findReleases(
    tx,
    rows.flatMap(({ releaseId, nextReleaseId }) => [releaseId, nextReleaseId].filter((id) => id !== null)),
  );
  const schedules = await listPluginSchedules(tx, ids);
  const releaseOf = (row: InstallationRow): ReleaseRow | undefined =>
    row.releaseId === null ? undefined : releases.get(row.releaseId);
  const jobs = rows.flatMap(
    (row) => releaseOf(row)?.manifest.jobs.map((job) => ({ installationId: row.id, name: job.name })) ?? [],
  );
  const lastRuns = await findLastRuns(tx, jobs);
  const failures = await listPluginFailures(tx, ids);
  const views: PluginView[] = [];
  for (const row of rows) {
    const release = releaseOf(row);
    if (!release) continue;
    const required = requiredSecrets(release);
    views.push({
      id: row.id,
      slug: row.slug,
      name: row.name,
      version: release.version,
      status: row.status,
      status_reason: row.statusReason,
      log_level: row.logLevel,
      recording_until: row.recordingUntil?.toISOString() ?? null,
      degraded: degradedView(failures.find(({ installationId }) => installationId === row.id)),
      release: release.id,
      upgrade: await upgradeView(tx, secrets, row, row.nextReleaseId ? releases.get(row.nextReleaseId) : undefined),
      description: release.manifest.description,
      permissions: viewPermissions(release.manifest, row.granted),
      routes: routesOf(release.registrations),
      events: release.manifest.events,
      jobs: release.manifest.jobs.map((job) =>
        summariseJob(job, find(schedules, row.id, job.name), find(lastRuns, row.id, job.name)),
      ),
      missing_secrets: required.length === 0 ? [] : await secrets.missing(tx, row.id, required),
      created_at: row.createdAt.toISOString(),
      updated_at: row.updatedAt.toISOString(),
    });
  }
  return views;
}

/** A job in the list of all the tenant's jobs. */
export interface TenantJobView extends JobSummary {
  /** The plugin's slug. */
  plugin: string;
}

export async function viewTenantJobs(tx: TenantTransaction, jobs: readonly TenantJob[]): Promise<TenantJobView[]> {
  const schedules = await listPluginSchedules(tx, [...new Set(jobs.map(({ installationId }) => installationId))]);
  const lastRuns = await findLastRuns(
    tx,
    jobs.map(({ installationId, job }) => ({ installationId, name: job.name })),
  );
  return jobs.map(({ installationId, slug, job }) => ({
    plugin: slug,
    ...summariseJob(job, find(schedules, installationId, job.name), find(lastRuns, installationId, job.name)),
  }));
}

/** The jobs of one installation in full. */
export async function viewJobs(
  tx: TenantTransaction,
  row: InstallationRow,
  release: ReleaseRow,
  nowMs: number,
): Promise<JobView[]> {
  const schedules = await listPluginSchedules(tx, [row.id]);
  const lastRuns = await findLastRuns(
    tx,
    release.manifest.jobs.map((job) => ({ installationId: row.id, name: job.name })),
  );
  return release.manifest.jobs.map((job) => {
    const schedule = find(schedules, row.id, job.name);
    const setting = settingOf(job, schedule);
    return {
      ...summariseJob(job, schedule, find(lastRuns, row.id, job.name)),
      overlap: job.overlap,
      catch_up: job.catchUp,
      misfire_deadline_s: job.misfireDeadlineS,
      jitter_s: job.jitterS ?? 0,
      timeout_ms: job.timeoutMs,
      overridden: setting.overridden,
      manifest: { schedule: job.schedule, timezone: job.timezone },
      next_runs:
        setting.schedule === null ? [] : upcoming(setting.schedule, setting.timezone, offsetOf(row.id, job), nowMs),
      passing: passingTicks(job, schedule, nowMs),
    };
  });
}

async function upgradeView(
  tx: TenantTransaction,
  secrets: SecretsPort,
  { id, granted, nextSince, nextTries: tries }: InstallationRow,
  next: ReleaseRow | undefined,
): Promise<UpgradeView | null> {
  if (!next) return null;
  const last = tries === 0 ? undefined : await latestLifecycleRun(tx, id, 'init');
  const required = requiredSecrets(next);
  return {
    release: next.id,
    version: next.version,
    since: nextSince?.toISOString() ?? '',
    tries,
    last_error: last?.error ?? null,
    on_init_failure: next.manifest.upgrade?.onInitFailure ?? 'rollback',
    missing_secrets: required.length === 0 ? [] : await secrets.missing(tx, id, required),
    permissions: viewPermissions(next.manifest, granted),
  };
}

function degradedView(failures: PluginFailuresRow | undefined): DegradedView | null {
  if (!failures || failures.attempts < failureLimits.degradedAfterAttempts) return null;
  return {
    since: failures.since.toISOString(),
    failed_attempts: failures.attempts,
    failed_runs: failures.runs,
    last_run_id: failures.lastRunId,
    last_error: failures.lastError,
  };
}

/** A revision of the settings, without the settings: they are read with the right to. */
export interface ConfigRevisionView {
  revision: number;
  config: JsonObject;
  /** Whose value became another one. */
  changed: string[];
  /** Who changed it; `null`: nobody knows. */
  actor: string | null;
  created_at: string;
}

export function viewConfigRevision({
  revision,
  config,
  keys,
  actor,
  createdAt,
}: ConfigRevisionRow): ConfigRevisionView {
  return { revision, config, changed: keys, actor, created_at: createdAt.toISOString() };
}

export function viewRelease(release: ReleaseSummary, activeId: Id<'release'> | null): ReleaseView {
  return {
    id: release.id,
    version: release.version,
    sha256: release.sha256,
    active: release.id === activeId,
    signed_by: release.signedBy,
    created_by: release.createdBy,
    created_at: release.createdAt.toISOString(),
  };
}

/** The `plugin` of the platform's own events about it. */
export function eventPlugin(
  row: Pick<InstallationRow, 'id' | 'slug'>,
  release: Pick<ReleaseRow, 'version'>,
): { [key: string]: Json } {
  return { id: row.id, slug: row.slug, version: release.version };
}

function summariseJob(job: ManifestJob, row: PluginSchedule | undefined, lastRun: LastRun | undefined): JobSummary {
  const setting = settingOf(job, row);
  return {
    name: job.name,
    schedule: setting.schedule,
    timezone: setting.timezone,
    next_run_at: row?.active && !row.paused ? nextRunAt(job, row) : null,
    last_run: lastRun
      ? {
          id: lastRun.id,
          status: lastRun.status as RunStatus,
          queued_at: lastRun.queuedAt.toISOString(),
          started_at: lastRun.startedAt?.toISOString() ?? null,
          finished_at: lastRun.finishedAt?.toISOString() ?? null,
        }
      : null,
    paused: setting.paused,
  };
}

/** The next tick that runs: not one of a pause or rest that is over. */
function nextRunAt(job: ManifestJob, row: PluginSchedule): string | null {
  const { nextAt, restedUntil } = row;
  if (nextAt === null || restedUntil === null || nextAt > restedUntil) return nextAt?.toISOString() ?? null;
  const reading = parseSchedule(row.schedule);
  const at = reading.ok
    ? nextTick(reading.schedule, row.timezone, offsetOf(row.installationId, job), restedUntil.getTime())
    : undefined;
  return at === undefined ? null : new Date(at).toISOString();
}

function passingTicks(job: ManifestJob, row: PluginSchedule | undefined, nowMs: number): JobView['passing'] {
  if (!row?.nextAt || (row.active && !row.paused)) return null;
  const reading = parseSchedule(row.schedule);
  const passed = reading.ok
    ? countTicks(reading.schedule, row.timezone, offsetOf(row.installationId, job), {
        firstMs: row.nextAt.getTime(),
        untilMs: nowMs,
      })
    : undefined;
  return passed
    ? {
        reason: row.paused ? 'paused' : 'plugin_disabled',
        ticks: passed.ticks,
        first: new Date(passed.firstMs).toISOString(),
        last: new Date(passed.lastMs).toISOString(),
      }
    : null;
}

function find<T extends { installationId: Id<'installation'>; name: string }>(
  rows: readonly T[],
  installationId: Id<'installation'>,
  name: string,
): T | undefined {
  return rows.find((row) => row.installationId === installationId && row.name === name);
}
