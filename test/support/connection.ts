/** A connector's connection, read as a worker does. */
import { connect, type Socket } from 'node:net';
import type { Connector, ConnectorBatch, OpenConnection } from '@annex/connectors';
import type { Json, JsonObject } from '@annex/kernel';

export const dialPlainly = ({ host, port }: { host: string; port: number }): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(socket)).once('error', reject);
  });

/** An event as a connector gives it. */
export interface GivenEvent {
  id: string;
  type: string;
  subject: string | null;
  data: JsonObject;
}

export const eventsOf = ({ events }: ConnectorBatch): GivenEvent[] => events as unknown as GivenEvent[];

export interface OpenedConnection {
  /** Where to go on behind what was given so far. */
  cursor: Json;
  /** What it told people. */
  warnings: string[];
  /** The next batch that has events; nothing of it is acknowledged. */
  next(): Promise<ConnectorBatch>;
  /** Takes and acknowledges batches until there were so many events. */
  take(count: number): Promise<GivenEvent[]>;
  /** Ends it as a worker does that gives it back. */
  close(): Promise<void>;
  /** Ends its sockets, as the death of a worker does. */
  die(): Promise<void>;
}

/** Asks whether the origin would let a source in. */
export function checkConnection(connector: Connector, given: JsonObject): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  return connector.check({ name: 'src_1', with: given, dial: dialPlainly, signal, warn: () => undefined });
}

/** Opens it, and waits until it says that it is connected. `beginnings`: batches without events that say so. */
export async function openConnection(
  connector: Connector,
  given: JsonObject,
  { cursor = null, beginnings = 1, ...over }: Partial<OpenConnection> & { beginnings?: number } = {},
): Promise<OpenedConnection> {
  const ending = new AbortController();
  const sockets: Socket[] = [];
  const warnings: string[] = [];
  const iterable = connector.open({
    name: 'src_1',
    with: given,
    cursor,
    dial: async (to) => {
      const socket = await dialPlainly(to);
      sockets.push(socket);
      return socket;
    },
    signal: ending.signal,
    warn: (message) => warnings.push(message),
    ...over,
  });
  const batches = iterable[Symbol.asyncIterator]();
  const opened: OpenedConnection = {
    cursor,
    warnings,
    async next() {
      for (;;) {
        const { value, done } = await batches.next();
        if (done) throw new Error('the connection ended');
        if (value.cursor !== undefined) opened.cursor = value.cursor;
        if (value.events.length > 0) return value;
        await value.ack?.();
      }
    },
    async take(count) {
      const all: GivenEvent[] = [];
      while (all.length < count) {
        const batch = await opened.next();
        all.push(...eventsOf(batch));
        await batch.ack?.();
      }
      return all;
    },
    async close() {
      ending.abort();
      await batches.return?.();
    },
    async die() {
      for (const socket of sockets) socket.destroy();
      await batches.return?.();
    },
  };
  for (let n = 0; n < beginnings; n += 1) {
    const { value, done } = await batches.next();
    if (done) throw new Error('the connection ended');
    if (value.cursor !== undefined) opened.cursor = value.cursor;
  }
  return opened;
}
