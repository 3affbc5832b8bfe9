import { copyBytes, isPairAlgorithm, normalizeAlgorithm } from './crypto-algorithms.js';
import type { Algorithm, KeyUsage } from './crypto-algorithms.js';
import { callCrypto, callForBytes } from './crypto-call.js';
import {
  exportSecret,
  generateSecret,
  importSecret,
  isCryptoKey,
  keyBits,
  keyFacts,
  keyMaterial,
  requireExportable,
  toJwk,
  toUsages,
} from './crypto-key.js';
import type { CryptoKey, Jwk } from './crypto-key.js';
import { cipherPair, exportPair, generatePair, importPair, sharedBits, signPair, verifyPair } from './crypto-pairs.js';
import type { CryptoKeyPair } from './crypto-pairs.js';
import { DOMException } from './dom-exception.js';
import { utf8Decode, utf8Encode } from './encoding.js';
import { JSONParse, NumberPrototypeToString, TypedArrayTag } from './primordials.js';
import { fillRandom, randomBytes } from './random.js';
import { finishInterface, requireArguments, toDomString, viewBytes } from './webidl.js';

const CREATE = Symbol('create');

function checkKey(key: unknown, algorithm: Algorithm, usage: KeyUsage): asserts key is CryptoKey {
  if (!isCryptoKey(key)) throw new TypeError('The key must be a CryptoKey');
  const facts = keyFacts(key);
  if (facts.name !== algorithm.name)
    throw new DOMException(`The key is for ${facts.name}, not for ${algorithm.name}`, 'InvalidAccessError');
  if (!facts.usages.includes(usage))
    throw new DOMException(`The key may not be used to ${usage}`, 'InvalidAccessError');
}

async function cipher(
  operation: 'encrypt' | 'decrypt',
  algorithm: Algorithm,
  key: CryptoKey,
  data: Uint8Array,
): Promise<ArrayBuffer> {
  if (isPairAlgorithm(algorithm.name)) return await cipherPair(operation, algorithm, key, data);
  const tagLength = algorithm.tagLength ?? 128;
  if (![32, 64, 96, 104, 112, 120, 128].includes(tagLength))
    throw new DOMException(`${tagLength} is no valid tagLength`, 'OperationError');
  if (operation === 'decrypt' && data.length < tagLength / 8)
    throw new DOMException('The data is shorter than its tag', 'OperationError');
  return await callForBytes(operation, {
    key: keyMaterial(key),
    iv: algorithm.iv,
    additional_data: algorithm.additionalData,
    tag_bits: tagLength,
    data,
  });
}

async function derive(algorithm: Algorithm, key: CryptoKey, bits: unknown): Promise<Uint8Array<ArrayBuffer>> {
  const { name, hash, salt, info, iterations } = algorithm;
  const length = bits === null || bits === undefined ? NaN : Math.trunc(Number(bits));
  if (isPairAlgorithm(name))
    return await sharedBits(algorithm, key, bits === null || bits === undefined ? null : length);
  if (!(length >= 0) || length % 8 !== 0)
    throw new DOMException(`${name} needs a length that is a multiple of 8`, 'OperationError');
  if (name === 'PBKDF2' && iterations === 0)
    throw new DOMException('PBKDF2 needs at least one iteration', 'OperationError');
  if (length === 0) return new Uint8Array(0);
  const fields = { key: keyMaterial(key), hash, salt, info, iterations, bits: length };
  return new Uint8Array(await callForBytes(name === 'HKDF' ? 'hkdf' : 'pbkdf2', fields));
}

async function importAny(
  format: string,
  data: Uint8Array | Jwk,
  algorithm: unknown,
  extractable: boolean,
  usages: KeyUsage[],
): Promise<CryptoKey> {
  const isPair = isPairAlgorithm(normalizeAlgorithm(algorithm, 'importKey').name);
  return isPair
    ? await importPair(format, data, algorithm, extractable, usages)
    : importSecret(format, data, algorithm, extractable, usages);
}

async function exportAny(format: string, key: CryptoKey): Promise<Uint8Array<ArrayBuffer> | Jwk> {
  requireExportable(key);
  return keyFacts(key).type === 'secret' ? exportSecret(format, key) : await exportPair(format, key);
}

function toFormat(value: unknown): string {
  const format = toDomString(value);
  if (!['raw', 'raw-secret', 'raw-public', 'jwk', 'pkcs8', 'spki'].includes(format))
    throw new TypeError(`'${format.slice(0, 40)}' is no key format`);
  return format;
}

