/** Two workers' connections over one database, and an origin that forgets what it is told is safe. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Connector, ConnectorBatch } from '@annex/connectors';
import { newUuid, silentLogger, uuidFromId, type Id, type Json } from '@annex/kernel';
import { sourceLimits } from '@annex/limits';
import { emitEvent, type EmitEvent } from '@annex/runs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { Connections, type ConnectionsOptions } from './connections.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

/** A broker: what was acknowledged is gone, what was not comes again with the next connection. */
class Origin {
  readonly left: number[] = [];
  /** Connections that were opened. */
  opened = 0;
  /** Throws instead of giving what is next. */
  failure: Error | undefined;
  readonly #waiting: (() => void)[] = [];
  /** Waits before each batch is given. */
  gate: Promise<void> = Promise.resolve();

  put(...items: number[]): void {
    this.left.push(...items);
    this.wake();
  }

  wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  readonly connector: Connector = {
    type: 'postgres',
    open: ({ signal }) => this.#open(signal),
    check: () => Promise.resolve(),
  };

  async *#open(signal: AbortSignal): AsyncGenerator<ConnectorBatch> {
    this.opened += 1;
    signal.addEventListener('abort', () => this.wake());
    let given = 0;
    if (this.failure) throw this.failure;
    yield { events: [] };
    let at = 0;
    const seen = [...this.left];
    for (;;) {
      if (signal.aborted) return;
      if (this.failure) throw this.failure;
      for (const item of this.left) if (!seen.includes(item)) seen.push(item);
      const item = seen[at];
      if (item === undefined) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        continue;
      }
      at += 1;
      await this.gate;
      given += 1;
      yield {
        events: [{ id: item, type: 'a.b', data: { item } }],
        cursor: { given },
        ack: () => void this.left.splice(this.left.indexOf(item), 1),
      };
    }
  }
}

const running: Connections[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
  // A worker holds the sources of every tenant.
  await db.sql('update sources set active = false');
});

function worker(origin: Origin, over: Partial<ConnectionsOptions> = {}, Worker = Connections): Connections {
  const connections = new Worker({
    database: db.database,
    types: ['postgres'],
    loadConnector: () => Promise.resolve(origin.connector),
    prepare: ({ spec }) =>
      Promise.resolve({ with: spec.with, dial: () => Promise.reject(new Error('nowhere')), mask: (text) => text }),
    emit: emitEvent,
    ownerId: newUuid(),
    logger: silentLogger,
    ...over,
  });
  running.push(connections);
  return connections;
}

interface Row {
  token: string;
  owner: string | null;
  cursor: Json;
  failed_at: Date | null;
  last_error: { message: string } | null;
  restarts: number;
  pause_s: number;
  events: string;
  duplicates: string;
}

async function makeSource(): Promise<{
  tenantId: Id<'tenant'>;
  id: string;
  row: () => Promise<Row>;
  items: () => Promise<number[]>;
}> {
  const { id: tenantId } = await db.makeTenant();
  const id = newUuid();
  const spec = {
    name: 'x',
    schedule: null,
    timezone: 'UTC',
    auth: null,
    with: {},
    events: ['a.*'],
    require: [],
    timeoutMs: null,
  };
  const tenant = uuidFromId(tenantId);
  await db.sql(
    `insert into sources (tenant_id, id, name, type, spec, active, next_at)
     values ($1, $2, 'x', 'postgres', $3, true, now())`,
    [tenant, id, JSON.stringify(spec)],
  );
  return {
    tenantId,
    id,
    row: async () => {
      const [row] = await db.sql<Row>(
        `select token, owner, cursor, failed_at, last_error, cardinality(restarted_at) as restarts, events, duplicates,
           extract(epoch from next_at - last_error_at)::float8 as pause_s from sources where id = $1`,
        [id],
      );
      if (!row) throw new Error('the source is gone');
      return row;
    },
    items: async () =>
      (
        await db.sql<{ item: number }>(
          `select (data->>'item')::int as item from events where tenant_id = $1 and type = 'a.b' order by 1`,
          [tenant],
        )
      ).map(({ item }) => item),
  };
}

