import { DateNow, TypedArraySet, Uint8ArrayCtor } from './primordials.js';
import { utf8Decode, utf8Encode } from './encoding.js';
import { streams } from './streams.js';
import type { ReadableStream } from './streams.js';
import { finishInterface, isObject, requireArguments, toDictionary, toDomString, toUsvString, viewBytes } from './webidl.js';

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
    const list: unknown[] = [];
    if (parts !== undefined) {
      if (!isObject(parts) || typeof (parts as { [Symbol.iterator]?: unknown })[Symbol.iterator] !== 'function') {
        throw new TypeError('Blob: the parts must be a sequence');
      }
      list.push(...(parts as Iterable<unknown>));
    }
    const given = toDictionary(options, 'Blob options');
    const endings = given['endings'] === undefined ? 'transparent' : toDomString(given['endings']);
    if (endings !== 'transparent' && endings !== 'native') throw new TypeError("Blob: endings must be 'transparent' or 'native'");
    const type = given['type'] === undefined ? '' : toDomString(given['type']);
    this.#bytes = concatenate(list.map((part) => partBytes(part, endings === 'native')));
    this.#type = normalizeType(type);
  }

  get size(): number { return this.#bytes.length; }
  get type(): string { return this.#type; }

  slice(start?: unknown, end?: unknown, contentType: unknown = ''): Blob {
    const size = this.#bytes.length;
    const from = clampIndex(start, 0, size);
    const to = clampIndex(end, size, size);
    return wrapBlob(new Uint8ArrayCtor(this.#bytes.buffer, this.#bytes.byteOffset + from, Math.max(to - from, 0)), normalizeType(toDomString(contentType)));
  }

  stream(): ReadableStream {
    const bytes = this.#bytes;
    return streams().streamOf(() => bytes);
  }

  async text(): Promise<string> { return utf8Decode(this.#bytes); }
  async arrayBuffer(): Promise<ArrayBuffer> { return this.#bytes.slice().buffer; }
  async bytes(): Promise<Uint8Array> { return this.#bytes.slice(); }

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
finishInterface(Blob, 'Blob');

/** True for a File, whatever its prototype. */
export let isFile: (value: unknown) => value is File;

/** File API §4. */
export class File extends Blob {
  #name: string;
  #lastModified: number;

  constructor(parts: unknown, name: unknown, options?: unknown) {
    requireArguments(arguments.length, 2, 'File');
    if (parts === undefined) throw new TypeError('File: the parts must be a sequence');
    super(parts, options);
    this.#name = toUsvString(name);
    const modified = toDictionary(options, 'File options')['lastModified'];
    this.#lastModified = modified === undefined ? DateNow() : Math.trunc(Number(modified)) || 0;
  }

  get name(): string { return this.#name; }
  get lastModified(): number { return this.#lastModified; }
  get webkitRelativePath(): string { return ''; }

  static {
    isFile = (value): value is File => typeof value === 'object' && value !== null && #name in value;
  }
}
finishInterface(File, 'File');

function normalizeType(type: string): string {
  return /^[\x20-\x7e]*$/.test(type) ? type.toLowerCase() : '';
}

function clampIndex(value: unknown, fallback: number, size: number): number {
  if (value === undefined) return fallback;
  let index = Math.trunc(Number(value));
  if (Number.isNaN(index)) index = 0;
  return index < 0 ? Math.max(size + index, 0) : Math.min(index, size);
}

function partBytes(part: unknown, nativeEndings: boolean): Uint8Array {
  const view = viewBytes(part);
  if (view !== undefined) return view;
  if (isBlob(part)) return blobBytes(part);
  const text = toUsvString(part);
  return utf8Encode(nativeEndings ? text.replace(/\r\n?|\n/g, '\n') : text);
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
