/** Against Debian's mosquitto. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json, JsonObject } from '@annex/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testCertificate } from '../../../egress/src/test-certificate.js';
import {
  checkConnection,
  eventsOf,
  openConnection,
  type OpenedConnection,
} from '../../../../test/support/connection.js';
import { mayLeaveOutMosquitto, publish, startMosquitto, type Mosquitto } from '../../../../test/support/mosquitto.js';
import { mqtt } from './mqtt.js';

let broker: Mosquitto;
beforeAll(async () => {
  if (!mayLeaveOutMosquitto) broker = await startMosquitto();
});
afterAll(() => broker?.close());

/** The session stands, and what is followed. */
const open = (given: JsonObject, over: { cursor?: Json; beginnings?: number } = {}): Promise<OpenedConnection> =>
  openConnection(mqtt, given, { beginnings: 2, ...over });
const url = (): string => `mqtt://127.0.0.1:${broker.port}`;
const texts = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `{"n":${from + index}}`);
const numbers = (events: readonly { data: object }[]): number[] =>
  events.map(({ data }) => (data as { payload: { n: number } }).payload.n);

describe.skipIf(mayLeaveOutMosquitto)('messages of a broker', () => {
  it.each(['5', '3.1.1'])(
    'come as they were sent, and after a break exactly the rest (version %s)',
    async (version) => {
      const given = { url: url(), topics: [`rest/${version}/+`], version, client_id: `rest-${version}` };
      const first = await open(given);
      const coming = first.next();
      await publish(broker.port, `rest/${version}/a`, texts(1, 1));
      const one = await coming;
      expect(eventsOf(one)).toMatchObject([
        { type: 'mqtt.message', subject: `rest/${version}/a`, data: { topic: `rest/${version}/a`, payload: { n: 1 } } },
      ]);
      await one.ack?.();
      const { cursor } = first;
      const uncommitted = first.next();
      await publish(broker.port, `rest/${version}/a`, texts(2, 3));
      await uncommitted;
      // The worker dies with what it read neither committed nor acknowledged.
      await first.die();
      await publish(broker.port, `rest/${version}/a`, texts(4, 5));
      const second = await open(given, { cursor });
      const rest = await second.take(4);
      expect(numbers(rest)).toEqual([2, 3, 4, 5]);
      expect(new Set([...eventsOf(one), ...rest].map(({ id }) => id)).size).toBe(5);
      await second.close();
    },
  );

  it('that were committed and not acknowledged come again under the same ids', async () => {
    const given = { url: url(), topics: ['again'], client_id: 'again' };
    const first = await open(given);
    const coming = first.next();
    await publish(broker.port, 'again', texts(1, 1));
    const ids = [...eventsOf(await coming)].map(({ id }) => id);
    const { cursor } = first;
    await first.die();
    const second = await open(given, { cursor });
    await publish(broker.port, 'again', texts(1, 1));
    const [same, other] = await second.take(2);
    expect(same?.id).toBe(ids[0]);
    // What is the same text is another message.
    expect(other?.id).not.toBe(ids[0]);
    await second.close();
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('outlive a broker that is ended with %s', async (signal) => {
    const given = { url: url(), topics: [`ends/${signal}`], client_id: `ends-${signal}` };
    const first = await open(given);
    await first.close();
    await publish(broker.port, `ends/${signal}`, texts(1, 300));
    // It writes down what it has once a second at the latest.
    await new Promise((done) => setTimeout(done, 2500));
    await broker.restart(signal);
    const second = await open(given, { cursor: first.cursor });
    const taken = await second.take(300);
    expect(numbers(taken)).toEqual(Array.from({ length: 300 }, (_, n) => n + 1));
    expect(new Set(taken.map(({ id }) => id)).size).toBe(300);
    await second.close();
  });

  it('wait at the broker while nobody takes them: no more are in flight than are remembered', async () => {
    const given = { url: url(), topics: ['waits'], client_id: 'waits' };
    const reader = await open(given);
    const coming = reader.next();
    await publish(broker.port, 'waits', texts(1, 500));
    const batch = await coming;
    expect(batch.events.length).toBeLessThanOrEqual(100);
    await batch.ack?.();
    const rest = await reader.take(500 - batch.events.length);
    expect(numbers(rest).at(-1)).toBe(500);
    await reader.close();
  });

  it('are shared by sources of one group, and each goes to one of them', async () => {
    const given = (name: string): JsonObject => ({ url: url(), topics: ['$share/group/shared/#'], client_id: name });
    const [one, two] = await Promise.all([open(given('s1')), open(given('s2'))]);
    const taken: number[] = [];
    const reading = [one, two].map(async (reader) => {
      for (;;) taken.push(...numbers(await reader.take(1)));
    });
    await publish(broker.port, 'shared/a', texts(1, 40));
    while (taken.length < 40) await new Promise((done) => setTimeout(done, 20));
    expect(taken.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
    await Promise.all([one.close(), two.close()]);
    await Promise.allSettled(reading);
  });

  it('get an id of their own where they say one, text as text, and bytes as base64', async () => {
    const given = { url: url(), topics: ['ids'], client_id: 'ids', id_from: 'data.payload.id' };
    const reader = await open(given);
    const coming = reader.take(3);
    await publish(broker.port, 'ids', ['{"id":"a-7","big":12345678901234567890}', 'on', '{"id":"a-7"}']);
    const [first, text, same] = await coming;
    expect(first).toMatchObject({ id: 'by/a-7', data: { payload: { id: 'a-7', big: '12345678901234567890' } } });
    expect(text?.data).toMatchObject({ payload: 'on' });
    expect(same?.id).toBe('by/a-7');
    await reader.close();
  });

  it('of topics that are not wanted any more end with the next connection, and kept ones come once', async () => {
    await publish(broker.port, 'kept/before', ['"x"']);
    const given = { url: url(), client_id: 'topics' };
    const first = await open({ ...given, topics: ['old'] });
    const taking = first.take(1);
    await publish(broker.port, 'old', texts(1, 1));
    await taking;
    await first.close();
    const second = await open({ ...given, topics: ['new'] }, { cursor: first.cursor });
    const coming = second.take(1);
    await publish(broker.port, 'old', texts(2, 2));
    await publish(broker.port, 'new', texts(3, 3));
    // What waited under the old topic when it was left is not taken back; nothing new comes of it.
    expect(numbers(await coming)).toEqual([3]);
    await second.close();
  });

  it('tell those who wait that the source is gone, when it did not say goodbye', async () => {
    const watcher = await open({ url: url(), topics: ['state'], client_id: 'watcher' });
    const will = { topic: 'state', payload: 'gone', qos: 1 };
    const given = { url: url(), topics: ['x'], client_id: 'mortal', will };
    await (await open(given)).close();
    const mortal = await open(given);
    const coming = watcher.take(1);
    await mortal.die();
    expect((await coming)[0]?.data).toMatchObject({ payload: 'gone' });
    await watcher.close();
  });

  it('come at once, whatever else the broker says beside them', async () => {
    const reader = await open({ url: url(), topics: ['beside'], client_id: 'beside' });
    for (let n = 1; n <= 15; n += 1) {
      const coming = reader.take(1);
      await publish(broker.port, 'beside', texts(n, n));
      // The answer to the last acknowledgement may stand behind the message, and nothing comes after it.
      expect(numbers(await coming)).toEqual([n]);
    }
    await reader.close();
  });

  it('stay where they are while it is asked whether the broker lets the source in', async () => {
    const given = { url: url(), topics: ['asked'], client_id: 'asked', will: { topic: 'asked', payload: 'gone' } };
    const reader = await open(given);
    await checkConnection(mqtt, given);
    const coming = reader.take(1);
    await publish(broker.port, 'asked', texts(1, 1));
    expect(numbers(await coming)).toEqual([1]);
    await reader.close();
  });

  it('say that a broker has forgotten the session', async () => {
    const cursor = { session: 'old', place: 7, topics: ['x'], seen: [] };
    const opened = await open({ url: url(), topics: ['x'], client_id: 'fresh' }, { cursor, beginnings: 1 });
    expect(opened.warnings[0]).toContain('forgotten the session');
    expect(opened.cursor).toMatchObject({ place: 0, topics: [] });
    await opened.close();
  });
});

describe.skipIf(mayLeaveOutMosquitto)('a broker that asks who it is', () => {
  let dir: string;
  let guarded: Mosquitto;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'annex-pem-'));
    const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
    writeFileSync(cert, testCertificate.cert, { mode: 0o644 });
    writeFileSync(key, testCertificate.key, { mode: 0o644 });
    const { chmodSync } = await import('node:fs');
    chmodSync(dir, 0o755);
    guarded = await startMosquitto({ tls: { cert, key }, user: { name: 'annex', password: 'open sesame' } });
  });
  afterAll(async () => {
    await guarded.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const given = (): JsonObject => ({
    url: `mqtts://127.0.0.1:${guarded.port}`,
    topics: ['a'],
    username: 'annex',
    password: 'open sesame',
    ca: testCertificate.cert,
  });

  it('is believed with its certificate, and believes the password', async () => {
    await (await open(given())).close();
    await expect(open({ ...given(), password: 'wrong' })).rejects.toThrow('does not let this source in: ');
  });

  it('says whether it would, without letting anybody in', async () => {
    await checkConnection(mqtt, given());
    await expect(checkConnection(mqtt, { ...given(), password: 'wrong' })).rejects.toThrow(
      'does not let this source in',
    );
  });

  it('gets no password when its certificate is nobody’s', async () => {
    const { ca: _, ...plain } = given();
    await expect(open(plain)).rejects.toThrow(/certificate/);
  });
});

describe('a broker that is none', () => {
  const greeting = Buffer.from([0x20, 3, 0, 0, 0]);

  /** Answers the greeting, and what is said then, `said`. */
  async function meeting(said: Buffer): Promise<unknown> {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      let asked = 0;
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write((asked += 1) === 1 ? greeting : said));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number };
    const ended = await open({ url: `mqtt://127.0.0.1:${port}`, topics: ['a'] }, { beginnings: 1 }).then(
      (opened) => opened.next().catch((thrown: unknown) => thrown),
      (thrown: unknown) => thrown,
    );
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
    return ended;
  }

  it.each([
    ['a packet without end', Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 1, 2])],
    ['a length that is none', Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff])],
    ['flags that are none', Buffer.from([0x9f, 3, 0, 2, 0, 0])],
    ['a topic that is cut off', Buffer.from([0x32, 4, 0, 9, 0x61, 0x61])],
    ['a refusal', Buffer.from([0x90, 4, 0, 2, 0, 0x87])],
    ['goodbye', Buffer.from([0xe0, 2, 0x8e, 0])],
  ])('ends the connection, and nothing else: %s', async (_, said) => {
    expect(await meeting(said)).toBeInstanceOf(Error);
  });
});
