import { normalizeAlgorithm } from './crypto-algorithms.js';
import type { Algorithm, HashName, KeyUsage } from './crypto-algorithms.js';
import { USAGES, blockBits } from './crypto-algorithms.js';
import { DOMException } from './dom-exception.js';
import { base64UrlToBytes, bytesToBase64Url } from './base64.js';
import { randomBytes } from './random.js';
import { finishInterface, isObject, toDomString } from './webidl.js';

const CREATE = Symbol('create');

/** What `CryptoKey.algorithm` shows. */
export interface KeyAlgorithm {
  name: string;
  length?: number;
  hash?: { name: HashName };
  modulusLength?: number;
  publicExponent?: Uint8Array;
  namedCurve?: string;
}

export type KeyType = 'secret' | 'private' | 'public';

/** A key's own idea of itself, whatever plugin code did to what the getters answered. */
interface KeyFacts {
  type: KeyType;
  name: string;
  hash: HashName | undefined;
  curve: string | undefined;
  extractable: boolean;
  usages: readonly KeyUsage[];
}

/** Makes a key, by default a secret one. The material of a private key is PKCS #8, that of a public one SPKI. */
export let createKey: (
  material: Uint8Array,
  algorithm: KeyAlgorithm,
  extractable: boolean,
  usages: KeyUsage[],
  type?: KeyType,
) => CryptoKey;
/** The bytes of a key; never to be written to or handed out. */
export let keyMaterial: (key: CryptoKey) => Uint8Array;
/** What a key is. */
export let keyFacts: (key: CryptoKey) => KeyFacts;
/** True for a CryptoKey, whatever its prototype. */
export let isCryptoKey: (value: unknown) => value is CryptoKey;

/** Web Cryptography §13. */
export class CryptoKey {
  #material: Uint8Array;
  #algorithm: KeyAlgorithm;
  #extractable: boolean;
  #usages: readonly KeyUsage[];
  #facts: KeyFacts;

  constructor(
    token?: unknown,
    material?: unknown,
    algorithm?: unknown,
    extractable?: unknown,
    usages?: unknown,
    type?: unknown,
  ) {
    if (token !== CREATE) throw new TypeError('Illegal constructor');
    this.#material = material as Uint8Array;
    this.#algorithm = algorithm as KeyAlgorithm;
    this.#extractable = extractable as boolean;
    this.#usages = usages as KeyUsage[];
    const { name, hash, namedCurve: curve } = this.#algorithm;
    this.#facts = {
      type: type as KeyType,
      name,
      hash: hash?.name,
      curve,
      extractable: this.#extractable,
      usages: [...this.#usages],
    };
  }

  get type(): KeyType {
    return this.#facts.type;
  }
  get extractable(): boolean {
    return this.#extractable;
  }
  get algorithm(): KeyAlgorithm {
    return this.#algorithm;
  }
  get usages(): readonly KeyUsage[] {
    return this.#usages;
  }

  static {
    createKey = (material, algorithm, extractable, usages, type = 'secret') =>
      new CryptoKey(CREATE, material, algorithm, extractable, usages, type);
    keyMaterial = (key) => key.#material;
    keyFacts = (key) => key.#facts;
    isCryptoKey = (value): value is CryptoKey => typeof value === 'object' && value !== null && #material in value;
  }
}
finishInterface(CryptoKey, 'CryptoKey', { constructor: 0 });

/** A JSON Web Key (RFC 7517, RFC 7518 §6, RFC 8037). */
export interface Jwk {
  kty?: string;
  k?: string;
  crv?: string;
  x?: string;
  y?: string;
  d?: string;
  n?: string;
  e?: string;
  p?: string;
  q?: string;
  dp?: string;
  dq?: string;
  qi?: string;
  alg?: string;
  use?: string;
  key_ops?: string[];
  ext?: boolean;
}

const ALLOWED: Record<string, readonly KeyUsage[]> = {
  HMAC: ['sign', 'verify'],
  'AES-GCM': ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'],
  HKDF: ['deriveKey', 'deriveBits'],
  PBKDF2: ['deriveKey', 'deriveBits'],
};

