import { newId, silentLogger, systemClock, uuidFromId, type Id } from '@annex/kernel';
import { listLogs } from '../rows/logs.js';
import { listRuns, type FinishedRun } from '@annex/runs';
import { readUsage } from '../rows/usage.js';
import type { Database } from '@annex/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeInstallation } from '../../../../test/support/installations.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { RunSink, type RunSinkOptions } from './run-sink.js';

let db: TestDatabase;
let tenantId: Id<'tenant'>;
let installationId: Id<'installation'>;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  tenantId = (await db.makeTenant()).id;
  installationId = (await makeInstallation(db, tenantId)).id;
});

/** A sink that writes only when it is told to. */
const makeSink = (over: Partial<RunSinkOptions> = {}): RunSink =>
  new RunSink({ database: db.database, clock: systemClock, logger: silentLogger, flushMs: 3_600_000, ...over });

function run(over: Partial<FinishedRun> = {}): FinishedRun {
  const now = Date.now();
  return {
    id: newId('run'),
    installationId,
    plugin: 'p',
    release: '1.0.0',
    kind: 'route',
    name: 'GET /',
    ordinal: 0,
    status: 'succeeded',
    limits: {},
    depth: 0,
    startedAtMs: now,
    finishedAtMs: now,
    ...over,
  };
}
const line = (message: string, installation = installationId) => ({
  runId: newId('run'),
  installationId: installation,
  plugin: 'p',
  timeMs: Date.now(),
  level: 'info' as const,
  message,
  fields: null,
});
const runs = () =>
  db.database.forTenant(tenantId).transaction(async (tx) => (await listRuns(tx, { limit: 100_000 })).runs);
const messages = async () =>
  (await db.database.forTenant(tenantId).transaction((tx) => listLogs(tx, { limit: 1000 }))).lines
    .map(({ message }) => message)
    .reverse();

/** The database, failing the first transactions with what `failure` makes. */
function failing(times: number, failure: () => Error): { database: Pick<Database, 'forTenant'>; tries: () => number } {
  let tries = 0;
  return {
    tries: () => tries,
    database: {
      forTenant: (id) => ({
        tenantId: id,
        transaction: (work) => {
          tries += 1;
          return tries <= times ? Promise.reject(failure()) : db.database.forTenant(id).transaction(work);
        },
      }),
    },
  };
}

