import { base64ToBytes, bytesToBase64 } from './base64.js';
import { blobBytes, concatenate, isBlob, wrapBlob } from './blob.js';
import type { Blob } from './blob.js';
import { utf8Decode, utf8DecodeKeepingMark, utf8Encode } from './encoding.js';
import { FormData, isFormData } from './form-data.js';
import { extractMimeType, serializeMimeType } from './mime-type.js';
import { decodeMultipart, encodeMultipart } from './multipart.js';
import {
  JSONParse,
  ObjectDefineProperty,
  StringPrototypeToWellFormed,
  TypedArraySet,
  Uint8ArrayCtor,
} from './primordials.js';
import { isReadableStream, streams } from './streams.js';
import type { ReadableStream, ReadableStreamReader } from './streams.js';
import { structuredClone } from './structured-clone.js';
import { URLSearchParams, isUrlSearchParams } from './url.js';
import { toUsvString, viewBytes } from './webidl.js';

/** A body as it crosses the wall: text as it is, anything else as base64. */
export interface BodyText {
  encoding: 'utf8' | 'base64';
  data: string;
}

/** A body (Fetch §2.2.4): text or bytes as long as nobody asks for the stream, which then owns them. */
export interface Body {
  text: string | null;
  bytes: Uint8Array<ArrayBuffer> | null;
  stream: ReadableStream | null;
  /** Read to its end by one of the methods, without a stream. */
  used: boolean;
  /** Reading rejects once this is aborted: the signal of the fetch that the body came from. */
  signal: { readonly aborted: boolean; readonly reason: unknown } | null;
}

/** What `extractBody` finds: the body and the media type it brings along. */
export interface ExtractedBody {
  body: Body;
  type: string | null;
}

function makeBody(text: string | null, bytes: Uint8Array<ArrayBuffer> | null, stream: ReadableStream | null): Body {
  return { text, bytes, stream, used: false, signal: null };
}

/** "Extract a body" of Fetch §5.2. */
export function extractBody(init: unknown): ExtractedBody {
  if (typeof init === 'string')
    return { body: makeBody(StringPrototypeToWellFormed(init), null, null), type: 'text/plain;charset=UTF-8' };
  const view = viewBytes(init);
  if (view !== undefined) {
    const copy = new Uint8ArrayCtor(view.length);
    TypedArraySet(copy, view);
    return { body: makeBody(null, copy, null), type: null };
  }
  if (isBlob(init)) return { body: makeBody(null, blobBytes(init), null), type: init.type === '' ? null : init.type };
  if (isUrlSearchParams(init))
    return {
      body: makeBody(URLSearchParams.prototype.toString.call(init), null, null),
      type: 'application/x-www-form-urlencoded;charset=UTF-8',
    };
  if (isFormData(init)) {
    const { bytes, contentType } = encodeMultipart(init);
    return { body: makeBody(null, bytes, null), type: contentType };
  }
  if (isReadableStream(init)) {
    if (init.locked || streams().isDisturbed(init)) throw new TypeError('The stream is locked or was read already');
    return { body: makeBody(null, null, init), type: null };
  }
  return { body: makeBody(toUsvString(init), null, null), type: 'text/plain;charset=UTF-8' };
}

/** A body that came from outside; `null` is none. */
export function receivedBody(body: BodyText | null): Body | null {
  if (body === null) return null;
  return body.encoding === 'utf8' ? makeBody(body.data, null, null) : makeBody(null, base64ToBytes(body.data), null);
}

/** True once a body was read, or its stream was. */
export function isUsed(body: Body): boolean {
  return body.stream === null ? body.used : body.used || streams().isDisturbed(body.stream);
}

/** True when a body can no longer be read, because it was or because a reader holds its stream. */
export function isUnusable(body: Body): boolean {
  return isUsed(body) || (body.stream !== null && body.stream.locked);
}

/** The body's stream, made on first use. */
export function streamOf(body: Body): ReadableStream {
  if (body.stream === null) {
    const { text, bytes } = body;
    body.stream = streams().streamOf(() => bytes ?? utf8Encode(text ?? ''));
    // A body that was read is a stream that is closed and disturbed.
    if (body.used) void body.stream.getReader().cancel();
  }
  return body.stream;
}

/** "Clone" of Fetch §2.2.4. The body must be usable. */
export function cloneBody(body: Body): Body {
  if (body.stream === null) return makeBody(body.text, body.bytes, null);
  const branches = body.stream.tee();
  body.stream = branches[0];
  return makeBody(null, null, streams().through(branches[1], structuredClone));
}

/**
 * A body that takes another one over, which counts as read from then on (the "proxy" of Fetch §5.4). The other must be
 * usable.
 */
export function takeOver(body: Body): Body {
  const taken = makeBody(
    body.text,
    body.bytes,
    body.stream === null ? null : streams().through(body.stream, (chunk) => chunk),
  );
  body.used = true;
  return taken;
}

/**
 * The source of a body that nobody turned into a stream, without waiting; undefined when only reading the stream will
 * tell. Marks it as read.
 */
export function takeNow(body: Body): BodyText | undefined {
  if (body.stream !== null) return undefined;
  body.used = true;
  if (body.text !== null) return { encoding: 'utf8', data: body.text };
  return { encoding: 'base64', data: bytesToBase64(body.bytes ?? new Uint8ArrayCtor(0)) };
}

