/**
 * Packets over a socket. Whose broker is at its other end is a tenant's choice: what it says ends the connection at
 * worst, a packet of any size is not collected, and one that sends faster than it is read is read no further.
 */
import type { Duplex } from 'node:stream';
import { messageOf } from '@annex/kernel';
import { generate, parser, type Packet, type Parser } from 'mqtt-packet';
import { Inbox } from '../inbox.js';

/** The longest packet that is read, in bytes; what is over the size of an event is told without its payload. */
export const maxPacketBytes = 16 * 1024 * 1024;

/** Packets that wait here; then the socket is read no further. */
const inboxPackets = 200;

export class Channel {
  readonly #inbox = new Inbox<Packet>(inboxPackets);
  readonly #frames = new Frames();
  readonly #parser: Parser;
  readonly #alive: NodeJS.Timeout;
  #isWaiting = false;
  #heardAt = performance.now();

  constructor(
    private readonly socket: Duplex,
    private readonly options: { version: 4 | 5; keepaliveS: number; onAlive: () => void },
  ) {
    const protocolVersion = options.version;
    this.#parser = parser({ protocolVersion });
    this.#parser.on('packet', (packet) => void this.#take(packet));
    this.#parser.on('error', (thrown: unknown) =>
      this.end({ thrown: new Error(`The broker says what is no MQTT: ${messageOf(thrown)}.`) }),
    );
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (thrown) => this.end({ thrown }));
    socket.on('close', () => this.end({ thrown: new Error('The broker ended the connection.') }));
    this.#alive = setInterval(() => this.#showLife(), (options.keepaliveS * 1000) / 2);
  }

  /** The next packet; `undefined`: the channel was ended here. Throws why it broke. */
  take(): Promise<Packet | undefined> {
    return this.#inbox.take();
  }

  /** The next packet if it is there already. */
  takeNow(): Packet | undefined {
    return this.#inbox.takeNow();
  }

  send(packet: Packet): void {
    if (!this.socket.destroyed) this.socket.write(generate(packet, { protocolVersion: this.options.version }));
  }

  /** `failure`: what `take` throws; the first one counts. Left out: it was meant. */
  end(failure?: { thrown: unknown }): void {
    clearInterval(this.#alive);
    this.#inbox.close(failure);
    if (failure === undefined) this.socket.end();
    else this.socket.destroy();
  }

  #read(chunk: Buffer): void {
    try {
      this.#heardAt = performance.now();
      this.#frames.pass(chunk);
      this.#parser.parse(chunk);
    } catch (thrown) {
      this.end({ thrown });
    }
  }

  async #take(packet: Packet): Promise<void> {
    const room = this.#inbox.put(packet);
    if (this.#inbox.hasRoom || this.#isWaiting) return;
    this.#isWaiting = true;
    this.socket.pause();
    await room;
    this.#isWaiting = false;
    this.#heardAt = performance.now();
    this.socket.resume();
  }

  /** A broker that says nothing while it is listened to is gone, although nobody says so. */
  #showLife(): void {
    if (!this.#isWaiting && performance.now() - this.#heardAt > this.options.keepaliveS * 2000)
      return this.end({ thrown: new Error(`The broker said nothing for ${this.options.keepaliveS * 2} s.`) });
    this.options.onAlive();
  }
}

/** Follows packets (MQTT 5.0 §2.1: a byte, and the length of the rest in one to four) without keeping them. */
class Frames {
  #left = 0;
  #isHead = true;
  #length = 0;
  #factor = 1;

  pass(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at);
        this.#left -= step;
        at += step;
        continue;
      }
      const byte = chunk[at] ?? 0;
      at += 1;
      if (this.#isHead) {
        [this.#isHead, this.#length, this.#factor] = [false, 0, 1];
        continue;
      }
      this.#length += (byte & 127) * this.#factor;
      this.#factor *= 128;
      if (this.#length > maxPacketBytes || this.#factor > 128 ** 4)
        throw new Error(`The broker announced a packet of over ${maxPacketBytes} bytes; no more are read.`);
      if (byte < 128) [this.#isHead, this.#left] = [true, this.#length];
    }
  }
}
