import { newId, uuidFromId, type Id } from '@annex/kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeInstallation } from '../../../../test/support/installations.js';
import { hourBehindAllIds } from '../../../../test/support/moments.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import type { TenantTransaction } from '@annex/database';
import { addUsage, readUsage } from './usage.js';
import { insertLogs, lastLogId, listLogs, readLogsAfter, readRunLogs } from './logs.js';
import type { LogLevel } from './run-log-row.js';
import { findRun, listRuns, type RunFilter } from '../../../runs/src/sql/read-runs.js';
import { countRuns, runMetrics, timeRuns } from '../../../runs/src/sql/run-numbers.js';
import { recordRuns, type FinishedRun } from '../../../runs/src/sql/record-runs.js';

let db: TestDatabase;
let tenantId: Id<'tenant'>;
let installationId: Id<'installation'>;
let slug: string;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  noon += 3_600_000;
  tenantId = (await db.makeTenant()).id;
  ({ id: installationId, slug } = await makeInstallation(db, tenantId));
});

const inTenant = <T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T> =>
  db.database.forTenant(tenantId).transaction(work);
/** Ids never go back in time, so each test's moment lies behind the one before. */
let noon = hourBehindAllIds();

function runAt(ms: number, over: Partial<FinishedRun> = {}): FinishedRun {
  return {
    id: newId('run', ms),
    installationId,
    plugin: slug,
    release: '1.2.0',
    kind: 'route',
    name: 'GET /ping',
    ordinal: 0,
    status: 'succeeded',
    limits: { wall_ms: { used: 3, max: 5000 } },
    depth: 0,
    startedAtMs: ms,
    finishedAtMs: ms + 25,
    ...over,
  };
}

const line = (message: string, level: LogLevel = 'info', runId = newId('run')) => ({
  runId,
  installationId,
  plugin: slug,
  timeMs: noon,
  level,
  message,
  fields: null,
});
const list = (filter: Partial<RunFilter> & { before?: Id<'run'> } = {}) =>
  inTenant(async (tx) => (await listRuns(tx, { limit: 100, ...filter })).runs);

describe('finished runs', () => {
  it('are kept whole', async () => {
    const run = runAt(noon, {
      status: 'failed',
      result: { status: 500 },
      error: { code: 'PLUGIN_ERROR', message: 'no "luck"\n' },
    });
    expect(await inTenant((tx) => recordRuns(tx, [run]))).toBe(1);
    expect(await inTenant((tx) => findRun(tx, run.id))).toMatchObject({
      id: run.id,
      installationId,
      plugin: slug,
      release: '1.2.0',
      kind: 'route',
      name: 'GET /ping',
      status: 'failed',
      attempts: [
        {
          number: 1,
          started_at: new Date(noon).toISOString(),
          finished_at: new Date(noon + 25).toISOString(),
          error: run.error,
        },
      ],
      result: { status: 500 },
      error: run.error,
      limits: run.limits,
      queuedAt: new Date(noon),
      finishedAt: new Date(noon + 25),
    });
  });

  it('can be written again after a commit in doubt, and count once', async () => {
    const runs = [runAt(noon), runAt(noon + 1)];
    await inTenant((tx) => recordRuns(tx, runs.slice(0, 1)));
    expect(await inTenant((tx) => recordRuns(tx, runs, { isAgain: true }))).toBe(1);
    expect(await list()).toHaveLength(2);
  });

  it('of an installation that is gone, or of another tenant, are left out and spoil nothing', async () => {
    const other = await db.makeTenant();
    const foreign = await makeInstallation(db, other.id);
    const mine = runAt(noon);
    expect(
      await inTenant((tx) =>
        recordRuns(tx, [
          runAt(noon, { installationId: newId('installation') }),
          mine,
          runAt(noon, { installationId: foreign.id }),
        ]),
      ),
    ).toBe(1);
    expect((await list()).map(({ id }) => id)).toEqual([mine.id]);
    expect(await db.database.forTenant(other.id).transaction((tx) => findRun(tx, mine.id))).toBeUndefined();
  });

  it('are kept whatever characters a plugin chose, those that PostgreSQL refuses replaced', async () => {
    const run = runAt(noon, {
      status: 'failed',
      error: { code: 'PLUGIN_ERROR', message: 'a\0b\ud800c \\u0000 \u{1f600}' },
    });
    await inTenant((tx) => recordRuns(tx, [run]));
    expect((await inTenant((tx) => findRun(tx, run.id)))?.error).toEqual({
      code: 'PLUGIN_ERROR',
      message: 'a\ufffdb\ufffdc \\u0000 \u{1f600}',
    });
    expect(await inTenant((tx) => runMetrics(tx, { installationId, since: new Date(noon - 1) }))).toMatchObject({
      byError: { PLUGIN_ERROR: 1 },
    });
  });
});

