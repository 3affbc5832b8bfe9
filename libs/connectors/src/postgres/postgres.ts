/**
 * Changes of a PostgreSQL database (logical replication, `pgoutput`). The slot at the server remembers what is safe,
 * and it is told so only after a commit here; the driver's own acknowledging is off, because it tells what has arrived.
 */
import type { Socket } from 'node:net';
import type { Json, JsonObject } from '@annex/kernel';
import { sourceLimits } from '@annex/limits';
import { LogicalReplicationService, PgoutputPlugin } from 'pg-logical-replication';
import type { Connector, ConnectorBatch, Dial, OpenConnection } from '../connector.js';
import { Changes } from './changes.js';
import { Inbox } from '../inbox.js';
import type { PgoutputMessage } from './message.js';
import { readSettings, type PostgresSettings } from './settings.js';
import { prepareSlot, requirePublication, type ReplicationClient } from './slot.js';
import { driverStream } from './stream.js';

/** Messages that wait here; then the socket is read no further. */
const inboxMessages = 1000;

/**
 * The driver's reader, kept from parsing in an event handler, where an error would end the program: what a stranger's
 * server says is read later.
 */
class UnreadMessages extends PgoutputPlugin {
  /** Messages that have arrived. */
  received = 0;

  constructor(
    private readonly settings: PostgresSettings,
    private readonly isFirst: boolean,
  ) {
    super({ protoVersion: 1, publicationNames: [settings.publication] });
  }

  override parse(message: Buffer): never {
    this.received += 1;
    // The driver's buffer is used again for what comes next.
    return Buffer.from(message) as never;
  }

  override async start(client: unknown, slotName: string, lastLsn: string): Promise<never> {
    await prepareSlot(client as ReplicationClient, this.settings, this.isFirst);
    return super.start(client as never, slotName, lastLsn) as Promise<never>;
  }
}

/** The connector of sources of type `postgres`. */
export const postgres: Connector = {
  type: 'postgres',
  open: (connection) => follow(connection),
  async check({ with: given, dial, signal }) {
    const settings = readSettings(given);
    const { service, stream } = await connect(settings, dial, signal);
    const stop = (): void => void stream.destroy();
    signal.addEventListener('abort', stop, { once: true });
    service.on('error', () => undefined);
    const asking = new Asking(settings);
    try {
      await service.subscribe(asking, settings.slot, '0/0');
    } catch (thrown) {
      if (!asking.isAnswered) throw thrown;
    } finally {
      signal.removeEventListener('abort', stop);
      stream.destroy();
      await service.destroy().catch(() => undefined);
    }
  },
};

/** Asks what has to be there, and begins nothing. */
class Asking extends PgoutputPlugin {
  isAnswered = false;

  constructor(private readonly settings: PostgresSettings) {
    super({ protoVersion: 1, publicationNames: [settings.publication] });
  }

  override async start(client: unknown): Promise<never> {
    await requirePublication(client as ReplicationClient, this.settings);
    this.isAnswered = true;
    throw new Error('that was all');
  }
}

interface Driver {
  service: LogicalReplicationService;
  stream: Socket;
}

async function connect(settings: PostgresSettings, dial: Dial, signal: AbortSignal): Promise<Driver> {
  const socket = (await dial(settings)) as Socket;
  const stream = await driverStream(socket, settings, signal).catch((thrown: unknown) => {
    socket.destroy();
    throw thrown;
  });
  const service = new LogicalReplicationService(
    {
      ...settings,
      ssl: false,
      stream: () => stream,
      application_name: 'annex source',
      connectionTimeoutMillis: 15_000,
    },
    { acknowledge: { auto: false, timeoutSeconds: 0 }, flowControl: { enabled: true } },
  );
  return { service, stream };
}

async function* follow({ with: given, cursor, dial, signal }: OpenConnection): AsyncGenerator<ConnectorBatch> {
  const settings = readSettings(given);
  const from = lsnOf(cursor);
  const { service, stream } = await connect(settings, dial, signal);
  const plugin = new UnreadMessages(settings, from === undefined);
  const inbox = new Inbox<Buffer>(inboxMessages);
  const safe = new SafePlace(service, from ?? '0/0');
  const end = (failure?: { thrown: unknown }): void => {
    inbox.close(failure);
    stream.destroy();
  };
  const stop = (): void => end();
  signal.addEventListener('abort', stop, { once: true });
  const started = Promise.withResolvers<void>();
  started.promise.catch(() => undefined);
  const fail = (thrown: unknown): void => {
    started.reject(thrown);
    end({ thrown });
  };
  service.on('start', () => started.resolve());
  service.on('error', fail);
  service.on('data', (_lsn, message) => inbox.put(message as Buffer));
  service.on('heartbeat', (lsn) => {
    // What was read and is not committed here must not count as safe, whoever has it in hand.
    if (plugin.received === safe.messages) safe.reach(lsn);
    void safe.tell();
  });
  service
    .subscribe(plugin, settings.slot, from ?? '0/0')
    .then(() => fail(new Error('the server ended the connection')), fail);
  try {
    if (signal.aborted) return;
    await started.promise;
    yield { events: [] };
    yield* batches({ inbox, safe });
  } finally {
    signal.removeEventListener('abort', stop);
    end();
    await service.destroy().catch(() => undefined);
  }
}

interface Reading {
  inbox: Inbox<Buffer>;
  safe: SafePlace;
}

/** What is there is taken together; what is not there is not waited for. */
async function* batches({ inbox, safe }: Reading): AsyncGenerator<ConnectorBatch> {
  const reader = new PgoutputPlugin({ protoVersion: 1, publicationNames: [] });
  const changes = new Changes();
  let messages = 0;
  let events: JsonObject[] = [];
  let endLsn: string | undefined;
  for (;;) {
    const message = await inbox.take();
    if (message === undefined) return;
    const read = changes.read(reader.parse(message) as unknown as PgoutputMessage);
    messages += 1;
    events.push(...read.changes);
    if (read.endLsn !== undefined) {
      ({ endLsn } = read);
      changes.ended();
    }
    const isFull = events.length >= sourceLimits.batchEvents;
    if (!isFull && (!inbox.isEmpty || changes.isInside || endLsn === undefined)) continue;
    const reached = endLsn;
    // Of a transaction that is under way nothing is safe, and what the server says of its log is ahead of it.
    const count = changes.isInside ? undefined : messages;
    yield {
      events,
      // In the middle of a transaction there is no place to go on from: it is sent again, and its ids are known.
      ...(reached !== undefined && { cursor: { lsn: reached } }),
      ack: () => {
        if (count !== undefined) safe.messages = count;
        if (reached !== undefined) safe.reach(reached);
        return safe.tell();
      },
    };
    events = [];
    endLsn = undefined;
  }
}

/** Up to where all is committed. */
class SafePlace {
  /** Messages up to which all is committed. */
  messages = 0;

  constructor(
    private readonly service: LogicalReplicationService,
    private lsn: string,
  ) {}

  reach(lsn: string): void {
    if (numberOf(lsn) > numberOf(this.lsn)) this.lsn = lsn;
  }

  async tell(): Promise<void> {
    await this.service.acknowledge(this.lsn);
  }
}

function numberOf(lsn: string): bigint {
  const [high = '0', low = '0'] = lsn.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

function lsnOf(cursor: Json): string | undefined {
  const lsn = typeof cursor === 'object' && cursor !== null && !Array.isArray(cursor) ? cursor['lsn'] : undefined;
  return typeof lsn === 'string' && /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/i.test(lsn) ? lsn : undefined;
}
