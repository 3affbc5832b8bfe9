import { idFromUuid, isJsonObject, newId, uuidFromId, type Id, type Json } from '@annex/kernel';
import type { CatchUp, OverlapPolicy } from '@annex/scheduling';
import type { PlatformTransaction, TenantTransaction } from '../core/database.js';

/** A schedule with a tick that is due, locked by the transaction that read it. */
export interface DueSchedule {
  id: Id<'schedule'>;
  installationId: Id<'installation'>;
  /** The plugin's slug. */
  plugin: string;
  /** The job's name. */
  name: string;
  schedule: string;
  timezone: string;
  overlap: OverlapPolicy;
  catchUp: CatchUp;
  /** A tick later than this does not run, in seconds; `null`: it always does. */
  misfireDeadlineS: number | null;
  /** The earliest tick that was not decided yet, in milliseconds since the epoch. */
  nextAtMs: number;
  /** The database's clock, in milliseconds since the epoch. */
  nowMs: number;
  /** The job's entry in the active release's manifest (libs/manifest's `ManifestJob`); `undefined` when it has none. */
  job: Json | undefined;
}

/** Tenants with a tick that is due, and which schedules. */
export async function listDueSchedules(tx: PlatformTransaction, { limit = 500 }: { limit?: number } = {}): Promise<Map<Id<'tenant'>, Id<'schedule'>[]>> {
  const rows = await tx.query<{ tenant_id: string; ids: string[] }>(
    `select tenant_id, array_agg(id) as ids from (
       select s.tenant_id, s.id from schedules s join tenants t on t.id = s.tenant_id and t.erasing_since is null
       where s.active and not s.paused and s.next_at <= now() order by s.next_at limit $1
     ) due group by tenant_id`,
    [limit],
  );
  return new Map(rows.map(({ tenant_id, ids }) => [idFromUuid('tenant', tenant_id), ids.map((id) => idFromUuid('schedule', id))]));
}

/** Milliseconds until the next tick of any schedule, by the database's clock; `null` when there is none. */
export async function untilNextTickMs(tx: PlatformTransaction): Promise<number | null> {
  const [row] = await tx.query<{ ms: number | null }>(
    `select (extract(epoch from next_at - clock_timestamp()) * 1000)::float8 as ms from schedules where active and not paused and next_at is not null order by next_at limit 1`,
  );
  return row?.ms ?? null;
}

/** Locks those of the schedules that are still due; others are being decided by another worker. */
export async function lockDueSchedules(tx: TenantTransaction, ids: readonly Id<'schedule'>[]): Promise<DueSchedule[]> {
  const rows = await tx.query<{
    id: string;
    installation_id: string;
    plugin: string;
    name: string;
    schedule: string;
    timezone: string;
    overlap: OverlapPolicy;
    catch_up: CatchUp;
    misfire_deadline_s: number | null;
    next_at: Date;
    now: Date;
    jobs: Json;
  }>(
    `select s.id, s.installation_id, i.slug as plugin, s.name, s.schedule, s.timezone, s.overlap, s.catch_up, s.misfire_deadline_s, s.next_at, now() as now,
       (select r.manifest->'jobs' from releases r where r.tenant_id = i.tenant_id and r.id = i.release_id) as jobs
     from schedules s join installations i on i.tenant_id = s.tenant_id and i.id = s.installation_id
     where s.tenant_id = $1 and s.id = any($2::uuid[]) and s.active and not s.paused and s.next_at <= now()
     order by s.next_at for update of s skip locked`,
    [tx.tenantUuid, ids.map(uuidFromId)],
  );
  return rows.map((row) => ({
    id: idFromUuid('schedule', row.id),
    installationId: idFromUuid('installation', row.installation_id),
    plugin: row.plugin,
    name: row.name,
    schedule: row.schedule,
    timezone: row.timezone,
    overlap: row.overlap,
    catchUp: row.catch_up,
    misfireDeadlineS: row.misfire_deadline_s,
    nextAtMs: row.next_at.getTime(),
    nowMs: row.now.getTime(),
    job: Array.isArray(row.jobs) ? row.jobs.find((job) => isJsonObject(job) && job['name'] === row.name) : undefined,
  }));
}

/** Moves a schedule to its next undecided tick; `null`: it has none. */
export async function moveSchedule(tx: TenantTransaction, id: Id<'schedule'>, nextAtMs: number | null): Promise<void> {
  await tx.query('update schedules set next_at = $3 where tenant_id = $1 and id = $2', [tx.tenantUuid, uuidFromId(id), nextAtMs === null ? null : new Date(nextAtMs)]);
}

/** A tick that does not run, and why. */
export interface SkippedTick {
  schedule: Pick<DueSchedule, 'id' | 'installationId' | 'plugin' | 'name'>;
  atMs: number;
  code: string;
  message: string;
}

/** Keeps ticks that do not run as runs with status `skipped`, so that nobody has to guess why a job did not run. */
export async function recordSkippedTicks(tx: TenantTransaction, ticks: readonly SkippedTick[]): Promise<void> {
  if (ticks.length === 0) return;
  await tx.query(
    `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status, schedule_id, scheduled_for, error, finished_at)
     select $1, t.id, t.installation_id, t.plugin, 'job', t.name, 'skipped', t.schedule_id, t.at, json_build_object('code', t.code, 'message', t.message), now()
     from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::timestamptz[], $8::text[], $9::text[])
       as t (id, installation_id, plugin, name, schedule_id, at, code, message)
     on conflict do nothing`,
    [
      tx.tenantUuid,
      ticks.map(() => uuidFromId(newId('run'))),
      ticks.map(({ schedule }) => uuidFromId(schedule.installationId)),
      ticks.map(({ schedule }) => schedule.plugin),
      ticks.map(({ schedule }) => schedule.name),
      ticks.map(({ schedule }) => uuidFromId(schedule.id)),
      ticks.map(({ atMs }) => new Date(atMs)),
      ticks.map(({ code }) => code),
      ticks.map(({ message }) => message),
    ],
  );
}
