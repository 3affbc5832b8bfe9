import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { idFromUuid, newUuid, silentLogger, uuidFromId, type Id, type Json } from '@annex/kernel';
import { openDispatchBed, type DispatchBed, type RunRow } from '../../../test/support/dispatch.js';
import { makeInstallation, type TestInstallation } from '../../../test/support/installations.js';
import { jitterOffsetS } from '@annex/scheduling';
import { decideTicks } from './ticker.js';

let bed: DispatchBed;
beforeAll(async () => {
  bed = await openDispatchBed('postgres');
});
afterEach(async () => {
  await bed.stopWorkers();
  await bed.db.sql('delete from tenants');
  await bed.db.sql('delete from runs');
});
afterAll(() => bed.close());

interface Scheduled extends TestInstallation {
  schedule: Id<'schedule'>;
}

/** A job `tick` whose next tick lies `dueS` seconds back. */
async function scheduled({
  dueS = 1,
  cron = '* * * * * *',
  overlap = 'skip',
  catchUp = 'latest',
  deadlineS = 3600,
  job = { name: 'tick' } as Json,
  paused = false,
  active = true,
} = {}): Promise<Scheduled> {
  const at = await makeInstallation(bed.db, (await bed.db.makeTenant()).id, { jobs: [job] });
  const schedule = idFromUuid('schedule', newUuid());
  await bed.db.sql(
    `insert into schedules (tenant_id, id, installation_id, name, spec_hash, schedule, timezone, overlap, catch_up,
       misfire_deadline_s, paused, active, next_at)
     values ($1, $2, $3, 'tick', '', $4, 'UTC', $5, $6, $7, $8, $9,
       date_trunc('second', now()) - $10 * interval '1 second')`,
    [
      uuidFromId(at.tenantId),
      uuidFromId(schedule),
      uuidFromId(at.id),
      cron,
      overlap,
      catchUp,
      deadlineS,
      paused,
      active,
      dueS,
    ],
  );
  return { ...at, schedule };
}

const decide = (at: Scheduled) =>
  bed.db.database.forTenant(at.tenantId).transaction((tx) => decideTicks(tx, [at.schedule], silentLogger));
const runsOf = (at: Scheduled) =>
  bed.db.sql<RunRow & { id: string; schedule_id: string; name: string; kind: string }>(
    'select * from runs where tenant_id = $1 order by scheduled_for',
    [uuidFromId(at.tenantId)],
  );
const stop = (at: Scheduled) =>
  bed.db.sql('update schedules set active = false where id = $1', [uuidFromId(at.schedule)]);

