import { DOMException } from './dom-exception.js';
import { ObjectFreeze, StringPrototypeToUpperCase } from './primordials.js';
import { isObject, toDomString, viewBytes } from './webidl.js';

/** Operations of `crypto.subtle` that take an algorithm. */
export type Operation =
  'digest' | 'encrypt' | 'decrypt' | 'sign' | 'verify' | 'generateKey' | 'importKey' | 'deriveBits' | 'getKeyLength';
/** Hash functions the executor knows. */
export type HashName = 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512';
export type KeyUsage = 'encrypt' | 'decrypt' | 'sign' | 'verify' | 'deriveKey' | 'deriveBits' | 'wrapKey' | 'unwrapKey';

/** A normalised algorithm (Web Cryptography §18.4.4): its registered name and the members its operation reads. */
export interface Algorithm {
  name: string;
  hash?: HashName;
  length?: number;
  iv?: Uint8Array;
  additionalData?: Uint8Array;
  tagLength?: number;
  salt?: Uint8Array;
  info?: Uint8Array;
  namedCurve?: string;
  modulusLength?: number;
  publicExponent?: Uint8Array;
  saltLength?: number;
  label?: Uint8Array;
  iterations?: number;
  /** The other side's key; whether it is one is seen when it is used. */
  public?: unknown;
}

/** All usages, in the order in which a key lists them. */
export const USAGES: readonly KeyUsage[] = ObjectFreeze([
  'encrypt',
  'decrypt',
  'sign',
  'verify',
  'deriveKey',
  'deriveBits',
  'wrapKey',
  'unwrapKey',
]);

const HASHES: readonly string[] = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];
const RSA_SIGN = ['RSASSA-PKCS1-v1_5', 'RSA-PSS'];
const SIGN = ['HMAC', ...RSA_SIGN, 'ECDSA', 'Ed25519'];
const PAIRS = [...RSA_SIGN, 'RSA-OAEP', 'ECDSA', 'ECDH', 'Ed25519', 'X25519'];
const SUPPORTED: Record<Operation, readonly string[]> = {
  digest: HASHES,
  encrypt: ['AES-GCM', 'RSA-OAEP'],
  decrypt: ['AES-GCM', 'RSA-OAEP'],
  sign: SIGN,
  verify: SIGN,
  generateKey: ['AES-GCM', 'HMAC', ...PAIRS],
  importKey: ['AES-GCM', 'HMAC', 'HKDF', 'PBKDF2', ...PAIRS],
  deriveBits: ['HKDF', 'PBKDF2', 'ECDH', 'X25519'],
  getKeyLength: ['AES-GCM', 'HMAC', 'HKDF', 'PBKDF2'],
};
const CURVES = ['P-256', 'P-384', 'P-521'];

/** Whether keys of an algorithm come in pairs, a private and a public one. */
export function isPairAlgorithm(name: string): boolean {
  return PAIRS.includes(name);
}

/** Block length of a hash in bits, which is the length of an HMAC key that does not say otherwise. */
export function blockBits(hash: HashName): number {
  return hash === 'SHA-384' || hash === 'SHA-512' ? 1024 : 512;
}

/** A copy of a BufferSource; throws a TypeError for any other value. */
export function copyBytes(value: unknown, what: string): Uint8Array<ArrayBuffer> {
  const view = viewBytes(value);
  if (view === undefined) throw new TypeError(`${what} must be an ArrayBuffer or a view on one`);
  return new Uint8Array(view);
}

/** Web IDL `[EnforceRange]` for an integer from 0 to `max`. */
function integer(value: unknown, max: number, what: string): number {
  const number = Math.trunc(Number(value));
  if (!(number >= 0 && number <= max)) throw new TypeError(`${what} must be an integer from 0 to ${max}`);
  return number;
}

/**
 * Normalises an algorithm for an operation. Throws a NotSupportedError for one that is not offered here, a TypeError
 * for bad members.
 */
