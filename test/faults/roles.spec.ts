/**
 * Two apis and a worker over one PostgreSQL: what one process does, the others know; and each may leave without anybody
 * losing an answer.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packPlugin, until, type Client } from '../support/annex.js';
import { install, killQuietly, startDeployment, type AnnexProcess, type Deployment } from '../support/deployment.js';

let deployment: Deployment;
let one: AnnexProcess;
let two: AnnexProcess;
let worker: AnnexProcess;
beforeAll(async () => {
  deployment = await startDeployment();
  [one, two, worker] = await Promise.all([
    deployment.start('api', { environment }),
    deployment.start('api', { environment }),
    deployment.start('worker', { environment }),
  ]);
});
afterAll(() => deployment.stop());

/** A busy machine may take seconds to start an executor. */
const routeMs = 30_000;
const environment = { ANNEX_LIMITS: JSON.stringify({ wall_ms: { route: routeMs } }) };

const code = `
  import { hook, job, route } from '@annex/sdk';
  const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
  route('/ping', () => ({ pong: true }));
  route('/secret', async (ctx) => ({ value: await ctx.secrets.get('WORD', 'none') }));
  route('/slow/:ms', async (ctx) => {
    await ctx.kv.incr('slow');
    await sleep(Number(ctx.params.ms));
    return { slept: true };
  });
  hook<{ n: number }>('order.*', (ctx, event) => {
    console.log('saw', event.data.n);
    return { saw: event.data.n };
  });
  job<{ ms: number }>('nap', async (ctx, { ms }) => {
    await ctx.kv.incr('naps');
    for (let slept = 0; slept < ms; slept += 20) {
      ctx.run.signal.throwIfAborted();
      await sleep(20);
    }
    return { slept: true };
  })
`;

/** A tenant with the plugin installed through the first api, and clients of both. */
async function makeTenant(): Promise<[Client, Client, string]> {
  const tenant = await deployment.makeTenant(one);
  const clients: [Client, Client, string] = [tenant.client(one), tenant.client(two), tenant.slug];
  await install(clients[0], {
    manifest: {
      slug: 'p',
      routes: true,
      events: ['order.*'],
      secrets: ['WORD'],
      limits: { timeout_ms: routeMs },
      jobs: [{ name: 'nap', timeout_ms: 30_000, overlap: 'allow' }],
    },
    code,
  });
  return clients;
}

/** Much longer than a change takes to be heard of, much shorter than anything cached lives. */
const soon = <T>(ask: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> =>
  Promise.race([
    until(ask, wanted),
    new Promise<never>((_, late) =>
      setTimeout(() => late(new Error('the other process did not hear of it')), 5000).unref(),
    ),
  ]);

it('serves at every api what was uploaded, switched and set at another', async () => {
  const [first, second] = await makeTenant();
  await soon(
    () => second.get('/ext/p/ping'),
    ({ status }) => status === 200,
  );
  for (let round = 0; round < 3; round += 1) {
    expect((await first.post('/api/plugins/p/disable')).status).toBe(200);
    await soon(
      () => second.get('/ext/p/ping'),
      ({ status, body }) => status === 409 && body.code === 'PLUGIN_DISABLED',
    );
    expect((await first.post('/api/plugins/p/enable')).status).toBe(200);
    await soon(
      () => second.get('/ext/p/ping'),
      ({ status }) => status === 200,
    );
  }
  expect((await second.get('/ext/p/secret')).body).toEqual({ value: 'none' });
  expect((await first.put('/api/plugins/p/secrets/WORD', { value: 'a-secret-word' })).status).toBe(200);
  await soon(
    () => second.get('/ext/p/secret'),
    ({ body }) => body.value === 'a-secret-word',
  );
  const upgraded = await first.upload(
    packPlugin({
      manifest: { slug: 'p', version: '1.1.0', routes: true },
      code: `import { route } from '@annex/sdk'\nroute('/ping', () => ({ pong: 2 }))`,
    }),
  );
  expect(upgraded.status).toBe(201);
  await soon(
    () => second.get('/ext/p/ping'),
    ({ body }) => body.pong === 2,
  );
  expect((await first.delete('/api/plugins/p')).status).toBeLessThan(300);
  await soon(
    () => second.get('/ext/p/ping'),
    ({ status }) => status === 404,
  );
});

it('refuses a token everywhere once it was deleted anywhere', async () => {
  const [first, second] = await makeTenant();
  const made = await first.post('/api/tokens', { name: 'short-lived', role: 'member' });
  expect(made.status).toBe(201);
  const asToken = () =>
    second.request('GET', '/ext/p/ping', { headers: { authorization: `Bearer ${String(made.body.token)}` } });
  expect((await asToken()).status).toBe(200);
  expect((await first.delete(`/api/tokens/${String(made.body.id)}`)).status).toBeLessThan(300);
  await soon(asToken, ({ status }) => status === 401);
});

it('runs at a worker what any api was asked for, and tells every api of its end', async () => {
  const [first, second] = await makeTenant();
  expect(await second.post('/api/plugins/p/jobs/nap/run-now?wait=30', { payload: { ms: 1 } })).toMatchObject({
    status: 200,
    body: { status: 'succeeded', result: { slept: true } },
  });
  expect(await first.post('/api/plugins/test-event', { event_type: 'order.paid', event_data: { n: 7 } })).toMatchObject(
    {
      status: 200,
      body: { deliveries: [{ plugin: 'p', status: 'succeeded', result: { saw: 7 } }] },
    },
  );
});

it('streams at every api what a plugin logs at a worker', async () => {
  const [first, second, slug] = await makeTenant();
  const leave = new AbortController();
  const response = await fetch(`${two.url}/api/plugins/p/logs/stream`, {
    headers: { authorization: `Bearer ${second.token}`, 'x-tenant-slug': slug },
    signal: leave.signal,
  });
  expect(response.status).toBe(200);
  const sent = await first.post('/api/events', { type: 'order.paid', data: { n: 11 } });
  expect(sent.status).toBe(202);
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (text.includes('saw 11')) break;
  }
  leave.abort();
  expect(text).toContain('saw 11');
});

