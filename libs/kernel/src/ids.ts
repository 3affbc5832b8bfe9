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
  notice: 'ntc',
  noticeRule: 'ntr',
  quarantine: 'qrn',
} as const;

export type IdKind = keyof typeof idPrefixes;

/**
 * An identifier of one kind, such as `Id<'run'>`. Only {@link newId}, {@link idFromUuid} and {@link parseId} make one.
 */
export type Id<K extends IdKind = IdKind> = `${(typeof idPrefixes)[K]}_${string}`;

const alphabet = Buffer.from('0123456789abcdefghjkmnpqrstvwxyz', 'latin1');
const hexDigits = Buffer.from('0123456789abcdef', 'latin1');
/** Character code → value. */
const decodeTable: (number | undefined)[] = [];
for (const [value, code] of alphabet.entries()) decodeTable[code] = value;

// Thousands of ids are made and read a second, so the bytes and letters of each are put together in the same places.
const bytes = new Uint8Array(16);
const letters = Buffer.alloc(36);
const pool = Buffer.alloc(4096);
let poolOffset = pool.length;
let lastMs = 0;
let sequence = 0;

/**
 * Makes a UUIDv7 in {@link bytes}. Within one process and millisecond the 12-bit `rand_a` counts up, so ids keep their
 * order.
 */
function makeUuidv7(nowMs: number): void {
  if (poolOffset + 10 > pool.length) {
    randomFillSync(pool);
    poolOffset = 0;
  }
  for (let index = 6; index < 16; index += 1) bytes[index] = pool[poolOffset + index - 6] ?? 0;
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
}

/** 128 bits in 26 letters, which stand for two zero bits more in front. */
function encodeBase32(uuid: Uint8Array): string {
  let buffer = 0;
  let bits = 2;
  let at = 0;
  for (let index = 0; index < 16; index += 1) {
    buffer = ((buffer << 8) | (uuid[index] ?? 0)) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      letters[at] = alphabet[(buffer >> bits) & 31] ?? 0;
      at += 1;
    }
  }
  return letters.toString('latin1', 0, 26);
}

function uuidText(uuid: Uint8Array): string {
  let at = 0;
  for (let index = 0; index < 16; index += 1) {
    if (index === 4 || index === 6 || index === 8 || index === 10) {
      letters[at] = 0x2d;
      at += 1;
    }
    const byte = uuid[index] ?? 0;
    letters[at] = hexDigits[byte >> 4] ?? 0;
    letters[at + 1] = hexDigits[byte & 15] ?? 0;
    at += 2;
  }
  return letters.toString('latin1');
}

/** A fresh identifier, made at `nowMs` (milliseconds since the epoch, default: the system clock). */
export function newId<K extends IdKind>(kind: K, nowMs: number = Date.now()): Id<K> {
  makeUuidv7(nowMs);
  return `${idPrefixes[kind]}_${encodeBase32(bytes)}` as Id<K>;
}

/** A fresh UUIDv7 in its usual text form, for rows that never leave the platform under a prefix. */
export function newUuid(nowMs: number = Date.now()): string {
  makeUuidv7(nowMs);
  return uuidText(bytes);
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
  let buffer = 0;
  let bits = -2;
  let at = 0;
  for (let index = 0; index < 26; index += 1) {
    const digit = decodeTable[text.charCodeAt(index)];
    if (digit === undefined) return undefined;
    buffer = ((buffer << 5) | digit) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = (buffer >> bits) & 0xff;
    at += 1;
  }
  return uuidText(bytes);
}
