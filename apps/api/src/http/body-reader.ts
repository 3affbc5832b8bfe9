/**
 * Reads bodies into memory that has a limit in all. Thousands of half-sent bodies would fill the host, and one that comes byte by byte would
 * take a hundred times its size as a list of pieces, so each body is gathered in one buffer that grows as bytes arrive.
 */
import type { Readable } from 'node:stream';
import { MiB } from '@annex/kernel';
import type { FastifyRequest } from 'fastify';
import { apiErrors, bodyTooLarge } from './errors.js';
import { askForBody } from './expect-continue.js';

/** Bytes of all bodies under way in one process, when nobody says otherwise. */
export const defaultBodyMemoryBytes = 64 * MiB;
/** The first buffer of a body: what most need. */
const FIRST_BYTES = 16 * 1024;

/** A body under way, as far as room is concerned. */
export interface Held {
  bytes: number;
  /** Gives up the room because others need it. */
  evict: () => void;
}

/**
 * Room for bodies, shared by everybody. Who comes when it is full takes the place of the oldest body of the address that holds most, so that
 * whoever sends a thousand halves loses those and nobody else waits.
 */
export class BodyMemory {
  readonly #byAddress = new Map<string, Set<Held>>();
  #used = 0;

  constructor(private readonly maxBytes = defaultBodyMemoryBytes) {}

  get used(): number {
    return this.#used;
  }

  /** Lets a body hold so many bytes; 0 when it is done. */
  hold(address: string, held: Held, bytes: number): void {
    this.#used += bytes - held.bytes;
    held.bytes = bytes;
    const own = this.#byAddress.get(address) ?? new Set();
    if (bytes === 0) own.delete(held);
    else own.add(held);
    if (own.size === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, own);
    while (this.#used > this.maxBytes) this.#evictOne();
  }

  #evictOne(): void {
    let most: { address: string; bytes: number; oldest: Held | undefined } = { address: '', bytes: -1, oldest: undefined };
    for (const [address, bodies] of this.#byAddress) {
      let bytes = 0;
      for (const body of bodies) bytes += body.bytes;
      if (bytes > most.bytes) most = { address, bytes, oldest: bodies.values().next().value };
    }
    if (!most.oldest) return;
    this.hold(most.address, most.oldest, 0);
    most.oldest.evict();
  }
}

/** Reads whole bodies for parsers. */
export class BodyReader {
  constructor(private readonly memory: BodyMemory) {}

  /**
   * The bytes of a body, at most the endpoint's limit of them. Throws `PAYLOAD_TOO_LARGE`, `BAD_REQUEST` for one that ends too soon, and
   * `OVERLOADED` when its room was needed for others.
   */
  read(request: FastifyRequest, payload: Readable): Promise<Buffer> {
    const limit = request.routeOptions.bodyLimit ?? MiB;
    const length = request.headers['content-length'];
    const declared = length === undefined ? undefined : Number(length);
    if (declared !== undefined && declared > limit) return Promise.reject(bodyTooLarge(limit));
    askForBody(request.raw);
    const { ip } = request;
    return new Promise((resolve, reject) => {
      const held: Held = { bytes: 0, evict: () => finish(apiErrors.error('OVERLOADED', 'Too many bodies are under way, and this one took longest. Send it again in one go.', { retryAfterS: 1 })) };
      let buffer = Buffer.alloc(0);
      let size = 0;
      const finish = (fault?: Error): void => {
        payload.off('data', take).off('end', end).off('error', fail).off('close', cut);
        this.memory.hold(ip, held, 0);
        if (fault) reject(fault);
        else resolve(buffer.subarray(0, size));
      };
      const take = (chunk: Buffer): void => {
        if (size + chunk.length > limit) return finish(bodyTooLarge(limit));
        if (size + chunk.length > buffer.length) {
          const room = Math.min(limit, Math.max(size + chunk.length, buffer.length * 2, Math.min(declared ?? FIRST_BYTES, FIRST_BYTES)));
          this.memory.hold(ip, held, room);
          if (held.bytes === 0) return;
          const larger = Buffer.allocUnsafeSlow(room);
          buffer.copy(larger, 0, 0, size);
          buffer = larger;
        }
        size += chunk.copy(buffer, size);
      };
      const end = (): void => finish(declared !== undefined && declared !== size ? cutShort(size, declared) : undefined);
      const fail = (): void => finish(cutShort(size, declared));
      const cut = (): void => finish(cutShort(size, declared));
      payload.on('data', take).once('end', end).once('error', fail).once('close', cut);
      payload.resume();
    });
  }
}

function cutShort(size: number, declared: number | undefined): Error {
  return apiErrors.error('BAD_REQUEST', `The body ended after ${size} bytes${declared === undefined ? '' : ` of ${declared}`}. Send all of it.`);
}
