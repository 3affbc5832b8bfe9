import { DateNow, TypedArraySet, apply, Uint8ArrayCtor } from './primordials.js';
import { utf8Decode, utf8Encode } from './encoding.js';
import { streams } from './streams.js';
import type { ReadableStream } from './streams.js';
import {
  finishInterface,
  isObject,
  requireArguments,
  toDictionary,
  toDomString,
  toUsvString,
  viewBytes,
} from './webidl.js';

/** The bytes of a Blob; shared, never to be written to. */
export let blobBytes: (blob: Blob) => Uint8Array<ArrayBuffer>;
/** True for a Blob or File, whatever its prototype. */
export let isBlob: (value: unknown) => value is Blob;
/** A Blob over bytes that nobody writes to any more. */
export let wrapBlob: (bytes: Uint8Array<ArrayBuffer>, type: string) => Blob;

/** File API §3. The bytes are in memory, immutable. */
export class Blob {
  #bytes: Uint8Array<ArrayBuffer>;
  #type: string;

  constructor(parts?: unknown, options?: unknown) {
    const list = parts === undefined ? [] : toParts(parts);
    const given = toDictionary(options, 'Blob options');
    // Each member is read once and converted before the next one (Web IDL §3.2.17).
    const { endings: wanted } = given;
    const endings = wanted === undefined ? 'transparent' : toDomString(wanted);
    if (endings !== 'transparent' && endings !== 'native')
      throw new TypeError("Blob: endings must be 'transparent' or 'native'");
    const { type: named } = given;
    const type = named === undefined ? '' : toDomString(named);
    this.#bytes = concatenate(
      list.map((part) =>
        typeof part === 'string' ? utf8Encode(endings === 'native' ? part.replace(/\r\n?|\n/g, '\n') : part) : part,
      ),
    );
    this.#type = normalizeType(type);
  }

  get size(): number {
    return this.#bytes.length;
  }
  get type(): string {
    return this.#type;
  }

  slice(start?: unknown, end?: unknown, contentType: unknown = ''): Blob {
    const size = this.#bytes.length;
    const from = clampIndex(start, 0, size);
    const to = clampIndex(end, size, size);
    return wrapBlob(
      new Uint8ArrayCtor(this.#bytes.buffer, this.#bytes.byteOffset + from, Math.max(to - from, 0)),
      normalizeType(toDomString(contentType)),
    );
  }

  stream(): ReadableStream {
    const bytes = this.#bytes;
    return streams().streamOf(() => bytes);
  }

  async text(): Promise<string> {
    return utf8Decode(this.#bytes);
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.slice().buffer;
  }
  async bytes(): Promise<Uint8Array> {
    return this.#bytes.slice();
  }

  static {
    blobBytes = (blob) => blob.#bytes;
    isBlob = (value): value is Blob => typeof value === 'object' && value !== null && #bytes in value;
    wrapBlob = (bytes, type) => {
      const blob = new Blob();
      blob.#bytes = bytes;
      blob.#type = type;
      return blob;
    };
  }
}
finishInterface(Blob, 'Blob', { constructor: 0, slice: 0 });

/** True for a File, whatever its prototype. */
export let isFile: (value: unknown) => value is File;

/** File API §4. */
export class File extends Blob {
  #name: string;
  #lastModified: number;

  constructor(parts: unknown, name: unknown, options?: unknown) {
    requireArguments(arguments.length, 2, 'File');
    const list = toParts(parts);
    const named = toUsvString(name);
    // Read in the order of Web IDL: what the dictionary inherits first.
    const { endings, type, lastModified } = toDictionary(options, 'File options');
    super(list, { endings, type });
    this.#name = named;
    this.#lastModified = lastModified === undefined ? DateNow() : Math.trunc(Number(lastModified)) || 0;
  }

  get name(): string {
    return this.#name;
  }
  get lastModified(): number {
    return this.#lastModified;
  }
  get webkitRelativePath(): string {
    return '';
  }

  static {
    isFile = (value): value is File => typeof value === 'object' && value !== null && #name in value;
  }
}
finishInterface(File, 'File', { constructor: 2 });

function normalizeType(type: string): string {
  return /^[\x20-\x7e]*$/.test(type) ? type.toLowerCase() : '';
}

function clampIndex(value: unknown, fallback: number, size: number): number {
  if (value === undefined) return fallback;
  let index = Math.trunc(Number(value));
  if (Number.isNaN(index)) index = 0;
  return index < 0 ? Math.max(size + index, 0) : Math.min(index, size);
}

/**
 * `sequence<BlobPart>`: each part is converted while the sequence is walked, so that what a conversion changes shows.
 */
function toParts(parts: unknown): (Uint8Array | string)[] {
  const method = isObject(parts) ? (parts as { [Symbol.iterator]?: unknown })[Symbol.iterator] : undefined;
  if (typeof method !== 'function') throw new TypeError('The parts must be a sequence');
  const list: (Uint8Array | string)[] = [];
  // The method is read once; the loop asks this object for it.
  const once = { [Symbol.iterator]: () => apply(method as () => Iterator<unknown>, parts, []) };
  for (const part of once) list.push(viewBytes(part) ?? (isBlob(part) ? blobBytes(part) : toUsvString(part)));
  return list;
}

/** A copy of all parts, one after the other. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Uint8ArrayCtor(length);
  let offset = 0;
  for (const part of parts) {
    TypedArraySet(all, part, offset);
    offset += part.length;
  }
  return all;
}
