/**
 * Index entries of documents: for each text, number and boolean in one, bytes that begin with a digest of its path and
 * go on in an order that is the values' own. So one b-tree finds equal values and ranges of every field, through
 * operators that row-level security lets an index use. An entry only says where to look: whoever finds a document by it
 * asks the document itself. So an entry may stand for more than one value (two paths with one digest, long texts with
 * one beginning), but never may one be missing.
 */
import { createHash } from 'node:crypto';
import type { Filter } from '@annex/host-api';
import type { Json, JsonObject } from '@annex/kernel';

/**
 * Most entries of one document. One with more gets the single entry {@link unindexed} instead, which every search looks
 * at.
 */
export const maxEntries = 256;
/** Entry of the documents that have too many values to be indexed. */
export const unindexed = Buffer.from([0]);

/** Bytes of a text that are kept in the entry; of a longer one these many, and eight of its digest. */
const prefixBytes = 24;
const pathBytes = 8;
/** `inList` marks a path that leads through a list: there one document may have several values. */
const kinds = { number: 2, string: 3, boolean: 4, inList: 5 } as const;

/** The entries of a document, each once. */
export function indexEntries(data: JsonObject): Buffer[] {
  const entries = new Map<string, Buffer>();
  const full = collect(data, { path: '', inList: false }, entries);
  return full ? [...entries.values()] : [unindexed];
}

/** `false` when there are too many. A path names fields only: the items of a list stand under the list's own path. */
function collect(
  value: Json,
  { path, inList }: { path: string; inList: boolean },
  entries: Map<string, Buffer>,
): boolean {
  if (value === null) return true;
  if (Array.isArray(value)) return value.every((item) => collect(item, { path, inList: true }, entries));
  if (typeof value === 'object')
    return Object.entries(value).every(([name, item]) =>
      collect(item, { path: path === '' ? name : `${path}.${name}`, inList }, entries),
    );
  for (const entry of inList ? [entryOf(path, value), headOf(path, 'inList')] : [entryOf(path, value)])
    entries.set(entry.toString('latin1'), entry);
  return entries.size <= maxEntries;
}

function entryOf(path: string, value: string | number | boolean): Buffer {
  const head = headOf(path, typeof value as keyof typeof kinds);
  if (typeof value === 'number') return Buffer.concat([head, orderedDouble(value)]);
  if (typeof value === 'boolean') return Buffer.concat([head, Buffer.from([value ? 1 : 0])]);
  const text = Buffer.from(value);
  if (text.length <= prefixBytes) return Buffer.concat([head, text]);
  return Buffer.concat([head, text.subarray(0, prefixBytes), digest(text)]);
}

function headOf(path: string, kind: keyof typeof kinds): Buffer {
  return Buffer.concat([digest(path), Buffer.from([kinds[kind]])]);
}

function digest(of: string | Buffer): Buffer {
  return createHash('sha256').update(of).digest().subarray(0, pathBytes);
}

/**
 * IEEE 754 in an order that bytes keep: positive numbers get their sign bit set, of negative ones every bit is turned.
 */
function orderedDouble(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  // -0 and 0 are one number.
  bytes.writeDoubleBE(value === 0 ? 0 : value);
  if ((bytes[0] ?? 0) & 0x80) for (let index = 0; index < 8; index += 1) bytes[index] = ~(bytes[index] ?? 0) & 0xff;
  else bytes[0] = (bytes[0] ?? 0) | 0x80;
  return bytes;
}

/** A part of the index; both ends belong to it. */
export interface EntryRange {
  from: Buffer;
  to: Buffer;
}

/** Where every document that can pass a condition has an entry: equal to one of `equal`, or in one of `ranges`. */
export interface Lookup {
  equal: Buffer[];
  ranges: EntryRange[];
  /** Set on a lookup that is one range: of which path, and of which kind of values. */
  rangeOf?: { path: string; head: string };
}

/** More values than this are not looked up one by one. */
const maxEqual = 1000;
const maxRanges = 20;

/**
 * Each place in which all the documents that pass a filter are found, the most promising first; none: every document
 * must be looked at.
 */
