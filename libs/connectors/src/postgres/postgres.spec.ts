import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@annex/database';
import { silentLogger, type Json } from '@annex/kernel';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkConnection } from '../../../../test/support/connection.js';
import { postgres as connector } from './postgres.js';
import type { ConnectorBatch } from '../connector.js';

let dataDir: string;
let cluster: EmbeddedPostgres;
let origin: Client;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'annex-wal-'));
  chmodSync(dataDir, 0o755);
  cluster = await startEmbeddedPostgres({
    dataDir,
    logger: silentLogger,
    // The server asks for a sign of life all the time.
    settings: { wal_level: 'logical', fsync: 'off', wal_sender_timeout: '1s' },
  });
  origin = new Client({ connectionString: cluster.url });
  await origin.connect();
  await origin.query(`create table orders (id int primary key, total numeric, note text);
    create publication annex for table orders`);
});
afterAll(async () => {
  await origin.end();
  await cluster.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const dial = ({ host, port }: { host: string; port: number }) =>
  new Promise<ReturnType<typeof connectSocket>>((resolve, reject) => {
    const socket = connectSocket({ host, port });
    socket.once('connect', () => resolve(socket)).once('error', reject);
  });

interface Reader {
  /** The next batch that has events. */
  next: () => Promise<ConnectorBatch>;
  close: () => Promise<void>;
}

async function open(slot: string, cursor: Json = null): Promise<Reader> {
  const ending = new AbortController();
  const url = `${cluster.url}?sslmode=disable`;
  const opened = connector.open({
    name: 'src_1',
    with: { url, slot },
    cursor,
    dial,
    signal: ending.signal,
    warn: () => undefined,
  });
  const batches = opened[Symbol.asyncIterator]();
  expect((await batches.next()).value).toEqual({ events: [] });
  return {
    async next() {
      for (;;) {
        const { value, done } = await batches.next();
        if (done) throw new Error('the connection ended');
        if (value.events.length > 0) return value;
      }
    },
    async close() {
      ending.abort();
      await batches.return?.();
    },
  };
}

const idsOf = ({ events }: ConnectorBatch): Json[] =>
  events.map((event) => (event as { data: { new: { id: Json } } }).data.new.id);

describe('changes of a database', () => {
  it('come as they were committed, and after a break exactly the rest', async () => {
    const first = await open('rest');
    await origin.query('insert into orders values (1, 12.50, null)');
    const one = await first.next();
    expect(one.events).toMatchObject([
      {
        type: 'pg.insert',
        subject: 'public.orders',
        data: { schema: 'public', table: 'orders', new: { id: 1, total: '12.50', note: null } },
      },
    ]);
    await one.ack?.();
    await origin.query('insert into orders values (2), (3)');
    const unacknowledged = await first.next();
    expect(idsOf(unacknowledged)).toEqual([2, 3]);
    // The worker dies here, with what it read neither committed nor acknowledged.
    await first.close();
    await origin.query(`update orders set note = 'x' where id = 1; delete from orders where id = 2`);

    const second = await open('rest', one.cursor ?? null);
    const again = await second.next();
    const all = [...again.events];
    while (all.length < 4) all.push(...(await second.next()).events);
    expect(all.map((event) => (event as { type: string }).type)).toEqual([
      'pg.insert',
      'pg.insert',
      'pg.update',
      'pg.delete',
    ]);
    const ids = (batch: Json[]): Json[] => batch.map((event) => (event as { id: Json }).id);
    expect(ids(all.slice(0, 2))).toEqual(ids(unacknowledged.events));
    expect(new Set(ids(all)).size).toBe(4);
    await second.close();
  });

  it('of a large transaction come in parts, and no part before its end moves the cursor', async () => {
    const reader = await open('large');
    await origin.query('insert into orders select n from generate_series(100, 599) n');
    const seen: ConnectorBatch[] = [];
    while (seen.flatMap(idsOf).length < 500) seen.push(await reader.next());
    expect(seen.flatMap(idsOf)).toEqual(Array.from({ length: 500 }, (_, n) => n + 100));
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.slice(0, -1).every(({ cursor }) => cursor === undefined)).toBe(true);
    await reader.close();
  });

  it('wait at the server while nobody takes them', async () => {
    const reader = await open('waits');
    for (let n = 1000; n < 1005; n += 1) await origin.query(`insert into orders values (${n})`);
    const batch = await reader.next();
    await reader.close();
    const { rows } = await origin.query(
      `select confirmed_flush_lsn <= '${(batch.cursor as { lsn: string }).lsn}'::pg_lsn as kept
       from pg_replication_slots where slot_name = 'waits'`,
    );
    expect(rows).toEqual([{ kept: true }]);
    const again = await open('waits');
    expect(idsOf(await again.next())[0]).toBe(1000);
    await again.close();
  });

  it('are kept by the server until they are committed here, however often it asks meanwhile what is safe', async () => {
    const reader = await open('asked');
    await origin.query('insert into orders values (1500)');
    const read = await reader.next();
    const answeredAt = async (): Promise<number> => {
      const { rows } = await origin.query<{ at: Date | null }>(
        `select reply_time as at from pg_stat_replication r join pg_replication_slots s on s.active_pid = r.pid
         where slot_name = 'asked'`,
      );
      return rows[0]?.at?.getTime() ?? 0;
    };
    // Two answers to it since the batch was read.
    for (let answers = 0, last = await answeredAt(); answers < 2;) {
      const at = await answeredAt();
      if (at !== last) [answers, last] = [answers + 1, at];
      await new Promise((done) => setTimeout(done, 20));
    }
    await reader.close();
    const again = await open('asked');
    expect((await again.next()).events).toEqual(read.events);
    await again.close();
  });

  it('go to whoever holds the source now: the connection before is ended', async () => {
    const first = await open('taken');
    const second = await open('taken', { lsn: '0/1' });
    await origin.query('insert into orders values (2000)');
    expect(idsOf(await second.next())).toEqual([2000]);
    await expect(first.next()).rejects.toThrow();
    await Promise.all([first.close(), second.close()]);
  });

  it('stay where they are while it is asked whether the database lets the source in', async () => {
    const reader = await open('checked');
    const url = `${cluster.url}?sslmode=disable`;
    await checkConnection(connector, { url, slot: 'checked' });
    await checkConnection(connector, { url, slot: 'not_made' });
    const { rows } = await origin.query(`select 1 from pg_replication_slots where slot_name = 'not_made'`);
    expect(rows).toEqual([]);
    await expect(checkConnection(connector, { url, publication: 'none' })).rejects.toThrow('no publication "none"');
    const wrong = url.replace(/:[^:@]*@/, ':wrong@');
    await expect(checkConnection(connector, { url: wrong })).rejects.toThrow(/password/);
    await origin.query('insert into orders values (1700)');
    expect(idsOf(await reader.next())).toEqual([1700]);
    await reader.close();
  });

  it('that were lost with their slot are not passed over in silence', async () => {
    await expect(open('gone', { lsn: '0/1' })).rejects.toThrow('The replication slot "gone" is gone');
    await origin.query('drop publication annex');
    await expect(open('new')).rejects.toThrow('no publication "annex"');
    await origin.query('create publication annex for table orders');
  });
});

describe('a server that is none', () => {
  const message = (tag: string, ...body: number[]): Buffer =>
    Buffer.from([tag.charCodeAt(0), 0, 0, 0, body.length + 4, ...body]);
  const greeting = Buffer.concat([message('R', 0, 0, 0, 0), message('Z', 73)]);

  /** Answers the greeting, and to what is asked then, `said`. */
  async function meeting(said: Buffer, url = 'postgres://u:p@127.0.0.1/d?sslmode=disable'): Promise<unknown> {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      let asked = 0;
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write((asked += 1) === 1 ? greeting : said));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number };
    const opened = connector.open({
      name: 'src_1',
      with: { url },
      cursor: null,
      dial: () => dial({ host: '127.0.0.1', port }),
      signal: new AbortController().signal,
      warn: () => undefined,
    });
    const batches = opened[Symbol.asyncIterator]();
    const ended = await batches.next().then(
      () => batches.next().catch((thrown: unknown) => thrown),
      (thrown: unknown) => thrown,
    );
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
    return ended;
  }

  it.each([
    ['a copy that is cut off', Buffer.concat([message('W', 0, 0, 0), message('d', 0x77)])],
    [
      'a change that is none',
      Buffer.concat([message('W', 0, 0, 0), message('d', 0x77, ...Array<number>(24).fill(0), 0x7a)]),
    ],
    ['a message without end', Buffer.from([0x64, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3])],
    ['a length that is none', Buffer.from([0x64, 0, 0, 0, 0])],
    ['an unknown message', message('!', 1, 2, 3)],
  ])('ends the connection, and nothing else: %s', async (_, said) => {
    expect(await meeting(said)).toBeInstanceOf(Error);
  });

  it('gets no password when it offers no TLS and the address does not waive it', async () => {
    expect(await meeting(Buffer.from('N'), 'postgres://u:p@127.0.0.1/d')).toMatchObject({
      message: expect.stringContaining('offers no TLS') as string,
    });
  });
});
