import type { PreludeHost } from '../host.js';
import { TypedArrayLength, TypedArraySet, Uint8ArrayCtor } from './primordials.js';
import { base64ToBytes } from './base64.js';

const POOL_BYTES = 1024;
let randomBase64: PreludeHost['randomBase64'] = () => '';
let pool = new Uint8ArrayCtor(0);
let used = POOL_BYTES;

/** Joins the random numbers to the host. */
export function connectRandom(host: PreludeHost): void {
  randomBase64 = host.randomBase64;
}

/** Fresh bytes of the host's cryptographic generator; small requests come from a pool, every byte is given out once. */
export function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8ArrayCtor(count);
  fillRandom(bytes);
  return bytes;
}

/** Overwrites bytes with random ones, at most 65536. */
export function fillRandom(bytes: Uint8Array): void {
  const count = TypedArrayLength(bytes);
  if (count > POOL_BYTES) {
    TypedArraySet(bytes, base64ToBytes(randomBase64(count)));
    return;
  }
  for (let i = 0; i < count; i++) {
    if (used === POOL_BYTES) {
      pool = base64ToBytes(randomBase64(POOL_BYTES));
      used = 0;
    }
    bytes[i] = pool[used] ?? 0;
    pool[used++] = 0;
  }
}
