/**
 * The executor's side of `crypto.subtle`: the prelude's calls, answered with Node's WebCrypto. The arguments come out of an isolate, so everything
 * in them is checked by hand, every size has a cap, and what fails does so with a code and one sentence of ours, never with a message of Node's.
 */
import { webcrypto } from 'node:crypto';

const MiB = 1024 * 1024;
/** Largest input or output of one operation, in bytes. */
export const MAX_CRYPTO_BYTES = 5 * MiB;
/** Largest result of HKDF, in bytes. */
export const MAX_HKDF_BYTES = 64 * 1024;
/** Largest key, salt, info, iv or additional data, in bytes. */
const MAX_PARAMETER_BYTES = 64 * 1024;
/** Most characters of an argument list: the data, the parameters and their names. */
const MAX_ARGUMENTS = Math.ceil(MAX_CRYPTO_BYTES / 3) * 4 + 4 * Math.ceil(MAX_PARAMETER_BYTES / 3) * 4 + 1024;

/** What a crypto call fails with. `CRYPTO_INVALID`: no such call or bad arguments; `CRYPTO_LIMIT`: too large; `CRYPTO_OPERATION`: it cannot be done, such as a wrong tag. */
export type CryptoCallCode = 'CRYPTO_INVALID' | 'CRYPTO_LIMIT' | 'CRYPTO_OPERATION';

/** The only kind of error {@link answerCryptoCall} rejects with. Has no stack. */
export class CryptoCallError extends Error {
  readonly code: CryptoCallCode;

  constructor(code: CryptoCallCode, message: string) {
    super(message);
    this.name = 'CryptoCallError';
    this.code = code;
    this.stack = `${this.name}: ${message}`;
  }
}

const { subtle } = webcrypto;
type Bytes = Uint8Array<ArrayBuffer>;

const HASHES = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];
const TAG_BITS = [32, 64, 96, 104, 112, 120, 128];

/** The one object of an argument list; every read is checked. */
class Arguments {
  readonly #fields: Map<string, unknown>;

  constructor(argsJson: string) {
    if (typeof argsJson !== 'string') throw invalid('the arguments are no text');
    if (argsJson.length > MAX_ARGUMENTS) throw tooLarge('the arguments', MAX_CRYPTO_BYTES);
    let parsed: unknown;
    try {
      parsed = JSON.parse(argsJson);
    } catch {
      throw invalid('the arguments are no JSON');
    }
    const fields: unknown = Array.isArray(parsed) && parsed.length === 1 ? parsed[0] : undefined;
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw invalid('the arguments are not one object');
    this.#fields = new Map(Object.entries(fields));
  }

  /** Bytes of a base64 field; absent ones are undefined when `optional`. */
  bytes(name: string, maxBytes: number, optional: true): Bytes | undefined;
  bytes(name: string, maxBytes: number, optional?: false): Bytes;
  bytes(name: string, maxBytes: number, optional = false): Bytes | undefined {
    const value = this.#fields.get(name);
    if (value === undefined && optional) return undefined;
    if (typeof value !== 'string') throw invalid(`${name} is missing`);
    if (value.length > Math.ceil(maxBytes / 3) * 4) throw tooLarge(name, maxBytes);
    if (value.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) throw invalid(`${name} is not base64`);
    const bytes = new Uint8Array(Buffer.from(value, 'base64'));
    if (bytes.length > maxBytes) throw tooLarge(name, maxBytes);
    return bytes;
  }

  hash(): string {
    const value = this.#fields.get('hash');
    if (typeof value !== 'string' || !HASHES.includes(value)) throw invalid(`the hash must be one of ${HASHES.join(', ')}`);
    return value;
  }

  integer(name: string): number {
    const value = this.#fields.get(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw invalid(`${name} must be a whole number`);
    return value;
  }
}

function invalid(what: string): CryptoCallError {
  return new CryptoCallError('CRYPTO_INVALID', `Invalid crypto call: ${what}`);
}

function tooLarge(what: string, maxBytes: number): CryptoCallError {
  return new CryptoCallError('CRYPTO_LIMIT', `Crypto call: ${what} has more than ${maxBytes} bytes, the most for one operation`);
}

