/**
 * The executor's side of `crypto.subtle`: the prelude's calls, answered with Node's WebCrypto. The arguments come out
 * of an isolate, so everything in them is checked by hand, every size has a cap, and what fails does so with a code and
 * one sentence of ours, never with a message of Node's.
 */
import { webcrypto } from 'node:crypto';
import { sandboxLimits } from '@annex/limits/sandbox';

/** Most characters of an argument list: the data, the parameters and their names. */
const MAX_ARGUMENTS =
  Math.ceil(sandboxLimits.cryptoBytes / 3) * 4 + 4 * Math.ceil(sandboxLimits.cryptoParameterBytes / 3) * 4 + 1024;

/**
 * What a crypto call fails with. `CRYPTO_INVALID`: no such call or bad arguments; `CRYPTO_LIMIT`: too large;
 * `CRYPTO_DATA`: a key that is none;
 * `CRYPTO_OPERATION`: it cannot be done, such as a wrong tag.
 */
export type CryptoCallCode = 'CRYPTO_INVALID' | 'CRYPTO_LIMIT' | 'CRYPTO_DATA' | 'CRYPTO_OPERATION';

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
    if (argsJson.length > MAX_ARGUMENTS) throw tooLarge('the arguments', sandboxLimits.cryptoBytes);
    let parsed: unknown;
    try {
      parsed = JSON.parse(argsJson);
    } catch {
      throw invalid('the arguments are no JSON');
    }
    const fields: unknown = Array.isArray(parsed) && parsed.length === 1 ? parsed[0] : undefined;
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
      throw invalid('the arguments are not one object');
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
    if (typeof value !== 'string' || !HASHES.includes(value))
      throw invalid(`the hash must be one of ${HASHES.join(', ')}`);
    return value;
  }

  /** One of a few texts. */
  choice(name: string, choices: readonly string[]): string {
    const value = this.#fields.get(name);
    if (typeof value !== 'string' || !choices.includes(value))
      throw invalid(`${name} must be one of ${choices.join(', ')}`);
    return value;
  }

  text(name: string, maxLength: number): string {
    const value = this.#fields.get(name);
    if (typeof value !== 'string') throw invalid(`${name} is missing`);
    if (value.length > maxLength) throw tooLarge(name, maxLength);
    return value;
  }

  integer(name: string): number {
    const value = this.#fields.get(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
      throw invalid(`${name} must be a whole number`);
    return value;
  }
}

function invalid(what: string): CryptoCallError {
  return new CryptoCallError('CRYPTO_INVALID', `Invalid crypto call: ${what}`);
}

function tooLarge(what: string, maxBytes: number): CryptoCallError {
  return new CryptoCallError(
    'CRYPTO_LIMIT',
    `Crypto call: ${what} has more than ${maxBytes} bytes, the most for one operation`,
  );
}

function answer(bytes: ArrayBuffer): string {
  return `{"data":"${Buffer.from(bytes).toString('base64')}"}`;
}

async function hmacKey(args: Arguments, usage: 'sign' | 'verify'): Promise<webcrypto.CryptoKey> {
  const hash = args.hash();
  const key = args.bytes('key', sandboxLimits.cryptoParameterBytes);
  if (key.length === 0) throw invalid('the key is empty');
  return await subtle.importKey('raw', key, { name: 'HMAC', hash }, false, [usage]);
}

async function aesGcm(args: Arguments, usage: 'encrypt' | 'decrypt'): Promise<string> {
  const key = args.bytes('key', 32);
  if (key.length !== 16 && key.length !== 24 && key.length !== 32) throw invalid('an AES key has 16, 24 or 32 bytes');
  const iv = args.bytes('iv', sandboxLimits.cryptoParameterBytes);
  if (iv.length === 0) throw new CryptoCallError('CRYPTO_OPERATION', 'AES-GCM: the iv is empty');
  const tagLength = args.integer('tag_bits');
  if (!TAG_BITS.includes(tagLength)) throw invalid(`tag_bits must be one of ${TAG_BITS.join(', ')}`);
  const additionalData = args.bytes('additional_data', sandboxLimits.cryptoParameterBytes, true);
  const data = args.bytes('data', sandboxLimits.cryptoBytes);
  const algorithm = { name: 'AES-GCM', iv, tagLength, ...(additionalData === undefined ? {} : { additionalData }) };
  const imported = await subtle.importKey('raw', key, 'AES-GCM', false, [usage]);
  return answer(await subtle[usage](algorithm, imported, data));
}

