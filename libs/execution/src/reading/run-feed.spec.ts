/** Events and runs as whoever follows them gets them. */
import { newId, silentLogger, systemClock, uuidFromId, type Id } from '@annex/kernel';
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
  const change = (id: Id<'run'>, set: string) =>
    scope().transaction((tx) => tx.query(`update runs set ${set} where id = $1`, [uuidFromId(id)]));

  it('gets each as it is made and changes, and nothing that nobody sees', async () => {
    const open = await queue();
    const stream = await follow();
    // One that was made just before may be told once more: while another transaction is open, it may be new.
    const told = (): string[] =>
      stream.told
        .filter(({ data }) => data.id !== open || data.status !== 'queued')
        .map(({ data }) => `${data.id} ${data.status}`);
    await queue('other');
    const id = await queue();
    await expect.poll(told, { timeout: 60_000 }).toEqual([`${id} queued`]);
    await change(id, `lease_until = now()`);
    await change(open, `status = 'succeeded', finished_at = now()`);
    await expect.poll(told, { timeout: 60_000 }).toEqual([`${id} queued`, `${open} succeeded`]);
    await change(id, `status = 'failed', finished_at = now()`);
    await expect.poll(told, { timeout: 60_000 }).toEqual([`${id} queued`, `${open} succeeded`, `${id} failed`]);
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
