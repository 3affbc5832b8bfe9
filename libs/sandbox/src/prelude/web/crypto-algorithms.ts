import { DOMException } from './dom-exception.js';
import { ObjectFreeze, StringPrototypeToUpperCase } from './primordials.js';
import { isObject, toDomString, viewBytes } from './webidl.js';

/** Operations of `crypto.subtle` that take an algorithm. */
export type Operation = 'digest' | 'encrypt' | 'decrypt' | 'sign' | 'verify' | 'generateKey' | 'importKey' | 'deriveBits' | 'getKeyLength';
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
}

/** All usages, in the order in which a key lists them. */
export const USAGES: readonly KeyUsage[] = ObjectFreeze(['encrypt', 'decrypt', 'sign', 'verify', 'deriveKey', 'deriveBits', 'wrapKey', 'unwrapKey']);

const HASHES: readonly string[] = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];
const SUPPORTED: Record<Operation, readonly string[]> = {
  digest: HASHES,
  encrypt: ['AES-GCM'],
  decrypt: ['AES-GCM'],
  sign: ['HMAC'],
  verify: ['HMAC'],
  generateKey: ['AES-GCM', 'HMAC'],
  importKey: ['AES-GCM', 'HMAC', 'HKDF'],
  deriveBits: ['HKDF'],
  getKeyLength: ['AES-GCM', 'HMAC', 'HKDF'],
};

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

/** Normalises an algorithm for an operation. Throws a NotSupportedError for one that is not offered here, a TypeError for bad members. */
export function normalizeAlgorithm(given: unknown, operation: Operation): Algorithm {
  const members: Record<string, unknown> = isObject(given) ? (given as Record<string, unknown>) : {};
  if (isObject(given) && members['name'] === undefined) throw new TypeError('The algorithm has no name');
  const wanted = toDomString(isObject(given) ? members['name'] : given);
  const upper = StringPrototypeToUpperCase(wanted);
  const name = SUPPORTED[operation].find((supported) => supported === upper);
  if (name === undefined) {
    throw new DOMException(`${operation}: the algorithm ${wanted.slice(0, 100)} is not offered here; use one of ${SUPPORTED[operation].join(', ')}`, 'NotSupportedError');
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
  if (operation === 'encrypt' || operation === 'decrypt') {
    algorithm.iv = copyBytes(members['iv'], 'iv');
    if (members['additionalData'] !== undefined) algorithm.additionalData = copyBytes(members['additionalData'], 'additionalData');
    if (members['tagLength'] !== undefined) algorithm.tagLength = integer(members['tagLength'], 255, 'tagLength');
  }
  if (name === 'HKDF' && operation === 'deriveBits') {
    algorithm.hash = hashOf(members);
    algorithm.salt = copyBytes(members['salt'], 'salt');
    algorithm.info = copyBytes(members['info'], 'info');
  }
  return algorithm;
}

function hashOf(members: Record<string, unknown>): HashName {
  if (members['hash'] === undefined) throw new TypeError('The algorithm has no hash');
  return normalizeAlgorithm(members['hash'], 'digest').name as HashName;
}
