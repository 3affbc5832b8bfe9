/**
 * Messages of a Kafka cluster. The offsets stand in the source's cursor, and so in the transaction of their events; the
 * cluster is told nothing, and no group is joined: the lease says who reads.
 */
import { isJsonObject, type Json, type JsonObject } from '@annex/kernel';
import { sourceLimits } from '@annex/limits';
import type { Connector, ConnectorBatch, OpenConnection } from '../connector.js';
import { fitting, readPayload } from '../payload.js';
import { boundDecompression } from './bounds.js';
import { Cluster, type Leaders, type PartitionAt } from './cluster.js';
import { readRecords, type RecordAt } from './records.js';
import { readSettings, type KafkaSettings } from './settings.js';

/** The connector of sources of type `kafka`. */
export const kafka: Connector = {
  type: 'kafka',
  open: (connection) => consume(connection),
  async check({ with: given, dial, signal }) {
    const settings = readSettings(given);
    const cluster = new Cluster(settings, dial, signal);
    try {
      const leaders = await cluster.leaders();
      const missing = settings.topics.find((topic) => (leaders.get(topic)?.size ?? 0) === 0);
      if (missing !== undefined)
        throw new Error(`The cluster has no topic "${missing}", or does not show it to this user.`);
    } finally {
      cluster.end();
    }
  },
};

/** How often it is asked for new partitions, in milliseconds. */
const refreshMs = 30_000;
/** Before it is asked again who leads a partition, where nobody does. */
const pauseMs = 500;

/** OFFSET_OUT_OF_RANGE; every other error of a partition passes when its leader is asked for again. */
const outOfRange = 1;

boundDecompression();

async function* consume({ with: given, cursor, dial, signal, warn }: OpenConnection): AsyncGenerator<ConnectorBatch> {
  const settings = readSettings(given);
  const cluster = new Cluster(settings, dial, signal);
  const offsets = new Offsets(cursor);
  const stop = (): void => cluster.end();
  signal.addEventListener('abort', stop, { once: true });
  try {
    let isFirst = true;
    while (!signal.aborted) {
      const leaders = await cluster.leaders();
      await locate({ cluster, leaders, offsets, settings });
      if (isFirst) yield { events: [], cursor: offsets.cursor };
      isFirst = false;
      yield* rounds({ cluster, leaders, offsets, warn, signal });
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  } finally {
    signal.removeEventListener('abort', stop);
    cluster.end();
  }
}

interface Reading {
  cluster: Cluster;
  leaders: Leaders;
  offsets: Offsets;
}

/** Says of partitions that are new where they begin: what came after the source began is read whole. */
async function locate({ cluster, leaders, offsets, settings }: Reading & { settings: KafkaSettings }): Promise<void> {
  const which = offsets.isNew ? settings.from : 'earliest';
  for (const [broker, partitions] of ofLeaders(leaders)) {
    const fresh = partitions.filter(({ topic, partition }) => offsets.of(topic, partition) === undefined);
    if (fresh.length === 0) continue;
    for (const { topic, partition, offset } of await cluster.offsets(broker, fresh, which))
      offsets.set(topic, partition, offset);
  }
  offsets.isNew = false;
}

/** Reads from all leaders side by side, until one of them leads no more or it is time to ask for new partitions. */
async function* rounds(reading: Reading & Pick<OpenConnection, 'signal' | 'warn'>): AsyncGenerator<ConnectorBatch> {
  const { cluster, leaders, offsets, signal, warn } = reading;
  const untilMs = performance.now() + refreshMs;
  const asked = ofLeaders(leaders);
  while (!signal.aborted && performance.now() < untilMs) {
    const answers = await Promise.all(
      asked.map(([broker, partitions]) => {
        const at = partitions.flatMap(({ topic, partition }): PartitionAt[] => {
          const offset = offsets.of(topic, partition);
          return offset === undefined ? [] : [{ topic, partition, offset }];
        });
        return at.length === 0 ? [] : cluster.fetch(broker, at);
      }),
    ).catch(async (thrown: unknown) => {
      if (signal.aborted) throw thrown;
      return undefined;
    });
    let isLost = answers === undefined || asked.length === 0;
    for (const { topicId: topic, partitions } of answers?.flat() ?? [])
      for (const answer of partitions) {
        const partition = answer.partitionIndex;
        if (answer.errorCode === outOfRange) {
          warn(`${topic}/${partition}: messages were removed before they were read, or the topic was made anew`);
          offsets.forget(topic, partition);
        }
        if (answer.errorCode !== 0) isLost = true;
        else
          yield* batchesOf({ topic, partition, ...readRecords(answer, offsets.of(topic, partition) ?? 0n) }, offsets);
      }
    if (!isLost) continue;
    await new Promise((done) => setTimeout(done, pauseMs));
    return;
  }
}

interface PartitionRecords {
  topic: string;
  partition: number;
  records: RecordAt[];
  next: bigint;
}

function* batchesOf(
  { topic, partition, records, next }: PartitionRecords,
  offsets: Offsets,
): Generator<ConnectorBatch> {
  for (let at = 0; at < records.length; at += sourceLimits.batchEvents) {
    const part = records.slice(at, at + sourceLimits.batchEvents);
    const isLast = at + part.length >= records.length;
    offsets.set(topic, partition, isLast ? next : (part.at(-1)?.offset ?? 0n) + 1n);
    yield { events: part.map((each) => eventOf(topic, partition, each)), cursor: offsets.cursor };
  }
  // Marks of transactions are no messages, and are passed all the same.
  offsets.set(topic, partition, next);
}

function eventOf(topic: string, partition: number, { offset, timeMs, record }: RecordAt): JsonObject {
  const { key, value, headers } = record;
  const time = new Date(Number(timeMs));
  const around: JsonObject = {
    topic,
    partition,
    offset: Number(offset),
    key: key === null ? null : readText(key),
    headers: Object.fromEntries(headers.map(([name, said]) => [String(name), said === null ? null : readText(said)])),
  };
  return {
    // A topic that was made anew counts from the beginning, and its messages have other times.
    id: `${topic}/${partition}/${offset}/${timeMs}`,
    type: 'kafka.message',
    subject: topic,
    ...(timeMs > 0n && !Number.isNaN(time.getTime()) && { time: time.toISOString() }),
    data: fitting({ ...around, value: value === null ? null : readPayload(value) }, { ...around, value: null }),
  };
}

/** A key or a header is text, or base64. */
function readText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : bytes.toString('base64');
}

