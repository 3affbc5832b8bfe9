import { newId, silentLogger, systemClock, uuidFromId, type Id } from '@annex/kernel';
import type { FinishedRun } from '@annex/runs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { writePlugin } from '../../../../test/support/written-plugin.js';
import { RunSink } from '../recording/run-sink.js';
import { InstallationSnapshots } from '../snapshots/installation-snapshots.js';
import { LogTail } from './log-tail.js';
import { RunReader } from './run-reader.js';
import type { LogView } from './views.js';

let db: TestDatabase;
let sink: RunSink;
let tail: LogTail;
let reader: RunReader;
let tenantId: Id<'tenant'>;
let plugin: { id: Id<'installation'>; slug: string };
beforeAll(async () => {
  db = await openTestDatabase();
  const { database } = db;
  // Nothing is written unless a reading asks for it.
  sink = new RunSink({ database, clock: systemClock, logger: silentLogger, flushMs: 3_600_000 });
  tail = new LogTail({ database, clock: systemClock, logger: silentLogger });
  await tail.start();
  const snapshots = new InstallationSnapshots({
    database,
    clock: systemClock,
    ceilings: {},
    onReplaced: () => undefined,
  });
  const keeper = { settled: () => Promise.resolve() };
  reader = new RunReader({ database, snapshots, sink, tail, keeper, clock: systemClock });
});
afterAll(async () => {
  await tail.stop();
  await sink.stop();
  await db.close();
});
beforeEach(async () => {
  tenantId = (await db.makeTenant()).id;
  plugin = await writePlugin(
    db,
    { inspect: () => Promise.resolve({ ok: true, registrations: [], warnings: [] }) },
    tenantId,
    { code: '' },
  );
});

