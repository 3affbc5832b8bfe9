/**
 * Reads bodies into memory that has a limit in all. Thousands of half-sent bodies would fill the host, and one that
 * comes byte by byte would take a hundred times its size as a list of pieces, so each body is gathered in one buffer
 * that grows as bytes arrive.
 */
import type { Readable } from 'node:stream';
import { networkOf } from '@annex/access';
import { MiB, SECOND } from '@annex/kernel';
import { doorLimits } from '@annex/limits';
import type { FastifyRequest } from 'fastify';
import { apiErrors, bodyTooLarge } from './errors.js';
import { askForBody } from './expect-continue.js';

/** The first buffer of a body: what most need. */
const FIRST_BYTES = 16 * 1024;
/** How long nothing has come of a body that gives way to others. */
const STILL_MS = SECOND;

/** A body under way, as far as room is concerned. */
export interface Held {
  bytes: number;
  /** When its last bytes came. */
  atMs: number;
  /** Gives up the room because others need it. */
  evict: () => void;
}

/**
 * Room for bodies, shared by everybody. When it is full, a body of which nothing has come for a second gives way, first
 * of the network that holds most; when all are coming, one of a network that holds more than who asks. So whoever sends
 * a thousand halves loses those, and a burst of whole bodies is not cut: who comes last is asked to come again.
 */
export class BodyMemory {
  readonly #byNetwork = new Map<string, Set<Held>>();
  #used = 0;

  constructor(
    private readonly maxBytes = doorLimits.bodyMemoryBytes,
    private readonly now: () => number = Date.now,
  ) {}

  get used(): number {
    return this.#used;
  }

  /** Something of a body came. */
  touch(held: Held): void {
    held.atMs = this.now();
  }

  /** Lets a body hold so many bytes; 0 when it is done. Throws `OVERLOADED` when there is no room for more. */
  hold(network: string, held: Held, bytes: number): void {
    while (bytes > held.bytes && this.#used + bytes - held.bytes > this.maxBytes) {
      if (!this.#evictOne(network, held, bytes))
        throw apiErrors.error('OVERLOADED', 'Too many bodies are under way. Send this one again in a moment.', {
          retryAfterS: 1,
        });
    }
    this.#used += bytes - held.bytes;
    held.bytes = bytes;
    const own = this.#byNetwork.get(network) ?? new Set();
    if (bytes === 0) own.delete(held);
    else own.add(held);
    if (own.size === 0) this.#byNetwork.delete(network);
    else this.#byNetwork.set(network, own);
  }

  /** Makes some room for a body that wants `bytes`. Answers whether anything gave way. */
  #evictOne(asking: string, held: Held, bytes: number): boolean {
    const stillSince = this.now() - STILL_MS;
    let chosen: { network: string; sum: number; body: Held; isStill: boolean } | undefined;
    let own = bytes - held.bytes;
    for (const body of this.#byNetwork.get(asking) ?? []) own += body.bytes;
    for (const [network, bodies] of this.#byNetwork) {
      let sum = 0;
      let stillest: Held | undefined;
      for (const body of bodies) {
        sum += body.bytes;
        if (body !== held && (stillest === undefined || body.atMs < stillest.atMs)) stillest = body;
      }
      if (stillest === undefined) continue;
      const isStill = stillest.atMs <= stillSince;
      if (!isStill && (network === asking || sum <= own)) continue;
      if (chosen === undefined || (isStill === chosen.isStill ? sum > chosen.sum : isStill))
        chosen = { network, sum, body: stillest, isStill };
    }
    if (!chosen) return false;
    this.hold(chosen.network, chosen.body, 0);
    chosen.body.evict();
    return true;
  }
}

/** One body that is being gathered, in a buffer that grows within the room for all. */
export class GatheredBody {
  readonly #held: Held;
  #buffer = Buffer.alloc(0);
  #size = 0;

  /** @param lost told when its room was needed for others */
  constructor(
    private readonly memory: BodyMemory,
    private readonly network: string,
    private readonly limit: number,
    lost: (fault: Error) => void,
  ) {
    const evict = (): void =>
      lost(
        apiErrors.error(
          'OVERLOADED',
          'Too many bodies are under way, and nothing came of this one. Send it again in one go.',
          { retryAfterS: 1 },
        ),
      );
    this.#held = { bytes: 0, atMs: 0, evict };
    memory.touch(this.#held);
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Takes a piece, within the limit. `declared`: bytes that the body has, if its sender said so. Throws `OVERLOADED`.
   */
  add(chunk: Uint8Array, declared = FIRST_BYTES): void {
    this.memory.touch(this.#held);
    const size = this.#size + chunk.length;
    if (size > this.#buffer.length) {
      const room = Math.min(this.limit, Math.max(size, this.#buffer.length * 2, Math.min(declared, FIRST_BYTES)));
      this.memory.hold(this.network, this.#held, room);
      const larger = Buffer.allocUnsafeSlow(room);
      this.#buffer.copy(larger, 0, 0, this.#size);
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.#size);
    this.#size = size;
  }

  /** Gives the room back. Answers the bytes that came. */
  end(): Buffer {
    this.memory.hold(this.network, this.#held, 0);
    const bytes = this.#buffer.subarray(0, this.#size);
    this.#buffer = Buffer.alloc(0);
    return bytes;
  }
}

/** Reads whole bodies for parsers. */
export class BodyReader {
  constructor(private readonly memory: BodyMemory) {}

  /**
   * The bytes of a body, at most the endpoint's limit of them. Throws `PAYLOAD_TOO_LARGE`, `BAD_REQUEST` for one that
   * ends too soon, and
   * `OVERLOADED` when there was no room, or it was needed for others.
   */
  read(request: FastifyRequest, payload: Readable): Promise<Buffer> {
    const limit = request.routeOptions.bodyLimit ?? MiB;
    const length = request.headers['content-length'];
    const declared = length === undefined ? undefined : Number(length);
    if (declared !== undefined && declared > limit) return Promise.reject(bodyTooLarge(limit));
    askForBody(request.raw);
    return new Promise((resolve, reject) => {
      const body = new GatheredBody(this.memory, networkOf(request.ip), limit, (fault) => finish(fault));
      const finish = (fault?: Error): void => {
        payload.off('data', take).off('end', end).off('error', fail).off('close', cut);
        const bytes = body.end();
        if (fault) reject(fault);
        else resolve(bytes);
      };
      const take = (chunk: Buffer): void => {
        if (body.size + chunk.length > limit) return finish(bodyTooLarge(limit));
        try {
          body.add(chunk, declared);
        } catch (thrown) {
          finish(thrown as Error);
        }
      };
      const end = (): void =>
        finish(declared !== undefined && declared !== body.size ? cutShort(body.size, declared) : undefined);
      const fail = (): void => finish(cutShort(body.size, declared));
      const cut = (): void => finish(cutShort(body.size, declared));
      payload.on('data', take).once('end', end).once('error', fail).once('close', cut);
      payload.resume();
    });
  }
}

function cutShort(size: number, declared: number | undefined): Error {
  return apiErrors.error(
    'BAD_REQUEST',
    `The body ended after ${size} bytes${declared === undefined ? '' : ` of ${declared}`}. Send all of it.`,
  );
}
