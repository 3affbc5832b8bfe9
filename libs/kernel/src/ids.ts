import { randomFillSync } from 'node:crypto';

/**
 * Identifiers: a prefix that names the kind, `_`, and a UUIDv7 in 26 characters of Crockford base32 (TypeID 0.3.0),
 * for example `run_01jz9d3k4mfv8s5w2x7y6n0pqr`. They sort by the time they were made, to the millisecond.
 * The database keeps the bare UUID (RFC 9562 §5.7); the two forms carry the same 128 bits.
 */
export const idPrefixes = {
  tenant: 'ten',
  user: 'usr',
  installation: 'plg',
  release: 'rel',
  run: 'run',
  event: 'evt',
  delivery: 'dlv',
  replay: 'rpl',
  webhook: 'whk',
  mail: 'eml',
  schedule: 'sch',
  source: 'src',
  token: 'tok',
  session: 'ses',
  invitation: 'inv',
  request: 'req',
  alert: 'alr',
} as const;

export type IdKind = keyof typeof idPrefixes;

/**
 * An identifier of one kind, such as `Id<'run'>`. Only {@link newId}, {@link idFromUuid} and {@link parseId} make one.
 */
export type Id<K extends IdKind = IdKind> = `${(typeof idPrefixes)[K]}_${string}`;

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const hexDigits = '0123456789abcdef';
/** Character code → value. */
const decodeTable: (number | undefined)[] = [];
for (let value = 0; value < 32; value += 1) decodeTable[alphabet.charCodeAt(value)] = value;

const pool = Buffer.alloc(4096);
let poolOffset = pool.length;
let lastMs = 0;
let sequence = 0;

/** A UUIDv7 as 16 bytes. Within one process and millisecond the 12-bit `rand_a` counts up, so ids keep their order. */
function uuidv7Bytes(nowMs: number): Uint8Array {
  if (poolOffset + 10 > pool.length) {
    randomFillSync(pool);
    poolOffset = 0;
  }
  const bytes = new Uint8Array(16);
  bytes.set(pool.subarray(poolOffset, poolOffset + 10), 6);
  poolOffset += 10;
  let ms = Math.max(nowMs, lastMs);
  if (ms === lastMs) {
    sequence += 1;
    if (sequence > 0xfff) {
      ms += 1;
      sequence = (((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0)) & 0x7ff;
    }
  } else {
    sequence = (((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0)) & 0x7ff;
  }
  lastMs = ms;
  let rest = ms;
  for (let index = 5; index >= 0; index -= 1) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[6] = 0x70 | (sequence >> 8);
  bytes[7] = sequence & 0xff;
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes;
}

/** Two digits for each ten bits: an id is made of thirteen looks into it. */
const pairs = Array.from({ length: 1024 }, (_, bits) => `${alphabet[bits >> 5] ?? ''}${alphabet[bits & 31] ?? ''}`);

function encodeBase32(bytes: Uint8Array): string {
  // 128 bits are 13 groups of 10 with two zero bits in front.
  let out = '';
  let buffer = 0;
  let bits = 2;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0x3ffff;
    bits += 8;
    if (bits >= 10) {
      bits -= 10;
      out += pairs[(buffer >> bits) & 1023] ?? '';
    }
  }
  return out;
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A fresh identifier, made at `nowMs` (milliseconds since the epoch, default: the system clock). */
export function newId<K extends IdKind>(kind: K, nowMs: number = Date.now()): Id<K> {
  return `${idPrefixes[kind]}_${encodeBase32(uuidv7Bytes(nowMs))}` as Id<K>;
}

/** A fresh UUIDv7 in its usual text form, for rows that never leave the platform under a prefix. */
export function newUuid(nowMs: number = Date.now()): string {
  return uuidText(uuidv7Bytes(nowMs));
}

/** The prefixed form of a UUID read from the database. Throws `RangeError` if it is not a UUID. */
export function idFromUuid<K extends IdKind>(kind: K, uuid: string): Id<K> {
  const hex = uuid.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw new RangeError(`not a UUID: ${uuid.slice(0, 64)}`);
  return `${idPrefixes[kind]}_${encodeBase32(Buffer.from(hex, 'hex'))}` as Id<K>;
}

/** The UUID inside an identifier that the type system already vouches for. */
export function uuidFromId(id: Id): string {
  const uuid = decode(id.slice(id.indexOf('_') + 1));
  if (uuid === undefined) throw new RangeError(`not an id: ${id.slice(0, 64)}`);
  return uuid;
}

/** Reads what a caller sent; `undefined` when it is not a well-formed identifier of that kind. */
export function parseId<K extends IdKind>(kind: K, text: string): Id<K> | undefined {
  const prefix = `${idPrefixes[kind]}_`;
  if (!text.startsWith(prefix)) return undefined;
  return decode(text.slice(prefix.length)) === undefined ? undefined : (text as Id<K>);
}

function decode(text: string): string | undefined {
  if (text.length !== 26 || (text[0] ?? '') > '7') return undefined;
  // Bit by bit into hex digits rather than through a BigInt: batches of runs convert tens of thousands a second.
  let uuid = '';
  let buffer = 0;
  let bits = -2;
  for (let index = 0; index < 26; index += 1) {
    const digit = decodeTable[text.charCodeAt(index)];
    if (digit === undefined) return undefined;
    buffer = (buffer << 5) | digit;
    bits += 5;
    while (bits >= 4) {
      bits -= 4;
      uuid += hexDigits[(buffer >> bits) & 15];
      if (uuid.length === 8 || uuid.length === 13 || uuid.length === 18 || uuid.length === 23) uuid += '-';
    }
    buffer &= (1 << bits) - 1;
  }
  return uuid;
}
