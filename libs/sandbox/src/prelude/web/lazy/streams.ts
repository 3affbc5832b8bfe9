/** The script `streams`: the Streams Standard, and the two stream classes of the Encoding Standard. */
import * as ponyfill from 'web-streams-polyfill';
import type { ReadableStream, StreamsDependencies, StreamsScript } from '../streams.js';

const { ReadableStream: Readable, TransformStream } = ponyfill;

interface Decoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: unknown, options?: { stream?: boolean }): string;
}

/** Joins the streams to the prelude's codecs. Called once. */
export function install({ TextDecoder, utf8Encode }: StreamsDependencies): StreamsScript {
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

    get encoding(): string { return 'utf-8'; }
    get readable(): unknown { return this.#transform.readable; }
    get writable(): unknown { return this.#transform.writable; }
  }

  class TextDecoderStream {
    #decoder: Decoder;
    #transform: ponyfill.TransformStream<unknown, string>;

    constructor(label: unknown = 'utf-8', options: unknown = {}) {
      const decoder = new (TextDecoder as unknown as new (label: unknown, options: unknown) => Decoder)(label, options);
      this.#decoder = decoder;
      this.#transform = new TransformStream<unknown, string>({
        transform: (chunk, controller) => {
          if (!ArrayBuffer.isView(chunk) && !(chunk instanceof ArrayBuffer)) throw new TypeError('TextDecoderStream takes chunks of bytes');
          const text = decoder.decode(chunk, { stream: true });
          if (text !== '') controller.enqueue(text);
        },
        flush: (controller) => {
          const text = decoder.decode();
          if (text !== '') controller.enqueue(text);
        },
      });
    }

    get encoding(): string { return this.#decoder.encoding; }
    get fatal(): boolean { return this.#decoder.fatal; }
    get ignoreBOM(): boolean { return this.#decoder.ignoreBOM; }
    get readable(): unknown { return this.#transform.readable; }
    get writable(): unknown { return this.#transform.writable; }
  }
  for (const [constructor, name] of [[TextEncoderStream, 'TextEncoderStream'], [TextDecoderStream, 'TextDecoderStream']] as const) {
    Object.defineProperty(constructor, 'name', { value: name, configurable: true });
    Object.defineProperty(constructor.prototype, Symbol.toStringTag, { value: name, configurable: true });
    for (const [member, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(constructor.prototype))) {
      if (descriptor.get) Object.defineProperty(constructor.prototype, member, { ...descriptor, enumerable: true });
    }
  }

  for (const [name, value] of Object.entries(ponyfill)) Object.defineProperty(value, 'name', { value: name, configurable: true });

  return {
    globals: { ...ponyfill, TextEncoderStream, TextDecoderStream },
    streamOf: (bytes) => new Readable({
      type: 'bytes',
      pull(controller) {
        const chunk = bytes();
        if (chunk !== null && chunk.byteLength > 0) controller.enqueue(chunk.slice());
        controller.close();
        (controller as { byobRequest?: { respond(bytes: number): void } | null }).byobRequest?.respond(0);
      },
    }) as unknown as ReadableStream,
    through: (stream, change) => (stream as unknown as ponyfill.ReadableStream<unknown>).pipeThrough(new TransformStream<unknown, unknown>({
      transform: (chunk, controller) => { controller.enqueue(change(chunk)); },
    })) as unknown as ReadableStream,
    isReadableStream: (value): value is ReadableStream => value instanceof Readable,
    isDisturbed: (stream) => (stream as unknown as { _disturbed: boolean })._disturbed,
  };
}