async function until<T>(ask: () => Promise<T> | T, wanted: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask();
    if (wanted(value)) return value;
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** What comes out when the worker dies in the middle of writing the first of two events. */
async function itemsAfterDeath(Worker: typeof Connections): Promise<number[]> {
  const origin = new Origin();
  const source = await makeSource();
  origin.put(1, 2);
  let writes = 0;
  const dying: EmitEvent = async (tx, event) => {
    const emitted = await emitEvent(tx, event);
    // Before the commit, as when the process is killed there; what may pass would be tried again.
    if ((writes += 1) === 1) throw new TypeError('killed');
    return emitted;
  };
  await worker(origin, { emit: dying }, Worker).look();
  await until(source.row, ({ last_error: error }) => error?.message === 'killed');
  await db.sql(`update sources set next_at = now() where id = $1`, [source.id]);
  await worker(origin, {}, Worker).look();
  await until(
    () => origin.left.length,
    (left) => left === 0,
  );
  await until(source.items, (items) => items.includes(2));
  return (await source.items()).toSorted();
}

/** A mutant of the program as it is built. */
async function acknowledgingFirst(): Promise<typeof Connections> {
  const built = new URL('../dist/connections.js', import.meta.url);
  const mutant = new URL(`../dist/connections-${newUuid()}.js`, import.meta.url);
  const text = readFileSync(built, 'utf8');
  const changed = text.replace(
    /await this\.#write\(source, batch, signal\);([^]*?)await batch\.ack\?\.\(\);/,
    'await batch.ack?.();$1await this.#write(source, batch, signal);',
  );
  if (changed === text) throw new Error('the mutant has to follow the code');
  writeFileSync(mutant, changed);
  try {
    return ((await import(/* @vite-ignore */ fileURLToPath(mutant))) as { Connections: typeof Connections })
      .Connections;
  } finally {
    rmSync(mutant);
  }
}

describe('the connection of a source', () => {
  it('is held by one worker, and the next one goes on exactly where it stopped', async () => {
    const origin = new Origin();
    const source = await makeSource();
    origin.put(1, 2);
    const [first, second] = [worker(origin), worker(origin)];
    await Promise.all([first.look(), second.look()]);
    await until(source.items, (items) => items.length === 2);
    expect(origin.opened).toBe(1);
    await until(
      () => origin.left.length,
      (left) => left === 0,
    );
    await first.stop();
    await second.stop();
    expect((await source.row()).owner).toBeNull();
    origin.put(3);
    const third = worker(origin);
    await third.look();
    await until(source.items, (items) => items.length === 3);
    expect(await source.row()).toMatchObject({ events: '3', duplicates: '0' });
  });

  it('is taken over when its worker stands still: what it writes late is refused, and nothing is lost', async () => {
    const origin = new Origin();
    const source = await makeSource();
    const held = Promise.withResolvers<void>();
    origin.gate = held.promise;
    origin.put(1, 2, 3);
    const stalled = worker(origin);
    await stalled.look();
    await until(
      () => origin.opened,
      (opened) => opened === 1,
    );
    await until(source.row, ({ owner }) => owner !== null);
    // It does not come to renew its lease, and has a batch in its hands.
    await db.sql(`update sources set lease_until = now() - interval '1 second' where id = $1`, [source.id]);
    const next = worker(origin);
    await next.look();
    await until(
      () => origin.opened,
      (opened) => opened === 2,
    );
    held.resolve();
    await until(
      () => origin.left.length,
      (left) => left === 0,
    );
    await until(
      () => stalled.count,
      (count) => count === 0,
    );
    expect((await source.items()).toSorted()).toEqual([1, 2, 3]);
    expect(await source.row()).toMatchObject({ events: '3', duplicates: '0', token: '2', restarts: 0 });
  });

  it('acknowledges nothing that is not committed: a worker that dies between the two loses nothing', async () => {
    expect(await itemsAfterDeath(Connections)).toEqual([1, 2]);
  });

  it('that acknowledged before it commits would lose events, and the check above would say so', async () => {
    expect(await itemsAfterDeath(await acknowledgingFirst())).toEqual([2]);
  });

  it('whose acknowledgement was lost gives its events again, and they are known', async () => {
    const origin = new Origin();
    const source = await makeSource();
    origin.put(1);
    const first = worker(origin);
    await first.look();
    await until(
      () => origin.left.length,
      (left) => left === 0,
    );
    await first.stop();
    origin.put(1, 2);
    await worker(origin).look();
    await until(source.row, ({ events, duplicates }) => events === '2' && duplicates === '1');
    expect((await source.items()).toSorted()).toEqual([1, 2]);
  });

  it('that breaks is opened later and later, and after ten times in an hour not at all', async () => {
    const origin = new Origin();
    const source = await makeSource();
    origin.failure = new Error('the origin is away');
    const connections = worker(origin);
    const pauses: number[] = [];
    for (let n = 1; n <= sourceLimits.restarts; n += 1) {
      await db.sql(`update sources set next_at = now() where id = $1`, [source.id]);
      await connections.look();
      const { pause_s } = await until(source.row, ({ restarts }) => restarts === n);
      pauses.push(Math.round(pause_s));
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    expect(await source.row()).toMatchObject({
      failed_at: expect.any(Date) as Date,
      last_error: { message: 'the origin is away' },
    });
    await db.sql(`update sources set next_at = now() where id = $1`, [source.id]);
    await connections.look();
    expect(origin.opened).toBe(sourceLimits.restarts);
    const told = await db.sql(`select subject, data from events where tenant_id = $1 and type = 'source.failed'`, [
      uuidFromId(source.tenantId),
    ]);
    expect(told).toMatchObject([{ subject: 'x', data: { restarts: 10, error: { message: 'the origin is away' } } }]);
  });

  it('that was paused is ended, and writes no more', async () => {
    const origin = new Origin();
    const source = await makeSource();
    const connections = worker(origin);
    await connections.look();
    await until(
      () => origin.opened,
      (opened) => opened === 1,
    );
    await db.sql(`update sources set paused = true, token = token + 1 where id = $1`, [source.id]);
    origin.put(1);
    await connections.look();
    await until(
      () => connections.count,
      (count) => count === 0,
    );
    expect(await source.items()).toEqual([]);
    expect(origin.left).toEqual([1]);
  });

  it('gives an event that it may not: that breaks it, by name', async () => {
    const origin = new Origin();
    const source = await makeSource();
    await db.sql(`update sources set spec = jsonb_set(spec, '{events}', '["c.*"]') where id = $1`, [source.id]);
    origin.put(1);
    await worker(origin).look();
    const { last_error: error } = await until(source.row, ({ last_error }) => last_error !== null);
    expect(error?.message).toBe('events[0]: "a.b" is none of the source\'s events ("c.*").');
    expect(origin.left).toEqual([1]);
  });

  it('does not keep those of other tenants out, however many its tenant has', async () => {
    const origin = new Origin();
    const [many, other] = [await makeSource(), await makeSource()];
    await db.sql(
      `insert into sources (tenant_id, id, name, type, spec, active, next_at)
       select tenant_id, gen_random_uuid(), 'x' || n, type, spec, true, now() - interval '1 minute'
       from sources, generate_series(1, 6) n where id = $1`,
      [many.id],
    );
    const held = async (tenantId: Id<'tenant'>): Promise<number> =>
      (await db.sql('select 1 from sources where tenant_id = $1 and owner is not null', [uuidFromId(tenantId)])).length;
    const [first, second] = [worker(origin, { perTenant: 3 }), worker(origin, { perTenant: 3 })];
    await first.look();
    await second.look();
    expect([await held(many.tenantId), await held(other.tenantId)]).toEqual([3, 1]);
    expect([first.count, second.count]).toEqual([4, 0]);
  });

  it('is ended twice without harm', async () => {
    const origin = new Origin();
    await makeSource();
    const connections = worker(origin);
    await connections.look();
    await Promise.all([connections.stop(), connections.stop()]);
    expect(connections.count).toBe(0);
  });
});
