/**
 * What refusals may cost the one thread of the API. Asking for one takes no token, so whoever sends thousands a second
 * would keep everybody else waiting. A network gets a number of them at once; from then on its refusals come evenly, a
 * little late, and bodies that nobody reads are no longer taken off the wire for it. Good requests of the same network
 * are not touched.
 */
import type { Socket } from 'node:net';
import { networkOf } from '@annex/access';
import { KiB, MiB, SECOND } from '@annex/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isBodyWaiting } from './expect-continue.js';
import { Points } from './points.js';

/** Refusals of one network that are answered at once, and those a second after that. */
const BURST = 200;
const PER_SECOND = 200;
/** How late a refusal may come, and how many of one network may wait; one more is answered at once. */
const MAX_LATE_MS = 2 * SECOND;
const MAX_WAITING = 250;
/** Bytes of refused bodies that are taken off the wire for one network at once, and those a second after that. */
const REST_BURST_BYTES = 16 * MiB;
const REST_BYTES_PER_SECOND = MiB;
/** A rest that costs less than a new connection. */
const SMALL_BYTES = 64 * KiB;
/** What a body of unknown length is taken for, and how much of it is taken off the wire. */
const UNKNOWN_BYTES = MiB;
/** How long the rest of a refused body may come, and how long its sender has to read the answer when it may not. */
const REST_MS = 15 * SECOND;
const LINGER_MS = SECOND;

export class Refusals {
  readonly #answers: Points;
  readonly #rests: Points;
  readonly #waiting = new Map<string, number>();

  constructor(now: () => number = Date.now) {
    this.#answers = new Points(PER_SECOND, BURST, now);
    this.#rests = new Points(REST_BYTES_PER_SECOND, REST_BURST_BYTES, now);
  }

  /** Counts a refusal. Answers how late it is to come, in milliseconds; 0: at once. */
  lateMs(network: string): number {
    const left = this.#answers.take(network, 1);
    if (left >= 0 || (this.#waiting.get(network) ?? 0) >= MAX_WAITING) return 0;
    return Math.min(MAX_LATE_MS, Math.ceil((-left * SECOND) / PER_SECOND));
  }

  /** Sends a refusal when its time has come; whoever left meanwhile gets none. */
  send(request: FastifyRequest, reply: FastifyReply, send: () => void): void {
    const network = networkOf(request.ip);
    const lateMs = this.lateMs(network);
    if (lateMs === 0) return send();
    this.#count(network, 1);
    const leave = (): void => {
      clearTimeout(timer);
      reply.raw.off('close', leave);
      this.#count(network, -1);
    };
    const timer = setTimeout(() => {
      leave();
      send();
    }, lateMs);
    reply.raw.once('close', leave);
  }

  /**
   * Settles what becomes of a body that nobody reads. Fastify would end the connection; then whoever still sends finds
   * it reset and never sees the answer (RFC 9112 §9.6). So the rest is dropped as it comes, for a while; a network that
   * sends too much of that is no longer listened to, and has a moment to read the answer.
   */
  leaveBody(request: FastifyRequest, reply: FastifyReply): void {
    const { raw } = request;
    if (isBodyWaiting(raw)) return void reply.header('connection', 'close');
    void reply.removeHeader('connection');
    if (raw.complete) return;
    const length = raw.headers['content-length'];
    const rest = length === undefined ? UNKNOWN_BYTES : Number(length);
    if (rest > SMALL_BYTES && !this.#takesRest(networkOf(request.ip), rest)) {
      void reply.header('connection', 'close');
      return turnAway(raw.socket);
    }
    const limit = setTimeout(() => raw.socket.destroy(), REST_MS).unref();
    raw.once('close', () => clearTimeout(limit));
    if (length === undefined) endAfter(raw, rest);
  }

  #takesRest(network: string, bytes: number): boolean {
    if (this.#rests.left(network) < bytes) return false;
    this.#rests.take(network, bytes);
    return true;
  }

  #count(network: string, by: 1 | -1): void {
    const count = (this.#waiting.get(network) ?? 0) + by;
    if (count > 0) this.#waiting.set(network, count);
    else this.#waiting.delete(network);
  }
}

/** Ends the connection of a body that is longer than it may be. */
function endAfter(raw: FastifyRequest['raw'], bytes: number): void {
  let left = bytes;
  raw.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) raw.socket.destroy();
  });
}

/**
 * Reads nothing more from a connection, and lets it stand for a moment after the answer: ended at once, with bytes that
 * nobody has read, it would be reset, and the answer with it.
 */
function turnAway(socket: Socket): void {
  socket.pause();
  // Node makes it flow again to drop the rest of a body, and ends it after its last answer.
  socket.resume = () => socket;
  socket.destroySoon = () => {
    socket.end();
    const limit = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once('close', () => clearTimeout(limit));
  };
}
