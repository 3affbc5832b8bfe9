/** `node:stream/consumers`: the whole of a stream at once. */
import { Buffer } from 'node:buffer';

type Source = AsyncIterable<Uint8Array | string>;

async function buffer(source: Source): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(typeof part === 'string' ? Buffer.from(part) : part);
  return Buffer.concat(parts);
}

async function text(source: Source): Promise<string> {
  return new TextDecoder().decode(await buffer(source));
}

export default {
  buffer,
  text,
  arrayBuffer: async (source: Source) => Uint8Array.from(await buffer(source)).buffer,
  blob: async (source: Source) => new Blob([Uint8Array.from(await buffer(source))]),
  json: async (source: Source): Promise<unknown> => JSON.parse(await text(source)),
};
