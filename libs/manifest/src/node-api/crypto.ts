/**
 * `node:crypto`, as far as it can be answered at once: digests and derived keys by the package @noble/hashes,
 * randomness by the global `crypto`. Ciphers and key pairs need the executor, which answers promises only; they are in
 * `crypto.subtle`.
 */
import { Buffer } from 'node:buffer';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { md5, ripemd160, sha1 } from '@noble/hashes/legacy.js';
import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import { sha224, sha256, sha384, sha512, sha512_256 } from '@noble/hashes/sha2.js';
import { sha3_256, sha3_384, sha3_512 } from '@noble/hashes/sha3.js';

type Bytes = string | ArrayBuffer | ArrayBufferView | KeyObject;
type Done<T> = (error: Error | null, value?: T) => void;
type Encoding = BufferEncoding | 'buffer';

const algorithms = {
  md5,
  ripemd160,
  rmd160: ripemd160,
  sha1,
  sha224,
  sha256,
  sha384,
  sha512,
  'sha512-256': sha512_256,
  'sha3-256': sha3_256,
  'sha3-384': sha3_384,
  'sha3-512': sha3_512,
};
type Algorithm = (typeof algorithms)[keyof typeof algorithms];

/** Most bytes that the global `crypto` fills at once. */
const maxFilled = 65_536;

function fault(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function algorithmOf(name: string): Algorithm {
  const plain = name.toLowerCase().replace(/^(rsa-)?sha-?(\d{3}|1)$/, 'sha$2');
  if (Object.hasOwn(algorithms, plain)) return algorithms[plain as keyof typeof algorithms];
  throw fault(
    'ERR_CRYPTO_INVALID_DIGEST',
    `Digest method not supported: ${name.slice(0, 40)}. There are ${Object.keys(algorithms).join(', ')}.`,
  );
}

function bytesOf(value: Bytes, encoding?: string): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value, encoding as BufferEncoding | undefined);
  if (value instanceof KeyObject) return value.export();
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError('The data must be a string, a Buffer, a view of bytes or an ArrayBuffer');
}

function encoded(bytes: Uint8Array, encoding?: string): Buffer | string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return encoding === undefined || encoding === 'buffer' ? buffer : buffer.toString(encoding as BufferEncoding);
}

interface State {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
  clone(): State;
}

/** What `createHash` and `createHmac` answer; no stream, unlike Node's. */
class Hash {
  #state: State | undefined;

  constructor(state: State) {
    this.#state = state;
  }

  update(data: Bytes, encoding?: string): this {
    this.#open().update(bytesOf(data, encoding));
    return this;
  }

  digest(encoding?: Encoding): Buffer | string {
    const digest = this.#open().digest();
    this.#state = undefined;
    return encoded(digest, encoding);
  }

  copy(): Hash {
    return new Hash(this.#open().clone());
  }

  #open(): State {
    if (this.#state === undefined) throw fault('ERR_CRYPTO_HASH_FINALIZED', 'Digest already called');
    return this.#state;
  }
}

class Hmac extends Hash {}

/** A secret key. Keys of pairs are in `crypto.subtle`. */
class KeyObject {
  readonly type = 'secret';
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get symmetricKeySize(): number {
    return this.#bytes.length;
  }

