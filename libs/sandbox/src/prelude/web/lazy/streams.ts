/** The script `streams`: the Streams Standard, and the stream classes of the Encoding and the Compression Standard. */
import * as ponyfill from 'web-streams-polyfill';
import type { ReadableStream, StreamsDependencies, StreamsScript } from '../streams.js';

const { ReadableStream: Readable, TransformStream } = ponyfill;

/** Bytes sent to the executor at once. */
const PIECE_BYTES = 256 * 1024;

interface Decoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: unknown, options?: { stream?: boolean }): string;
}

/** Joins the streams to the prelude's codecs. Called once. */
export function install({
  TextDecoder,
  utf8Encode,
  compress,
  base64ToBytes,
  viewBytes,
}: StreamsDependencies): StreamsScript {
  class TextEncoderStream {
    #lead = '';
    #transform = new TransformStream<unknown, Uint8Array>({
      transform: (chunk, controller) => {
        let text = this.#lead + `${chunk as string}`;
        this.#lead = '';
        const last = text.charCodeAt(text.length - 1);
        // Half of a surrogate pair waits for its other half.
        if (last >= 0xd800 && last <= 0xdbff) {
          this.#lead = text.slice(-1);
          text = text.slice(0, -1);
        }
        if (text !== '') controller.enqueue(utf8Encode(text));
      },
      flush: (controller) => {
        if (this.#lead !== '') controller.enqueue(Uint8Array.of(0xef, 0xbf, 0xbd));
      },
    });

    get encoding(): string {
      return 'utf-8';
    }
    get readable(): unknown {
      return this.#transform.readable;
    }
    get writable(): unknown {
      return this.#transform.writable;
    }
  }

  class TextDecoderStream {
    #decoder: Decoder;
    #transform: ponyfill.TransformStream<unknown, string>;

    constructor(label: unknown = 'utf-8', options: unknown = {}) {
      const decoder = new (TextDecoder as unknown as new (label: unknown, options: unknown) => Decoder)(label, options);
      this.#decoder = decoder;
      this.#transform = new TransformStream<unknown, string>({
        transform: (chunk, controller) => {
          if (!ArrayBuffer.isView(chunk) && !(chunk instanceof ArrayBuffer))
            throw new TypeError('TextDecoderStream takes chunks of bytes');
          const text = decoder.decode(chunk, { stream: true });
          if (text !== '') controller.enqueue(text);
        },
        flush: (controller) => {
          const text = decoder.decode();
          if (text !== '') controller.enqueue(text);
        },
      });
    }

    get encoding(): string {
      return this.#decoder.encoding;
    }
    get fatal(): boolean {
      return this.#decoder.fatal;
    }
    get ignoreBOM(): boolean {
      return this.#decoder.ignoreBOM;
    }
    get readable(): unknown {
      return this.#transform.readable;
    }
    get writable(): unknown {
      return this.#transform.writable;
    }
  }
  /** Sends pieces of what comes in to the executor and passes on what becomes of them. */
  function compressing(direction: string, given: unknown): ponyfill.TransformStream<unknown, Uint8Array> {
    const format = `${given as string}`;
    if (format !== 'gzip' && format !== 'deflate' && format !== 'deflate-raw')
      throw new TypeError(`The format ${format.slice(0, 40)} is not offered; use gzip, deflate or deflate-raw`);
    let id: number | undefined;
    const pass = async (
      controller: { enqueue(chunk: Uint8Array): void },
      operation: string,
      data?: Uint8Array,
    ): Promise<void> => {
      id ??= (await compress('open', { direction, format })).id ?? 0;
      let answer = await compress(operation, data === undefined ? { id } : { id, data });
      for (;;) {
        if (answer.data !== undefined && answer.data !== '') controller.enqueue(base64ToBytes(answer.data));
        if (answer.done === true) return;
        answer = await compress('more', { id });
      }
    };
    const close = async (): Promise<void> => {
      if (id !== undefined) await compress('close', { id });
    };
    return new TransformStream<unknown, Uint8Array>({
      transform: async (chunk, controller) => {
        const bytes = viewBytes(chunk);
        if (bytes === undefined) throw new TypeError('A chunk must be bytes: an ArrayBuffer or a view on one');
        const copy = bytes.slice();
        for (let at = 0; at < copy.length; at += PIECE_BYTES)
          await pass(controller, 'write', copy.subarray(at, at + PIECE_BYTES));
      },
      flush: async (controller) => {
        await pass(controller, 'end');
        await close();
      },
      cancel: close,
    } as ponyfill.Transformer<unknown, Uint8Array>);
  }

  class CompressionStream {
    #transform: ponyfill.TransformStream<unknown, Uint8Array>;
    constructor(format: unknown) {
      if (arguments.length === 0) throw new TypeError('CompressionStream: the format is missing');
      this.#transform = compressing('compress', format);
    }

    get readable(): unknown {
      return this.#transform.readable;
    }
    get writable(): unknown {
      return this.#transform.writable;
    }
  }

  class DecompressionStream {
    #transform: ponyfill.TransformStream<unknown, Uint8Array>;
    constructor(format: unknown) {
      if (arguments.length === 0) throw new TypeError('DecompressionStream: the format is missing');
      this.#transform = compressing('decompress', format);
    }

    get readable(): unknown {
      return this.#transform.readable;
    }
    get writable(): unknown {
      return this.#transform.writable;
    }
  }

  const classes = { TextEncoderStream, TextDecoderStream, CompressionStream, DecompressionStream };
  for (const [name, constructor] of Object.entries(classes)) {
    Object.defineProperty(constructor, 'name', { value: name, configurable: true });
    Object.defineProperty(constructor.prototype, Symbol.toStringTag, { value: name, configurable: true });
    for (const [member, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(constructor.prototype))) {
      if (descriptor.get) Object.defineProperty(constructor.prototype, member, { ...descriptor, enumerable: true });
    }
  }

  for (const [name, value] of Object.entries(ponyfill))
    Object.defineProperty(value, 'name', { value: name, configurable: true });

  return {
    globals: { ...ponyfill, ...classes },
    streamOf: (bytes) =>
      new Readable({
        type: 'bytes',
        pull(controller) {
          const chunk = bytes();
          if (chunk !== null && chunk.byteLength > 0) controller.enqueue(chunk.slice());
          controller.close();
          (controller as { byobRequest?: { respond(bytes: number): void } | null }).byobRequest?.respond(0);
        },
      }) as unknown as ReadableStream,
    through: (stream, change) =>
      (stream as unknown as ponyfill.ReadableStream<unknown>).pipeThrough(
        new TransformStream<unknown, unknown>({
          transform: (chunk, controller) => {
            controller.enqueue(change(chunk));
          },
        }),
      ) as unknown as ReadableStream,
    isReadableStream: (value): value is ReadableStream => value instanceof Readable,
    isDisturbed: (stream) => (stream as unknown as { _disturbed: boolean })._disturbed,
  };
}
