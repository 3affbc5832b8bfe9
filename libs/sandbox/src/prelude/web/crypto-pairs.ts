/**
 * Keys that come in pairs: RSA, elliptic curves, Ed25519 and X25519. The executor reads and writes their formats; here
 * they are PKCS #8 and SPKI.
 */
import { base64ToBytes } from './base64.js';
import { normalizeAlgorithm } from './crypto-algorithms.js';
import type { Algorithm, KeyUsage } from './crypto-algorithms.js';
import { callCrypto, callForBytes } from './crypto-call.js';
import type { CallFields } from './crypto-call.js';
import { checkJwkUse, createKey, isCryptoKey, keyFacts, keyMaterial } from './crypto-key.js';
import type { CryptoKey, Jwk, KeyAlgorithm, KeyType } from './crypto-key.js';
import { DOMException } from './dom-exception.js';
import { quote } from './primordials.js';

export interface CryptoKeyPair {
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}

interface DescribedKey {
  type: 'private' | 'public';
  data: string;
  bits?: number;
  exponent?: string;
}

function fail(name: string, message: string): DOMException {
  return new DOMException(message, name);
}

function allowedUsages(name: string, type: KeyType): readonly KeyUsage[] {
  const isPrivate = type === 'private';
  if (name === 'RSA-OAEP') return isPrivate ? ['decrypt', 'unwrapKey'] : ['encrypt', 'wrapKey'];
  if (name === 'ECDH' || name === 'X25519') return isPrivate ? ['deriveKey', 'deriveBits'] : [];
  return [isPrivate ? 'sign' : 'verify'];
}

function checkUsages(name: string, type: KeyType, usages: readonly KeyUsage[]): void {
  const allowed = allowedUsages(name, type);
  for (const usage of usages)
    if (!allowed.includes(usage)) throw fail('SyntaxError', `A ${type} key for ${name} cannot be used to ${usage}`);
  if (type === 'private' && usages.length === 0) throw fail('SyntaxError', 'A private key needs at least one usage');
}

/** The fields that say which algorithm a key is for. */
function algorithmFields({ name, hash, namedCurve }: Algorithm): CallFields {
  return { name, hash, curve: namedCurve };
}

/** The fields of a call that uses a key. */
function keyFields(key: CryptoKey): CallFields {
  const { name, hash, curve } = keyFacts(key);
  return { name, hash, curve, key: keyMaterial(key) };
}

function makeKey(described: DescribedKey, algorithm: Algorithm, extractable: boolean, usages: KeyUsage[]): CryptoKey {
  const shown: KeyAlgorithm = { name: algorithm.name };
  if (described.bits !== undefined) {
    shown.modulusLength = described.bits;
    shown.publicExponent = base64ToBytes(described.exponent ?? '');
    shown.hash = { name: algorithm.hash ?? 'SHA-256' };
  }
  if (algorithm.namedCurve !== undefined) shown.namedCurve = algorithm.namedCurve;
  return createKey(base64ToBytes(described.data), shown, extractable, usages, described.type);
}

/** `importKey` from `jwk`, `spki`, `pkcs8` and, for public keys of curves, `raw`. */
export async function importPair(
  format: string,
  data: Uint8Array | Jwk,
  given: unknown,
  extractable: boolean,
  usages: KeyUsage[],
): Promise<CryptoKey> {
  const algorithm = normalizeAlgorithm(given, 'importKey');
  const { name } = algorithm;
  if (format === 'raw-secret' || (format === 'raw' && name[0] === 'R'))
    throw fail('NotSupportedError', `Keys for ${name} cannot be imported from ${format}`);
  const isPrivate = format === 'pkcs8' || (!(data instanceof Uint8Array) && data.d !== undefined);
  checkUsages(name, isPrivate ? 'private' : 'public', usages);
  const fields: CallFields = { ...algorithmFields(algorithm), format: format === 'raw-public' ? 'raw' : format };
  if (data instanceof Uint8Array) {
    fields['data'] = data;
  } else {
    checkJwk(data, algorithm, extractable, usages);
    fields['jwk'] = jwkText(data);
  }
  const described = (await callCrypto('import_pair', fields)) as unknown as DescribedKey;
  return makeKey(described, algorithm, extractable, usages);
}

