/**
 * The rows of `schedules` as installing, enabling and admins write them. What happens when one is due stands in the
 * area schedules/.
 */
import { idFromUuid, newId, uuidFromId, type Id } from '@annex/kernel';
import type { CatchUp, OverlapPolicy } from '@annex/scheduling';
import type { TenantTransaction } from '@annex/database';

/** The schedule of one job of an installation. */
export interface PluginSchedule {
  id: Id<'schedule'>;
  installationId: Id<'installation'>;
  /** The job's name. */
  name: string;
  /** `scheduleSpecHash` of what is in force. */
  specHash: string;
  /** Cron text in force: the manifest's, or an admin's own. */
  schedule: string;
  timezone: string;
  /** An admin chose schedule or zone; upgrades leave them alone. */
  overridden: boolean;
  overlap: OverlapPolicy;
  catchUp: CatchUp;
  misfireDeadlineS: number | null;
  /** Each tick comes up to this many seconds late. */
  jitterS: number;
  paused: boolean;
  /** The installation is enabled and its active release has the job. */
  active: boolean;
  /** The earliest tick that was not decided yet; `null`: none is to come. */
  nextAt: Date | null;
  /** Since when it rests because its plugin is not enabled; `null`: it does not. */
  restingSince: Date | null;
  /** Ticks up to then do not run, and why: a pause or a rest that is over. */
  restedUntil: Date | null;
  restedFor: 'paused' | 'plugin_disabled' | null;
}

interface Row {
  id: string;
  installation_id: string;
  name: string;
  spec_hash: string;
  schedule: string;
  timezone: string;
  overridden: boolean;
  overlap: OverlapPolicy;
  catch_up: CatchUp;
  misfire_deadline_s: number | null;
  jitter_s: number;
  resting_since: Date | null;
  rested_until: Date | null;
  rested_for: 'paused' | 'plugin_disabled' | null;
  paused: boolean;
  active: boolean;
  next_at: Date | null;
}

/** The schedules of some installations. `lock`: nobody decides a tick of theirs until the transaction ends. */
export async function listPluginSchedules(
  tx: TenantTransaction,
  installationIds: readonly Id<'installation'>[],
  { lock = false } = {},
): Promise<PluginSchedule[]> {
  const rows = await tx.query<Row>(
    `select id, installation_id, name, spec_hash, schedule, timezone, overridden, overlap, catch_up, misfire_deadline_s, jitter_s, paused, active, next_at, resting_since, rested_until, rested_for
     from schedules where tenant_id = $1 and installation_id = any($2) order by name ${lock ? 'for update' : ''}`,
    [tx.tenantUuid, installationIds.map(uuidFromId)],
  );
  return rows.map((row) => ({
    id: idFromUuid('schedule', row.id),
    installationId: idFromUuid('installation', row.installation_id),
    name: row.name,
    specHash: row.spec_hash,
    schedule: row.schedule,
    timezone: row.timezone,
    overridden: row.overridden,
    overlap: row.overlap,
    catchUp: row.catch_up,
    misfireDeadlineS: row.misfire_deadline_s,
    paused: row.paused,
    active: row.active,
    nextAt: row.next_at,
    jitterS: row.jitter_s,
    restingSince: row.resting_since,
    restedUntil: row.rested_until,
    restedFor: row.rested_for,
  }));
}

/** Writes a schedule: a new one, or every column of the one its installation has for that job. */
export async function savePluginSchedule(tx: TenantTransaction, schedule: Omit<PluginSchedule, 'id'>): Promise<void> {
  await tx.query(
    `insert into schedules (tenant_id, id, installation_id, name, spec_hash, schedule, timezone, overridden, overlap, catch_up, misfire_deadline_s, paused, active, next_at,
       jitter_s, resting_since, rested_until, rested_for)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
     on conflict (tenant_id, installation_id, name) do update set spec_hash = excluded.spec_hash, schedule = excluded.schedule, timezone = excluded.timezone,
       overridden = excluded.overridden, overlap = excluded.overlap, catch_up = excluded.catch_up, misfire_deadline_s = excluded.misfire_deadline_s,
       paused = excluded.paused, active = excluded.active, next_at = excluded.next_at, jitter_s = excluded.jitter_s,
       resting_since = excluded.resting_since, rested_until = excluded.rested_until, rested_for = excluded.rested_for, updated_at = now()`,
    [
      tx.tenantUuid,
      uuidFromId(newId('schedule')),
      uuidFromId(schedule.installationId),
      schedule.name,
      schedule.specHash,
      schedule.schedule,
      schedule.timezone,
      schedule.overridden,
      schedule.overlap,
      schedule.catchUp,
      schedule.misfireDeadlineS,
      schedule.paused,
      schedule.active,
      schedule.nextAt,
      schedule.jitterS,
      schedule.restingSince,
      schedule.restedUntil,
      schedule.restedFor,
    ],
  );
}

/** Lets an installation's schedules rest from `at` on: no tick runs until one is saved as active again. */
export async function restPluginSchedules(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  at: Date,
): Promise<void> {
  await tx.query(
    'update schedules set active = false, resting_since = $3, updated_at = now() where tenant_id = $1 and installation_id = $2 and active',
    [tx.tenantUuid, uuidFromId(installationId), at],
  );
}

/** The latest run of a job, ticks that did not run included. */
export interface LastRun {
  installationId: Id<'installation'>;
  /** The job's name. */
  name: string;
  id: Id<'run'>;
  status: string;
  queuedAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

/** The latest run of each of some jobs; jobs that never ran are missing. */
export async function findLastRuns(
  tx: TenantTransaction,
  jobs: readonly { installationId: Id<'installation'>; name: string }[],
): Promise<LastRun[]> {
  if (jobs.length === 0) return [];
  const rows = await tx.query<{
    installation_id: string;
    name: string;
    id: string;
    status: string;
    queued_at: Date;
    started_at: Date | null;
    finished_at: Date | null;
  }>(
    `select j.installation_id, j.name, r.id, r.status, r.queued_at, r.started_at, r.finished_at
     from unnest($2::uuid[], $3::text[]) as j (installation_id, name)
     cross join lateral (select id, status, queued_at, started_at, finished_at from runs
       where tenant_id = $1 and installation_id = j.installation_id and kind = 'job' and name = j.name order by id desc limit 1) r`,
    [tx.tenantUuid, jobs.map((job) => uuidFromId(job.installationId)), jobs.map((job) => job.name)],
  );
  return rows.map((row) => ({
    installationId: idFromUuid('installation', row.installation_id),
    name: row.name,
    id: idFromUuid('run', row.id),
    status: row.status,
    queuedAt: row.queued_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  }));
}