const RSA = ['RSASSA-PKCS1-v1_5', 'RSA-PSS', 'RSA-OAEP'];
const CURVES = ['P-256', 'P-384', 'P-521'];
const PAIRS = [...RSA, 'ECDSA', 'ECDH', 'Ed25519', 'X25519'];

/** The algorithm of a key of a pair, as `importKey` takes it. */
function pairAlgorithm(args: Arguments): { name: string; hash?: string; namedCurve?: string } {
  const name = args.choice('name', PAIRS);
  if (RSA.includes(name)) return { name, hash: args.hash() };
  return name === 'ECDSA' || name === 'ECDH' ? { name, namedCurve: args.choice('curve', CURVES) } : { name };
}

/** All that a key of a pair may be used for. */
function usagesOf(name: string, isPrivate: boolean): webcrypto.KeyUsage[] {
  if (name === 'RSA-OAEP') return [isPrivate ? 'decrypt' : 'encrypt'];
  if (name === 'ECDH' || name === 'X25519') return isPrivate ? ['deriveBits'] : [];
  return [isPrivate ? 'sign' : 'verify'];
}

/** A key as the prelude keeps it: PKCS #8 or SPKI. */
async function storedKey(args: Arguments, kind: 'private' | 'public', field = 'key'): Promise<webcrypto.CryptoKey> {
  const algorithm = pairAlgorithm(args);
  const material = args.bytes(field, sandboxLimits.cryptoParameterBytes);
  return await subtle.importKey(
    kind === 'private' ? 'pkcs8' : 'spki',
    material,
    algorithm,
    true,
    usagesOf(algorithm.name, kind === 'private'),
  );
}

/** Tells a key to the prelude: its kind, its bytes, and what only its bytes say. */
async function describeKey(key: webcrypto.CryptoKey): Promise<string> {
  const { modulusLength, publicExponent } = key.algorithm as { modulusLength?: number; publicExponent?: Uint8Array };
  if (modulusLength !== undefined && modulusLength > sandboxLimits.rsaBits) {
    throw new CryptoCallError(
      'CRYPTO_LIMIT',
      `An RSA modulus of ${modulusLength} bits; the limit (MAX_RSA_BITS) is ${sandboxLimits.rsaBits}`,
    );
  }
  const data = await subtle.exportKey(key.type === 'private' ? 'pkcs8' : 'spki', key);
  const rsa =
    modulusLength === undefined
      ? ''
      : `,"bits":${modulusLength},"exponent":"${Buffer.from(publicExponent ?? []).toString('base64')}"`;
  return `{"type":"${key.type}","data":"${Buffer.from(data).toString('base64')}"${rsa}}`;
}

/** The members of a JSON Web Key that make the key; what it may be used for was looked at before. */
const KEY_MEMBERS = ['kty', 'crv', 'x', 'y', 'd', 'n', 'e', 'p', 'q', 'dp', 'dq', 'qi'];

function readJwk(text: string): webcrypto.JsonWebKey {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalid('the key is no JSON');
  }
  const members = new Map(Object.entries(typeof parsed === 'object' && parsed !== null ? parsed : {}));
  return Object.fromEntries(
    KEY_MEMBERS.flatMap((name) => (typeof members.get(name) === 'string' ? [[name, members.get(name)]] : [])),
  );
}

async function importPairKey(args: Arguments): Promise<string> {
  const algorithm = pairAlgorithm(args);
  const format = args.choice('format', ['raw', 'spki', 'pkcs8', 'jwk']);
  try {
    if (format === 'jwk') {
      const jwk = readJwk(args.text('jwk', sandboxLimits.cryptoParameterBytes));
      return await describeKey(
        await subtle.importKey('jwk', jwk, algorithm, true, usagesOf(algorithm.name, jwk.d !== undefined)),
      );
    }
    const data = args.bytes('data', sandboxLimits.cryptoParameterBytes);
    const key = await subtle.importKey(
      format as 'raw' | 'spki' | 'pkcs8',
      data,
      algorithm,
      true,
      usagesOf(algorithm.name, format === 'pkcs8'),
    );
    return await describeKey(key);
  } catch (error) {
    if (error instanceof CryptoCallError) throw error;
    throw new CryptoCallError('CRYPTO_DATA', `The data is no ${format} key for ${algorithm.name}`);
  }
}