function finish(over: Partial<FinishedRun> = {}): Id<'run'> {
  const now = Date.now();
  const run: FinishedRun = {
    id: newId('run'),
    installationId: plugin.id,
    plugin: plugin.slug,
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
  sink.run(tenantId, run);
  return run.id;
}
const log = (message: string, runId = newId('run'), level: LogView['level'] = 'info') =>
  sink.log(
    tenantId,
    { runId, installationId: plugin.id, plugin: plugin.slug, timeMs: Date.now(), level, message, fields: { n: 1 } },
    10,
  );

describe('reading', () => {
  it('shows what was just done, in the shape of the contract', async () => {
    const runId = finish({ result: { status: 200 } });
    log('hello', runId);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
    const line = {
      id: expect.stringMatching(/^\d+$/) as string,
      time,
      level: 'info',
      message: 'hello',
      fields: { n: 1 },
      run_id: runId,
      plugin: plugin.slug,
    };
    expect(await reader.run(tenantId, runId)).toEqual({
      id: runId,
      plugin: plugin.slug,
      kind: 'route',
      name: 'GET /',
      status: 'succeeded',
      release: '1.0.0',
      attempts: [{ number: 1, started_at: time, finished_at: time }],
      result: { status: 200 },
      error: null,
      limits: {},
      trigger: { kind: 'request', by: null },
      logs: [line],
      payload: null,
      cause: null,
      children: [],
      emitted: [],
      replays: [],
      queued_at: time,
      started_at: time,
      finished_at: time,
    });
    const { items } = await reader.runs(tenantId, {}, { limit: 10 });
    expect(items).toMatchObject([{ id: runId, result: { status: 200 } }]);
    expect(items[0]).not.toHaveProperty('logs');
    expect(await reader.logs(tenantId, plugin.slug, {}, { limit: 10 })).toEqual({ items: [line], next_cursor: null });
    expect(await reader.logs(tenantId, plugin.id, { runId }, { limit: 10 })).toMatchObject({ items: [line] });
  });

  it('pages through runs and logs to their end', async () => {
    const ids = Array.from({ length: 5 }, () => finish()).reverse();
    for (let index = 0; index < 5; index += 1) log(`l${index}`);
    const seen: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await reader.runs(tenantId, { plugin: plugin.slug }, { limit: 2, cursor });
      seen.push(...page.items.map(({ id }) => id));
      if (page.next_cursor === null) break;
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(ids);
    const first = await reader.logs(tenantId, plugin.slug, {}, { limit: 3 });
    const second = await reader.logs(tenantId, plugin.slug, {}, { limit: 3, cursor: first.next_cursor ?? '' });
    expect([...first.items, ...second.items].map(({ message }) => message)).toEqual(['l4', 'l3', 'l2', 'l1', 'l0']);
    expect(second.next_cursor).toBeNull();
  });

  it('shows nothing of another tenant, and does not tell that it exists', async () => {
    const runId = finish();
    log('secret', runId);
    await sink.flushTenant(tenantId);
    const other = await db.makeTenant();
    await expect(reader.run(other.id, runId)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await expect(reader.run(other.id, newId('run'))).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await expect(reader.logs(other.id, plugin.slug, {}, { limit: 1 })).rejects.toMatchObject({
      code: 'PLUGIN_NOT_FOUND',
    });
    await expect(reader.logs(other.id, plugin.id, {}, { limit: 1 })).rejects.toMatchObject({
      code: 'PLUGIN_NOT_FOUND',
    });
    await expect(reader.followLogs(other.id, plugin.id, {}, () => undefined)).rejects.toMatchObject({
      code: 'PLUGIN_NOT_FOUND',
    });
    await expect(reader.metrics(other.id, plugin.id)).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
    expect(await reader.runs(other.id, { plugin: plugin.id }, { limit: 1 })).toEqual({ items: [], next_cursor: null });
    expect(await reader.usage(other.id)).toMatchObject({ items: [], quotas: { events: { used: 0 } } });
  });

  it('refuses cursors and ids that it never gave out, and takes any text as a filter', async () => {
    finish();
    for (const cursor of ['', 'x', 'run_zzz', '0', "'", '\0'])
      await expect(reader.runs(tenantId, {}, { limit: 1, cursor })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
    for (const cursor of ['', 'x', '-1', '1e9', '9'.repeat(30)])
      await expect(reader.logs(tenantId, plugin.slug, {}, { limit: 1, cursor })).rejects.toMatchObject({
        code: 'CURSOR_INVALID',
      });
    for (const id of ['', 'run_', 'x'.repeat(10_000), '\0'])
      await expect(reader.run(tenantId, id)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    for (const text of ['\0', '\ud800', '%', "'", 'x'.repeat(10_000)]) {
      expect(await reader.runs(tenantId, { plugin: text }, { limit: 1 })).toMatchObject({ items: [] });
      expect(await reader.runs(tenantId, { eventId: text }, { limit: 1 })).toMatchObject({ items: [] });
      expect(await reader.logs(tenantId, plugin.slug, { q: text, runId: text }, { limit: 1 })).toMatchObject({
        items: [],
      });
      expect(await reader.logs(tenantId, plugin.slug, { q: text }, { limit: 1 })).toMatchObject({ items: [] });
    }
  });

  it('counts an installation’s runs and usage', async () => {
    finish();
    finish({ status: 'failed', error: { code: 'TIMEOUT', message: '' } });
    sink.use(tenantId, plugin.id, { runs: 2, cpu_ms: 4 });
    for (const rows of [2, 3]) sink.track(tenantId, plugin.id, { name: '__proto__', sums: { rows } });
    const day = new Date().toISOString().slice(0, 10);
    // A plugin names what it counts, and may choose what objects have by birth.
    const analytics = JSON.parse('{"__proto__": {"count": 2, "sums": {"rows": 5}}}') as object;
    expect(await reader.metrics(tenantId, plugin.slug)).toMatchObject({
      runs: { total: 2, by_status: { succeeded: 1, failed: 1 }, by_error: { TIMEOUT: 1 } },
      days: [{ day, metrics: { runs: 2, cpu_ms: 4 }, analytics }],
    });
    expect((await reader.usage(tenantId)).items).toEqual([
      { day, installation_id: plugin.id, plugin: plugin.slug, metrics: { runs: 2, cpu_ms: 4 }, series: {}, analytics },
    ]);
    await db.sql('delete from installations where id = $1', [uuidFromId(plugin.id)]);
    expect(await reader.usage(tenantId)).toMatchObject({ items: [{ plugin: null }] });
  });

  it('follows a log, narrowed by level and run', async () => {
    const runId = newId('run');
    const got = Promise.withResolvers<LogView>();
    const end = await reader.followLogs(tenantId, plugin.slug, { levels: ['error'], runId }, got.resolve);
    log('other run', newId('run'), 'error');
    log('mild', runId);
    log('wanted', runId, 'error');
    await sink.flushTenant(tenantId);
    expect(await got.promise).toMatchObject({ message: 'wanted', level: 'error', run_id: runId });
    end();
  });
});
