/**
 * The rows of `schedules` as installing, enabling and admins write them. What happens when one is due stands in the
 * area schedules/.
 */
import { newId, uuidFromId, type Id } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import { RunRow } from '@annex/runs';
import { In } from 'typeorm';
import { ScheduleRow } from './schedule-row.js';

/** What is decided about the schedule of one job of an installation. */
export type PluginSchedule = Omit<ScheduleRow, 'tenantId' | 'createdAt' | 'updatedAt'>;

/** The schedules of some installations. `lock`: nobody decides a tick of theirs until the transaction ends. */
export function listPluginSchedules(
  tx: TenantTransaction,
  installationIds: readonly Id<'installation'>[],
  { lock = false } = {},
): Promise<PluginSchedule[]> {
  return tx.repository(ScheduleRow).find({
    where: { tenantId: tx.tenantId, installationId: In([...installationIds]) },
    order: { name: 'ASC' },
    ...(lock && { lock: { mode: 'pessimistic_write' } }),
  });
}

/**
 * Writes a schedule: a new one, or all that is decided of the one that its installation has for that job. Call under
 * {@link lockInstallations}.
 */
export async function savePluginSchedule(tx: TenantTransaction, schedule: Omit<PluginSchedule, 'id'>): Promise<void> {
  const schedules = tx.repository(ScheduleRow);
  const key = { tenantId: tx.tenantId, installationId: schedule.installationId, name: schedule.name };
  const decided = {
    specHash: schedule.specHash,
    schedule: schedule.schedule,
    timezone: schedule.timezone,
    overridden: schedule.overridden,
    overlap: schedule.overlap,
    catchUp: schedule.catchUp,
    misfireDeadlineS: schedule.misfireDeadlineS,
    jitterS: schedule.jitterS,
    paused: schedule.paused,
    active: schedule.active,
    nextAt: schedule.nextAt,
    restingSince: schedule.restingSince,
    restedUntil: schedule.restedUntil,
    restedFor: schedule.restedFor,
  };
  const { affected } = await schedules.update(key, { ...decided, updatedAt: () => 'now()' });
  if (affected === 0) await schedules.insert({ ...key, ...decided, id: newId('schedule') });
}

/** Lets an installation's schedules rest from `at` on: no tick runs until one is saved as active again. */
export async function restPluginSchedules(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  at: Date,
): Promise<void> {
  await tx
    .repository(ScheduleRow)
    .update(
      { tenantId: tx.tenantId, installationId, active: true },
      { active: false, restingSince: at, updatedAt: () => 'now()' },
    );
}

/** The latest run of a job, ticks that did not run included. */
export interface LastRun extends Pick<RunRow, 'id' | 'name' | 'status' | 'queuedAt' | 'startedAt' | 'finishedAt'> {
  installationId: Id<'installation'>;
}

/** The latest run of each of some jobs; jobs that never ran are missing. One walk along an index for each. */
export async function findLastRuns(
  tx: TenantTransaction,
  jobs: readonly { installationId: Id<'installation'>; name: string }[],
): Promise<LastRun[]> {
  if (jobs.length === 0) return [];
  return tx.rows<RunRow, LastRun>(
    RunRow,
    `select j.installation_id, j.name, r.id, r.status, r.queued_at, r.started_at, r.finished_at
     from unnest($2::uuid[], $3::text[]) as j (installation_id, name)
     cross join lateral (select id, status, queued_at, started_at, finished_at from runs
       where tenant_id = $1 and installation_id = j.installation_id and kind = 'job' and name = j.name order by id desc
       limit 1) r`,
    [tx.tenantUuid, jobs.map((job) => uuidFromId(job.installationId)), jobs.map((job) => job.name)],
  );
}
