import { idFromUuid, isJsonObject, newId, uuidFromId, type Id, type Json } from '@annex/kernel';
import type { CatchUp, OverlapPolicy } from '@annex/scheduling';
import { ofLivingTenant } from '../tenants/living.js';
import type { PlatformTransaction, TenantTransaction } from '@annex/database';

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
  /** Each tick comes up to this many seconds late, by an amount that its job's name decides. */
  jitterS: number;
  /**
   * Ticks up to then, in milliseconds since the epoch, fell into a pause or rest that is over, and do not run; `null`:
   * all may.
   */
  rested: { untilMs: number; reason: 'paused' | 'plugin_disabled' } | null;
  /** The earliest tick that was not decided yet, in milliseconds since the epoch. */
  nextAtMs: number;
  /** The database's clock, in milliseconds since the epoch. */
  nowMs: number;
  /** The job's entry in the active release's manifest (libs/manifest's `ManifestJob`); `undefined` when it has none. */
  job: Json | undefined;
}

/** Tenants with a tick that is due, and which schedules. */
export async function listDueSchedules(
  tx: PlatformTransaction,
  { limit = 500 }: { limit?: number } = {},
): Promise<Map<Id<'tenant'>, Id<'schedule'>[]>> {
  const rows = await tx.query<{ tenant_id: string; ids: string[] }>(
    `select tenant_id, array_agg(id) as ids from (
       select s.tenant_id, s.id from schedules s join tenants t on t.id = s.tenant_id and t.erase_after is null
       where s.active and not s.paused and s.next_at <= now() order by s.next_at limit $1
     ) due group by tenant_id`,
    [limit],
  );
  return new Map(
    rows.map(({ tenant_id, ids }) => [idFromUuid('tenant', tenant_id), ids.map((id) => idFromUuid('schedule', id))]),
  );
}

/**
 * Milliseconds until the next tick of any living tenant's schedule that ticks, by the database's clock; `null` when
 * there is none.
 */
