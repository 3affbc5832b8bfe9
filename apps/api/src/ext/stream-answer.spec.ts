import { PassThrough, type Readable } from 'node:stream';
import { AnnexError } from '@annex/kernel';
import { StreamCut } from '@annex/sandbox';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, expect, it } from 'vitest';
import { answerStream, asStreamProblem, type StreamAnswer } from './stream-answer.js';

let server: FastifyInstance | undefined;
afterEach(() => server?.close());

/** Serves one stream and answers what happened to it. */
async function serve(
  stream: Readable,
  more: Partial<StreamAnswer> = {},
): Promise<{ url: string; ended: Promise<void>; cancels(): number }> {
  const ended = Promise.withResolvers<void>();
  let cancels = 0;
  server = fastify();
  server.setErrorHandler((thrown, _request, reply) => {
    const problem = asStreamProblem(thrown, reply);
    void reply
      .status(problem instanceof AnnexError ? problem.kind.status : 500)
      .send(problem instanceof AnnexError ? problem.code : 'unknown');
  });
  server.get('/', (request, reply) =>
    answerStream({
      reply,
      request,
      runId: 'run_1',
      status: 200,
      stream,
      headers: { fields: new Map([['content-type', 'text/event-stream']]), dropped: [], hasBytes: false },
      isForCaller: true,
      cancel: () => void (cancels += 1),
      closing: new AbortController().signal,
      onEnd: ended.resolve,
      mayGoOn: () => Promise.resolve(true),
      ...more,
    }),
  );
  return { url: await server.listen({ port: 0, host: '127.0.0.1' }), ended: ended.promise, cancels: () => cancels };
}

it('gives a stream to its end, for its caller alone', async () => {
  const stream = new PassThrough();
  const { url, ended, cancels } = await serve(stream);
  stream.end('all of it');
  const answer = await fetch(url);
  expect(await answer.text()).toBe('all of it');
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'private',
    'annex-run-id': 'run_1',
    'x-accel-buffering': 'no',
  });
  await ended;
  expect(cancels()).toBe(0);
});

it.each<[string, Partial<StreamAnswer>]>([
  ['may read no more', { askEveryMs: 10, mayGoOn: () => Promise.resolve(false) }],
  [
    'has a token that ended',
    {
      askEveryMs: 10,
      mayGoOn: () =>
        Promise.reject(new AnnexError('UNAUTHENTICATED', { title: 't', status: 401, fault: 'caller' }, 'd')),
    },
  ],
])('cuts a caller who %s, and ends the run', async (_name, more) => {
  const { url, ended, cancels } = await serve(new PassThrough(), more);
  const answer = await fetch(url);
  await expect(answer.text()).rejects.toThrow();
  await ended;
  expect(cancels()).toBeGreaterThan(0);
});

it('cuts nobody because the database is away', async () => {
  const stream = new PassThrough();
  let asked = 0;
  const { url } = await serve(stream, {
    askEveryMs: 10,
    mayGoOn: () => {
      asked += 1;
      if (asked === 3) stream.end('still here');
      return Promise.reject(new AnnexError('OVERLOADED', { title: 't', status: 503, fault: 'platform' }, 'd'));
    },
  });
  expect(await (await fetch(url)).text()).toBe('still here');
});

it('ends streams when the server closes', async () => {
  const closing = new AbortController();
  const { url, ended, cancels } = await serve(new PassThrough(), { closing: closing.signal });
  const answer = await fetch(url);
  closing.abort();
  await expect(answer.text()).rejects.toThrow();
  await ended;
  expect(cancels()).toBeGreaterThan(0);
});

it('is a problem like any other when the run failed before anything was sent', async () => {
  const stream = new PassThrough();
  stream.on('error', () => undefined);
  stream.destroy(new StreamCut('PLUGIN_ERROR', 'the words of the plugin'));
  const { url } = await serve(stream);
  const answer = await fetch(url);
  expect({ status: answer.status, text: await answer.text() }).toEqual({ status: 422, text: 'PLUGIN_ERROR' });
});
