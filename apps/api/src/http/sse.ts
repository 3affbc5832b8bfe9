import type { OutgoingHttpHeaders } from 'node:http';
import { isAnnexError } from '@annex/kernel';
import { restLimits } from '@annex/limits';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { apiErrors } from './errors.js';

const KEEPALIVE_MS = 15_000;

type Send = (event: { id?: string; data: unknown }) => void;

export interface EventStream {
  request: FastifyRequest;
  reply: FastifyReply;
  /** Fires when the server closes: a stream would hold it up for ever. */
  closing: AbortSignal;
  /**
   * Gets what sends one event and answers what ends the source; while it throws, the response is still an ordinary
   * problem. `ready` resolves when the reader has taken most of what it was sent: whoever has much to send waits for
   * it.
   */
  start: (send: Send, ready: () => Promise<void>) => Promise<() => void>;
  /** Asked now and then; throws an `AnnexError` once the caller may read no more. Default: for ever. */
  admit?: () => Promise<void>;
  /** Milliseconds between two signs of life. Default 15,000. */
  keepaliveMs?: number;
}

/**
 * Streams values as server-sent events (WHATWG HTML §9.2) until the caller leaves, may read no more, or the server
 * closes.
 */
export async function streamEvents({
  request,
  reply,
  closing,
  start,
  admit,
  keepaliveMs = KEEPALIVE_MS,
}: EventStream): Promise<void> {
  if (closing.aborted)
    throw apiErrors.error('OVERLOADED', 'The server is stopping. Connect again in a moment.', { retryAfterS: 1 });
  const { raw } = reply;
  let waiting: string[] | undefined = [];
  const write = (text: string) => {
    if (waiting) waiting.push(text);
    else if (raw.writableLength > restLimits.streamWaitingBytes) raw.destroy();
    else raw.write(text);
  };
  const gone = new Promise<void>((done) => raw.once('close', done));
  const ready = async (): Promise<void> => {
    while (waiting || raw.writableLength > restLimits.streamWaitingBytes / 2) {
      if (raw.destroyed) return;
      await new Promise((done) => setTimeout(done, waiting ? 5 : 50).unref());
    }
  };
  const end = await start(
    ({ id, data }) => write(`${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`),
    ready,
  );
  const finish = (): void => void raw.end();
  let keepalive: NodeJS.Timeout | undefined;
  try {
    const headers = reply.getHeaders() as OutgoingHttpHeaders;
    reply.hijack();
    raw.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-request-id': request.id,
    });
    raw.write(': connected\n\n');
    for (const text of waiting) raw.write(text);
    waiting = undefined;
    keepalive = setInterval(() => {
      write(': keep-alive\n\n');
      admit?.().catch((thrown: unknown) => {
        // Trouble with the database is no reason to send anybody away.
        if (isAnnexError(thrown) && thrown.kind.status < 500) finish();
      });
    }, keepaliveMs);
    if (closing.aborted) finish();
    closing.addEventListener('abort', finish, { once: true });
    await gone;
  } finally {
    clearInterval(keepalive);
    closing.removeEventListener('abort', finish);
    end();
    raw.end();
  }
}