function answer(bytes: ArrayBuffer): string {
  return `{"data":"${Buffer.from(bytes).toString('base64')}"}`;
}

async function hmacKey(args: Arguments, usage: 'sign' | 'verify'): Promise<webcrypto.CryptoKey> {
  const hash = args.hash();
  const key = args.bytes('key', MAX_PARAMETER_BYTES);
  if (key.length === 0) throw invalid('the key is empty');
  return await subtle.importKey('raw', key, { name: 'HMAC', hash }, false, [usage]);
}

async function aesGcm(args: Arguments, usage: 'encrypt' | 'decrypt'): Promise<string> {
  const key = args.bytes('key', 32);
  if (key.length !== 16 && key.length !== 24 && key.length !== 32) throw invalid('an AES key has 16, 24 or 32 bytes');
  const iv = args.bytes('iv', MAX_PARAMETER_BYTES);
  if (iv.length === 0) throw new CryptoCallError('CRYPTO_OPERATION', 'AES-GCM: the iv is empty');
  const tagLength = args.integer('tag_bits');
  if (!TAG_BITS.includes(tagLength)) throw invalid(`tag_bits must be one of ${TAG_BITS.join(', ')}`);
  const additionalData = args.bytes('additional_data', MAX_PARAMETER_BYTES, true);
  const data = args.bytes('data', MAX_CRYPTO_BYTES);
  const algorithm = { name: 'AES-GCM', iv, tagLength, ...(additionalData === undefined ? {} : { additionalData }) };
  const imported = await subtle.importKey('raw', key, 'AES-GCM', false, [usage]);
  return answer(await subtle[usage](algorithm, imported, data));
}

const OPERATIONS = new Map<string, (args: Arguments) => Promise<string>>([
  ['crypto.digest', async (args) => answer(await subtle.digest(args.hash(), args.bytes('data', MAX_CRYPTO_BYTES)))],
  ['crypto.sign', async (args) => answer(await subtle.sign('HMAC', await hmacKey(args, 'sign'), args.bytes('data', MAX_CRYPTO_BYTES)))],
  ['crypto.verify', async (args) => {
    const signature = args.bytes('signature', MAX_PARAMETER_BYTES);
    const valid = await subtle.verify('HMAC', await hmacKey(args, 'verify'), signature, args.bytes('data', MAX_CRYPTO_BYTES));
    return `{"valid":${valid}}`;
  }],
  ['crypto.encrypt', (args) => aesGcm(args, 'encrypt')],
  ['crypto.decrypt', (args) => aesGcm(args, 'decrypt')],
  ['crypto.hkdf', async (args) => {
    const bits = args.integer('bits');
    if (bits % 8 !== 0 || bits === 0) throw invalid('bits must be a positive multiple of 8');
    if (bits > MAX_HKDF_BYTES * 8) throw tooLarge('the result', MAX_HKDF_BYTES);
    const key = await subtle.importKey('raw', args.bytes('key', MAX_PARAMETER_BYTES), 'HKDF', false, ['deriveBits']);
    const algorithm = { name: 'HKDF', hash: args.hash(), salt: args.bytes('salt', MAX_PARAMETER_BYTES), info: args.bytes('info', MAX_PARAMETER_BYTES) };
    return answer(await subtle.deriveBits(algorithm, key, bits));
  }],
]);

/**
 * Answers one `executorCall` of the prelude: `crypto.digest`, `sign`, `verify`, `encrypt`, `decrypt` (AES-GCM) or `hkdf`. `argsJson` is a JSON
 * array of one object whose bytes are base64; the answer is JSON text. Rejects only with a {@link CryptoCallError}.
 */
export async function answerCryptoCall(method: string, argsJson: string): Promise<string> {
  const operation = OPERATIONS.get(method);
  try {
    if (operation === undefined) throw invalid('there is no such operation');
    return await operation(new Arguments(argsJson));
  } catch (error) {
    if (error instanceof CryptoCallError) throw error;
    throw new CryptoCallError('CRYPTO_OPERATION', 'The operation failed for a reason specific to it: the key, the parameters and the data do not fit together');
  }
}