describe('the list of runs', () => {
  it('is newest first and comes in pages that neither skip nor repeat', async () => {
    const runs = Array.from({ length: 7 }, (_, index) => runAt(noon + index));
    await inTenant((tx) => recordRuns(tx, runs));
    const newestFirst = runs.map(({ id }) => id).reverse();
    const first = await list({ limit: 4 });
    expect(first.map(({ id }) => id)).toEqual(newestFirst.slice(0, 4));
    expect((await list({ limit: 4, before: newestFirst[3] })).map(({ id }) => id)).toEqual(newestFirst.slice(4));
  });

  it('is narrowed by plugin, kind, status, event and time', async () => {
    const neighbour = await makeInstallation(db, tenantId);
    const failed = runAt(noon, { status: 'failed', error: { code: 'TIMEOUT', message: '' } });
    const filter = runAt(noon + 1000, { kind: 'filter', name: 'price' });
    const theirs = runAt(noon + 2000, { installationId: neighbour.id, plugin: neighbour.slug });
    await inTenant((tx) => recordRuns(tx, [failed, filter, theirs]));
    const ids = async (query: Partial<RunFilter>) => (await list(query)).map(({ id }) => id);
    expect(await ids({ plugin: slug })).toEqual([filter.id, failed.id]);
    expect(await ids({ installationId: neighbour.id })).toEqual([theirs.id]);
    expect(await ids({ plugin: 'nobody' })).toEqual([]);
    expect(await ids({ kind: 'filter' })).toEqual([filter.id]);
    expect(await ids({ status: 'failed' })).toEqual([failed.id]);
    expect(await ids({ eventId: 'evt' })).toEqual([]);
    expect(await ids({ since: new Date(noon + 1) })).toEqual([theirs.id, filter.id]);
    expect(await ids({ since: new Date(noon + 1), until: new Date(noon + 1500) })).toEqual([filter.id]);
  });

  it('leaves large results out and says how large they are', async () => {
    const run = runAt(noon, { kind: 'filter', result: 'x'.repeat(9000) });
    await inTenant((tx) => recordRuns(tx, [run]));
    expect((await list())[0]).toMatchObject({ result: undefined, resultBytes: 9002 });
    expect((await inTenant((tx) => findRun(tx, run.id)))?.result).toHaveLength(9000);
  });
});

