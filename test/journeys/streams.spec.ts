import { createHash } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type TestAnnex, type TestTenant } from '../support/annex.js';
import { rawRequest } from '../support/raw-http.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
let tenant: TestTenant;
const MiB = 1024 * 1024;
const code = pluginCode('streams');
const other = pluginCode('streams-other');

beforeAll(async () => {
  annex = await startTestAnnex();
  tenant = await annex.makeTenant();
  expect((await tenant.install({ manifest: { slug: 'other', routes: true }, code: other })).status).toBe(200);
  expect((await tenant.install({ manifest: { routes: true, dependencies: { other: '^1.0.0' } }, code })).status).toBe(
    200,
  );
});
afterAll(() => annex.stop());

interface Opened {
  response: IncomingMessage;
  runId: string;
  /** What comes next; `undefined`: it ended well. Rejects when it was cut. */
  next(): Promise<Buffer | undefined>;
  leave(): void;
}

function open(path: string, method = 'GET'): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${annex.url}/t/${tenant.slug}/ext/probe${path}`, { method, agent: false }, (response) => {
      const chunks = response[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
      resolve({
        response,
        runId: String(response.headers['annex-run-id']),
        next: async () => ((await chunks.next()) as { value?: Buffer }).value,
        leave: () => void sent.destroy(),
      });
    });
    sent.once('error', reject);
    sent.end();
  });
}

/** A run once it is written down. */
const runOf = async (
  id: string,
): Promise<TestTenant['owner']['get'] extends (path: string) => Promise<infer A> ? A : never> =>
  until(
    () => tenant.owner.get(`/api/runs/${id}`),
    ({ status }) => status === 200,
  );

async function readAll({ next }: Opened): Promise<Buffer> {
  const all: Buffer[] = [];
  for (let chunk = await next(); chunk !== undefined; chunk = await next()) all.push(chunk);
  return Buffer.concat(all);
}

describe('an answer that is a stream', () => {
  it('arrives piece by piece: the first event before the second is made', async () => {
    const events = await open('/events');
    expect(events.response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'x-kind': 'events',
      'x-accel-buffering': 'no',
      vary: 'Authorization',
      'annex-run-id': expect.stringMatching(/^run_/),
    });
    expect(events.response.headers).not.toHaveProperty('content-length');
    expect(String(await events.next())).toBe('data: first\n\n');
    expect((await tenant.owner.get('/ext/probe/go')).status).toBe(204);
    expect(String(await readAll(events))).toBe('data: secönd\n\n');
    expect((await runOf(events.runId)).body).toMatchObject({
      status: 'succeeded',
      kind: 'route',
      result: { status: 200 },
      limits: { wall_ms: { max: 600_000 }, result_bytes: { used: 28, max: 50 * MiB } },
    });
  });

  it('may be larger than any other, and every byte of it arrives', async () => {
    const bytes = await readAll(await open('/mebibytes/12'));
    expect(bytes.length).toBe(12 * MiB);
    const expected = createHash('sha256');
    for (let each = 1; each <= 12; each += 1) expected.update(Buffer.alloc(MiB, each));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(expected.digest('hex'));
  });

  it('waits for a reader that does not read', async () => {
    const large = await open('/mebibytes/48');
    await large.next();
    large.response.pause();
    const made = async (): Promise<number> => (await tenant.owner.get('/ext/probe/made')).body.made as number;
    let last = -1;
    // It stands still once the buffers of both ends are full.
    const still = await until(
      async () => {
        await new Promise((done) => setTimeout(done, 300));
        const before = last;
        last = await made();
        return before === last ? last : -1;
      },
      (value) => value >= 0,
    );
    expect(still).toBeLessThan(40);
    expect((await readAll(large)).length).toBeGreaterThan(47 * MiB);
    expect(await made()).toBe(48);
  });

  it('ends when its reader leaves: the handler hears of it, and so does the stream', async () => {
    const endless = await open('/endless');
    expect(String(await endless.next())).toMatch(/^hello/);
    endless.leave();
    expect((await runOf(endless.runId)).body).toMatchObject({ status: 'cancelled' });
    expect((await tenant.owner.get('/ext/probe/made')).body).toMatchObject({ left: 'the reader', aborted: true });
  });

  it('has its head out before its first byte', async () => {
    const silent = await open('/silent');
    expect(silent.response.statusCode).toBe(200);
    silent.leave();
    expect((await runOf(silent.runId)).body).toMatchObject({ status: 'cancelled' });
  });

  it('is cut where the plugin fails, so that nobody takes a part for the whole', async () => {
    const broken = await open('/throws');
    expect(String(await broken.next())).toBe('before');
    await expect(readAll(broken)).rejects.toThrow();
    expect((await runOf(broken.runId)).body).toMatchObject({
      status: 'failed',
      error: { code: 'PLUGIN_ERROR', message: 'the words of the plugin' },
    });
  });

  it('is cut at its limit', async () => {
    const large = await open('/mebibytes/51');
    await expect(readAll(large)).rejects.toThrow();
    expect((await runOf(large.runId)).body).toMatchObject({
      status: 'failed',
      error: { code: 'OUTPUT_LIMIT', message: expect.stringContaining(String(50 * MiB)) },
    });
  });

  it('takes bytes; the error says how text becomes some', async () => {
    const text = await rawRequest(`${annex.url}/t/${tenant.slug}/ext/probe/text`).catch(() => undefined);
    expect(text?.status ?? 'cut').not.toBe(500);
    const run = await until(
      () => tenant.owner.get('/api/runs?plugin=probe&status=failed&limit=1'),
      ({ body }) => body.items[0]?.name === 'GET /text',
    );
    expect(run.body.items[0].error).toMatchObject({
      code: 'PLUGIN_ERROR',
      message: expect.stringContaining('TextEncoder'),
    });
  });

  it('has no body for HEAD, and is whole for another plugin', async () => {
    expect(await rawRequest(`${annex.url}/t/${tenant.slug}/ext/probe/endless`, { method: 'HEAD' })).toMatchObject({
      status: 200,
      text: '',
    });
    expect((await tenant.owner.get('/ext/probe/call')).body).toEqual({ status: 201, text: 'whole' });
  });

  it('counts as a call under way for as long as it streams', async () => {
    const streams = await Promise.all(Array.from({ length: 200 }, () => open('/silent')));
    expect(await rawRequest(`${annex.url}/t/${tenant.slug}/ext/probe/silent`)).toMatchObject({ status: 429 });
    for (const stream of streams) stream.leave();
    expect(
      await until(
        () => tenant.owner.get('/ext/probe/made'),
        ({ status }) => status === 200,
      ),
    ).toMatchObject({ status: 200 });
  });
});