function fail(name: string, message: string): DOMException {
  return new DOMException(message, name);
}

/** Converts a sequence of usages; throws a TypeError for an unknown one. */
export function toUsages(value: unknown): KeyUsage[] {
  if (!isObject(value)) throw new TypeError('keyUsages must be a sequence');
  const given = new Set<KeyUsage>();
  for (const item of value as Iterable<unknown>) {
    const usage = toDomString(item) as KeyUsage;
    if (!USAGES.includes(usage)) throw new TypeError(`'${usage}' is no key usage`);
    given.add(usage);
  }
  return USAGES.filter((usage) => given.has(usage));
}

function checkUsages(name: string, usages: KeyUsage[]): void {
  for (const usage of usages)
    if (ALLOWED[name]?.includes(usage) !== true)
      throw fail('SyntaxError', `A key for ${name} cannot be used to ${usage}`);
}

/** `generateKey` for HMAC and AES-GCM. */
export function generateSecret(algorithm: Algorithm, extractable: boolean, usages: KeyUsage[]): CryptoKey {
  checkUsages(algorithm.name, usages);
  const length = keyBits(algorithm) ?? 0;
  if (length > MAX_KEY_BITS) throw fail('OperationError', `A key may have at most ${MAX_KEY_BITS} bits`);
  if (usages.length === 0) throw fail('SyntaxError', 'A secret key needs at least one usage');
  return createKey(randomBytes(Math.ceil(length / 8)), describe(algorithm, length), extractable, usages);
}
const MAX_KEY_BITS = 65536;

/** "Get key length": bits, or null when the key material decides. */
export function keyBits(algorithm: Algorithm): number | null {
  if (isMaterial(algorithm.name)) return null;
  const { length } = algorithm;
  if (algorithm.name === 'HMAC') {
    if (length === undefined) return blockBits(algorithm.hash ?? 'SHA-256');
    if (length === 0) throw fail('OperationError', 'The length of an HMAC key cannot be 0');
    return length;
  }
  if (length !== 128 && length !== 192 && length !== 256)
    throw fail('OperationError', 'The length of an AES key is 128, 192 or 256 bits');
  return length;
}

function describe(algorithm: Algorithm, length: number): KeyAlgorithm {
  if (algorithm.name === 'HMAC') return { hash: { name: algorithm.hash ?? 'SHA-256' }, length, name: 'HMAC' };
  return isMaterial(algorithm.name) ? { name: algorithm.name } : { length, name: algorithm.name };
}

/** Whether keys of an algorithm are material to derive others from, and nothing else. */
function isMaterial(name: string): boolean {
  return name === 'HKDF' || name === 'PBKDF2';
}

/** `importKey` for the formats `raw` and `jwk`. */
export function importSecret(
  format: string,
  data: Uint8Array | Jwk,
  given: unknown,
  extractable: boolean,
  usages: KeyUsage[],
): CryptoKey {
  const algorithm = normalizeAlgorithm(given, 'importKey');
  const { name } = algorithm;
  if (format !== 'raw' && format !== 'raw-secret' && (format !== 'jwk' || isMaterial(name))) {
    throw fail('NotSupportedError', `Keys for ${name} cannot be imported from ${format}`);
  }
  checkUsages(name, usages);
  if (isMaterial(name) && extractable) throw fail('SyntaxError', `A key for ${name} cannot be extractable`);
  const material = data instanceof Uint8Array ? data : readJwk(data, algorithm, extractable, usages);
  let bits = material.length * 8;
  if (name === 'HMAC') {
    if (bits === 0) throw fail('DataError', 'The key is empty');
    if (algorithm.length !== undefined) {
      if (algorithm.length > bits || algorithm.length <= bits - 8)
        throw fail('DataError', `The key has ${bits} bits, not ${algorithm.length}`);
      bits = algorithm.length;
    }
  }
  if (name === 'AES-GCM' && bits !== 128 && bits !== 192 && bits !== 256)
    throw fail('DataError', 'An AES key has 128, 192 or 256 bits');
  if (usages.length === 0) throw fail('SyntaxError', 'A secret key needs at least one usage');
  return createKey(material, describe(algorithm, bits), extractable, usages);
}

