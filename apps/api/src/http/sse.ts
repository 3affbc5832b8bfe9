import type { FastifyReply, FastifyRequest } from 'fastify';

const KEEPALIVE_MS = 15_000;

/**
 * Streams values as server-sent events (WHATWG HTML §9.2) until the caller leaves. `start` gets what sends one event, and answers what ends
 * the source.
 */
export async function streamEvents(request: FastifyRequest, reply: FastifyReply, start: (send: (event: { id?: string; data: unknown }) => void) => Promise<() => void> | (() => void)): Promise<void> {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', connection: 'keep-alive', 'x-accel-buffering': 'no', 'x-request-id': request.id });
  raw.write(': connected\n\n');
  const gone = new Promise<void>((done) => raw.once('close', done));
  const keepalive = setInterval(() => raw.write(': keep-alive\n\n'), KEEPALIVE_MS);
  let end: (() => void) | undefined;
  try {
    end = await start(({ id, data }) => {
      // A reader that does not read must not fill our memory: it is cut off and may come back.
      if (raw.writableLength > 1024 * 1024) raw.destroy();
      else raw.write(`${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`);
    });
    await gone;
  } finally {
    clearInterval(keepalive);
    end?.();
    raw.end();
  }
}
