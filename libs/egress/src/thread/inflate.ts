import { createGunzip, constants } from 'node:zlib';
import { egressErrors } from '../errors.js';
import { tooLarge } from './answer.js';

/**
 * Inflates a whole gzip body, to at most `maxBytes`. `lenient`: what is too large, broken or unfinished is cut there
 * instead of refused.
 */
export async function inflate(
  body: Uint8Array<ArrayBuffer>,
  { maxBytes, lenient }: { maxBytes: number; lenient: boolean },
): Promise<{ body: Uint8Array<ArrayBuffer>; cut: boolean }> {
  if (body.byteLength === 0) return { body, cut: false };
  const gunzip = createGunzip(lenient ? { finishFlush: constants.Z_SYNC_FLUSH } : {});
  const pieces: Buffer[] = [];
  let bytes = 0;
  let cut = false;
  // Leaving the loop early destroys the stream; the error that follows has no other listener.
  gunzip.on('error', () => undefined);
  gunzip.end(body);
  try {
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      if (bytes + piece.length > maxBytes) {
        if (!lenient) throw tooLarge(maxBytes, 'inflated body');
        pieces.push(piece.subarray(0, maxBytes - bytes));
        bytes = maxBytes;
        cut = true;
        break;
      }
      bytes += piece.length;
      pieces.push(piece);
    }
  } catch (thrown) {
    const code = (thrown as { code?: unknown } | null)?.code;
    if (typeof code !== 'string' || !code.startsWith('Z_')) throw thrown;
    if (!lenient)
      throw egressErrors.error('EGRESS_RESPONSE', `The body is not the gzip data that its headers promise (${code}).`, {
        cause: thrown,
      });
    cut = true;
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return { body: whole, cut };
}