  export({ format }: { format?: string } = {}): Buffer {
    if (format === 'jwk') return { kty: 'oct', k: Buffer.from(this.#bytes).toString('base64url') } as unknown as Buffer;
    return Buffer.from(this.#bytes);
  }

  equals(other: KeyObject): boolean {
    return timingSafeEqual(this.export(), other.export());
  }
}

function createHash(name: string): Hash {
  return new Hash(algorithmOf(name).create());
}

function createHmac(name: string, key: Bytes): Hmac {
  return new Hmac(hmac.create(algorithmOf(name), bytesOf(key)));
}

function hash(name: string, data: Bytes, encoding: Encoding = 'hex'): Buffer | string {
  return createHash(name).update(data).digest(encoding);
}

function timingSafeEqual(one: Bytes, other: Bytes): boolean {
  const [a, b] = [bytesOf(one), bytesOf(other)];
  if (a.length !== b.length)
    throw fault('ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH', 'Input buffers must have the same byte length');
  let differences = 0;
  for (let index = 0; index < a.length; index += 1) differences |= (a[index] ?? 0) ^ (b[index] ?? 0);
  return differences === 0;
}

function randomFillSync<T extends ArrayBufferView>(view: T, offset = 0, size?: number): T {
  const whole = new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);
  const bytes = whole.subarray(offset, size === undefined ? undefined : offset + size);
  for (let at = 0; at < bytes.length; at += maxFilled) crypto.getRandomValues(bytes.subarray(at, at + maxFilled));
  return view;
}

/** Answers at once, or in the next turn when there is somebody to tell. */
function told<T>(value: () => T, done: Done<T> | undefined): T | undefined {
  if (done === undefined) return value();
  const made = value();
  queueMicrotask(() => done(null, made));
  return undefined;
}

function randomBytes(size: number, done?: Done<Buffer>): Buffer | undefined {
  return told(() => randomFillSync(Buffer.alloc(size)), done);
}

/** A whole number from `min`, which may be left out, up to and without `max`; each as likely as the others. */
function randomInt(first: number, second?: number | Done<number>, third?: Done<number>): number | undefined {
  const [min, max] = typeof second === 'number' ? [first, second] : [0, first];
  const range = max - min;
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || range <= 0 || range > 2 ** 48)
    throw new RangeError('randomInt needs whole numbers, the first below the second, at most 2 ** 48 apart');
  const fair = 2 ** 48 - (2 ** 48 % range);
  const draw = (): number => {
    for (;;) {
      const drawn = randomFillSync(Buffer.alloc(6)).readUIntBE(0, 6);
      if (drawn < fair) return min + (drawn % range);
    }
  };
  return told(draw, typeof second === 'function' ? second : third);
}

function pbkdf2Sync(password: Bytes, salt: Bytes, c: number, dkLen: number, name = 'sha1'): Buffer {
  return encoded(pbkdf2(algorithmOf(name), bytesOf(password), bytesOf(salt), { c, dkLen })) as Buffer;
}

/** By the executor, which is many times faster. */
function pbkdf2Later(
  password: Bytes,
  salt: Bytes,
  iterations: number,
  length: number,
  name: string,
  done: Done<Buffer>,
): void {
  const digest = algorithmOf(name) === sha1 ? 'SHA-1' : `SHA-${/(256|384|512)$/.exec(name)?.[0] ?? '256'}`;
  const own = (bytes: Bytes): Uint8Array<ArrayBuffer> => Uint8Array.from(bytesOf(bytes));
  void (async () => {
    const key = await crypto.subtle.importKey('raw', own(password), 'PBKDF2', false, ['deriveBits']);
    const bits = await crypto.subtle.deriveBits(
      { name: 'PBKDF2', hash: digest, salt: own(salt), iterations },
      key,
      length * 8,
    );
    return Buffer.from(bits);
  })().then(
    (key) => done(null, key),
    (error: unknown) => done(error as Error),
  );
}

interface ScryptOptions {
  N?: number;
  cost?: number;
  r?: number;
  blockSize?: number;
  p?: number;
  parallelization?: number;
}

function scryptSync(password: Bytes, salt: Bytes, dkLen: number, options: ScryptOptions = {}): Buffer {
  const { N = options.cost ?? 16_384, r = options.blockSize ?? 8, p = options.parallelization ?? 1 } = options;
  return encoded(scrypt(bytesOf(password), bytesOf(salt), { N, r, p, dkLen })) as Buffer;
}

function hkdfSync(name: string, key: Bytes, salt: Bytes, info: Bytes, length: number): ArrayBuffer {
  const derived = hkdf(algorithmOf(name), bytesOf(key), bytesOf(salt), bytesOf(info), length);
  return Uint8Array.from(derived).buffer;
}

/** Takes its last argument for the one to tell. */
function later<T>(work: (...args: never[]) => T): (...args: unknown[]) => void {
  return (...args) => {
    const done = args.pop() as Done<T>;
    told(() => work(...(args as never[])), done);
  };
}

const absent = [
  'createCipheriv',
  'createDecipheriv',
  'createDiffieHellman',
  'createECDH',
  'createPrivateKey',
  'createPublicKey',
  'createSign',
  'createVerify',
  'generateKeyPair',
  'generateKeyPairSync',
  'privateDecrypt',
  'privateEncrypt',
  'publicDecrypt',
  'publicEncrypt',
  'sign',
  'verify',
];

const refusals = Object.fromEntries(
  absent.map((name) => [
    name,
    () => {
      throw fault(
        'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM',
        `crypto.${name} is not there: ciphers and key pairs are in the global crypto.subtle, which answers promises.`,
      );
    },
  ]),
);

export default {
  ...refusals,
  Hash,
  Hmac,
  KeyObject,
  constants: {},
  createHash,
  createHmac,
  createSecretKey: (key: Bytes, encoding?: string) => new KeyObject(bytesOf(key, encoding)),
  getCiphers: () => [],
  getCurves: () => [],
  getHashes: () => Object.keys(algorithms),
  getRandomValues: crypto.getRandomValues.bind(crypto),
  hash,
  hkdf: later(hkdfSync),
  hkdfSync,
  pbkdf2: pbkdf2Later,
  pbkdf2Sync,
  pseudoRandomBytes: randomBytes,
  randomBytes,
  randomFill: later(randomFillSync),
  randomFillSync,
  randomInt,
  randomUUID: () => crypto.randomUUID(),
  scrypt: later(scryptSync),
  scryptSync,
  subtle: crypto.subtle,
  timingSafeEqual,
  webcrypto: crypto,
};