it('cancels at one api what another one started and a worker runs', async () => {
  const [first, second] = await makeTenant();
  const started = await first.post('/api/plugins/p/jobs/nap/run-now', { payload: { ms: 25_000 } });
  expect(started.status).toBe(202);
  const run = `/api/runs/${String(started.body.run_id)}`;
  await until(
    () => second.get(run),
    ({ body }) => body.status === 'running',
  );
  expect((await second.post(`${run}/cancel`)).status).toBeLessThan(300);
  const ended = await soon(
    () => first.get(run),
    ({ body }) => body.status !== 'running',
  );
  expect(ended.body).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED' } });
});

it('keeps what was asked for while no worker is there, and does it when one comes', async () => {
  const [first] = await makeTenant();
  worker.signal('SIGTERM');
  expect(await worker.ended).toEqual({ code: 0, signal: null });
  const started = await first.post('/api/plugins/p/jobs/nap/run-now', { payload: { ms: 1 } });
  expect(started).toMatchObject({ status: 202, body: { status: 'queued' } });
  worker = await deployment.start('worker');
  await until(
    () => first.get(`/api/runs/${String(started.body.run_id)}`),
    ({ body }) => body.status === 'succeeded',
  );
});

it('answers calls in flight with 502 when their executor is killed, and the next call well', async () => {
  const [first] = await makeTenant();
  const calls = [1, 2, 3].map(() => first.get('/ext/p/slow/25000'));
  await until(
    () => deployment.sql(`select 1 from kv where key = 'slow' and value #>> '{}' = '3'`),
    (rows) => rows.length > 0,
  );
  for (const pid of one.executors()) killQuietly(pid);
  for (const answer of await Promise.all(calls))
    expect(answer).toMatchObject({ status: 502, body: { code: 'EXECUTOR_LOST' } });
  // All executors died at once: a call may still meet one whose end was not noticed yet, and nothing worse.
  const after = await until(
    () => first.get('/ext/p/ping'),
    ({ body }) => body.code !== 'EXECUTOR_LOST',
  );
  expect(after).toMatchObject({ status: 200, body: { pong: true } });
});

it('takes an api out of service under load without one failed call', async () => {
  const [, { token }, slug] = await makeTenant();
  const leaving = await deployment.start('api');
  const answered: number[] = [];
  const failed: string[] = [];
  let isLeaving = false;
  /** A caller behind a load balancer, which sends nobody here once readiness is off. */
  const call = async (number: number): Promise<void> => {
    while (!isLeaving) {
      const headers = { authorization: `Bearer ${token}`, 'x-tenant-slug': slug };
      await fetch(`${leaving.url}/ext/p/${number % 4 === 0 ? 'slow/1000' : 'ping'}`, { headers })
        .then(async (response) => {
          await response.text();
          answered.push(response.status);
        })
        .catch((thrown: unknown) => failed.push(String(thrown instanceof Error ? thrown.cause : thrown)));
    }
  };
  const callers = Array.from({ length: 12 }, (_, number) => call(number));
  await until(
    async () => answered.length,
    (count) => count > 100,
  );
  leaving.signal('SIGTERM');
  await until(
    () =>
      fetch(`${leaving.url}/readyz`).then(
        ({ status }) => status,
        () => 503,
      ),
    (status) => status === 503,
  );
  isLeaving = true;
  const before = answered.length;
  await Promise.all(callers);
  expect(failed).toEqual([]);
  expect(new Set(answered)).toEqual(new Set([200]));
  expect(answered.length).toBeGreaterThan(before);
  expect(await leaving.ended).toEqual({ code: 0, signal: null });
});

it('takes a worker out of service under load: each run ends once, wherever it ends', async () => {
  const [first] = await makeTenant();
  const leaving = await deployment.start('worker');
  const started = await Promise.all(
    Array.from({ length: 20 }, (_, number) =>
      first.post('/api/plugins/p/jobs/nap/run-now', { payload: { ms: 200 + number * 50 } }),
    ),
  );
  expect(started.every(({ status }) => status === 202)).toBe(true);
  const runs = started.map(({ body }) => `/api/runs/${String(body.run_id)}`);
  await until(
    () => Promise.all(runs.map((run) => first.get(run))),
    (all) => all.some(({ body }) => body.status === 'running'),
  );
  leaving.signal('SIGTERM');
  expect(await leaving.ended).toEqual({ code: 0, signal: null });
  const ended = await until(
    () => Promise.all(runs.map((run) => first.get(run))),
    (all) => all.every(({ body }) => body.status === 'succeeded'),
  );
  for (const { body } of ended)
    expect(body.attempts.filter((attempt: { error?: unknown }) => attempt.error === undefined)).toHaveLength(1);
});
