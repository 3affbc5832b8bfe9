/** The stream classes of the Encoding Standard (https://encoding.spec.whatwg.org/#interface-textdecoderstream). */
import { TransformStream } from 'web-streams-polyfill';
import type { StreamsDependencies } from '../streams.js';

interface Decoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: unknown, options?: { stream?: boolean }): string;
}

type Codecs = Pick<StreamsDependencies, 'TextDecoder' | 'utf8Encode'>;

function textEncoderStream({ utf8Encode }: Codecs) {
  return class TextEncoderStream {
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
  };
}

function textDecoderStream({ TextDecoder }: Codecs) {
  return class TextDecoderStream {
    #decoder: Decoder;
    #transform: TransformStream<unknown, string>;

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
  };
}

/** Makes the classes over the prelude's codecs. */
export function encodingStreams(codecs: Codecs) {
  return { TextEncoderStream: textEncoderStream(codecs), TextDecoderStream: textDecoderStream(codecs) };
}
