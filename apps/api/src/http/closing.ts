import type { FastifyReply } from 'fastify';

/** Names the signal that fires when the server begins to close: whoever only waits is to end then. */
export const CLOSING = Symbol('closing');

/** Fires when the caller of a response has left or the server closes: from then on waiting serves nobody. */
export function waitSignal({ raw }: FastifyReply, closing: AbortSignal): AbortSignal {
  const left = new AbortController();
  raw.once('close', () => left.abort());
  return AbortSignal.any([left.signal, closing]);
}
