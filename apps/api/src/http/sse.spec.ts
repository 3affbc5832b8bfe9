import { defineErrors } from '@annex/kernel';
import { fastify, type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { streamEvents, type EventStream } from './sse.js';

const gone = defineErrors('sse-spec', {
  GONE: { title: 'gone', status: 401, fault: 'caller' },
  BROKEN: { title: 'broken', status: 503, fault: 'platform' },
});

let server: FastifyInstance | undefined;
afterEach(() => server?.close());

/** A server with one stream, and the text a reader got once the stream has ended. */
async function read(options: Pick<EventStream, 'start'> & Partial<EventStream>): Promise<string> {
  server = fastify({ forceCloseConnections: true });
  server.get('/', (request, reply) =>
    streamEvents({ request, reply, closing: new AbortController().signal, ...options }),
  );
  const response = await fetch(await server.listen({ port: 0 }));
  return response.text();
}

describe('a stream of events', () => {
  it('ends when the server begins to close, and tells its source', async () => {
    const closing = new AbortController();
    let ended = 0;
    const text = await read({
      closing: closing.signal,
      start: (send) => {
        setTimeout(() => {
          send({ id: '1', data: { line: 'last' } });
          closing.abort();
        });
        return Promise.resolve(() => (ended += 1));
      },
    });
    expect(text).toContain('id: 1\ndata: {"line":"last"}\n\n');
    expect(ended).toBe(1);
  });

  it('ends when its reader may read no more, but not when that cannot be found out', async () => {
    let asked = 0;
    const text = await read({
      keepaliveMs: 5,
      start: () => Promise.resolve(() => undefined),
      admit: () => Promise.reject((asked += 1) < 3 ? gone.error('BROKEN', 'no answer') : gone.error('GONE', 'revoked')),
    });
    expect(asked).toBeGreaterThanOrEqual(3);
    expect(text).toContain(': connected');
  });
});
