import { base64ToBytes } from './base64.js';
import { callCompression } from './crypto-call.js';
import { TextDecoder, utf8Encode } from './encoding.js';
import { lazyScript } from './lazy.js';
import { viewBytes } from './webidl.js';

/** What this prelude needs of a ReadableStream. */
export interface ReadableStream {
  readonly locked: boolean;
  getReader(): ReadableStreamReader;
  cancel(reason?: unknown): Promise<void>;
  tee(): [ReadableStream, ReadableStream];
}

export interface ReadableStreamReader {
  read(): Promise<{ done: boolean; value?: unknown }>;
  cancel(reason?: unknown): Promise<void>;
  releaseLock(): void;
}

type Constructor<T> = new (...args: never[]) => T;

/** What the script `streams` answers. */
export interface StreamsScript {
  /** The constructors under the names of the Streams and Encoding Standards. */
  globals: Record<string, unknown>;
  /** A byte stream that gives one chunk and closes; null gives none. */
  streamOf(bytes: () => Uint8Array | null): ReadableStream;
  /** A stream of what `change` makes of another stream's chunks; locks the other. */
  through(stream: ReadableStream, change: (chunk: unknown) => unknown): ReadableStream;
  isReadableStream(value: unknown): value is ReadableStream;
  isDisturbed(stream: ReadableStream): boolean;
}

/** What the script `streams` is called with. */
export interface StreamsDependencies {
  TextDecoder: Constructor<object>;
  utf8Encode(text: string): Uint8Array;
  /** Asks the executor for `compression.<operation>`; bytes travel as base64. */
  compress(
    operation: string,
    fields: Record<string, string | number | Uint8Array>,
  ): Promise<{ id?: number; data?: string; done?: boolean }>;
  base64ToBytes(text: string): Uint8Array;
  viewBytes(value: unknown): Uint8Array | undefined;
}

const script = lazyScript<{ install(dependencies: StreamsDependencies): StreamsScript }>('streams');
let loaded: StreamsScript | undefined;

/** Everything about streams; loads the script on first use. */
export function streams(): StreamsScript {
  return (loaded ??= script().install({
    TextDecoder: TextDecoder as unknown as Constructor<object>,
    utf8Encode,
    compress: callCompression,
    base64ToBytes,
    viewBytes,
  }));
}

/** Names that {@link StreamsScript.globals} defines. */
export const STREAM_GLOBALS = [
  'ReadableStream',
  'ReadableStreamDefaultReader',
  'ReadableStreamBYOBReader',
  'ReadableStreamDefaultController',
  'ReadableByteStreamController',
  'ReadableStreamBYOBRequest',
  'WritableStream',
  'WritableStreamDefaultWriter',
  'WritableStreamDefaultController',
  'TransformStream',
  'TransformStreamDefaultController',
  'ByteLengthQueuingStrategy',
  'CountQueuingStrategy',
  'TextEncoderStream',
  'TextDecoderStream',
  'CompressionStream',
  'DecompressionStream',
];

/** True for a ReadableStream. Without the script no stream can exist, so it is not loaded for the question. */
export function isReadableStream(value: unknown): value is ReadableStream {
  return loaded !== undefined && loaded.isReadableStream(value);
}
