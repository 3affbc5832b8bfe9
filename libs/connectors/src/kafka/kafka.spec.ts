/** Against the brokers that librdkafka is tested with. */
import { gzipSync } from 'node:zlib';
import { createServer, type Socket } from 'node:net';
import type { Json, JsonObject } from '@annex/kernel';
import { compressionsAlgorithmsByBitmask } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkConnection, eventsOf, openConnection, type GivenEvent } from '../../../../test/support/connection.js';
import { mayLeaveOutKafka, startKafka, type KafkaBrokers } from '../../../../test/support/kafka.js';
import { kafka } from './kafka.js';
import { readRecords } from './records.js';

let brokers: KafkaBrokers;
beforeAll(async () => {
  if (!mayLeaveOutKafka) brokers = await startKafka();
});
afterAll(() => brokers?.close());

const given = (...topics: string[]): JsonObject => ({ brokers: [brokers.address], topics });
const texts = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `{"n":${from + index}}`);
const numbers = (events: readonly GivenEvent[]): number[] =>
  events.map(({ data }) => (data as { value: { n: number } }).value.n);

describe.skipIf(mayLeaveOutKafka)('messages of a Kafka cluster', () => {
  it('come from all partitions, and after a break exactly the rest', async () => {
    await brokers.produce('rest', 0, texts(1, 3));
    await brokers.produce('rest', 1, texts(4, 6), ['-k', 'order-7', '-H', 'trace=abc']);
    const first = await openConnection(kafka, given('rest'));
    const all: GivenEvent[] = [];
    const batch = await first.next();
    all.push(...eventsOf(batch));
    const { cursor } = first;
    await first.next();
    // The worker dies with what it read not committed.
    await first.die();
    await brokers.produce('rest', 3, texts(7, 8));
    const second = await openConnection(kafka, given('rest'), { cursor });
    all.push(...(await second.take(8 - all.length)));
    expect(numbers(all).toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(8);
    expect(all.find(({ data }) => data['partition'] === 1)).toMatchObject({
      type: 'kafka.message',
      subject: 'rest',
      data: { topic: 'rest', partition: 1, offset: 0, key: 'order-7', headers: { trace: 'abc' }, value: { n: 4 } },
    });
    await second.close();
  });

  it('that are read again have the ids that they had', async () => {
    await brokers.produce('again', 0, texts(1, 5));
    const ids = async (): Promise<string[]> => {
      const opened = await openConnection(kafka, given('again'));
      const taken = await opened.take(5);
      await opened.close();
      return taken.map(({ id }) => id);
    };
    expect(await ids()).toEqual(await ids());
  });

  it('before a source that begins at the end are not read, and a topic that comes later is read whole', async () => {
    await brokers.produce('late', 0, texts(1, 2));
    const opened = await openConnection(kafka, { ...given('late'), from: 'latest' });
    await brokers.produce('late', 0, texts(3, 3));
    expect(numbers(await opened.take(1))).toEqual([3]);
    await opened.close();
    await brokers.produce('later', 0, texts(4, 4));
    const more = await openConnection(kafka, { ...given('late', 'later'), from: 'latest' }, { cursor: opened.cursor });
    expect(numbers(await more.take(1))).toEqual([4]);
    await more.close();
  });

  it.each(['gzip', 'snappy', 'lz4'])('that are packed with %s are unpacked', async (codec) => {
    const long = texts(1, 400).map((text) => text.replace('}', `,"text":"${'x'.repeat(200)}"}`));
    await brokers.produce(`packed-${codec}`, 0, long, ['-z', codec]);
    const opened = await openConnection(kafka, given(`packed-${codec}`));
    const taken: GivenEvent[] = [];
    while (taken.length < 400) {
      const batch = await opened.next();
      expect(batch.events.length).toBeLessThanOrEqual(200);
      taken.push(...eventsOf(batch));
    }
    expect(numbers(taken)).toEqual(Array.from({ length: 400 }, (_, n) => n + 1));
    await opened.close();
  });

  it('whose offset is beyond what is there are read from the first that is', async () => {
    await brokers.produce('gone', 0, texts(1, 2));
    const cursor: Json = { offsets: { gone: { '0': 500 } } };
    const opened = await openConnection(kafka, given('gone'), { cursor });
    expect(numbers(await opened.take(2))).toEqual([1, 2]);
    expect(opened.warnings[0]).toContain('removed before they were read');
    await opened.close();
  });
});

describe.skipIf(mayLeaveOutKafka)('a cluster that is asked whether it would let a source in', () => {
  it('says yes, or that nobody is there', async () => {
    await brokers.produce('asked', 0, texts(1, 1));
    await checkConnection(kafka, given('asked'));
    await expect(checkConnection(kafka, { ...given('asked'), brokers: ['127.0.0.1:1'] })).rejects.toThrow('No broker');
  });
});

describe('records', () => {
  const batch = (over: object): object => ({
    firstOffset: 0n,
    lastOffsetDelta: 0,
    firstTimestamp: 1000n,
    attributes: 0,
    producerId: -1n,
    records: [{ offsetDelta: 0, timestampDelta: 0n, key: null, value: Buffer.from('a'), headers: [] }],
    ...over,
  });
  const read = (answer: object, from = 0n) => readRecords(answer as never, from);

  it('that a transaction took back do not count, and its marks are passed', () => {
    const { records, next } = read({
      abortedTransactions: [{ producerId: 7n, firstOffset: 1n }],
      records: [
        batch({ firstOffset: 0n, producerId: 7n, attributes: 16 }),
        batch({ firstOffset: 1n, producerId: 7n, attributes: 16 }),
        batch({ firstOffset: 2n, producerId: 8n, attributes: 16 }),
        batch({ firstOffset: 3n, producerId: 7n, attributes: 48 }),
        batch({ firstOffset: 4n, producerId: 7n, attributes: 16 }),
        batch({ firstOffset: 5n, producerId: 8n, attributes: 48 }),
      ],
    });
    expect(records.map(({ offset }) => Number(offset))).toEqual([0, 2, 4]);
    expect(next).toBe(6n);
  });

  it('before what was asked for are left out', () => {
    const records = [0, 1, 2].map((offsetDelta) => ({ offsetDelta, timestampDelta: 0n, headers: [] }));
    const answer = { records: [batch({ lastOffsetDelta: 2, records })] };
    expect(read(answer, 2n).records.map(({ offset }) => offset)).toEqual([2n]);
  });

  it('that unpack to any size are refused', () => {
    const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024));
    const table = compressionsAlgorithmsByBitmask as unknown as Record<
      number,
      { decompressSync(data: Buffer): Buffer }
    >;
    expect(() => table[1]?.decompressSync(bomb)).toThrow();
    expect(table[1]?.decompressSync(gzipSync(Buffer.from('small'))).toString()).toBe('small');
  });
});

describe('a broker that is none', () => {
  it.each([
    ['an answer without end', Buffer.from([0x7f, 0xff, 0xff, 0xff, 1, 2])],
    ['a length that is none', Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4])],
    ['what nobody asked', Buffer.from([0, 0, 0, 4, 0, 0, 0, 99])],
    ['an answer that is cut off', Buffer.from([0, 0, 0, 6, 0, 0, 0, 1, 0, 0])],
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('ends the connection, and nothing else: %s', async (_, said) => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined).on('data', () => socket.write(said));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number };
    await expect(openConnection(kafka, { brokers: [`127.0.0.1:${port}`], topics: ['a'] })).rejects.toThrow(
      'No broker answers',
    );
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  });
});