describe('the numbers of an installation', () => {
  it('count its latest runs and how long they took', async () => {
    const neighbour = await makeInstallation(db, tenantId);
    await inTenant((tx) => recordRuns(tx, [runAt(noon - 60_000)]));
    await inTenant((tx) =>
      recordRuns(tx, [
        ...Array.from({ length: 98 }, (_, index) => runAt(noon + index)),
        runAt(noon + 200, { finishedAtMs: noon + 4200, status: 'failed', error: { code: 'TIMEOUT', message: '' } }),
        runAt(noon + 300, { installationId: neighbour.id }),
      ]),
    );
    const numbers = await inTenant((tx) => runMetrics(tx, { installationId, since: new Date(noon) }));
    expect(numbers).toEqual({
      total: 99,
      byStatus: { succeeded: 98, failed: 1 },
      byKind: { route: 99 },
      byError: { TIMEOUT: 1 },
      wallMs: { p50: 25, p95: 25, p99: 4000, max: 4000 },
      capped: false,
    });
    expect(await inTenant((tx) => runMetrics(tx, { installationId, since: new Date(noon), cap: 10 }))).toMatchObject({
      total: 10,
      capped: true,
    });
  });

  it('are all there when nothing ran', async () => {
    expect(await inTenant((tx) => runMetrics(tx, { installationId, since: new Date(noon) }))).toEqual({
      total: 0,
      byStatus: {},
      byKind: {},
      byError: {},
      wallMs: null,
      capped: false,
    });
  });
});

describe('a series', () => {
  const minute = 60_000;
  const span = (from: number, until: number): { since: Date; until: Date; bucketS: number } => ({
    since: new Date(from),
    until: new Date(until),
    bucketS: 60,
  });

  it('counts runs by bucket and key, and says how long they took', async () => {
    const neighbour = await makeInstallation(db, tenantId);
    const failed = { status: 'failed', error: { code: 'TIMEOUT', message: '' } } as const;
    await inTenant((tx) =>
      recordRuns(tx, [
        runAt(noon - 1),
        runAt(noon + 1),
        runAt(noon + 2, failed),
        runAt(noon + minute, { finishedAtMs: noon + minute + 700 }),
        runAt(noon + 3 * minute, { installationId: neighbour.id }),
        runAt(noon + 5 * minute),
      ]),
    );
    const asked = span(noon, noon + 5 * minute);
    const [atS, later, last] = [0, 1, 3].map((index) => (noon + index * minute) / 1000);
    expect(await inTenant((tx) => countRuns(tx, asked, 'status'))).toEqual({
      points: [
        { atS, key: 'failed', value: 1 },
        { atS, key: 'succeeded', value: 1 },
        { atS: later, key: 'succeeded', value: 1 },
        { atS: last, key: 'succeeded', value: 1 },
      ],
      cutAt: null,
    });
    const own = { ...asked, installationId };
    expect((await inTenant((tx) => countRuns(tx, own, 'error'))).points).toEqual([
      { atS, key: '', value: 1 },
      { atS, key: 'TIMEOUT', value: 1 },
      { atS: later, key: '', value: 1 },
    ]);
    expect((await inTenant((tx) => timeRuns(tx, own))).points).toContainEqual({ atS: later, key: 'p99', value: 700 });
  });

  it('looks at the latest runs only where there are many, and says since when', async () => {
    await inTenant((tx) =>
      recordRuns(
        tx,
        [1, 2, 3, 4].map((index) => runAt(noon + index * minute)),
      ),
    );
    const asked = { ...span(noon, noon + 10 * minute), cap: 2 };
    expect(await inTenant((tx) => countRuns(tx, asked, 'kind'))).toEqual({
      points: [3, 4].map((index) => ({ atS: (noon + index * minute) / 1000, key: 'route', value: 1 })),
      cutAt: new Date(noon + 3 * minute),
    });
    const none = span(noon - 20 * minute, noon - 10 * minute);
    expect(await inTenant((tx) => countRuns(tx, none, 'kind'))).toEqual({ points: [], cutAt: null });
  });
});

