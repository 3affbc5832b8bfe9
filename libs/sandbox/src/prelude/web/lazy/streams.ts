/** The script `streams`: the Streams Standard, and the stream classes of the Encoding and the Compression Standard. */
import * as ponyfill from 'web-streams-polyfill';
import type { ReadableStream, StreamsDependencies, StreamsScript } from '../streams.js';
import { compressionStreams } from './compression-streams.js';
import { encodingStreams } from './encoding-streams.js';

const { ReadableStream: Readable, TransformStream } = ponyfill;

/** Joins the streams to the prelude's codecs. Called once. */
export function install(dependencies: StreamsDependencies): StreamsScript {
  const classes = { ...encodingStreams(dependencies), ...compressionStreams(dependencies) };
  for (const [name, constructor] of Object.entries(classes)) shapeLikeNative(name, constructor);
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

/** Gives a class the name, the tag and the enumerable accessors of one that a browser has. */
function shapeLikeNative(name: string, constructor: { prototype: object }): void {
  Object.defineProperty(constructor, 'name', { value: name, configurable: true });
  Object.defineProperty(constructor.prototype, Symbol.toStringTag, { value: name, configurable: true });
  for (const [member, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(constructor.prototype))) {
    if (descriptor.get) Object.defineProperty(constructor.prototype, member, { ...descriptor, enumerable: true });
  }
}
