import type { FastifyReply, FastifyRequest } from 'fastify';

const KEEPALIVE_MS = 15_000;
/** A reader that does not read is cut off when this many bytes wait for it; it may come back with `Last-Event-ID`. */
const MAX_WAITING_BYTES = 1024 * 1024;

type Send = (event: { id?: string; data: unknown }) => void;

/**
 * Streams values as server-sent events (WHATWG HTML §9.2) until the caller leaves. `start` gets what sends one event and answers what ends the
 * source; while it throws, the response is still an ordinary problem.
 */
export async function streamEvents(request: FastifyRequest, reply: FastifyReply, start: (send: Send) => Promise<() => void>): Promise<void> {
  const { raw } = reply;
  let waiting: string[] | undefined = [];
  const write = (text: string) => {
    if (waiting) waiting.push(text);
    else if (raw.writableLength > MAX_WAITING_BYTES) raw.destroy();
    else raw.write(text);
  };
  const gone = new Promise<void>((done) => raw.once('close', done));
  const end = await start(({ id, data }) => write(`${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`));
  try {
    reply.hijack();
    raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no', 'x-request-id': request.id });
    raw.write(': connected\n\n');
    for (const text of waiting) raw.write(text);
    waiting = undefined;
    const keepalive = setInterval(() => write(': keep-alive\n\n'), KEEPALIVE_MS);
    await gone;
    clearInterval(keepalive);
  } finally {
    end();
    raw.end();
  }
}
