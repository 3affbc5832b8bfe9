/**
 * Messages of an MQTT broker. The session stays at the broker while nobody is connected, and a message is acknowledged
 * when its event is committed; a client library acknowledges each as its handler returns, one at a time.
 */
import { randomUUID } from 'node:crypto';
import type { JsonObject } from '@annex/kernel';
import { sourceLimits } from '@annex/limits';
import type { IPublishPacket } from 'mqtt-packet';
import type { Connector, ConnectorBatch, Dial, OpenConnection } from '../connector.js';
import { fitting, readPayload } from '../payload.js';
import { secure } from '../secure.js';
import { Channel } from './channel.js';
import { Deliveries, inFlight } from './deliveries.js';
import { Session } from './session.js';
import { readSettings, type MqttSettings } from './settings.js';

/** The connector of sources of type `mqtt`. */
export const mqtt: Connector = { type: 'mqtt', open: (connection) => listen(connection), check };

/** Under a name of its own, which the broker forgets: the session of the source stays as it is. */
async function check({ with: given, dial, signal }: Omit<OpenConnection, 'cursor'>): Promise<void> {
  const { will: _, ...settings } = readSettings(given, '');
  const passing = { ...settings, will: undefined, clientId: `annex-check-${randomUUID()}`, isPassing: true };
  const { version, keepaliveS } = passing;
  const channel = new Channel(await reach(passing, dial, signal), { version, keepaliveS, onAlive: () => undefined });
  const stop = (): void => channel.end({ thrown: new Error('The broker did not answer in time.') });
  signal.addEventListener('abort', stop, { once: true });
  try {
    await new Session(channel, passing, new Deliveries(null)).greet();
    channel.send({ cmd: 'disconnect' });
  } finally {
    signal.removeEventListener('abort', stop);
    channel.end();
  }
}

/** Messages that are written together: no more than may be in flight. */
const batchMessages = Math.min(inFlight, sourceLimits.batchEvents);

async function* listen(connection: OpenConnection): AsyncGenerator<ConnectorBatch> {
  const { name, cursor, dial, signal, warn } = connection;
  const settings = readSettings(connection.with, name);
  const deliveries = new Deliveries(cursor);
  const channel = new Channel(await reach(settings, dial, signal), {
    version: settings.version,
    keepaliveS: settings.keepaliveS,
    onAlive: () => session.ask(),
  });
  const session = new Session(channel, settings, deliveries);
  const stop = (): void => {
    channel.send({ cmd: 'disconnect' });
    channel.end();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) return stop();
    const isKnown = await session.greet();
    if (signal.aborted) return;
    if (!isKnown) {
      if (cursor !== null) warn('the broker has forgotten the session: what was sent in between is lost');
      deliveries.beginAnew();
    }
    // Before anything is subscribed to, so that whoever comes next knows the session.
    yield { events: [], cursor: deliveries.cursor };
    await session.subscribe();
    if (signal.aborted) return;
    yield { events: [], cursor: deliveries.cursor };
    yield* batches(session, deliveries, settings);
  } finally {
    signal.removeEventListener('abort', stop);
    channel.end(signal.aborted ? undefined : { thrown: new Error('the connection was given up') });
  }
}

async function reach({ host, port, tls }: MqttSettings, dial: Dial, signal: AbortSignal): ReturnType<Dial> {
  const socket = await dial({ host, port });
  if (!tls) return socket;
  try {
    return await secure(socket, { ...tls, host, signal });
  } catch (thrown) {
    socket.destroy();
    throw thrown;
  }
}

/** What is there is taken together; what is not there is not waited for. */
async function* batches(
  session: Session,
  deliveries: Deliveries,
  settings: MqttSettings,
): AsyncGenerator<ConnectorBatch> {
  for (;;) {
    const first = await session.next();
    if (first === undefined) return;
    const messages: IPublishPacket[] = [first];
    for (let more = session.nextNow(); more; more = session.nextNow()) {
      messages.push(more);
      if (messages.length >= batchMessages) break;
    }
    const events = messages.map((message) => eventOf(message, deliveries, settings));
    const { place } = deliveries;
    yield { events, cursor: deliveries.cursor, ack: () => session.acknowledge(messages, place) };
  }
}

function eventOf(message: IPublishPacket, deliveries: Deliveries, { idFrom }: MqttSettings): JsonObject {
  const { topic, payload, qos, retain, properties } = message;
  const around: JsonObject = {
    topic,
    qos,
    retain,
    ...(properties?.contentType !== undefined && { content_type: properties.contentType }),
    ...(properties?.userProperties && { properties: { ...properties.userProperties } }),
  };
  const data = { ...around, payload: readPayload(Buffer.from(payload)) };
  // Always, because it remembers what it was asked for.
  const own = deliveries.idOf(message);
  const named = idFrom && valueAt(data, idFrom);
  return {
    id: named === undefined ? own : `by/${named}`,
    type: 'mqtt.message',
    subject: topic === '' ? null : topic.slice(0, 256),
    data: fitting(data, { ...around, payload: null }),
  };
}

/** A text or number at a path; `undefined`: there is none. */
function valueAt(data: JsonObject, path: readonly string[]): string | undefined {
  let value: unknown = data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : undefined;
}
