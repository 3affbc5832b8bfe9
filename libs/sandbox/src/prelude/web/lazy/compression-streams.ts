/** The classes of the Compression Standard (https://compression.spec.whatwg.org); the executor compresses. */
import { TransformStream, type Transformer } from 'web-streams-polyfill';
import type { StreamsDependencies } from '../streams.js';

/** Bytes sent to the executor at once. */
const PIECE_BYTES = 256 * 1024;

type Compressor = Pick<StreamsDependencies, 'compress' | 'base64ToBytes' | 'viewBytes'>;

/** Sends pieces of what comes in to the executor and passes on what becomes of them. */
function compressing(
  { compress, base64ToBytes, viewBytes }: Compressor,
  direction: string,
  given: unknown,
): TransformStream<unknown, Uint8Array> {
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
  } as Transformer<unknown, Uint8Array>);
}

/** Makes the classes over what the executor offers. */
export function compressionStreams(compressor: Compressor) {
  class CompressionStream {
    #transform: TransformStream<unknown, Uint8Array>;
    constructor(format: unknown) {
      if (arguments.length === 0) throw new TypeError('CompressionStream: the format is missing');
      this.#transform = compressing(compressor, 'compress', format);
    }

    get readable(): unknown {
      return this.#transform.readable;
    }
    get writable(): unknown {
      return this.#transform.writable;
    }
  }

  class DecompressionStream {
    #transform: TransformStream<unknown, Uint8Array>;
    constructor(format: unknown) {
      if (arguments.length === 0) throw new TypeError('DecompressionStream: the format is missing');
      this.#transform = compressing(compressor, 'decompress', format);
    }

    get readable(): unknown {
      return this.#transform.readable;
    }
    get writable(): unknown {
      return this.#transform.writable;
    }
  }

  return { CompressionStream, DecompressionStream };
}
