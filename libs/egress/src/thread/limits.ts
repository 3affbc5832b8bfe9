import { KiB } from '@annex/kernel';
import { answerLimits } from '@annex/limits';

/**
 * Bytes off the socket for a body of at most `maxBytes`: a quarter more for chunk sizes and TLS records, and what
 * headers may have.
 */
export function maxSocketBytes(maxBytes: number): number {
  return answerLimits.bytesBeforeHeaders + maxBytes + Math.max(256 * KiB, Math.ceil(maxBytes / 4));
}