/** Where each partition is read next. */
class Offsets {
  readonly #offsets = new Map<string, Map<number, bigint>>();
  /** The source has no cursor yet. */
  isNew = true;

  constructor(cursor: Json) {
    const offsets = isJsonObject(cursor) ? (cursor['offsets'] ?? null) : null;
    if (!isJsonObject(offsets)) return;
    this.isNew = false;
    for (const [topic, partitions] of Object.entries(offsets))
      if (isJsonObject(partitions))
        for (const [partition, offset] of Object.entries(partitions))
          if (Number.isSafeInteger(offset)) this.set(topic, Number(partition), BigInt(offset as number));
  }

  of(topic: string, partition: number): bigint | undefined {
    return this.#offsets.get(topic)?.get(partition);
  }

  set(topic: string, partition: number, offset: bigint): void {
    const partitions = this.#offsets.get(topic) ?? new Map<number, bigint>();
    this.#offsets.set(topic, partitions.set(partition, offset));
  }

  forget(topic: string, partition: number): void {
    this.#offsets.get(topic)?.delete(partition);
  }

  get cursor(): Json {
    const ofTopic = (partitions: ReadonlyMap<number, bigint>): Json =>
      Object.fromEntries([...partitions].map(([partition, offset]) => [String(partition), Number(offset)]));
    return {
      offsets: Object.fromEntries([...this.#offsets].map(([topic, partitions]) => [topic, ofTopic(partitions)])),
    };
  }
}

function ofLeaders(leaders: Leaders): [{ host: string; port: number }, { topic: string; partition: number }[]][] {
  const all = [...leaders].flatMap(([topic, partitions]) =>
    [...partitions].map(([partition, broker]) => ({ topic, partition, broker })),
  );
  return [...Map.groupBy(all, ({ broker }) => `${broker.host}:${broker.port}`).values()].flatMap((group) => {
    const [first] = group;
    return first ? [[first.broker, group]] : [];
  });
}