describe('a schedule', () => {
  it('fires each tick once, however many workers look', async () => {
    const workers = [await bed.worker(() => 'done'), await bed.worker(() => 'done'), await bed.worker(() => 'done')];
    const at = await scheduled({ cron: '* * * * * *', overlap: 'allow' });
    const seen = (): number =>
      workers.reduce(
        (sum, { execution }) => sum + execution.seen.filter(({ tenantId }) => tenantId === at.tenantId).length,
        0,
      );
    while (seen() < 3) await new Promise((done) => setTimeout(done, 50));
    await stop(at);
    for (const { id } of await runsOf(at)) await bed.ended(at.tenantId, idFromUuid('run', id));
    const ticks = (await runsOf(at))
      .filter(({ status }) => status === 'succeeded')
      .map(({ scheduled_for }) => Number(scheduled_for));
    expect(ticks.length).toBe(seen());
    expect(new Set(ticks).size).toBe(ticks.length);
    expect(ticks.every((tick, index) => index === 0 || tick - (ticks[index - 1] ?? 0) === 1000)).toBe(true);
  });

  it('fires through every worker at once without a double, when all decide in the same moment', async () => {
    const at = await scheduled({ cron: '0 * * * * *', dueS: 90, catchUp: 'all', overlap: 'allow' });
    await Promise.all(Array.from({ length: 6 }, () => decide(at)));
    const ticks = (await runsOf(at)).map(({ scheduled_for }) => Number(scheduled_for));
    expect(new Set(ticks).size).toBe(ticks.length);
    expect(ticks.length).toBeGreaterThanOrEqual(1);
  });

  it('makes a run with the job’s terms, and moves on to the next tick', async () => {
    const at = await scheduled({
      cron: '0 0 1 1 *',
      dueS: 5,
      job: { name: 'tick', timeoutMs: 1234, retry: { maxAttempts: 4 } },
    });
    await decide(at);
    const [run] = await bed.db.sql<{ id: string }>(
      'select id, kind, name, policy, status from runs where tenant_id = $1',
      [uuidFromId(at.tenantId)],
    );
    expect(run).toMatchObject({
      kind: 'job',
      name: 'tick',
      status: 'queued',
      policy: { timeoutMs: 1234, retry: { maxAttempts: 4 } },
    });
    const [schedule] = await bed.db.sql<{ next_at: Date }>('select next_at from schedules where id = $1', [
      uuidFromId(at.schedule),
    ]);
    expect(schedule?.next_at.toISOString()).toMatch(/-01-01T00:00:00.000Z$/);
    expect(Number(schedule?.next_at)).toBeGreaterThan(Date.now());
  });

  it('does not fire while it is paused or its plugin is not enabled', async () => {
    for (const at of [await scheduled({ paused: true }), await scheduled({ active: false })]) {
      await decide(at);
      expect(await runsOf(at)).toEqual([]);
    }
  });

  it('that goes on after a pause tells of its ticks in one run, and fires the later ones', async () => {
    const at = await scheduled({ cron: '*/10 * * * * *', catchUp: 'all', overlap: 'allow' });
    await bed.db.sql(
      `update schedules set next_at = to_timestamp(floor(extract(epoch from now()) / 10) * 10 - 40),
         rested_until = to_timestamp(floor(extract(epoch from now()) / 10) * 10 - 15), rested_for = 'paused'
       where id = $1`,
      [uuidFromId(at.schedule)],
    );
    await decide(at);
    const runs = await runsOf(at);
    expect(runs.slice(0, 3).map(({ status, error }) => error?.code ?? status)).toEqual(['PAUSED', 'queued', 'queued']);
    expect(runs[0]).toMatchObject({ status: 'skipped', skipped_ticks: 3 });
    expect(Number(runs[1]?.scheduled_for) - Number(runs[0]?.scheduled_for)).toBe(30_000);
  });

  it('ticks late by its jitter, always by as much', async () => {
    const at = await scheduled({ cron: '0 0 1 1 *', dueS: 5 });
    await bed.db.sql('update schedules set jitter_s = 3600 where id = $1', [uuidFromId(at.schedule)]);
    await decide(at);
    const [row] = await bed.db.sql<{ next_at: Date }>('select next_at from schedules where id = $1', [
      uuidFromId(at.schedule),
    ]);
    const year = new Date().getUTCFullYear() + 1;
    expect(Number(row?.next_at)).toBe(Date.UTC(year, 0, 1) + jitterOffsetS(`${at.id}/tick`, 3600) * 1000);
  });

  it('stops, and harms no other, when its text cannot be read any more', async () => {
    const at = await scheduled({ cron: 'every tuesday' });
    await decide(at);
    expect(await bed.db.sql('select next_at from schedules where id = $1', [uuidFromId(at.schedule)])).toEqual([
      { next_at: null },
    ]);
  });
});

describe('after downtime', () => {
  const outcome = async (options: Parameters<typeof scheduled>[0]): Promise<string[]> => {
    const at = await scheduled({ cron: '*/10 * * * * *', dueS: 45, overlap: 'allow', ...options });
    // Due since 45 seconds: five ticks or so, on the tens.
    await bed.db.sql(
      `update schedules set next_at = to_timestamp(floor(extract(epoch from now()) / 10) * 10 - 40) where id = $1`,
      [uuidFromId(at.schedule)],
    );
    await decide(at);
    return (await runsOf(at)).map(({ status, error }) => (error ? `${status} ${error.code}` : status));
  };

  it('catch_up "latest" fires the newest tick and says of the others that it superseded them', async () => {
    expect(await outcome({ catchUp: 'latest' })).toEqual([...Array(4).fill('skipped SUPERSEDED'), 'queued']);
  });
  it('catch_up "all" fires every tick', async () => {
    expect(await outcome({ catchUp: 'all' })).toEqual(Array(5).fill('queued'));
  });
  it('catch_up "none" leaves out what was missed', async () => {
    expect(await outcome({ catchUp: 'none' })).toEqual([...Array(4).fill('skipped MISSED'), 'queued']);
  });
  it('no tick fires past its misfire deadline', async () => {
    const statuses = await outcome({ catchUp: 'all', deadlineS: 15 });
    expect(statuses.slice(0, 3)).toEqual(Array(3).fill('skipped MISFIRE_DEADLINE'));
    expect(statuses.at(-1)).toBe('queued');
  });
});

