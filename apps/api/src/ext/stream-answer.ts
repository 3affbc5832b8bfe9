/**
 * An answer of a plugin that is a stream: its parts leave as they come, and the plugin waits for whoever reads them.
 */
import type { Readable } from 'node:stream';
import { isAnnexError } from '@annex/kernel';
import { StreamCut } from '@annex/sandbox';
import type { FastifyReply } from 'fastify';
import { routeProblem, sendHead, type Answer } from './answer.js';

export interface StreamAnswer extends Omit<Answer, 'outcome' | 'headers'> {
  status: number;
  stream: Readable;
  headers: NonNullable<Answer['headers']>;
  /** Ends the run: nobody reads what it would send. */
  cancel: () => void;
  /** Fires when the server begins to close: a stream would hold it up. */
  closing: AbortSignal;
  /** Called once, when nothing of the stream is left here. */
  onEnd: () => void;
  /**
   * Whether who called may go on reading, asked now and then: tokens end, plugins are disabled, tenants suspended.
   * Rejects as a call would.
   */
  mayGoOn: () => Promise<boolean>;
  /** Milliseconds between two such questions. Default 15,000. */
  askEveryMs?: number;
}

/**
 * Sends a stream. The run is ended when its reader leaves or the server closes; when the run ends before its stream,
 * the connection is cut.
 */
export function answerStream({
  reply,
  request,
  runId,
  status,
  stream,
  headers,
  isForCaller,
  cancel,
  closing,
  onEnd,
  mayGoOn,
  askEveryMs = 15_000,
}: StreamAnswer): FastifyReply {
  const stop = (): void => {
    cancel();
    stream.destroy();
  };
  const asking = setInterval(() => {
    mayGoOn().then(
      (may) => (may ? undefined : stop()),
      // Trouble with the database is no reason to send anybody away.
      (thrown: unknown) => (isAnnexError(thrown) && thrown.kind.status < 500 ? stop() : undefined),
    );
  }, askEveryMs).unref();
  closing.addEventListener('abort', stop, { once: true });
  stream.once('close', () => {
    clearInterval(asking);
    closing.removeEventListener('abort', stop);
    onEnd();
  });
  if (stream.errored instanceof StreamCut) {
    const { code, message } = stream.errored;
    clearInterval(asking);
    onEnd();
    throw routeProblem(code, message, runId);
  }
  void reply.header('annex-run-id', runId).header('x-request-id', request.id);
  sendHead(reply, { status, headers, isForCaller });
  // Proxies in front would keep events back until a buffer is full.
  void reply.header('x-accel-buffering', 'no');
  if (closing.aborted || request.method === 'HEAD') {
    stop();
    return reply.send('');
  }
  void reply.send(stream);
  // An EventSource is open once it sees the head, which may be long before the first event.
  setImmediate(() => {
    if (!reply.raw.headersSent && !reply.raw.destroyed) reply.raw.flushHeaders();
  });
  return reply;
}

/** What a caller is told when a run ended after it had answered and before anything of its stream was sent. */
export function asStreamProblem(thrown: unknown, reply: FastifyReply): unknown {
  return thrown instanceof StreamCut
    ? routeProblem(thrown.code, thrown.message, String(reply.getHeader('annex-run-id') ?? ''))
    : thrown;
}
