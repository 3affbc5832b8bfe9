import { newId, silentLogger, systemClock, uuidFromId, type Id } from '@annex/kernel';
import { listLogs } from '../rows/logs.js';
import { effectiveLimits } from '@annex/limits';
import { listRuns, type FinishedRun, type PlainCall } from '@annex/runs';
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
const allowed = effectiveLimits('route');
function call(over: Partial<PlainCall> = {}): PlainCall {
  const now = Date.now();
  return {
    id: newId('run'),
    installationId,
    plugin: 'p',
    release: '1.0.0',
    name: 'GET /ping',
    depth: 0,
    status: 200,
    limits: allowed,
    startedAtMs: now,
    finishedAtMs: now + 2,
    wallMs: 1.6,
    cpuMs: 0.4,
    memoryMb: 3,
    resultBytes: 12,
    requestBytes: 0,
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
const chunked = async (): Promise<number[]> =>
  (
    await db.sql<{ runs: number }>('select runs from run_chunks where tenant_id = $1 order by last_id', [
      uuidFromId(tenantId),
    ])
  ).map(({ runs }) => runs);
const usage = () =>
  db.database
    .forTenant(tenantId)
    .transaction((tx) => readUsage(tx, { since: '2020-01-01', until: '2100-01-01' }))
    .then(([day]) => day?.metrics);
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

describe('calls of which little is to be said', () => {
  it('are written many in one row, counted once each, and found among the others', async () => {
    const sink = makeSink();
    for (let index = 0; index < 30; index += 1) sink.call(tenantId, call());
    for (let index = 0; index < 3; index += 1) sink.call(tenantId, call({ name: 'GET /rare' }));
    sink.run(tenantId, run({ status: 'failed' }));
    expect(sink.stats().rows).toBe(34);
    await sink.flushTenant(tenantId);
    expect(sink.stats()).toEqual({ rows: 0, chars: 0, dropped: 0 });
    expect(await chunked()).toEqual([30]);
    expect((await runs()).map(({ name }) => name).sort()).toEqual([
      ...Array<string>(1).fill('GET /'),
      ...Array<string>(30).fill('GET /ping'),
      ...Array<string>(3).fill('GET /rare'),
    ]);
    expect(await usage()).toEqual({
      attempts: 33,
      cpu_ms: 0,
      emits: 0,
      failed_runs: 0,
      host_calls: 0,
      http_calls: 0,
      log_lines: 0,
      route_runs: 33,
      runs: 33,
      wall_ms: 66,
    });
  });

  it('are there once when the commit that wrote them was in doubt, with those that came since', async () => {
    let isInDoubt = true;
    const sink = makeSink({
      database: {
        forTenant: (id) => ({
          tenantId: id,
          transaction: async (work) => {
            const done = await db.database.forTenant(id).transaction(work);
            if (isInDoubt) throw Object.assign(new Error('connection terminated'), { driverError: { code: '57P01' } });
            return done;
          },
        }),
      },
    });
    for (let index = 0; index < 20; index += 1) sink.call(tenantId, call());
    for (let index = 0; index < 3; index += 1) sink.call(tenantId, call({ name: 'GET /rare' }));
    await sink.flushTenant(tenantId);
    expect(sink.stats().rows).toBe(23);
    for (let index = 0; index < 10; index += 1) sink.call(tenantId, call());
    for (let index = 0; index < 9; index += 1) sink.call(tenantId, call({ name: 'GET /rare' }));
    isInDoubt = false;
    await sink.stop(30_000);
    expect(await chunked()).toEqual([20, 10, 9]);
    expect(await runs()).toHaveLength(42);
    expect(new Set((await runs()).map(({ id }) => id)).size).toBe(42);
  });

  it('are rows of their own where no list can hold them, and go alone where no row can', async () => {
    const sink = makeSink();
    for (let index = 0; index < 20; index += 1) sink.call(tenantId, call({ name: 'GET /kept' }));
    // More than an integer of PostgreSQL holds.
    for (let index = 0; index < 10; index += 1) sink.call(tenantId, call({ resultBytes: 2 ** 40 }));
    sink.run(tenantId, run({ status: 'odd' as never }));
    sink.log(tenantId, line('kept'), 10);
    await sink.flushTenant(tenantId);
    expect(await chunked()).toEqual([20]);
    expect(await runs()).toHaveLength(30);
    expect(await messages()).toEqual(['kept']);
    expect(sink.stats()).toEqual({ rows: 0, chars: 0, dropped: 1 });
  });

  it('are counted also where there is no room to keep them', async () => {
    const sink = makeSink({ maxRows: 10 });
    for (let index = 0; index < 12; index += 1) sink.call(tenantId, call());
    expect(sink.stats()).toMatchObject({ rows: 5, dropped: 7 });
    await sink.flushTenant(tenantId);
    expect(await runs()).toHaveLength(5);
    expect(await usage()).toMatchObject({ runs: 12, route_runs: 12, wall_ms: 24 });
  });

  it('of a plugin that was removed meanwhile are left out', async () => {
    const sink = makeSink();
    const gone = await makeInstallation(db, tenantId);
    for (let index = 0; index < 20; index += 1) sink.call(tenantId, call({ installationId: gone.id }));
    await db.sql('delete from installations where id = $1', [uuidFromId(gone.id)]);
    await sink.flushTenant(tenantId);
    expect([await chunked(), await runs()]).toEqual([[], []]);
    expect(sink.stats().rows).toBe(0);
  });
});
