import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { egressErrors } from './errors.js';

/** Reads a body to its end. Counts what arrives and what it inflates to; past `maxBytes` of either it stops with `HTTP_LIMIT`. */
export async function readBody(source: Readable, { maxBytes, gzip }: { maxBytes: number; gzip: boolean }): Promise<Uint8Array> {
  if (!gzip) return collect(source, maxBytes, 'body');
  const gunzip = createGunzip();
  let arrived = 0;
  source.on('data', (chunk: Buffer) => {
    arrived += chunk.length;
    if (arrived > maxBytes) gunzip.destroy(tooLarge(maxBytes, 'body'));
  });
  source.on('error', (thrown) => gunzip.destroy(thrown));
  source.pipe(gunzip);
  try {
    return await collect(gunzip, maxBytes, 'inflated body');
  } catch (thrown) {
    const code = (thrown as { code?: unknown } | null)?.code;
    if (arrived === 0 && code === 'Z_BUF_ERROR') return new Uint8Array();
    if (typeof code === 'string' && code.startsWith('Z_')) throw egressErrors.error('EGRESS_RESPONSE', `The body is not the gzip data that its headers promise (${code}).`, { cause: thrown });
    throw thrown;
  } finally {
    source.destroy();
  }
}

async function collect(source: Readable, maxBytes: number, what: string): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop early destroys the stream; the error that follows has no other listener.
  source.on('error', () => undefined);
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes, what);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

/** The error for a response larger than it may be. */
export function tooLarge(maxBytes: number, what: string): Error {
  return egressErrors.error('HTTP_LIMIT', `The response's ${what} is larger than ${maxBytes} bytes, which is the limit. Ask for less, such as a page or a range.`);
}
