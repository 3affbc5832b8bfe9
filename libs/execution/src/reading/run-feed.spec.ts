/** Events and runs as whoever follows them gets them. */
import { newId, silentLogger, systemClock, uuidFromId, type Id } from '@annex/kernel';
import { effectiveLimits } from '@annex/limits';
import { emitEvent, Events } from '@annex/runs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { writePlugin } from '../../../../test/support/written-plugin.js';
import { RunSink } from '../recording/run-sink.js';
import { InstallationSnapshots } from '../snapshots/installation-snapshots.js';
import { LogTail } from './log-tail.js';
import { RunReader } from './run-reader.js';

interface Told {
  id: string;
  data: { id: string; status?: string };
}

let db: TestDatabase;
let events: Events;
let reader: RunReader;
let tenantId: Id<'tenant'>;
let plugin: { id: Id<'installation'>; slug: string };
const ends: (() => void)[] = [];
beforeAll(async () => {
  db = await openTestDatabase();
  const shared = { database: db.database, clock: systemClock, logger: silentLogger };
  events = new Events({ database: db.database });
  reader = new RunReader({
    ...shared,
    snapshots: new InstallationSnapshots({ ...shared, ceilings: {}, onReplaced: () => undefined }),
    sink: new RunSink(shared),
    tail: new LogTail(shared),
    keeper: { settled: () => Promise.resolve() },
  });
});
afterAll(() => db.close());
beforeEach(async () => {
  tenantId = (await db.makeTenant()).id;
  const inspect = () => Promise.resolve({ ok: true as const, registrations: [], warnings: [] });
  plugin = await writePlugin(db, { inspect }, tenantId, { code: '' });
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** What a stream told so far; what it cannot read fails the test. */
function listener() {
  const told: Told[] = [];
  const faults: unknown[] = [];
  return {
    told,
    send: (one: Told) => void told.push(one),
    ready: () => Promise.resolve(),
    onFailed: (thrown: unknown) => void faults.push(thrown),
    pollMs: 20,
    count: async (count: number) => {
      await expect.poll(() => told.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(count);
      expect(faults).toEqual([]);
      return told.map(({ data }) => data.id);
    },
  };
}
const scope = () => db.database.forTenant(tenantId);
const emit = async (type: string): Promise<string> =>
  (await scope().transaction((tx) => emitEvent(tx, { type, source: 'test', data: {} }))).eventId;

describe('whoever follows events', () => {
  const follow = async (query: Parameters<Events['follow']>[1]) => {
    const listening = listener();
    ends.push(await events.follow(tenantId, query, listening));
    return listening;
  };

  it('gets each once, of the type that is asked for, and none from before', async () => {
    await emit('told.before');
    const stream = await follow({ type: 'told.*' });
    await emit('other.one');
    const ids = [await emit('told.one'), await emit('told.two')];
    expect(await stream.count(2)).toEqual(ids);
  });

  it('goes on behind the last one that came, without loss and without one twice', async () => {
    const first = await follow({});
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) ids.push(await emit('again.one'));
    await first.count(5);
    const more = await Promise.all(Array.from({ length: 120 }, () => emit('again.two')));
    const second = await follow({ lastId: first.told[1]?.id });
    expect((await second.count(123)).slice().sort()).toEqual([...ids.slice(2), ...more].sort());
    const end = await emit('again.end');
    expect((await second.count(124)).at(-1)).toBe(end);
  });

  it('misses none that was written before another and committed after it', async () => {
    const stream = await follow({});
    let quick = '';
    const slow = await scope().transaction(async (tx) => {
      const { eventId } = await emitEvent(tx, { type: 'late.slow', source: 'test', data: {} });
      quick = await emit('late.quick');
      return eventId;
    });
    expect(await stream.count(2)).toEqual([slow, quick]);
  });

  it('begins with earlier ones where that is asked for, and takes no foreign id for a place', async () => {
    const since = new Date(Date.now() - 1000);
    const id = await emit('early.one');
    expect(await (await follow({ since })).count(1)).toEqual([id]);
    const stream = await follow({ lastId: "1' or 1=1" });
    const next = await emit('early.two');
    expect(await stream.count(1)).toEqual([next]);
  });
});

describe('whoever follows runs', () => {
  const follow = async (lastId?: string) => {
    const listening = listener();
    ends.push(await reader.follow(tenantId, { plugin: plugin.slug, name: 'tidy', lastId }, listening));
    return listening;
  };
  const queue = async (name = 'tidy'): Promise<Id<'run'>> => {
    const id = newId('run');
    await scope().transaction((tx) =>
      tx.query(
        `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status)
         values ($1, $2, $3, $4, 'job', $5, 'queued')`,
        [tx.tenantUuid, uuidFromId(id), uuidFromId(plugin.id), plugin.slug, name],
      ),
    );
    return id;
  };
  /** Plain calls that are written as one chunk. */
  const callRoutes = async (count: number, name = 'GET /ping'): Promise<Id<'run'>[]> => {
    const sink = new RunSink({ database: db.database, clock: systemClock, logger: silentLogger });
    const ids = Array.from({ length: count }, () => newId('run'));
    const limits = effectiveLimits('route');
    for (const id of ids) {
      const now = Date.now();
      sink.call(tenantId, {
        ...{ id, installationId: plugin.id, plugin: plugin.slug, release: '1.0.0', name, depth: 0, status: 200 },
        ...{ startedAtMs: now, finishedAtMs: now + 3, wallMs: 2, cpuMs: 1, memoryMb: 4, resultBytes: 2 },
        ...{ requestBytes: 0, limits },
      });
    }
    await sink.flushTenant(tenantId);
    const [{ chunks } = { chunks: 0 }] = await db.sql<{ chunks: number }>(
      'select count(*)::int as chunks from run_chunks where tenant_id = $1 and $2::uuid = any (ids)',
      [uuidFromId(tenantId), uuidFromId(ids[0] ?? newId('run'))],
    );
    expect(chunks).toBe(1);
    return ids;
  };
  const change = (id: Id<'run'>, set: string) =>
    scope().transaction((tx) => tx.query(`update runs set ${set} where id = $1`, [uuidFromId(id)]));

  it('gets each as it is made and changes, and nothing that nobody sees', async () => {
    const open = await queue();
    const stream = await follow();
    const told = (): string[] => stream.told.map(({ data }) => `${data.id} ${data.status}`);
    await queue('other');
    const id = await queue();
    await expect.poll(told, { timeout: 60_000 }).toEqual([`${id} queued`]);
    await change(id, `lease_until = now()`);
    await change(open, `status = 'succeeded', finished_at = now()`);
    await expect.poll(told, { timeout: 60_000 }).toEqual([`${id} queued`, `${open} succeeded`]);
    await change(id, `status = 'failed', finished_at = now()`);
    await expect.poll(told, { timeout: 60_000 }).toEqual([`${id} queued`, `${open} succeeded`, `${id} failed`]);
  });

  it('gets none from before, while another transaction is open too, and misses none that was open then', async () => {
    const told = (stream: { told: Told[] }): string[] => stream.told.map(({ data }) => `${data.id} ${data.status}`);
    const began = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    ends.push(() => goOn.resolve());
    const slow = newId('run');
    const writing = scope().transaction(async (tx) => {
      await tx.query(
        `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status)
         values ($1, $2, $3, $4, 'job', 'tidy', 'queued')`,
        [tx.tenantUuid, uuidFromId(slow), uuidFromId(plugin.id), plugin.slug],
      );
      began.resolve();
      await goOn.promise;
    });
    await began.promise;
    const [open, over] = [await queue(), await queue()];
    await change(over, `status = 'failed', finished_at = now()`);
    await callRoutes(10);
    const stream = await follow();
    const all = listener();
    ends.push(await reader.follow(tenantId, {}, all));
    // A lease is nothing that anybody sees.
    await change(open, 'lease_until = now()');
    const next = await queue();
    goOn.resolve();
    await writing;
    const expected = [`${slow} queued`, `${next} queued`];
    await expect.poll(() => told(stream), { timeout: 60_000 }).toEqual(expected);
    await expect.poll(() => told(all), { timeout: 60_000 }).toEqual(expected);
    await change(open, `status = 'succeeded', finished_at = now()`);
    await expect.poll(() => told(stream), { timeout: 60_000 }).toEqual([...expected, `${open} succeeded`]);
  });

  it('gets plain calls of routes once each, as runs that ended, and where it asks for them', async () => {
    const all = listener();
    ends.push(await reader.follow(tenantId, {}, all));
    const routes = listener();
    ends.push(await reader.follow(tenantId, { kind: 'route', status: 'succeeded', name: 'GET /ping' }, routes));
    const jobs = await follow();
    const called = [...(await callRoutes(250)), ...(await callRoutes(9))];
    const [other] = await callRoutes(9, 'GET /other');
    const job = await queue();
    await expect.poll(() => jobs.told.length, { timeout: 60_000 }).toBe(1);
    expect(jobs.told[0]?.data.id).toBe(job);
    expect((await routes.count(259)).toSorted()).toEqual(called.toSorted());
    const ids = await all.count(269);
    expect([new Set(ids).size, ids.includes(String(other)), ids.includes(job)]).toEqual([269, true, true]);
    const { items } = await reader.runs(tenantId, { name: 'GET /ping' }, { limit: 1 });
    expect(routes.told.find(({ data }) => data.id === items[0]?.id)?.data).toEqual(items[0]);
    const again = listener();
    ends.push(await reader.follow(tenantId, { name: 'GET /ping', lastId: routes.told[199]?.id }, again));
    expect(await again.count(59)).toEqual(routes.told.slice(200).map(({ data }) => data.id));
  });

  it('goes on behind the last change that came, with what ended meanwhile', async () => {
    const first = await follow();
    const [one, two] = [await queue(), await queue()];
    await first.count(2);
    for (const end of ends.splice(0)) end();
    await change(one, `status = 'succeeded', finished_at = now()`);
    const three = await queue();
    expect(await (await follow(first.told[1]?.id)).count(2)).toEqual([one, three]);
    expect(two).toBe(first.told[1]?.data.id);
  });
});