describe('logs', () => {
  it('come back in the order in which they were written, with whatever characters', async () => {
    const runId = newId('run');
    await inTenant((tx) =>
      insertLogs(
        tx,
        Array.from({ length: 50 }, (_, index) => ({
          ...line(`line ${index}\0`, 'info', runId),
          fields: { index, text: '\ud800' },
        })),
      ),
    );
    const lines = await inTenant((tx) => readRunLogs(tx, runId, 100));
    expect(lines.map(({ message }) => message)).toEqual(
      Array.from({ length: 50 }, (_, index) => `line ${index}\ufffd`),
    );
    expect(lines[3]).toMatchObject({
      runId,
      plugin: slug,
      level: 'info',
      time: new Date(noon),
      fields: { index: 3, text: '\ufffd' },
    });
  });

  it('are narrowed by level, run, time and text', async () => {
    const runId = newId('run');
    await inTenant((tx) =>
      insertLogs(tx, [
        line('Hello 100%', 'info', runId),
        line('oops', 'error'),
        { ...line('plain', 'warn'), fields: { order: 'ABC_1' } },
        { ...line('old'), timeMs: noon - 60_000 },
      ]),
    );
    const messages = async (filter: object) =>
      (await inTenant((tx) => listLogs(tx, { installationId, limit: 10, ...filter }))).lines.map(
        ({ message }) => message,
      );
    expect(await messages({})).toEqual(['old', 'plain', 'oops', 'Hello 100%']);
    expect(await messages({ levels: ['warn', 'error'] })).toEqual(['plain', 'oops']);
    expect(await messages({ runId })).toEqual(['Hello 100%']);
    expect(await messages({ until: new Date(noon) })).toEqual(['old']);
    expect(await messages({ text: 'hello' })).toEqual(['Hello 100%']);
    expect(await messages({ text: '0%' })).toEqual(['Hello 100%']);
    expect(await messages({ text: 'l%o' })).toEqual([]);
    expect(await messages({ text: 'abc_' })).toEqual(['plain']);
  });

  it('come in pages, and an empty one at the end', async () => {
    await inTenant((tx) =>
      insertLogs(
        tx,
        ['1', '2', '3'].map((text) => line(text)),
      ),
    );
    const page = (before?: string) =>
      inTenant((tx) => listLogs(tx, { installationId, limit: 2, ...(before && { before }) }));
    const first = await page();
    expect(first.lines.map(({ message }) => message)).toEqual(['3', '2']);
    const second = await page(first.next ?? '');
    expect(second).toMatchObject({ lines: [{ message: '1' }], next: null });
  });

  it('tell those who listen for them once they are committed', async () => {
    const told = Promise.withResolvers<string | null>();
    const stop = await db.database.listen('annex_logs', told.resolve);
    const before = await inTenant((tx) => lastLogId(tx, installationId));
    await inTenant((tx) => insertLogs(tx, [line('a'), line('b')]));
    expect(await told.promise).toBe(uuidFromId(installationId));
    stop();
    expect(
      (await inTenant((tx) => readLogsAfter(tx, { installationId, after: before, limit: 10 }))).map(
        ({ message }) => message,
      ),
    ).toEqual(['a', 'b']);
  });

  it('of an installation that is gone are left out', async () => {
    await inTenant((tx) => insertLogs(tx, [{ ...line('lost'), installationId: newId('installation') }, line('kept')]));
    expect((await inTenant((tx) => listLogs(tx, { limit: 10 }))).lines.map(({ message }) => message)).toEqual(['kept']);
  });
});

describe('usage', () => {
  it('adds up, also when two write at once', async () => {
    const increments = (value: number) =>
      ['runs', 'cpu_ms', 'emits'].map((metric) => ({ day: '2036-03-01', installationId, metric, value }));
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        inTenant((tx) => addUsage(tx, index % 2 ? increments(1.5) : increments(1.5).reverse())),
      ),
    );
    expect(await inTenant((tx) => readUsage(tx, { since: '2036-03-01', until: '2036-03-01' }))).toEqual([
      { day: '2036-03-01', installationId, plugin: slug, metrics: { cpu_ms: 15, emits: 15, runs: 15 }, series: {} },
    ]);
    expect(await inTenant((tx) => readUsage(tx, { since: '2036-03-02', until: '2036-03-09' }))).toEqual([]);
  });
});
