import { EventSourceParserStream } from 'eventsource-parser/stream';
import { AnnexProblem } from './problem.js';

/** How long to wait before a connection that ended is made again, in milliseconds; the server may say otherwise. */
const againMs = 1000;
/** The longest wait, after tries that all failed. */
const longestMs = 30_000;

/**
 * The values of server-sent events (WHATWG HTML §9.2), until `signal` fires. `open` makes a connection that goes on
 * behind the event `lastId`. Throws what `open` throws, unless the server is only busy or not to be reached.
 */
export async function* followStream<Value>(
  open: (lastId: string | undefined, signal: AbortSignal) => Promise<Response>,
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<Value, void, undefined> {
  let lastId: string | undefined;
  let retryMs = againMs;
  let failed = 0;
  while (!signal.aborted) {
    try {
      const { body } = await open(lastId, signal);
      failed = 0;
      if (body) {
        const parser = new EventSourceParserStream({ onRetry: (ms) => (retryMs = ms) });
        for await (const { id, data } of read(body.pipeThrough(new TextDecoderStream()).pipeThrough(parser))) {
          if (id !== undefined) lastId = id;
          yield JSON.parse(data) as Value;
        }
      }
    } catch (thrown) {
      if (signal.aborted) return;
      if (thrown instanceof AnnexProblem && thrown.status < 500 && thrown.status !== 429) throw thrown;
      failed += 1;
    }
    await pause(Math.min(longestMs, retryMs * 2 ** Math.min(failed, 5)), signal);
  }
}

/** Browsers do not all iterate streams themselves. */
async function* read<Value>(stream: ReadableStream<Value>): AsyncGenerator<Value, void, undefined> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Waits, at most until the signal fires. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal?.aborted) return done();
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      done();
    };
    const timer = setTimeout(finish, ms);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