async function exportPairKey(args: Arguments): Promise<string> {
  const format = args.choice('format', ['raw', 'spki', 'pkcs8', 'jwk']);
  const key = await storedKey(args, args.choice('kind', ['private', 'public']) as 'private' | 'public');
  if (format !== 'jwk') return answer(await subtle.exportKey(format as 'raw' | 'spki' | 'pkcs8', key));
  const jwk = await subtle.exportKey('jwk', key);
  return JSON.stringify({
    jwk: Object.fromEntries(Object.entries(jwk).filter(([name]) => KEY_MEMBERS.includes(name))),
  });
}

async function generatePair(args: Arguments): Promise<string> {
  const algorithm = pairAlgorithm(args);
  let parameters: object = {};
  if (RSA.includes(algorithm.name)) {
    const modulusLength = args.integer('bits');
    const exponent = args.integer('exponent');
    if (modulusLength > sandboxLimits.rsaBits)
      throw new CryptoCallError(
        'CRYPTO_LIMIT',
        `An RSA modulus of ${modulusLength} bits; the limit (MAX_RSA_BITS) is ${sandboxLimits.rsaBits}`,
      );
    if (modulusLength < sandboxLimits.fewestRsaBits || modulusLength % 8 !== 0)
      throw new CryptoCallError(
        'CRYPTO_OPERATION',
        `An RSA modulus has ${sandboxLimits.fewestRsaBits} to ${sandboxLimits.rsaBits} bits, a multiple of 8`,
      );
    if (exponent !== 3 && exponent !== 65_537)
      throw new CryptoCallError('CRYPTO_OPERATION', 'The public exponent must be 65537 or 3');
    parameters = {
      modulusLength,
      publicExponent: Uint8Array.of(exponent >> 16, (exponent >> 8) & 255, exponent & 255),
    };
  }
  const usages = [...usagesOf(algorithm.name, true), ...usagesOf(algorithm.name, false)];
  const pair = (await subtle.generateKey(
    { ...algorithm, ...parameters } as webcrypto.EcKeyGenParams,
    true,
    usages,
  )) as webcrypto.CryptoKeyPair;
  return `{"private":${await describeKey(pair.privateKey)},"public":${await describeKey(pair.publicKey)}}`;
}

/** What `sign` and `verify` need besides the key. */
function signParameters(args: Arguments): webcrypto.AlgorithmIdentifier {
  const name = args.choice('name', PAIRS);
  if (name === 'RSA-PSS') return { name, saltLength: args.integer('salt_length') } as webcrypto.RsaPssParams;
  return name === 'ECDSA' ? ({ name, hash: args.choice('sign_hash', HASHES) } as webcrypto.EcdsaParams) : { name };
}

function labelled(args: Arguments): webcrypto.RsaOaepParams {
  const label = args.bytes('label', sandboxLimits.cryptoParameterBytes, true);
  return { name: 'RSA-OAEP', ...(label === undefined ? {} : { label }) };
}

async function sharedBits(args: Arguments): Promise<string> {
  const name = args.choice('name', ['ECDH', 'X25519']);
  const own = await storedKey(args, 'private');
  const other = await storedKey(args, 'public', 'public_key');
  return answer(await subtle.deriveBits({ name, public: other }, own, null));
}

async function pbkdf2(args: Arguments): Promise<string> {
  const hash = args.hash();
  const bits = args.integer('bits');
  const iterations = args.integer('iterations');
  if (bits % 8 !== 0 || bits === 0) throw invalid('bits must be a positive multiple of 8');
  if (iterations === 0) throw new CryptoCallError('CRYPTO_OPERATION', 'PBKDF2 needs at least one iteration');
  const rounds = iterations * Math.ceil(bits / (hash === 'SHA-1' ? 160 : Number(hash.slice(4))));
  if (rounds > sandboxLimits.pbkdf2Iterations) {
    throw new CryptoCallError(
      'CRYPTO_LIMIT',
      `PBKDF2 with ${rounds} iterations for a result of ${bits} bits; the limit (MAX_PBKDF2_ITERATIONS) is ` +
        `${sandboxLimits.pbkdf2Iterations}`,
    );
  }
  const key = await subtle.importKey('raw', args.bytes('key', sandboxLimits.cryptoParameterBytes), 'PBKDF2', false, [
    'deriveBits',
  ]);
  return answer(
    await subtle.deriveBits(
      { name: 'PBKDF2', hash, salt: args.bytes('salt', sandboxLimits.cryptoParameterBytes), iterations },
      key,
      bits,
    ),
  );
}

/**
 * Calls that may compute for a while: they take their turn one after the other, and their time is billed to the run.
 */
