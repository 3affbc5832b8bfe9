import { idFromUuid, isJsonObject, uuidFromId, type Id, type Json } from '@annex/kernel';
import type { CatchUp, OverlapPolicy } from '@annex/scheduling';
import { ofLivingTenant } from '@annex/runs';
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
       select s.tenant_id, s.id from schedules s join tenants t on t.id = s.tenant_id and not t.at_rest
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
    `select s.id, s.installation_id, i.slug as plugin, s.name, s.schedule, s.timezone, s.overlap, s.catch_up,
       s.misfire_deadline_s, s.jitter_s, s.next_at, now() as now,
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