function jwkName(algorithm: Algorithm, bytes: number): string {
  return algorithm.name === 'HMAC' ? `HS${(algorithm.hash ?? '').slice(4)}` : `A${bytes * 8}GCM`;
}

function readJwk(jwk: Jwk, algorithm: Algorithm, extractable: boolean, usages: KeyUsage[]): Uint8Array {
  if (jwk.kty !== 'oct') throw fail('DataError', "The key's kty must be 'oct'");
  if (jwk.k === undefined) throw fail('DataError', 'The key has no k');
  let material;
  try {
    material = base64UrlToBytes(jwk.k);
  } catch {
    throw fail('DataError', "The key's k is not base64url");
  }
  if (jwk.alg !== undefined && jwk.alg !== jwkName(algorithm, material.length))
    throw fail('DataError', `The key is for ${jwk.alg.slice(0, 40)}`);
  checkJwkUse(jwk, algorithm.name === 'HMAC' ? 'sig' : 'enc', extractable, usages);
  return material;
}

/** What a JSON Web Key says about its use must allow what is wanted of it. */
export function checkJwkUse(jwk: Jwk, use: 'sig' | 'enc', extractable: boolean, usages: KeyUsage[]): void {
  if (usages.length > 0 && jwk.use !== undefined && jwk.use !== use)
    throw fail('DataError', `The key's use must be '${use}'`);
  if (jwk.key_ops !== undefined) {
    const operations = jwk.key_ops;
    if (new Set(operations).size !== operations.length || !usages.every((usage) => operations.includes(usage))) {
      throw fail('DataError', "The key's key_ops do not allow these usages");
    }
  }
  if (jwk.ext === false && extractable) throw fail('DataError', 'The key says that it is not extractable');
}

const TEXT_MEMBERS = ['alg', 'k', 'kty', 'use', 'crv', 'x', 'y', 'd', 'n', 'e', 'p', 'q', 'dp', 'dq', 'qi'] as const;

/** Reads the members of a JsonWebKey dictionary that matter here. */
export function toJwk(value: unknown): Jwk {
  if (!isObject(value) || ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    throw new TypeError('The key must be a JSON Web Key');
  const given = value as Record<string, unknown>;
  const jwk: Jwk = {};
  for (const name of TEXT_MEMBERS) if (given[name] !== undefined) jwk[name] = toDomString(given[name]);
  if (given['ext'] !== undefined) jwk.ext = Boolean(given['ext']);
  if (given['key_ops'] !== undefined) jwk.key_ops = Array.from(given['key_ops'] as Iterable<unknown>, toDomString);
  return jwk;
}

/** Throws where a key may not be exported. */
export function requireExportable(key: CryptoKey): void {
  const facts = keyFacts(key);
  if (isMaterial(facts.name)) throw fail('NotSupportedError', `Keys for ${facts.name} cannot be exported`);
  if (!facts.extractable) throw fail('InvalidAccessError', 'The key is not extractable');
}

/** `exportKey` of a secret key that may be exported. */
export function exportSecret(format: string, key: CryptoKey): Uint8Array<ArrayBuffer> | Jwk {
  const facts = keyFacts(key);
  const material = keyMaterial(key);
  if (format === 'raw' || format === 'raw-secret') return new Uint8Array(material);
  if (format !== 'jwk') throw fail('NotSupportedError', `Secret keys cannot be exported as ${format}`);
  const algorithm: Algorithm = facts.hash === undefined ? { name: facts.name } : { name: facts.name, hash: facts.hash };
  return {
    alg: jwkName(algorithm, material.length),
    ext: true,
    k: bytesToBase64Url(material),
    key_ops: [...facts.usages],
    kty: 'oct',
  };
}