const KEY_TYPES: Record<string, string> = { E: 'EC', R: 'RSA' };
const CURVE_ALGORITHMS: Record<string, string> = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' };

function checkJwk(jwk: Jwk, algorithm: Algorithm, extractable: boolean, usages: KeyUsage[]): void {
  const { name, namedCurve } = algorithm;
  const isOctets = name === 'Ed25519' || name === 'X25519';
  const kty = isOctets ? 'OKP' : KEY_TYPES[name.charAt(0)];
  if (jwk.kty !== kty) throw fail('DataError', `The key's kty must be '${kty}'`);
  const curve = isOctets ? name : namedCurve;
  if (curve !== undefined && jwk.crv !== curve) throw fail('DataError', `The key's crv must be '${curve}'`);
  checkJwkUse(jwk, name === 'RSA-OAEP' || name === 'ECDH' || name === 'X25519' ? 'enc' : 'sig', extractable, usages);
  const wanted = jwkAlgorithm(algorithm);
  if (
    jwk.alg === undefined ||
    wanted === undefined ||
    jwk.alg === wanted ||
    (name === 'Ed25519' && jwk.alg === 'EdDSA')
  )
    return;
  throw fail('DataError', `The key is for ${jwk.alg.slice(0, 40)}, not for ${wanted}`);
}

/** The `alg` of a JSON Web Key (RFC 7518); undefined where a key says none. */
function jwkAlgorithm({ name, hash, namedCurve }: Algorithm): string | undefined {
  const size = hash === undefined || hash === 'SHA-1' ? '1' : hash.slice(4);
  switch (name) {
    case 'RSASSA-PKCS1-v1_5':
      return `RS${size}`;
    case 'RSA-PSS':
      return `PS${size}`;
    case 'RSA-OAEP':
      return size === '1' ? 'RSA-OAEP' : `RSA-OAEP-${size}`;
    case 'ECDSA':
      return CURVE_ALGORITHMS[namedCurve ?? ''];
    case 'Ed25519':
      return 'Ed25519';
    default:
      return undefined;
  }
}

const JWK_MEMBERS = ['kty', 'crv', 'x', 'y', 'd', 'n', 'e', 'p', 'q', 'dp', 'dq', 'qi'] as const;

function jwkText(jwk: Jwk): string {
  let text = '';
  for (const name of JWK_MEMBERS) {
    const value = jwk[name];
    if (value !== undefined) text += `${text === '' ? '' : ','}${quote(name)}:${quote(value)}`;
  }
  return `{${text}}`;
}

/** `exportKey`. The caller knows that the key may be exported. */
export async function exportPair(format: string, key: CryptoKey): Promise<Uint8Array<ArrayBuffer> | Jwk> {
  const facts = keyFacts(key);
  const isFitting =
    format === 'jwk' ||
    (facts.type === 'private' ? format === 'pkcs8' : format === 'spki' || format === 'raw' || format === 'raw-public');
  if (!isFitting || (format.startsWith('raw') && facts.name[0] === 'R')) {
    throw fail(
      format.startsWith('raw') && facts.name[0] === 'R' ? 'NotSupportedError' : 'InvalidAccessError',
      `A ${facts.type} key for ${facts.name} cannot be exported as ${format}`,
    );
  }
  if (format === 'pkcs8' || format === 'spki') return new Uint8Array(keyMaterial(key));
  const answer = await callCrypto('export_pair', {
    ...keyFields(key),
    kind: facts.type,
    format: format === 'jwk' ? 'jwk' : 'raw',
  });
  if (format !== 'jwk') return base64ToBytes(answer['data'] as string);
  const jwk: Jwk = { key_ops: [...facts.usages], ext: facts.extractable, ...(answer['jwk'] as Jwk) };
  const alg =
    facts.name === 'ECDSA' ? undefined : jwkAlgorithm({ name: facts.name, ...(facts.hash && { hash: facts.hash }) });
  return alg === undefined ? jwk : { ...jwk, alg };
}