export function normalizeAlgorithm(given: unknown, operation: Operation): Algorithm {
  const members: Record<string, unknown> = isObject(given) ? (given as Record<string, unknown>) : {};
  if (isObject(given) && members['name'] === undefined) throw new TypeError('The algorithm has no name');
  const wanted = toDomString(isObject(given) ? members['name'] : given);
  const upper = StringPrototypeToUpperCase(wanted);
  const name = SUPPORTED[operation].find((supported) => StringPrototypeToUpperCase(supported) === upper);
  if (name === undefined) {
    throw new DOMException(
      `${operation}: the algorithm ${wanted.slice(0, 100)} is not offered here; use one of ` +
        `${SUPPORTED[operation].join(', ')}`,
      'NotSupportedError',
    );
  }
  const algorithm: Algorithm = { name };
  if (name === 'HMAC' && (operation === 'generateKey' || operation === 'importKey' || operation === 'getKeyLength')) {
    algorithm.hash = hashOf(members);
    if (members['length'] !== undefined) algorithm.length = integer(members['length'], 0xffffffff, 'length');
  }
  if (name === 'AES-GCM' && (operation === 'generateKey' || operation === 'getKeyLength')) {
    if (members['length'] === undefined) throw new TypeError('AES-GCM: length is missing');
    algorithm.length = integer(members['length'], 0xffff, 'length');
  }
  if (isPairAlgorithm(name)) {
    readPairMembers(algorithm, operation, members);
    return algorithm;
  }
  if (operation === 'encrypt' || operation === 'decrypt') {
    algorithm.iv = copyBytes(members['iv'], 'iv');
    if (members['additionalData'] !== undefined)
      algorithm.additionalData = copyBytes(members['additionalData'], 'additionalData');
    if (members['tagLength'] !== undefined) algorithm.tagLength = integer(members['tagLength'], 255, 'tagLength');
  }
  if (name === 'HKDF' && operation === 'deriveBits') {
    algorithm.hash = hashOf(members);
    algorithm.salt = copyBytes(members['salt'], 'salt');
    algorithm.info = copyBytes(members['info'], 'info');
  }
  if (name === 'PBKDF2' && operation === 'deriveBits') {
    algorithm.hash = hashOf(members);
    algorithm.salt = copyBytes(members['salt'], 'salt');
    algorithm.iterations = integer(members['iterations'], 0xffffffff, 'iterations');
  }
  return algorithm;
}

function readPairMembers(algorithm: Algorithm, operation: Operation, members: Record<string, unknown>): void {
  const { name } = algorithm;
  const isRsa = name[0] === 'R';
  if (operation === 'generateKey' || operation === 'importKey') {
    if (operation === 'generateKey' && isRsa) {
      algorithm.modulusLength = integer(members['modulusLength'], 0xffffffff, 'modulusLength');
      algorithm.publicExponent = copyBytes(members['publicExponent'], 'publicExponent');
    }
    if (isRsa) algorithm.hash = hashOf(members);
    if (name[0] === 'E' && name !== 'Ed25519') {
      if (members['namedCurve'] === undefined) throw new TypeError(`${name}: namedCurve is missing`);
      algorithm.namedCurve = toDomString(members['namedCurve']);
      if (!CURVES.includes(algorithm.namedCurve))
        throw new DOMException(
          `${name}: the curve ${algorithm.namedCurve.slice(0, 40)} is not offered here; use one of ` +
            `${CURVES.join(', ')}`,
          'NotSupportedError',
        );
    }
    return;
  }
  if (name === 'RSA-PSS') algorithm.saltLength = integer(members['saltLength'], 0xffffffff, 'saltLength');
  if (name === 'ECDSA') algorithm.hash = hashOf(members);
  if (name === 'RSA-OAEP' && members['label'] !== undefined) algorithm.label = copyBytes(members['label'], 'label');
  if (operation === 'deriveBits') algorithm.public = members['public'];
}

function hashOf(members: Record<string, unknown>): HashName {
  if (members['hash'] === undefined) throw new TypeError('The algorithm has no hash');
  return normalizeAlgorithm(members['hash'], 'digest').name as HashName;
}