export function lookupsOf(filter: Filter): Lookup[] {
  return places(filter).sort(
    (one, other) => one.ranges.length - other.ranges.length || one.equal.length - other.equal.length,
  );
}

function places(filter: Filter): Lookup[] {
  if (filter.kind === 'and') return narrowed(filter.filters.flatMap(places));
  if (filter.kind === 'or') {
    // Every branch needs a place; the documents are in one of them.
    const best = filter.filters.map((branch) => lookupsOf(branch)[0]);
    if (!best.every((place) => place !== undefined)) return [];
    const union = { equal: best.flatMap(({ equal }) => equal), ranges: best.flatMap(({ ranges }) => ranges) };
    return union.equal.length <= maxEqual && union.ranges.length <= maxRanges ? [union] : [];
  }
  if (filter.kind !== 'field') return [];
  const path = filter.path.join('.');
  const { test } = filter;
  switch (test.op) {
    case 'eq':
      return typeof test.value === 'object' ? [] : [{ equal: [entryOf(path, test.value)], ranges: [] }];
    case 'in':
      return test.orNull ? [] : [{ equal: test.values.map((value) => entryOf(path, value)), ranges: [] }];
    case 'gt':
    case 'gte':
      return [
        rangeLookup(path, test.value, { from: bound(path, test.value), to: end(headOf(path, kindOf(test.value))) }),
      ];
    case 'lt':
    case 'lte':
      return [
        rangeLookup(path, test.value, { from: headOf(path, kindOf(test.value)), to: end(bound(path, test.value)) }),
      ];
    case 'like': {
      const fixed = fixedBeginning(test.pattern);
      if (fixed === '') return [];
      const from = bound(path, fixed);
      return [{ equal: [], ranges: [{ from, to: end(from) }] }];
    }
    default:
      return [];
  }
}

function kindOf(value: string | number): 'string' | 'number' {
  return typeof value === 'number' ? 'number' : 'string';
}

function rangeLookup(path: string, value: string | number, range: EntryRange): Lookup {
  return { equal: [], ranges: [range], rangeOf: { path, head: kindOf(value) } };
}

/**
 * Makes one of the ranges of one field, since two open ones may each hold almost everything. A list may pass one
 * condition with one item and the other with another, so documents with a list there are looked at in any case.
 */
function narrowed(lookups: Lookup[]): Lookup[] {
  const result: Lookup[] = [];
  const joint = new Map<string, Lookup>();
  for (const lookup of lookups) {
    const [range] = lookup.ranges;
    if (!lookup.rangeOf || !range) {
      result.push(lookup);
      continue;
    }
    const { path, head } = lookup.rangeOf;
    const key = `${head} ${path}`;
    const first = joint.get(key);
    const [known] = first?.ranges ?? [];
    if (!first || !known) {
      const own = { ...lookup };
      joint.set(key, own);
      result.push(own);
      continue;
    }
    first.ranges = [
      { from: later(known.from, range.from), to: later(known.to, range.to) === known.to ? range.to : known.to },
    ];
    first.equal = [headOf(path, 'inList')];
  }
  return result;
}

function later(one: Buffer, other: Buffer): Buffer {
  return Buffer.compare(one, other) >= 0 ? one : other;
}

/**
 * The beginning that an entry of a value shares with those of all values between which and it the index does not tell.
 */
function bound(path: string, value: string | number): Buffer {
  if (typeof value === 'number') return entryOf(path, value);
  return Buffer.concat([headOf(path, 'string'), Buffer.from(value).subarray(0, prefixBytes)]);
}

/** Not before any entry that begins with these bytes. */
function end(prefix: Buffer): Buffer {
  return Buffer.concat([prefix, Buffer.alloc(40, 0xff)]);
}

/** What every text that fits a LIKE pattern begins with. */
function fixedBeginning(pattern: string): string {
  return (/^(?:[^%_\\]|\\.)*/su.exec(pattern)?.[0] ?? '').replace(/\\(.)/gsu, '$1');
}
