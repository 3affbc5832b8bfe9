import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StreamCut } from './pool/answer-stream.js';
import { createSandbox } from './pool/create-sandbox.js';
import type { RouteResponse, RunOutcome, Sandbox, StreamLimits } from './sandbox.js';
import { runOf, usualLimits } from './testing/runs.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ skipSelfTest: true });
});
afterAll(() => sandbox.stop());

const stream: StreamLimits = { wallMs: 20_000, cpuMs: 5000, bytes: 1024 * 1024, idleMs: 10_000 };
const source = (body: string): string => `route('/', (ctx) => new Response(new ReadableStream(${body})))`;

/** Starts a run and answers its head, and its end. */
async function begin(
  code: string,
  more: Partial<StreamLimits> = {},
  { signal, tenantId = 'ten_1' }: { signal?: AbortSignal; tenantId?: string } = {},
): Promise<{ response: RouteResponse; outcome: Promise<RunOutcome> }> {
  let outcome: Promise<RunOutcome> | undefined;
  const response = await new Promise<RouteResponse>((resolve, reject) => {
    outcome = sandbox.run(
      runOf(code, {
        kind: 'route',
        limits: { ...usualLimits, stream: { ...stream, ...more } },
        onResponse: resolve,
        tenantId,
        ...(signal && { signal }),
      }),
    );
    void outcome.then((ended) => reject(new Error(`ended before it answered: ${JSON.stringify(ended)}`)));
  });
  return { response, outcome: outcome as Promise<RunOutcome> };
}

async function read({ stream: body }: RouteResponse): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of body ?? []) all.push(chunk as Buffer);
  return Buffer.concat(all);
}

const endless = `{
    pull: (c) =>
      new Promise((done) =>
        setTimeout(() => {
          c.enqueue(new Uint8Array([46]));
          done();
        }, 10),
      ),
  }`;

describe('a streamed answer', () => {
  it('is what its stream gave, in order, also in large parts', async () => {
    const { response, outcome } = await begin(
      source(`{ start(c) { for (let i = 0; i < 5; i += 1) c.enqueue(new Uint8Array(100_000).fill(i)); c.close() } }`),
    );
    const bytes = await read(response);
    expect(bytes.equals(Buffer.concat([0, 1, 2, 3, 4].map((each) => Buffer.alloc(100_000, each))))).toBe(true);
    expect(await outcome).toMatchObject({
      status: 'succeeded',
      response: { status: 200 },
      usage: { resultBytes: 500_000 },
    });
  });

  it('outlives the time of a route, but not its own', async () => {
    const { response, outcome } = await begin(source(endless), { wallMs: 700 });
    await expect(read(response)).rejects.toMatchObject({ name: 'StreamCut', code: 'TIMEOUT' });
    expect(await outcome).toMatchObject({
      status: 'failed',
      error: { code: 'TIMEOUT', message: expect.stringContaining('700 ms') },
    });
  });

  it('ends when it sends nothing, and when nobody reads', async () => {
    const silent = await begin(source('{}'), { idleMs: 200 });
    expect(await silent.outcome).toMatchObject({
      status: 'failed',
      error: { code: 'TIMEOUT', message: expect.stringContaining('nothing for 200 ms') },
    });
    const unread = await begin(source(`{ pull(c) { c.enqueue(new Uint8Array(1000)) } }`), { idleMs: 200 });
    expect(await unread.outcome).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' } });
    expect(unread.response.stream?.errored).toBeInstanceOf(StreamCut);
  });

  it('ends at its limit of bytes', async () => {
    const { response, outcome } = await begin(source(`{ pull(c) { c.enqueue(new Uint8Array(50_000)) } }`), {
      bytes: 200_000,
    });
    await expect(read(response)).rejects.toMatchObject({ code: 'OUTPUT_LIMIT' });
    expect(await outcome).toMatchObject({ status: 'failed', error: { code: 'OUTPUT_LIMIT' } });
  });

  it('ends at its limit of processor time, and keeps its isolate from nobody while it waits', async () => {
    const code = `${source(endless)}; route('/other', () => 'served')`;
    const waiting = await begin(code);
    expect(await sandbox.run({ ...runOf(code, { kind: 'route', index: 1 }) })).toMatchObject({ status: 'succeeded' });
    // Whoever wants no more of it ends the run.
    waiting.response.stream?.destroy();
    expect(await waiting.outcome).toMatchObject({ status: 'failed', error: { code: 'CANCELLED' } });
    const { response, outcome } = await begin(
      source(`{ start(c) { c.enqueue(new Uint8Array(1)) }, pull() { for (;;); } }`),
      { cpuMs: 300 },
    );
    await expect(read(response)).rejects.toThrow();
    expect(await outcome).toMatchObject({ status: 'failed', error: { code: 'CPU_LIMIT' } });
  });

  it('ends when the run is cancelled', async () => {
    const left = new AbortController();
    const { response, outcome } = await begin(source(endless), {}, { signal: left.signal });
    response.stream?.once('data', () => left.abort());
    expect(await outcome).toMatchObject({ status: 'failed', error: { code: 'CANCELLED' } });
  });

  it('is cut when its executor dies', async () => {
    const { response, outcome } = await begin(source(endless), {}, { tenantId: 'ten_killed' });
    response.stream?.once('data', () => {
      for (const { pid, tenantId } of sandbox.stats().executors)
        if (tenantId === 'ten_killed') process.kill(pid, 'SIGKILL');
    });
    await expect(read(response)).rejects.toMatchObject({ code: 'EXECUTOR_LOST' });
    expect(await outcome).toMatchObject({ status: 'failed', error: { code: 'EXECUTOR_LOST' } });
  });

  it('is read to its end first where nobody takes a stream', async () => {
    const outcome = await sandbox.run(
      runOf(source(`{ start(c) { c.enqueue(new Uint8Array([104, 105])); c.close() } }`), { kind: 'route' }),
    );
    expect(outcome).toMatchObject({ status: 'succeeded', response: { body: { encoding: 'base64', data: 'aGk=' } } });
  });

  it.each([
    ['a text', `{ start(c) { c.enqueue('text') } }`, 'TextEncoder'],
    ['nothing it could read', `{ start(c) { c.error(new Error('own words')) } }`, 'own words'],
  ])('fails with %s', async (_name, body, words) => {
    const { outcome } = await begin(source(body));
    expect(await outcome).toMatchObject({
      status: 'failed',
      error: { code: 'PLUGIN_ERROR', message: expect.stringContaining(words) },
    });
  });
});
