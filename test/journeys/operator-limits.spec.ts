/** What an operator sets with `ANNEX_LIMITS` holds: at upload, at the door, in the sandbox, for api and worker. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';

const limits = {
  wall_ms: { route: 60_000, job: 500 },
  cpu_ms: { route: 30_000 },
  memory_mb: 256,
  emits: { route: 150, event: 2 },
  log_lines: 3,
  http_body_bytes: 2048,
  request_bytes: 4096,
};

let annex: TestAnnex;
let tenant: TestTenant;
let server: Server;
beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end(Buffer.alloc(Number(request.url?.slice(1)), 'x')));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  annex = await startTestAnnex({ ANNEX_LIMITS: JSON.stringify(limits), ANNEX_EGRESS_ALLOW_PRIVATE: origin });
  tenant = await annex.makeTenant();
  const installed = await tenant.install({
    manifest: {
      slug: 'wide',
      routes: true,
      events: ['some.event'],
      jobs: [{ name: 'long', retry: { max_attempts: 1 } }],
      permissions: ['outbound_http'],
      http: { allow: [origin] },
      limits: { memory_mb: 200, timeout_ms: 60_000 },
    },
    code: `import { hook, job, route } from '@annex/sdk';
      const url = 'http://${origin}';
      const tried = async (work) => {
        try {
          await work();
          return 'ok';
        } catch (error) {
          return { code: error.code, message: error.message };
        }
      };
      route('/slow', () => new Promise((done) => setTimeout(() => done('late'), 5200)));
      route('/heap', () => {
        const all = [];
        for (let i = 0; i < 170; i += 1) all.push(new Array(1e5).fill(i));
        return all.length;
      });
      route('/emits', async (ctx) => {
        for (let i = 0; i < 101; i += 1) await ctx.emit('other.event', { i });
        return 101;
      });
      route('/lines', () => {
        for (let i = 0; i < 4; i += 1) console.log(i);
      });
      route('/answer', (ctx) => tried(() => ctx.http.get(url + '/2049')));
      route('/body', (ctx) => tried(() => ctx.http.post(url + '/1', 'x'.repeat(2049))));
      route('/fits', (ctx) => tried(() => ctx.http.post(url + '/2048', 'x'.repeat(2048))));
      route('/take', { methods: ['POST'] }, async (ctx) => (await ctx.request.text()).length);
      hook('some.event', async (ctx) => {
        for (let i = 0; i < 3; i += 1) await ctx.emit('other.event', { i });
      });
      job('long', () => new Promise((done) => setTimeout(done, 60_000)))`,
  });
  expect(installed.body, JSON.stringify(installed.body)).toMatchObject({ status: 'enabled' });
});
afterAll(async () => {
  await annex?.stop();
  server?.close();
});

const call = (path: string): Promise<Answer> => tenant.owner.get(`/ext/wide${path}`);
const runOf = async (answer: Answer): Promise<Answer['body']> =>
  (await tenant.owner.get(`/api/runs/${answer.headers.get('annex-run-id')}`)).body;

it('a manifest that asks for more is told the operator’s limit, one that asks for less is not', async () => {
  const upload = (asked: { limits: object; jobs: object[] }): Promise<Answer> =>
    tenant.install({
      manifest: { slug: 'greedy', ...asked },
      code: `import { job } from '@annex/sdk'\njob('a', () => 1)`,
    });
  const refused = await upload({
    limits: { memory_mb: 257, timeout_ms: 60_001 },
    jobs: [{ name: 'a', timeout_ms: 501 }],
  });
  expect(refused.status).toBe(422);
  expect(refused.body.errors).toEqual(
    expect.arrayContaining([
      { pointer: '/limits/memory_mb', code: 'LIMIT', detail: expect.stringContaining('limit of 256 MiB') },
      { pointer: '/limits/timeout_ms', code: 'LIMIT', detail: expect.stringContaining('limit of 60000 ms') },
      { pointer: '/jobs/0/timeout_ms', code: 'LIMIT', detail: expect.stringContaining('of 500 ms') },
    ]),
  );
  expect(
    await upload({ limits: { memory_mb: 256, timeout_ms: 60_000 }, jobs: [{ name: 'a', timeout_ms: 500 }] }),
  ).toMatchObject({ status: 200 });
});

it('a raised ceiling gives a plugin the time and the memory that it asks for', async () => {
  const slow = await call('/slow');
  expect(slow.body).toBe('late');
  const heap = await call('/heap');
  expect(heap.body, JSON.stringify(heap.body)).toBe(170);
  expect((await runOf(heap)).limits).toMatchObject({
    wall_ms: { max: 60_000 },
    cpu_ms: { max: 30_000 },
    memory_mb: { max: 200 },
  });
});

it('what a manifest cannot ask for is as high as the operator says', async () => {
  const emits = await call('/emits');
  expect(emits.body).toBe(101);
  expect((await runOf(emits)).limits).toMatchObject({ emits: { used: 101, max: 150 } });
});

it.each([
  ['/lines', 422, 'LOG_LIMIT', { log_lines: { max: 3 } }],
  ['/answer', 200, 'HTTP_LIMIT', { http_calls: { used: 1 } }],
  ['/body', 200, 'HTTP_LIMIT', { http_calls: { used: 1 } }],
])('a lowered ceiling ends %s', async (path, status, code, used) => {
  const answer = await call(path);
  expect(answer).toMatchObject({ status, body: { code } });
  expect((await runOf(answer)).limits).toMatchObject(used);
});

it('what just fits passes, and is shown beside the limit', async () => {
  const fits = await call('/fits');
  expect(fits.body).toBe('ok');
  expect((await runOf(fits)).limits).toMatchObject({ http_body_bytes: { used: 2048, max: 2048 } });
});

it('the door takes no larger body than the operator says', async () => {
  const post = (bytes: number): Promise<Answer> => tenant.owner.post('/ext/wide/take', 'x'.repeat(bytes - 2));
  expect(await post(4096)).toMatchObject({ status: 200, body: 4096 });
  expect(await post(4097)).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } });
});

it('background runs have the operator’s limits too', async () => {
  const ended = async (runId: string): Promise<Answer['body']> =>
    (
      await until(
        () => tenant.owner.get(`/api/runs/${runId}`),
        ({ body }) => body.finished_at !== null || body.status === 'retrying',
      )
    ).body;
  const job = await tenant.owner.post('/api/plugins/wide/jobs/long/run-now', {});
  expect(await ended(job.body.run_id)).toMatchObject({
    status: 'failed',
    error: { code: 'TIMEOUT', message: expect.stringContaining('500') as unknown },
    limits: { wall_ms: { max: 500 } },
  });
  const { body } = await tenant.owner.post('/api/events', { type: 'some.event', data: {} });
  const event = await tenant.owner.get(`/api/events/${body.event_id}`);
  expect(await ended(event.body.deliveries[0].run_id)).toMatchObject({
    attempts: [{ error: { code: 'RATE_LIMITED' } }],
    limits: { emits: { used: 2, max: 2 } },
  });
});