/** A reader of a body that is a stream; undefined: it is none. Throws a TypeError when it was read already. */
export function openBody(body: Body): ReadableStreamReader | undefined {
  if (isUnusable(body)) throw new TypeError('The body was read already');
  return body.stream === null ? undefined : body.stream.getReader();
}

/**
 * Reads a stream to its end; rejects with a TypeError on a chunk that is no Uint8Array, and with a RangeError past
 * `maxBytes`.
 */
async function readStream(stream: ReadableStream, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concatenate(chunks);
    if (!(value instanceof Uint8ArrayCtor)) {
      const error = new TypeError('The stream of a body must give Uint8Array chunks');
      await reader.cancel(error);
      throw error;
    }
    length += value.length;
    if (length > maxBytes) {
      const error = new RangeError(`The body is larger than ${maxBytes} bytes`);
      await reader.cancel(error);
      throw error;
    }
    chunks.push(value);
  }
}

/**
 * The whole body as it crosses the wall. `maxBytes` bounds what is read from a stream (default: no bound but the heap).
 */
export async function takeBody(body: Body, maxBytes = Infinity): Promise<BodyText> {
  if (isUnusable(body)) throw new TypeError('The body was read already');
  const now = takeNow(body);
  if (now !== undefined) return now;
  return { encoding: 'base64', data: bytesToBase64(await readStream(streamOf(body), maxBytes)) };
}

/** A class that includes the Body mixin: its instances' bodies and media types. */
export interface BodyOwner<T> {
  bodyOf(owner: T): Body | null;
  typeOf(owner: T): string | null;
}

/** The bytes of a body at once, or undefined when they have to be read from a stream. Marks the body as read. */
function bytesNow(body: Body | null): Uint8Array<ArrayBuffer> | undefined {
  if (body === null) return new Uint8ArrayCtor(0);
  if (isUnusable(body)) throw new TypeError('The body was read already');
  if (body.signal?.aborted === true) throw body.signal.reason;
  if (body.stream !== null) return undefined;
  body.used = true;
  if (body.text !== null) return utf8Encode(body.text);
  return body.bytes?.slice() ?? new Uint8ArrayCtor(0);
}

/** The rest of a body whose bytes are not there at once. */
function restOf(body: Body | null): Promise<Uint8Array<ArrayBuffer>> {
  return readStream(body?.stream as ReadableStream, Infinity);
}

/** The text of a body at once, or undefined as {@link bytesNow}. */
function textNow(body: Body | null): string | undefined {
  if (body !== null && body.stream === null && body.text !== null && !body.used && body.signal?.aborted !== true) {
    body.used = true;
    return body.text.charCodeAt(0) === 0xfeff ? body.text.slice(1) : body.text;
  }
  const bytes = bytesNow(body);
  return bytes === undefined ? undefined : utf8Decode(bytes);
}

/**
 * Adds the members of the Body mixin (Fetch §5.3) to a class. What can be refused is refused before anything is
 * awaited, so that it is seen in time.
 */
export function defineBodyMixin<T extends object>(constructor: { prototype: T }, owner: BodyOwner<T>): void {
  const members = {
    get body(): unknown {
      const body = owner.bodyOf(this as unknown as T);
      return body === null ? null : streamOf(body);
    },
    get bodyUsed(): boolean {
      const body = owner.bodyOf(this as unknown as T);
      return body !== null && isUsed(body);
    },
    async arrayBuffer(): Promise<ArrayBuffer> {
      const body = owner.bodyOf(this as unknown as T);
      return (bytesNow(body) ?? (await restOf(body))).buffer;
    },
    async blob(): Promise<Blob> {
      const self = this as unknown as T;
      const type = owner.typeOf(self);
      const body = owner.bodyOf(self);
      const bytes = bytesNow(body) ?? (await restOf(body));
      const mime = type === null ? null : extractMimeType(type);
      return wrapBlob(bytes, mime === null ? '' : serializeMimeType(mime));
    },
    async bytes(): Promise<Uint8Array> {
      const body = owner.bodyOf(this as unknown as T);
      return bytesNow(body) ?? (await restOf(body));
    },
    async formData(): Promise<FormData> {
      const self = this as unknown as T;
      const body = owner.bodyOf(self);
      const mime = extractMimeType(owner.typeOf(self) ?? '');
      const bytes = bytesNow(body) ?? (await restOf(body));
      const boundary = mime?.parameters.get('boundary');
      if (mime?.essence === 'multipart/form-data' && boundary !== undefined) return decodeMultipart(bytes, boundary);
      if (mime?.essence === 'application/x-www-form-urlencoded') {
        const form = new FormData();
        const pairs = new URLSearchParams(`?${utf8DecodeKeepingMark(bytes)}`) as unknown as Iterable<[string, string]>;
        for (const [name, value] of pairs) form.append(name, value);
        return form;
      }
      throw new TypeError(
        'The content type of the body is neither multipart/form-data nor application/x-www-form-urlencoded',
      );
    },
    async json(): Promise<unknown> {
      const body = owner.bodyOf(this as unknown as T);
      return JSONParse(textNow(body) ?? utf8Decode(await restOf(body)));
    },
    async text(): Promise<string> {
      const body = owner.bodyOf(this as unknown as T);
      return textNow(body) ?? utf8Decode(await restOf(body));
    },
  };
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(members))) {
    ObjectDefineProperty(constructor.prototype, name, { ...descriptor, enumerable: true });
  }
}