const HEAVY = new Set(['crypto.pbkdf2', 'crypto.generate_pair', 'crypto.sign_pair', 'crypto.decrypt_pair']);

/** Whether a call computes for so long that its time counts. */
export function isHeavyCryptoCall(method: string): boolean {
  return HEAVY.has(method);
}

const OPERATIONS = new Map<string, (args: Arguments) => Promise<string>>([
  [
    'crypto.digest',
    async (args) => answer(await subtle.digest(args.hash(), args.bytes('data', sandboxLimits.cryptoBytes))),
  ],
  [
    'crypto.sign',
    async (args) =>
      answer(await subtle.sign('HMAC', await hmacKey(args, 'sign'), args.bytes('data', sandboxLimits.cryptoBytes))),
  ],
  [
    'crypto.verify',
    async (args) => {
      const signature = args.bytes('signature', sandboxLimits.cryptoParameterBytes);
      const valid = await subtle.verify(
        'HMAC',
        await hmacKey(args, 'verify'),
        signature,
        args.bytes('data', sandboxLimits.cryptoBytes),
      );
      return `{"valid":${valid}}`;
    },
  ],
  ['crypto.encrypt', (args) => aesGcm(args, 'encrypt')],
  ['crypto.decrypt', (args) => aesGcm(args, 'decrypt')],
  [
    'crypto.hkdf',
    async (args) => {
      const bits = args.integer('bits');
      if (bits % 8 !== 0 || bits === 0) throw invalid('bits must be a positive multiple of 8');
      if (bits > sandboxLimits.hkdfBytes * 8) throw tooLarge('the result', sandboxLimits.hkdfBytes);
      const key = await subtle.importKey('raw', args.bytes('key', sandboxLimits.cryptoParameterBytes), 'HKDF', false, [
        'deriveBits',
      ]);
      const algorithm = {
        name: 'HKDF',
        hash: args.hash(),
        salt: args.bytes('salt', sandboxLimits.cryptoParameterBytes),
        info: args.bytes('info', sandboxLimits.cryptoParameterBytes),
      };
      return answer(await subtle.deriveBits(algorithm, key, bits));
    },
  ],
  ['crypto.pbkdf2', pbkdf2],
  ['crypto.import_pair', importPairKey],
  ['crypto.export_pair', exportPairKey],
  ['crypto.generate_pair', generatePair],
  ['crypto.shared_bits', sharedBits],
  [
    'crypto.sign_pair',
    async (args) =>
      answer(
        await subtle.sign(
          signParameters(args),
          await storedKey(args, 'private'),
          args.bytes('data', sandboxLimits.cryptoBytes),
        ),
      ),
  ],
  [
    'crypto.verify_pair',
    async (args) => {
      const signature = args.bytes('signature', sandboxLimits.cryptoParameterBytes);
      const parameters = signParameters(args);
      const key = await storedKey(args, 'public');
      const isValid = await subtle.verify(parameters, key, signature, args.bytes('data', sandboxLimits.cryptoBytes));
      return `{"valid":${isValid}}`;
    },
  ],
  [
    'crypto.encrypt_pair',
    async (args) =>
      answer(
        await subtle.encrypt(
          labelled(args),
          await storedKey(args, 'public'),
          args.bytes('data', sandboxLimits.cryptoParameterBytes),
        ),
      ),
  ],
  [
    'crypto.decrypt_pair',
    async (args) =>
      answer(
        await subtle.decrypt(
          labelled(args),
          await storedKey(args, 'private'),
          args.bytes('data', sandboxLimits.cryptoParameterBytes),
        ),
      ),
  ],
]);

/**
 * Answers one `executorCall` of the prelude: `crypto.digest`, `sign`, `verify` (HMAC), `encrypt`, `decrypt` (AES-GCM),
 * `hkdf`, `pbkdf2`, or one for keys that come in pairs (`…_pair`, `shared_bits`), which cross as PKCS #8 and SPKI.
 * `argsJson` is a JSON array of one object whose bytes are base64; the answer is JSON text. Rejects only with a {@link
 * CryptoCallError}.
 */
export async function answerCryptoCall(method: string, argsJson: string): Promise<string> {
  const operation = OPERATIONS.get(method);
  try {
    if (operation === undefined) throw invalid('there is no such operation');
    return await operation(new Arguments(argsJson));
  } catch (error) {
    if (error instanceof CryptoCallError) throw error;
    throw new CryptoCallError(
      'CRYPTO_OPERATION',
      'The operation failed for a reason specific to it: the key, the parameters and the data do not fit together',
    );
  }
}