describe('a long stretch of ticks that do not run', () => {
  type Told = RunRow & { skipped_ticks: number | null; skipped_until: Date | null };
  const told = async (at: Scheduled): Promise<Told[]> => (await runsOf(at)) as unknown as Told[];
  const count = (runs: Told[]): number => runs.reduce((sum, { skipped_ticks }) => sum + (skipped_ticks ?? 1), 0);

  it('is told by ten runs, the last of which counts the others', async () => {
    const at = await scheduled({ catchUp: 'all', deadlineS: 10, overlap: 'allow', dueS: 500 });
    const [{ next_at: first } = { next_at: new Date(0) }] = await bed.db.sql<{ next_at: Date }>(
      'select next_at from schedules where id = $1',
      [uuidFromId(at.schedule)],
    );
    await decide(at);
    const skipped = (await told(at)).filter(({ status }) => status === 'skipped');
    expect(skipped).toHaveLength(10);
    expect(count(skipped)).toBeGreaterThanOrEqual(490);
    expect(Number(skipped.at(-1)?.skipped_until)).toBe(Number(first) + (count(skipped) - 1) * 1000);
  });

  it('ends with a tick that runs; the next stretch is told anew', async () => {
    const at = await scheduled({ catchUp: 'latest', overlap: 'allow', dueS: 300 });
    await decide(at);
    const runs = await told(at);
    expect(runs.map(({ status, error }) => error?.code ?? status)).toEqual([...Array(10).fill('SUPERSEDED'), 'queued']);
    expect(count(runs)).toBeGreaterThanOrEqual(301);
    // The next day's downtime; the run is under way.
    await bed.db.sql(
      `update schedules set overlap = 'skip', catch_up = 'all', next_at = $2::timestamptz + interval '1 second'
       where id = $1`,
      [uuidFromId(at.schedule), runs.at(-1)?.scheduled_for],
    );
    while ((await told(at)).length === 11) await decide(at);
    expect((await told(at))[11]).toMatchObject({ status: 'skipped', error: { code: 'OVERLAP' }, skipped_ticks: null });
  });

  it('goes on being told by the same run, one tick at a time', async () => {
    const at = await scheduled({ cron: '* * * * * *', overlap: 'skip', catchUp: 'all', dueS: 30 });
    await decide(at);
    const before = await told(at);
    expect(before.map(({ status }) => status)).toEqual(['queued', ...Array(10).fill('skipped')]);
    await bed.db.sql(`update schedules set next_at = $2::timestamptz + interval '1 second' where id = $1`, [
      uuidFromId(at.schedule),
      before.at(-1)?.skipped_until,
    ]);
    while (count(await told(at)) === count(before)) await decide(at);
    expect(await told(at)).toHaveLength(11);
  });

  it('is told in parts when the reason changes', async () => {
    const at = await scheduled({ catchUp: 'latest', overlap: 'allow', dueS: 300, deadlineS: 100 });
    await decide(at);
    const codes = (await told(at)).map(({ status, error }) => error?.code ?? status);
    expect(codes).toEqual([...Array(10).fill('MISFIRE_DEADLINE'), ...Array(10).fill('SUPERSEDED'), 'queued']);
    expect(count(await told(at))).toBeGreaterThanOrEqual(301);
  });
});

describe('a tick whose job is still busy', () => {
  const busyThenTick = async (overlap: string): Promise<{ at: Scheduled; runs: (RunRow & { id: string })[] }> => {
    const at = await scheduled({ overlap, cron: '0 0 1 1 *', dueS: 2 });
    await decide(at);
    const [first] = await runsOf(at);
    await bed.db.sql(
      `update runs set status = 'running', claims = 1, lease_until = now() + interval '1 hour',
         next_attempt_at = null where id = $1`,
      [first?.id],
    );
    await bed.db.sql(`update schedules set next_at = date_trunc('second', now()) where id = $1`, [
      uuidFromId(at.schedule),
    ]);
    await decide(at);
    return { at, runs: await runsOf(at) };
  };

  it('is left out with overlap "skip", and says why', async () => {
    const { runs } = await busyThenTick('skip');
    expect(runs).toMatchObject([
      { status: 'running' },
      { status: 'skipped', error: { code: 'OVERLAP', message: expect.stringContaining('overlap') } },
    ]);
  });
  it('waits with "queue"', async () => {
    expect((await busyThenTick('queue')).runs).toMatchObject([
      { status: 'running' },
      { status: 'queued', waiting_for: 'overlap' },
    ]);
  });
  it('starts beside it with "allow"', async () => {
    expect((await busyThenTick('allow')).runs).toMatchObject([
      { status: 'running' },
      { status: 'queued', waiting_for: null },
    ]);
  });
  it('cancels it with "replace" and starts when it has ended', async () => {
    expect((await busyThenTick('replace')).runs).toMatchObject([
      { status: 'running', cancel_requested: true },
      { status: 'queued', waiting_for: 'overlap' },
    ]);
  });
  it('is left out as QUEUE_FULL when the tenant has too much waiting', async () => {
    const at = await scheduled({ overlap: 'allow', cron: '0 0 1 1 *' });
    await bed.db.sql(
      `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status)
       select $1, gen_random_uuid(), $2, 'p', 'event', 'x', 'queued' from generate_series(1, 10000)`,
      [uuidFromId(at.tenantId), uuidFromId(at.id)],
    );
    await decide(at);
    expect(
      await bed.db.sql(`select status, error->>'code' as code from runs where tenant_id = $1 and kind = 'job'`, [
        uuidFromId(at.tenantId),
      ]),
    ).toEqual([{ status: 'skipped', code: 'QUEUE_FULL' }]);
  });
});