describe('the sink of runs', () => {
  it('writes everything that it took before a flush, each tenant’s rows in that tenant', async () => {
    const sink = makeSink();
    const other = await db.makeTenant();
    const theirs = await makeInstallation(db, other.id);
    for (let index = 0; index < 20; index += 1) sink.run(tenantId, run());
    sink.log(tenantId, line('mine'), 10);
    sink.log(other.id, line('theirs', theirs.id), 10);
    sink.use(tenantId, installationId, { runs: 2, cpu_ms: 1.5 });
    sink.use(tenantId, installationId, { runs: 1 });
    await Promise.all([sink.flushTenant(tenantId), sink.flushTenant(tenantId)]);
    expect(await runs()).toHaveLength(20);
    expect(await messages()).toEqual(['mine']);
    const day = new Date().toISOString().slice(0, 10);
    expect(
      await db.database
        .forTenant(tenantId)
        .transaction((tx) => readUsage(tx, { since: '2020-01-01', until: '2100-01-01' })),
    ).toMatchObject([{ day, metrics: { runs: 3, cpu_ms: 1.5 } }]);
    expect(sink.stats()).toMatchObject({ rows: 1 });
    await sink.stop();
    expect(await db.sql('select message from run_logs where tenant_id = $1', [uuidFromId(other.id)])).toEqual([
      { message: 'theirs' },
    ]);
    expect(sink.stats()).toEqual({ rows: 0, chars: 0, dropped: 0 });
  });

  it('writes by itself after its time, and at once when many rows wait', async () => {
    const told = Promise.withResolvers<string | null>();
    const stop = await db.database.listen('annex_logs', (payload) => {
      if (payload === uuidFromId(installationId)) told.resolve(payload);
    });
    const timed = makeSink({ flushMs: 10 });
    timed.log(tenantId, line('timed'), 10);
    await told.promise;
    const full = Promise.withResolvers<void>();
    const stopFull = await db.database.listen('annex_logs', () => full.resolve());
    const many = makeSink({ flushRows: 50 });
    for (let index = 0; index < 50; index += 1) many.log(tenantId, line(`n${index}`), 10);
    await full.promise;
    expect(await messages()).toEqual(['timed', ...Array.from({ length: 50 }, (_, index) => `n${index}`)]);
    stop();
    stopFull();
    await Promise.all([timed.stop(), many.stop()]);
  });

  it('loses nothing, repeats no run and keeps the order while the database is away', async () => {
    const { database, tries } = failing(3, () =>
      Object.assign(new Error('connection terminated'), { driverError: { code: '57P01' } }),
    );
    const sink = makeSink({ database });
    sink.run(tenantId, run());
    sink.log(tenantId, line('one'), 10);
    await sink.flushTenant(tenantId);
    sink.log(tenantId, line('two'), 10);
    sink.use(tenantId, installationId, { runs: 1 });
    await sink.flushTenant(tenantId);
    expect(await runs()).toEqual([]);
    expect(sink.stats().rows).toBe(3);
    await sink.stop(30_000);
    expect(tries()).toBe(4);
    expect(await runs()).toHaveLength(1);
    expect(await messages()).toEqual(['one', 'two']);
    expect(sink.stats()).toEqual({ rows: 0, chars: 0, dropped: 0 });
  });

  it.each<[string, object]>([
    ['PostgreSQL refuses', { status: 'odd' }],
    ['cannot even be written down', { id: 'run_odd' }],
  ])('drops the one row that %s, and only that', async (_name, odd) => {
    const sink = makeSink();
    const poison = { ...run(), ...odd } as FinishedRun;
    for (let index = 0; index < 5; index += 1) sink.run(tenantId, run());
    sink.run(tenantId, poison);
    for (let index = 0; index < 5; index += 1) sink.run(tenantId, run());
    sink.log(tenantId, line('kept'), 10);
    sink.use(tenantId, installationId, { runs: 11 });
    await sink.flushTenant(tenantId);
    expect(await runs()).toHaveLength(10);
    expect(await messages()).toEqual(['kept']);
    expect(sink.stats()).toEqual({ rows: 0, chars: 0, dropped: 1 });
    expect(
      await db.database
        .forTenant(tenantId)
        .transaction((tx) => readUsage(tx, { since: '2020-01-01', until: '2100-01-01' })),
    ).toMatchObject([{ metrics: { runs: 11 } }]);
  });

  it('holds a bounded number of rows, half of them for one tenant at most, and says how many it dropped', async () => {
    const { database } = failing(Infinity, () => new Error('away'));
    const sink = makeSink({ database, maxRows: 10, maxChars: 3_000 });
    for (let index = 0; index < 15; index += 1) sink.log(tenantId, line('x'), 100);
    expect(sink.stats()).toEqual({ rows: 5, chars: 500, dropped: 10 });
    const [second, third] = [await db.makeTenant(), await db.makeTenant()];
    for (let index = 0; index < 5; index += 1) sink.log(second.id, line('x'), 100);
    sink.log(third.id, line('x'), 100);
    expect(sink.stats()).toEqual({ rows: 10, chars: 1_000, dropped: 11 });
    const wide = makeSink({ database, maxChars: 2_000 });
    wide.log(tenantId, line('x'), 900);
    wide.log(tenantId, line('x'), 900);
    expect(wide.stats()).toEqual({ rows: 1, chars: 900, dropped: 1 });
    await Promise.all([sink.stop(50), wide.stop(50)]);
  });

  it('writes more rows than one statement takes, and all of them before a flush answers', async () => {
    const sink = makeSink({ flushRows: Infinity });
    for (let index = 0; index < 12_000; index += 1) sink.run(tenantId, run());
    await sink.flushTenant(tenantId);
    const [row] = await db.sql<{ n: number }>('select count(*)::int as n from runs where tenant_id = $1', [
      uuidFromId(tenantId),
    ]);
    expect(row?.n).toBe(12_000);
    expect(sink.stats()).toEqual({ rows: 0, chars: 0, dropped: 0 });
  });

  it('takes rows of an installation that was removed meanwhile without harm', async () => {
    const sink = makeSink();
    const gone = await makeInstallation(db, tenantId);
    sink.run(tenantId, run({ installationId: gone.id }));
    sink.run(tenantId, run());
    await db.sql('delete from installations where id = $1', [uuidFromId(gone.id)]);
    await sink.flushTenant(tenantId);
    expect(await runs()).toHaveLength(1);
    const erased = await db.makeTenant();
    sink.run(erased.id, run());
    sink.use(erased.id, installationId, { runs: 1 });
    await db.sql('delete from tenants where id = $1', [uuidFromId(erased.id)]);
    await sink.flushTenant(erased.id);
    expect(sink.stats().rows).toBe(0);
  });
});
