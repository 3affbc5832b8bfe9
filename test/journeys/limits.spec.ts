/**
 * Every limit of the contract: a plugin that runs into it is told which one, its value and what to do, and the run
 * shows used and allowed.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';

let annex: TestAnnex;
let tenant: TestTenant;
let server: Server;
let origin: string;
/** Requests that the server has open, and the most that it ever had. */
const open = { now: 0, most: 0 };

beforeAll(async () => {
  server = createServer((request, response) => {
    open.now += 1;
    open.most = Math.max(open.most, open.now);
    request.resume();
    request.on('end', () => {
      const size = Number(/^\/bytes\/(\d+)$/.exec(request.url ?? '')?.[1] ?? 2);
      // Long enough for everybody who may come to be there.
      setTimeout(
        () => {
          open.now -= 1;
          response.end(Buffer.alloc(size, 'x'));
        },
        request.url === '/slow' ? 150 : 0,
      );
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  annex = await startTestAnnex({ ANNEX_EGRESS_ALLOW_PRIVATE: origin });
  tenant = await annex.makeTenant();
  const jobs = ['large', 'long', 'noop'].map((name) => ({
    name,
    schedule: '@yearly',
    retry: { max_attempts: 1 },
    ...(name === 'long' && { timeout_ms: 400 }),
  }));
  const installed = await tenant.install({
    manifest: {
      slug: 'eager',
      routes: true,
      jobs,
      events: ['deep.step'],
      permissions: ['outbound_http'],
      http: { allow: [origin] },
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
      async function times(n, work) {
        for (const ended of await Promise.allSettled(Array.from({ length: n }, (_, i) => work(i))))
          if (ended.status === 'rejected') throw ended.reason;
      }
      route('/cpu', () => {
        for (;;);
      });
      route('/memory', () => {
        const all = [];
        for (;;) all.push(new Array(1e5).fill(all.length));
      });
      route('/result', () => 'x'.repeat(5 * 1024 * 1024));
      route('/lines', () => {
        for (let i = 0; i < 1001; i += 1) console.log(i);
      });
      route('/log-bytes', () => {
        for (let i = 0; i < 300; i += 1) console.log('x'.repeat(1000));
      });
      route('/http-calls', (ctx) => times(51, () => ctx.http.get(url)));
      route(
        '/http-at-once',
        async (ctx) => (await Promise.all(Array.from({ length: 20 }, () => ctx.http.get(url + '/slow')))).length,
      );
      route('/http-answer', (ctx) => tried(() => ctx.http.get(url + '/bytes/' + (10 * 1024 * 1024 + 1))));
      route('/http-body', (ctx) => tried(() => ctx.http.post(url, 'x'.repeat(10 * 1024 * 1024 + 1))));
      route('/http-used', async (ctx) => {
        await ctx.http.get(url + '/bytes/1000');
        return 1;
      });
      route('/emits', (ctx) => times(101, (i) => ctx.emit('some.thing', { i })));
      route('/emit-size', (ctx) => tried(() => ctx.emit('some.thing', { x: 'x'.repeat(256 * 1024) })));
      route('/job-size', (ctx) => tried(() => ctx.jobs.runNow('noop', 'x'.repeat(256 * 1024))));
      route('/job-starts', (ctx) => times(51, () => ctx.jobs.runNow('noop')));
      route('/host-calls', async (ctx) => {
        await Promise.allSettled(Array.from({ length: 1000 }, () => ctx.secrets.get('UNNAMED')));
        await ctx.kv.get('a');
      });
      route('/kv-size', (ctx) => tried(() => ctx.kv.set('a', 'x'.repeat(128 * 1024))));
      route('/take', { methods: ['POST'] }, async (ctx) => (await ctx.request.text()).length);
      hook('deep.step', (ctx, event) => ctx.emit('deep.step', { n: event.data.n + 1 }));
      job('large', () => 'x'.repeat(1024 * 1024));
      job('long', () => new Promise((done) => setTimeout(done, 60_000)));
      job('noop', () => 1);`,
  });
  expect(installed.body, JSON.stringify(installed.body)).toMatchObject({ status: 'enabled' });
  const hasty = await tenant.install({
    manifest: { slug: 'hasty', routes: true, limits: { timeout_ms: 300 } },
    code: `
      import { route } from '@annex/sdk'
      route('/ready', () => 1)
      route('/wait', () => new Promise((done) => setTimeout(done, 60_000)))`,
  });
  expect(hasty.status).toBe(200);
  // Its time is too short for an executor that has yet to start: that would be OVERLOADED.
  await until(
    () => tenant.owner.get('/ext/hasty/ready'),
    ({ status }) => status === 200,
  );
});
afterAll(async () => {
  await annex?.stop();
  server?.close();
});

const lastRun = async (plugin: string): Promise<Answer['body']> =>
  (await tenant.owner.get(`/api/runs?plugin=${plugin}&limit=1`)).body.items[0];
const runJob = async (name: string): Promise<Answer['body']> => {
  const { body } = await tenant.owner.post(`/api/plugins/eager/jobs/${name}/run-now`, {});
  return (
    await until(
      () => tenant.owner.get(`/api/runs/${body.run_id}`),
      (answer) => answer.body.finished_at !== null,
    )
  ).body;
};

describe('a limit that ends the run', () => {
  it.each<[string, number, string, RegExp, Record<string, object>]>([
    ['/hasty/wait', 504, 'TIMEOUT', /300 ms.*limits\.timeout_ms/, { wall_ms: { max: 300 } }],
    ['/eager/cpu', 504, 'CPU_LIMIT', /1000.*several jobs/, { cpu_ms: { max: 1000 } }],
    ['/eager/memory', 422, 'MEMORY_LIMIT', /100 MB.*limits\.memory_mb/, { memory_mb: { max: 100 } }],
    ['/eager/result', 422, 'OUTPUT_LIMIT', /5242880.*ctx\.files/, { result_bytes: { max: 5_242_880 } }],
    ['/eager/lines', 422, 'LOG_LIMIT', /1000 lines.*[Ll]og less/, { log_lines: { max: 1000 } }],
    ['/eager/log-bytes', 422, 'LOG_LIMIT', /262144 bytes.*[Ll]og less/, { log_bytes: { max: 262_144 } }],
    [
      '/eager/http-calls',
      422,
      'HTTP_LIMIT',
      /50 outbound HTTP calls.*limit.*[Ss]plit/,
      { http_calls: { used: 50, max: 50 } },
    ],
    ['/eager/emits', 429, 'RATE_LIMITED', /100 emitted events.*limit.*[Ss]plit/, { emits: { used: 100, max: 100 } }],
    [
      '/eager/job-starts',
      429,
      'RATE_LIMITED',
      /50 started jobs.*limit.*[Ss]plit/,
      { job_starts: { used: 50, max: 50 } },
    ],
    ['/eager/host-calls', 429, 'RATE_LIMITED', /1000 host calls.*limit/, { host_calls: { used: 1000, max: 1000 } }],
  ])('%s', async (path, status, code, detail, limits) => {
    const answer = await tenant.owner.get(`/ext${path}`);
    // A busy machine may run out of the five seconds before it gives the plugin its one of processor time.
    const late = ['CPU_LIMIT', 'MEMORY_LIMIT'].includes(code) && answer.body.code === 'TIMEOUT';
    const run = (await tenant.owner.get(`/api/runs/${answer.body.run_id}`)).body;
    const [usual, named] = late ? [504, 'TIMEOUT'] : [status, code];
    expect(answer, JSON.stringify(run)).toMatchObject({ status: usual, body: { code: named } });
    expect(run).toMatchObject({ status: 'failed', error: { code: named }, limits });
    if (!late) expect(run.error.message).toMatch(detail);
    for (const name of late ? ['wall_ms'] : Object.keys(limits))
      expect(run.limits[name].used, `what was used of ${name}`).toBeGreaterThanOrEqual(run.limits[name].max);
  });

  it('of a job is its own', async () => {
    expect(await runJob('large')).toMatchObject({
      status: 'failed',
      error: { code: 'OUTPUT_LIMIT', message: expect.stringContaining('1048576') as unknown },
      limits: { result_bytes: { max: 1_048_576 } },
    });
    expect(await runJob('long')).toMatchObject({
      status: 'failed',
      error: { code: 'TIMEOUT', message: expect.stringContaining('400 ms') as unknown },
      limits: { wall_ms: { max: 400 } },
    });
  });
});

describe('a limit that refuses one call', () => {
  it.each<[string, string, RegExp]>([
    ['/http-answer', 'HTTP_LIMIT', /body is larger than 10485760 bytes, which is the limit.*Ask for less/],
    ['/http-body', 'HTTP_LIMIT', /body is 10485761 bytes; the limit is 10485760/],
    ['/emit-size', 'PAYLOAD_TOO_LARGE', /the limit is 262144/],
    ['/job-size', 'PAYLOAD_TOO_LARGE', /the limit is 262144/],
    ['/kv-size', 'PAYLOAD_TOO_LARGE', /the limit is 131072/],
  ])('%s', async (path, code, message) => {
    expect((await tenant.owner.get(`/ext/eager${path}`)).body).toMatchObject({
      code,
      message: expect.stringMatching(message) as unknown,
    });
  });

  it('of what comes from outside is the caller’s to know', async () => {
    const big = await tenant.owner.request('POST', '/ext/eager/take', { raw: 'x'.repeat(1024 * 1024 + 1) });
    expect(big).toMatchObject({
      status: 413,
      body: { code: 'PAYLOAD_TOO_LARGE', detail: expect.stringContaining('1048576') as unknown },
    });
    const fits = await tenant.owner.request('POST', '/ext/eager/take', { raw: 'x'.repeat(1024 * 1024) });
    expect(fits.body).toBe(1024 * 1024);
    expect(await lastRun('eager')).toMatchObject({ limits: { request_bytes: { used: 1_048_576, max: 1_048_576 } } });
    const payload = await tenant.owner.post('/api/plugins/eager/jobs/noop/run-now', {
      payload: 'x'.repeat(256 * 1024),
    });
    expect(payload).toMatchObject({ status: 413, body: { detail: expect.stringContaining('262144') as unknown } });
    const event = await tenant.owner.post('/api/events', { type: 'some.thing', data: { x: 'x'.repeat(256 * 1024) } });
    expect(event).toMatchObject({ status: 413, body: { detail: expect.stringContaining('262144') as unknown } });
  });

  it('of HTTP calls at once lets others wait: the server never has more than six; the run shows it', async () => {
    open.most = 0;
    expect((await tenant.owner.get('/ext/eager/http-at-once')).body).toBe(20);
    expect(open.most).toBeLessThanOrEqual(6);
    expect(await lastRun('eager')).toMatchObject({
      limits: { http_calls: { used: 20 }, http_calls_at_once: { used: 6, max: 6 } },
    });
  });

  it('of depth is told with the chain that led there', async () => {
    await tenant.owner.post('/api/events', { type: 'deep.step', data: { n: 0 } });
    const failed = await until(
      () => tenant.owner.get('/api/runs?plugin=eager&kind=event&status=failed'),
      ({ body }) => body.items.length > 0,
    );
    expect(failed.body.items[0]).toMatchObject({
      error: {
        code: 'EMIT_DEPTH',
        message: expect.stringMatching(/11 emits deep; the limit is 10.*handlers/) as unknown,
      },
    });
    const passed = await tenant.owner.get('/api/runs?plugin=eager&kind=event&status=succeeded&limit=1');
    expect(passed.body.items[0]).toMatchObject({
      limits: { emit_depth: { used: 10, max: 10 }, payload_bytes: { max: 262_144 } },
    });
  });
});

it('a run shows what it used of a limit that it did not reach', async () => {
  await tenant.owner.get('/ext/eager/http-used');
  const run = await lastRun('eager');
  expect(run.limits).toMatchObject({
    http_calls: { used: 1, max: 50 },
    http_body_bytes: { used: 1000, max: 10_485_760 },
    http_calls_at_once: { used: 1, max: 6 },
    host_calls: { used: 1, max: 1000 },
  });
  expect(Object.keys(run.limits)).not.toContain('emails');
});
