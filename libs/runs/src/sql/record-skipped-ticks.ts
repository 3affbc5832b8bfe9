import { newId, uuidFromId, type Id } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';

/** A tick that does not run, and why. */
export interface SkippedTick {
  schedule: {
    id: Id<'schedule'>;
    installationId: Id<'installation'>;
    /** The plugin's slug. */
    plugin: string;
    /** The job's name. */
    name: string;
  };
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
      `update runs set skipped_ticks = coalesce(skipped_ticks, 1) + $3, skipped_until = $4, finished_at = now()
       where tenant_id = $1 and id = $2`,
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
    `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status, schedule_id, scheduled_for, error,
       skipped_ticks, skipped_until, finished_at)
     select $1, t.id, t.installation_id, t.plugin, 'job', t.name, 'skipped', t.schedule_id, t.at,
       json_build_object('code', t.code, 'message', t.message),
       nullif(t.ticks, 1), case when t.ticks > 1 then t.until end, now()
     from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::timestamptz[], $8::text[], $9::text[],
       $10::int[], $11::timestamptz[])
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
    `select id, case when status = 'skipped' then error->>'code' end as code, skipped_ticks is not null as is_summary
     from runs
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