function keyData(format: string, value: unknown): Uint8Array | Jwk {
  return format === 'jwk' ? toJwk(value) : copyBytes(value, 'keyData');
}

/**
 * Web Cryptography §14, over what the executor offers: SHA-1/2, HMAC, AES-GCM, HKDF, PBKDF2, RSA, P-256 to P-521,
 * Ed25519, X25519.
 */
export class SubtleCrypto {
  #brand = true;

  constructor(token?: unknown) {
    if (token !== CREATE) throw new TypeError('Illegal constructor');
  }

  async digest(algorithm: unknown, data: unknown): Promise<ArrayBuffer> {
    this.#check(arguments.length, 2, 'digest');
    const bytes = copyBytes(data, 'data');
    return await callForBytes('digest', { hash: normalizeAlgorithm(algorithm, 'digest').name, data: bytes });
  }

  async sign(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    this.#check(arguments.length, 3, 'sign');
    const bytes = copyBytes(data, 'data');
    const normal = normalizeAlgorithm(algorithm, 'sign');
    checkKey(key, normal, 'sign');
    if (isPairAlgorithm(normal.name)) return await signPair(normal, key, bytes);
    return await callForBytes('sign', { key: keyMaterial(key), hash: keyFacts(key).hash, data: bytes });
  }

  async verify(algorithm: unknown, key: unknown, signature: unknown, data: unknown): Promise<boolean> {
    this.#check(arguments.length, 4, 'verify');
    const given = copyBytes(signature, 'signature');
    const bytes = copyBytes(data, 'data');
    const normal = normalizeAlgorithm(algorithm, 'verify');
    checkKey(key, normal, 'verify');
    if (isPairAlgorithm(normal.name)) return await verifyPair(normal, key, given, bytes);
    return (
      (await callCrypto('verify', { key: keyMaterial(key), hash: keyFacts(key).hash, data: bytes, signature: given }))[
        'valid'
      ] === true
    );
  }

  async encrypt(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    this.#check(arguments.length, 3, 'encrypt');
    const bytes = copyBytes(data, 'data');
    const normal = normalizeAlgorithm(algorithm, 'encrypt');
    checkKey(key, normal, 'encrypt');
    return await cipher('encrypt', normal, key, bytes);
  }

  async decrypt(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    this.#check(arguments.length, 3, 'decrypt');
    const bytes = copyBytes(data, 'data');
    const normal = normalizeAlgorithm(algorithm, 'decrypt');
    checkKey(key, normal, 'decrypt');
    return await cipher('decrypt', normal, key, bytes);
  }

  async generateKey(algorithm: unknown, extractable: unknown, keyUsages: unknown): Promise<CryptoKey | CryptoKeyPair> {
    this.#check(arguments.length, 3, 'generateKey');
    const usages = toUsages(keyUsages);
    const normal = normalizeAlgorithm(algorithm, 'generateKey');
    return isPairAlgorithm(normal.name)
      ? await generatePair(normal, Boolean(extractable), usages)
      : generateSecret(normal, Boolean(extractable), usages);
  }

  async importKey(
    format: unknown,
    data: unknown,
    algorithm: unknown,
    extractable: unknown,
    keyUsages: unknown,
  ): Promise<CryptoKey> {
    this.#check(arguments.length, 5, 'importKey');
    const name = toFormat(format);
    const usages = toUsages(keyUsages);
    return await importAny(name, keyData(name, data), algorithm, Boolean(extractable), usages);
  }

  async exportKey(format: unknown, key: unknown): Promise<ArrayBuffer | Jwk> {
    this.#check(arguments.length, 2, 'exportKey');
    const name = toFormat(format);
    if (!isCryptoKey(key)) throw new TypeError('The key must be a CryptoKey');
    const exported = await exportAny(name, key);
    return exported instanceof Uint8Array ? exported.buffer : exported;
  }

  async deriveBits(algorithm: unknown, baseKey: unknown, length: unknown = null): Promise<ArrayBuffer> {
    this.#check(arguments.length, 2, 'deriveBits');
    const normal = normalizeAlgorithm(algorithm, 'deriveBits');
    checkKey(baseKey, normal, 'deriveBits');
    return (await derive(normal, baseKey, length)).buffer;
  }

