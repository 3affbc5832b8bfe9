import { KiB } from '@annex/kernel';

/**
 * What one answer may cost, whatever it says. A server that means harm answers in pieces that cost more to read than
 * they hold: chunks of one byte, chunk extensions, informational answers, TLS records without content. So what is
 * counted is what comes off the socket.
 */
export const answerLimits = {
  /** All header fields of the answer together, in bytes, and their number. */
  headerBytes: 64 * KiB,
  headerFields: 500,
  /** Answers with a status of 1xx before the one that counts. */
  informational: 16,
  /**
   * Bytes off the socket until the header fields of the answer are complete, informational answers and the handshake of
   * TLS included.
   */
  bytesBeforeHeaders: 256 * KiB,
  /** Pieces (chunks, and reads of the socket) of one answer. */
  pieces: 131_072,
  /** Reads of the socket until the header fields are complete. */
  readsBeforeHeaders: 4_096,
} as const;

/**
 * Bytes off the socket for a body of at most `maxBytes`: a quarter more for chunk sizes and TLS records, and what
 * headers may have.
 */
export function maxSocketBytes(maxBytes: number): number {
  return answerLimits.bytesBeforeHeaders + maxBytes + Math.max(256 * KiB, Math.ceil(maxBytes / 4));
}