export async function untilNextTickMs(tx: PlatformTransaction): Promise<number | null> {
  const [row] = await tx.query<{ ms: number | null }>(
    `select (extract(epoch from next_at - clock_timestamp()) * 1000)::float8 as ms from schedules
     where active and not paused and next_at is not null and ${ofLivingTenant} order by next_at limit 1`,
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
    jitter_s: number;
    rested_until: Date | null;
    rested_for: 'paused' | 'plugin_disabled' | null;
    next_at: Date;
    now: Date;
    jobs: Json;
  }>(
    `select s.id, s.installation_id, i.slug as plugin, s.name, s.schedule, s.timezone, s.overlap, s.catch_up, s.misfire_deadline_s, s.jitter_s, s.next_at, now() as now,
       s.rested_until, s.rested_for,
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
    jitterS: row.jitter_s,
    rested: row.rested_until && row.rested_for ? { untilMs: row.rested_until.getTime(), reason: row.rested_for } : null,
    nextAtMs: row.next_at.getTime(),
    nowMs: row.now.getTime(),
    job: Array.isArray(row.jobs) ? row.jobs.find((job) => isJsonObject(job) && job['name'] === row.name) : undefined,
  }));
}

/** Moves a schedule to its next undecided tick; `null`: it has none. */
export async function moveSchedule(tx: TenantTransaction, id: Id<'schedule'>, nextAtMs: number | null): Promise<void> {
  await tx.query('update schedules set next_at = $3 where tenant_id = $1 and id = $2', [
    tx.tenantUuid,
    uuidFromId(id),
    nextAtMs === null ? null : new Date(nextAtMs),
  ]);
}

/** A tick that does not run, and why. */
export interface SkippedTick {
  schedule: Pick<DueSchedule, 'id' | 'installationId' | 'plugin' | 'name'>;
  atMs: number;
  code: string;
  message: string;
}

/**
 * So many ticks in a row that did not run for the same reason are a run each; the last of these tells of all that
 * follow.
 */
const toldOneByOne = 10;

/**
 * Keeps ticks that do not run, all of one schedule and oldest first, as runs with status `skipped`, so that nobody has
 * to guess why a job did not run. A long stretch for the same reason is told by its first ten and by the last of them,
 * which counts the others, so that a day without anything to run them is no flood of rows.
 */
export async function recordSkippedTicks(tx: TenantTransaction, ticks: readonly SkippedTick[]): Promise<void> {
  const [first] = ticks;
  if (!first) return;
  const before = await latestStreak(tx, first.schedule.id);
  let { streak, code } = before;
  const rows: SkippedRow[] = [];
  const grown = { by: 0, until: 0 };
  for (const tick of ticks) {
    streak = tick.code === code ? streak + 1 : 1;
    code = tick.code;
    const last = rows.at(-1);
    if (streak <= toldOneByOne) rows.push({ ...tick, id: uuidFromId(newId('run')), count: 1, until: tick.atMs });
    else if (last) Object.assign(last, { count: last.count + 1, until: tick.atMs });
    else Object.assign(grown, { by: grown.by + 1, until: tick.atMs });
  }
  if (grown.by > 0) {
    await tx.query(
      `update runs set skipped_ticks = coalesce(skipped_ticks, 1) + $3, skipped_until = $4, finished_at = now() where tenant_id = $1 and id = $2`,
      [tx.tenantUuid, before.latest, grown.by, new Date(grown.until)],
    );
  }
  await insertSkipped(tx, rows);
}

/** Keeps a stretch of ticks that do not run as one run: `atMs` the first of them, `untilMs` the last. */
export async function recordSkippedStretch(
  tx: TenantTransaction,
  { schedule, atMs, code, message }: SkippedTick,
  { ticks, untilMs }: { ticks: number; untilMs: number },
): Promise<void> {
  await insertSkipped(tx, [
    { schedule, atMs, code, message, id: uuidFromId(newId('run')), count: ticks, until: untilMs },
  ]);
}

interface SkippedRow extends SkippedTick {
  id: string;
  count: number;
  until: number;
}

async function insertSkipped(tx: TenantTransaction, rows: readonly SkippedRow[]): Promise<void> {
  await tx.query(
    `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status, schedule_id, scheduled_for, error, skipped_ticks, skipped_until, finished_at)
     select $1, t.id, t.installation_id, t.plugin, 'job', t.name, 'skipped', t.schedule_id, t.at, json_build_object('code', t.code, 'message', t.message),
       nullif(t.ticks, 1), case when t.ticks > 1 then t.until end, now()
     from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::timestamptz[], $8::text[], $9::text[], $10::int[], $11::timestamptz[])
       as t (id, installation_id, plugin, name, schedule_id, at, code, message, ticks, until)
     on conflict do nothing`,
    [
      tx.tenantUuid,
      rows.map(({ id }) => id),
      rows.map(({ schedule }) => uuidFromId(schedule.installationId)),
      rows.map(({ schedule }) => schedule.plugin),
      rows.map(({ schedule }) => schedule.name),
      rows.map(({ schedule }) => uuidFromId(schedule.id)),
      rows.map(({ atMs }) => new Date(atMs)),
      rows.map(({ code }) => code),
      rows.map(({ message }) => message),
      rows.map(({ count }) => count),
      rows.map(({ until }) => new Date(until)),
    ],
  );
}

/** How many of a schedule's latest ticks did not run for one and the same reason, and the latest's row. */
async function latestStreak(
  tx: TenantTransaction,
  scheduleId: Id<'schedule'>,
): Promise<{ streak: number; code: string | undefined; latest: string | undefined }> {
  const rows = await tx.query<{ id: string; code: string | null; is_summary: boolean }>(
    `select id, case when status = 'skipped' then error->>'code' end as code, skipped_ticks is not null as is_summary from runs
     where tenant_id = $1 and schedule_id = $2 and replay_of is null order by scheduled_for desc limit $3`,
    [tx.tenantUuid, uuidFromId(scheduleId), toldOneByOne],
  );
  const [latest] = rows;
  if (!latest || latest.code === null) return { streak: 0, code: undefined, latest: undefined };
  const end = rows.findIndex(({ code }) => code !== latest.code);
  return {
    streak: latest.is_summary ? toldOneByOne : end < 0 ? rows.length : end,
    code: latest.code,
    latest: latest.id,
  };
}