  async deriveKey(
    algorithm: unknown,
    baseKey: unknown,
    derivedKeyType: unknown,
    extractable: unknown,
    keyUsages: unknown,
  ): Promise<CryptoKey> {
    this.#check(arguments.length, 5, 'deriveKey');
    const usages = toUsages(keyUsages);
    const normal = normalizeAlgorithm(algorithm, 'deriveBits');
    normalizeAlgorithm(derivedKeyType, 'importKey');
    const bits = keyBits(normalizeAlgorithm(derivedKeyType, 'getKeyLength'));
    checkKey(baseKey, normal, 'deriveKey');
    const material = await derive(normal, baseKey, bits);
    return importSecret('raw', material, derivedKeyType, Boolean(extractable), usages);
  }

  async wrapKey(format: unknown, key: unknown, wrappingKey: unknown, algorithm: unknown): Promise<ArrayBuffer> {
    this.#check(arguments.length, 4, 'wrapKey');
    const name = toFormat(format);
    const normal = normalizeAlgorithm(algorithm, 'encrypt');
    if (!isCryptoKey(key)) throw new TypeError('The key must be a CryptoKey');
    checkKey(wrappingKey, normal, 'wrapKey');
    const exported = await exportAny(name, key);
    const bytes = exported instanceof Uint8Array ? exported : utf8Encode(JSON.stringify(exported));
    return await cipher('encrypt', normal, wrappingKey, bytes);
  }

  async unwrapKey(
    format: unknown,
    wrappedKey: unknown,
    unwrappingKey: unknown,
    algorithm: unknown,
    unwrappedKeyAlgorithm: unknown,
    extractable: unknown,
    keyUsages: unknown,
  ): Promise<CryptoKey> {
    this.#check(arguments.length, 7, 'unwrapKey');
    const name = toFormat(format);
    const usages = toUsages(keyUsages);
    const bytes = copyBytes(wrappedKey, 'wrappedKey');
    const normal = normalizeAlgorithm(algorithm, 'decrypt');
    normalizeAlgorithm(unwrappedKeyAlgorithm, 'importKey');
    checkKey(unwrappingKey, normal, 'unwrapKey');
    const plain = new Uint8Array(await cipher('decrypt', normal, unwrappingKey, bytes));
    let data: Uint8Array | Jwk = plain;
    if (name === 'jwk') {
      try {
        data = toJwk(JSONParse(utf8Decode(plain)));
      } catch {
        throw new DOMException('The unwrapped key is no JSON Web Key', 'DataError');
      }
    }
    return await importAny(name, data, unwrappedKeyAlgorithm, Boolean(extractable), usages);
  }

  #check(given: number, wanted: number, name: string): void {
    if (!this.#brand) throw new TypeError('Illegal invocation');
    requireArguments(given, wanted, `SubtleCrypto.${name}`);
  }
}
finishInterface(SubtleCrypto, 'SubtleCrypto', { constructor: 0 });

const INTEGER_ARRAYS = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'BigInt64Array',
  'BigUint64Array',
];

/** Web Cryptography §10. */
export class Crypto {
  #subtle = new SubtleCrypto(CREATE);

  constructor(token?: unknown) {
    if (token !== CREATE) throw new TypeError('Illegal constructor');
  }

  get subtle(): SubtleCrypto {
    return this.#subtle;
  }

  getRandomValues<T>(array: T): T {
    requireArguments(arguments.length, 1, 'getRandomValues');
    void this.#subtle;
    if (!ArrayBuffer.isView(array)) throw new TypeError('getRandomValues: the argument must be a typed array');
    if (!INTEGER_ARRAYS.includes(TypedArrayTag(array) ?? ''))
      throw new DOMException('getRandomValues: the array must be one of integers', 'TypeMismatchError');
    const bytes = viewBytes(array);
    if (bytes === undefined) return array;
    if (bytes.length > 65536)
      throw new DOMException(`getRandomValues: at most 65536 bytes at once, not ${bytes.length}`, 'QuotaExceededError');
    fillRandom(bytes);
    return array;
  }

  randomUUID(): string {
    void this.#subtle;
    const bytes = randomBytes(16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    let text = '';
    for (let i = 0; i < 16; i++) {
      const byte = bytes[i] ?? 0;
      if (i === 4 || i === 6 || i === 8 || i === 10) text += '-';
      text += `${byte < 16 ? '0' : ''}${NumberPrototypeToString(byte, 16)}`;
    }
    return text;
  }
}
finishInterface(Crypto, 'Crypto', { constructor: 0 });

/** The one instance. */
export const crypto = new Crypto(CREATE);
