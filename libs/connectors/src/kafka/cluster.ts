/** A Kafka cluster: who leads which partition, and a connection to each broker that does. */
import { messageOf } from '@annex/kernel';
import {
  apiVersionsV1,
  fetchV11,
  fetchV4,
  listOffsetsV1,
  listOffsetsV2,
  metadataV2,
  metadataV4,
  ResponseError,
  saslAuthenticateV0,
  saslAuthenticateV1,
  saslHandshakeV1,
  saslPlain,
  saslScramSha,
} from '@platformatic/kafka';
import type { Dial } from '../connector.js';
import { secure } from '../secure.js';
import type { Broker, KafkaSettings } from './settings.js';
import { Wire } from './wire.js';

type FetchResponse = Awaited<ReturnType<typeof fetchV11.api.async>>;
type ListOffsetsResponse = Awaited<ReturnType<typeof listOffsetsV2.api.async>>;
type MetadataResponse = Awaited<ReturnType<typeof metadataV4.api.async>>;
/** What one partition is answered. */
export type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number];

/** A broker that was greeted, and the newest message of each kind that it and we know. */
interface Greeted {
  wire: Wire;
  fetch: typeof fetchV11.api;
  listOffsets: typeof listOffsetsV2.api;
  metadata: typeof metadataV4.api;
}

/** A partition, and where it is read. */
export interface PartitionAt {
  topic: string;
  partition: number;
  offset: bigint;
}

/** A partition's leader, by topic and number. */
export type Leaders = ReadonlyMap<string, ReadonlyMap<number, Broker>>;

/** How long a broker waits for something new, in milliseconds; the others wait for it. */
const waitMs = 250;
/** What one answer may hold, in bytes, unless one message is larger. */
const answerBytes = 4 * 1024 * 1024;
const partitionBytes = 1024 * 1024;

export class Cluster {
  readonly #greeted = new Map<string, Promise<Greeted>>();

  constructor(
    private readonly settings: KafkaSettings,
    private readonly dial: Dial,
    private readonly signal: AbortSignal,
  ) {}