/** `generateKey`; the public key can always be exported. */
export async function generatePair(
  algorithm: Algorithm,
  extractable: boolean,
  usages: KeyUsage[],
): Promise<CryptoKeyPair> {
  const { name, modulusLength, publicExponent } = algorithm;
  const [ofPrivate, ofPublic] = [allowedUsages(name, 'private'), allowedUsages(name, 'public')];
  for (const usage of usages)
    if (!ofPrivate.includes(usage) && !ofPublic.includes(usage))
      throw fail('SyntaxError', `Keys for ${name} cannot be used to ${usage}`);
  const privateUsages = usages.filter((usage) => ofPrivate.includes(usage));
  if (privateUsages.length === 0) throw fail('SyntaxError', 'A private key needs at least one usage');
  const fields = {
    ...algorithmFields(algorithm),
    bits: modulusLength,
    exponent: publicExponent === undefined ? undefined : toNumber(publicExponent),
  };
  const pair = (await callCrypto('generate_pair', fields)) as unknown as Record<'private' | 'public', DescribedKey>;
  return {
    privateKey: makeKey(pair.private, algorithm, extractable, privateUsages),
    publicKey: makeKey(
      pair.public,
      algorithm,
      true,
      usages.filter((usage) => ofPublic.includes(usage)),
    ),
  };
}

/** A big-endian integer; one that is too large for any exponent here is 0, which is refused. */
function toNumber(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) value = value * 256 + byte;
  return value < 2 ** 31 ? value : 0;
}

function requireType(key: CryptoKey, type: KeyType): void {
  if (keyFacts(key).type !== type) throw fail('InvalidAccessError', `The operation needs a ${type} key`);
}

export function signPair({ hash, saltLength }: Algorithm, key: CryptoKey, data: Uint8Array): Promise<ArrayBuffer> {
  requireType(key, 'private');
  return callForBytes('sign_pair', { ...keyFields(key), sign_hash: hash, salt_length: saltLength, data });
}

export async function verifyPair(
  { hash, saltLength }: Algorithm,
  key: CryptoKey,
  signature: Uint8Array,
  data: Uint8Array,
): Promise<boolean> {
  requireType(key, 'public');
  return (
    (await callCrypto('verify_pair', { ...keyFields(key), sign_hash: hash, salt_length: saltLength, data, signature }))[
      'valid'
    ] === true
  );
}

/** RSA-OAEP. */
export function cipherPair(
  operation: 'encrypt' | 'decrypt',
  { label }: Algorithm,
  key: CryptoKey,
  data: Uint8Array,
): Promise<ArrayBuffer> {
  requireType(key, operation === 'encrypt' ? 'public' : 'private');
  return callForBytes(`${operation}_pair`, { ...keyFields(key), label, data });
}

/** ECDH and X25519: as many bits of the shared secret as were asked for, all of them for null. */
export async function sharedBits(
  { name, public: other }: Algorithm,
  key: CryptoKey,
  length: number | null,
): Promise<Uint8Array<ArrayBuffer>> {
  requireType(key, 'private');
  if (!isCryptoKey(other)) throw new TypeError(`${name}: public must be a CryptoKey`);
  const [own, theirs] = [keyFacts(key), keyFacts(other)];
  if (theirs.type !== 'public' || theirs.name !== name || theirs.curve !== own.curve)
    throw fail('InvalidAccessError', `${name}: public must be a public key for the same algorithm`);
  const bytes = new Uint8Array(
    await callForBytes('shared_bits', { ...keyFields(key), public_key: keyMaterial(other) }),
  );
  if (length === null) return bytes;
  if (length > bytes.length * 8) throw fail('OperationError', `${name} gives ${bytes.length * 8} bits, not ${length}`);
  const cut = bytes.slice(0, Math.ceil(length / 8));
  if (length % 8 !== 0) cut[cut.length - 1] = (cut[cut.length - 1] ?? 0) & (0xff << (8 - (length % 8)));
  return cut;
}
