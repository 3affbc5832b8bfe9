/** A session at a broker: greeted, subscribed, and told what is taken once it is committed. */
import type { IConnackPacket, IPublishPacket, ISubackPacket, Packet } from 'mqtt-packet';
import { quote } from '@annex/kernel';
import { maxPacketBytes, type Channel } from './channel.js';
import { inFlight, type Deliveries } from './deliveries.js';
import type { MqttSettings } from './settings.js';

/** MQTT 5.0 §2.4 and 3.1.1 §3.2.2.3, as far as somebody can do something about it. */
const reasons: Readonly<Record<number, string>> = {
  1: 'it does not speak this version; say version "3.1.1"',
  2: 'it does not take this client_id',
  4: 'user name or password are wrong',
  5: 'this user may not connect',
  0x84: 'it does not speak this version; say version "3.1.1"',
  0x85: 'it does not take this client_id',
  0x86: 'user name or password are wrong',
  0x87: 'this user may not do that',
  0x8a: 'it has banned this client',
  0x8e: 'another client has connected with the same client_id',
  0x95: 'a packet was too large for it',
  0x97: 'its quota is used up',
  0x9e: 'it has no shared subscriptions',
};

function reasonOf(code: number): string {
  return reasons[code] ?? `code ${code}`;
}

export class Session {
  /** Messages that came while something else was waited for. */
  readonly #waiting: IPublishPacket[] = [];
  /** For each question whether the broker lives that it has not answered: what was acknowledged before it. */
  readonly #asked: number[] = [];
  #acknowledged = 0;

  constructor(
    private readonly channel: Channel,
    private readonly settings: MqttSettings,
    private readonly deliveries: Deliveries,
  ) {}

  /** Answers whether the broker remembers this source. Throws why it does not let it in. */
  async greet(): Promise<boolean> {
    const { version, clientId, keepaliveS, username, password, will, sessionExpiryS, isPassing } = this.settings;
    this.channel.send({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: version,
      clientId,
      clean: isPassing,
      keepalive: keepaliveS,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password: Buffer.from(password) }),
      ...(will && { will }),
      ...(version === 5 && {
        properties: {
          sessionExpiryInterval: isPassing ? 0 : sessionExpiryS,
          receiveMaximum: inFlight,
          maximumPacketSize: maxPacketBytes,
        },
      }),
    });
    const answer = (await this.#wait('connack')) as IConnackPacket | undefined;
    if (!answer) return false;
    const code = answer.reasonCode ?? answer.returnCode ?? 0;
    if (code !== 0) throw new Error(`The broker does not let this source in: ${reasonOf(code)}.`);
    return answer.sessionPresent;
  }

  /** Subscribes to what this session has not subscribed to yet, and leaves what is not wanted any more. */
  async subscribe(): Promise<void> {
    const { topics, qos, version } = this.settings;
    const before = this.deliveries.topics;
    const left = before.filter((topic) => !topics.includes(topic));
    const added = topics.filter((topic) => !before.includes(topic));
    if (left.length > 0) {
      this.channel.send({ cmd: 'unsubscribe', messageId: 1, unsubscriptions: left });
      await this.#wait('unsuback');
    }
    if (added.length > 0) {
      // Kept messages come once, and not with each connection.
      const subscriptions = added.map((topic) => ({
        topic,
        qos,
        ...(version === 5 && { nl: false, rap: true, rh: 1 }),
      }));
      this.channel.send({ cmd: 'subscribe', messageId: 2, subscriptions });
      const answer = (await this.#wait('suback')) as ISubackPacket | undefined;
      answer?.granted.forEach((granted, index) => {
        const code = Number(granted);
        if (code >= 0x80)
          throw new Error(`The broker refuses the topic ${quote(added[index] ?? '', 200)}: ${reasonOf(code)}.`);
      });
    }
    this.deliveries.subscribed(topics);
  }

  /** The next message; `undefined`: the channel was ended here. */
  async next(): Promise<IPublishPacket | undefined> {
    for (;;) {
      const waiting = this.#waiting.shift();
      if (waiting) return waiting;
      const packet = await this.channel.take();
      if (packet === undefined) return undefined;
      this.#hear(packet);
    }
  }

  /** The next message if it is there already. What else has arrived is no message, and nothing to wait for. */
  nextNow(): IPublishPacket | undefined {
    for (;;) {
      const waiting = this.#waiting.shift();
      if (waiting) return waiting;
      const packet = this.channel.takeNow();
      if (packet === undefined) return undefined;
      this.#hear(packet);
    }
  }

  /** These are committed: the broker may forget them. */
  acknowledge(messages: readonly IPublishPacket[], place: number): void {
    for (const { qos, messageId } of messages)
      if (qos === 1 && messageId !== undefined) this.channel.send({ cmd: 'puback', messageId });
    this.#acknowledged = place;
    this.ask();
  }

  /** The answer says that all that was sent before has been read. */
  ask(): void {
    // One that answers nothing is noticed by its silence, and is not asked more and more.
    if (this.#asked.length > 1000) return;
    this.#asked.push(this.#acknowledged);
    this.channel.send({ cmd: 'pingreq' });
  }

  async #wait(cmd: Packet['cmd']): Promise<Packet | undefined> {
    for (;;) {
      const packet = await this.channel.take();
      if (packet === undefined || packet.cmd === cmd) return packet;
      this.#hear(packet);
    }
  }

  #hear(packet: Packet): void {
    switch (packet.cmd) {
      case 'publish':
        if (packet.qos === 2) throw new Error('The broker sends with QoS 2, which this source did not ask for.');
        this.#waiting.push(packet);
        break;
      case 'pingresp':
        this.deliveries.confirm(this.#asked.shift() ?? 0);
        break;
      case 'disconnect':
        throw new Error(`The broker ends the connection: ${reasonOf(packet.reasonCode ?? 0)}.`);
      default:
    }
  }
}