  /** Ends every connection. */
  end(): void {
    const all = [...this.#greeted.values()];
    this.#greeted.clear();
    for (const each of all)
      each.then(
        ({ wire }) => wire.end(),
        () => undefined,
      );
  }

  /** Who leads the partitions of the topics now. Topics that are not there have none. Throws when no broker answers. */
  async leaders(): Promise<Leaders> {
    const { topics, brokers } = this.settings;
    let failure: unknown;
    for (const broker of brokers) {
      try {
        const { wire, metadata } = await this.#greet(broker);
        const answer = await lenient<MetadataResponse>(metadata.async(wire.connection, topics, false, false));
        const byId = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
        return new Map(
          answer.topics.map(({ name, partitions }) => [
            String(name),
            new Map(
              partitions.flatMap(({ partitionIndex, leaderId }): [number, Broker][] => {
                const leader = byId.get(leaderId);
                return leader ? [[partitionIndex, leader]] : [];
              }),
            ),
          ]),
        );
      } catch (thrown) {
        if (this.signal.aborted) throw this.signal.reason;
        this.#forget(broker);
        failure = thrown;
      }
    }
    throw new Error(`No broker answers: ${messageOf(failure)}`, { cause: failure });
  }

  /** The first or the next offset of partitions of one broker; those that it does not lead are left out. */
  async offsets(
    broker: Broker,
    partitions: readonly Omit<PartitionAt, 'offset'>[],
    which: 'earliest' | 'latest',
  ): Promise<PartitionAt[]> {
    const timestamp = which === 'earliest' ? -2n : -1n;
    const { wire, listOffsets } = await this.#greet(broker);
    const asked = byTopic(partitions).map(([name, of]) => ({
      name,
      partitions: of.map(({ partition }) => ({ partitionIndex: partition, currentLeaderEpoch: -1, timestamp })),
    }));
    const answer = await lenient<ListOffsetsResponse>(listOffsets.async(wire.connection, -1, 1, asked));
    return answer.topics.flatMap(({ name, partitions: of }) =>
      of.flatMap(({ partitionIndex, errorCode, offset }) =>
        errorCode === 0 ? [{ topic: name, partition: partitionIndex, offset }] : [],
      ),
    );
  }

  /** What comes next in partitions of one broker; waits a moment for it. */
  async fetch(broker: Broker, partitions: readonly PartitionAt[]): Promise<FetchResponse['responses']> {
    const { wire, fetch } = await this.#greet(broker);
    const asked = byTopic(partitions).map(([topicId, of]) => ({
      topicId,
      partitions: of.map(({ partition, offset }) => ({
        partition,
        currentLeaderEpoch: -1,
        fetchOffset: offset,
        lastFetchedEpoch: -1,
        partitionMaxBytes: partitionBytes,
      })),
    }));
    const asking = fetch.async(wire.connection, waitMs, 1, answerBytes, 1, 0, -1, asked as never, [], '');
    return (await lenient<FetchResponse>(asking)).responses;
  }

  #forget(broker: Broker): void {
    const key = `${broker.host}:${broker.port}`;
    this.#greeted.get(key)?.then(
      ({ wire }) => wire.end(),
      () => undefined,
    );
    this.#greeted.delete(key);
  }

  async #greet(broker: Broker): Promise<Greeted> {
    const key = `${broker.host}:${broker.port}`;
    const before = this.#greeted.get(key);
    if (
      before &&
      (await before.then(
        ({ wire }) => wire.isOpen,
        () => false,
      ))
    )
      return before;
    const greeting = this.#open(broker);
    greeting.catch(() => undefined);
    this.#greeted.set(key, greeting);
    return greeting;
  }

  async #open({ host, port }: Broker): Promise<Greeted> {
    const { tls, sasl } = this.settings;
    const socket = await this.dial({ host, port });
    const wire = new Wire(tls ? await secure(socket, { ...tls, host, signal: this.signal }) : socket);
    const stop = (): void => wire.end(new Error('the connection was given up'));
    this.signal.addEventListener('abort', stop, { once: true });
    try {
      const { apiKeys } = await apiVersionsV1.api.async(wire.connection, 'annex', '1');
      const speaks = ({ key, version }: { key: number; version: number }): boolean =>
        apiKeys.some(
          ({ apiKey, minVersion, maxVersion }) => apiKey === key && version >= minVersion && version <= maxVersion,
        );
      if (sasl)
        await authenticate(
          wire,
          sasl,
          speaks(saslAuthenticateV1.api) ? saslAuthenticateV1.api : saslAuthenticateV0.api,
        );
      return {
        wire,
        fetch: speaks(fetchV11.api) ? fetchV11.api : (fetchV4.api as typeof fetchV11.api),
        listOffsets: speaks(listOffsetsV2.api) ? listOffsetsV2.api : (listOffsetsV1.api as typeof listOffsetsV2.api),
        metadata: speaks(metadataV4.api) ? metadataV4.api : (metadataV2.api as typeof metadataV4.api),
      };
    } catch (thrown) {
      wire.end();
      throw thrown;
    } finally {
      // A wire that stands is ended with the cluster.
      if (!wire.isOpen) this.signal.removeEventListener('abort', stop);
    }
  }
}

async function authenticate(
  wire: Wire,
  { mechanism, username, password }: NonNullable<KafkaSettings['sasl']>,
  api: typeof saslAuthenticateV1.api | typeof saslAuthenticateV0.api,
): Promise<void> {
  try {
    await saslHandshakeV1.api.async(wire.connection, mechanism);
  } catch (thrown) {
    throw new Error(`The broker does not offer ${mechanism}.`, { cause: thrown });
  }
  try {
    if (mechanism === 'PLAIN') await saslPlain.authenticate(api as never, wire.connection, username, password);
    else {
      const algorithm = mechanism === 'SCRAM-SHA-256' ? 'SHA-256' : 'SHA-512';
      await saslScramSha.authenticate(api as never, wire.connection, algorithm, username, password);
    }
  } catch (thrown) {
    throw new Error('The broker does not let this source in: user name or password are wrong.', { cause: thrown });
  }
}

/** The library throws an answer in which one part says an error; the other parts are wanted all the same. */
async function lenient<Answer>(asking: Promise<unknown>): Promise<Answer> {
  try {
    return (await asking) as Answer;
  } catch (thrown) {
    if (thrown instanceof ResponseError && thrown['response']) return thrown['response'] as Answer;
    throw thrown;
  }
}

function byTopic<Item extends { topic: string }>(items: readonly Item[]): [string, Item[]][] {
  return [...Map.groupBy(items, ({ topic }) => topic)];
}
