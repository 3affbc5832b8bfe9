/**
 * One program that does everything is told to go while it is at work: no caller and no run notices, and another one
 * does what it left.
 */
import { uuidFromId, type Id } from '@annex/kernel';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until, type Answer, type Client } from '../support/annex.js';
import {
  commandOf,
  descendants,
  install,
  startDeployment,
  type AnnexProcess,
  type Deployment,
} from '../support/deployment.js';
import { HalfRequest } from '../support/half-request.js';

let deployment: Deployment;
const startAll = (): Promise<AnnexProcess> => deployment.start('api', { environment: { ANNEX_ROLE: 'all' } });
beforeAll(async () => {
  deployment = await startDeployment();
});
afterAll(() => deployment.stop());

/** Much longer than a program takes to stop, on a busy machine too: whoever takes longer hangs. */
const stopLimitMs = 75_000;
/** Longer than a worker waits for runs to end before it hands them back. */
const longMs = 25_000;

const code = `
  import { hook, job, route } from '@annex/sdk';
  const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
  route('/ping', () => ({ pong: true }));
  route('/slow', async () => {
    await sleep(1500);
    return { slept: true };
  });
  hook<{ n: number }>('order.placed', async (ctx, event) => {
    await sleep(100);
    await ctx.kv.incr('order ' + event.data.n);
  });
  job('brief', async (ctx) => {
    await sleep(200);
    return 'brief';
  });
  job('long', async (ctx) => {
    await sleep(${longMs});
    await ctx.kv.incr('long');
    return ctx.run.attempt;
  })
`;

async function openStream(at: AnnexProcess, { token }: Client, slug: string): Promise<Promise<'ended' | 'broken'>> {
  const response = await fetch(`${at.url}/api/plugins/p/logs/stream`, {
    headers: { authorization: `Bearer ${token}`, 'x-tenant-slug': slug },
  });
  expect(response.status).toBe(200);
  return response.text().then(
    () => 'ended',
    () => 'broken',
  );
}

it('leaves under load without a failed call, a lost or doubled delivery; the rest goes on elsewhere', async () => {
  const [leaving, staying] = await Promise.all([startAll(), startAll()]);
  const tenant = await deployment.makeTenant(staying);
  const client = tenant.client(leaving);
  const manifest = {
    slug: 'p',
    routes: true,
    events: ['order.placed'],
    jobs: [
      { name: 'brief', overlap: 'allow' },
      { name: 'long', overlap: 'allow', timeout_ms: 60_000 },
    ],
  };
  await install(tenant.client(staying), { manifest, code });
  const stream = openStream(leaving, client, tenant.slug);

  const failed: string[] = [];
  const statuses = new Set<number>();
  let orders = 0;
  let isLeaving = false;
  /** Callers behind a load balancer, which sends nobody here once readiness is off. */
  const calls: ((n: number) => Promise<{ status: number }>)[] = [
    () => client.get('/ext/p/ping'),
    () => client.get('/ext/p/slow'),
    (n) => client.post('/api/events', { type: 'order.placed', id: `order-${n}`, data: { n } }),
    () => client.post('/api/plugins/p/jobs/brief/run-now?wait=30', {}),
  ];
  const callers = Array.from({ length: 12 }, async (_, number) => {
    while (!isLeaving) {
      const call = calls[number % calls.length];
      if (number % calls.length === 2) orders += 1;
      await call?.(orders).then(
        ({ status }) => statuses.add(status),
        (thrown: unknown) => failed.push(String(thrown instanceof Error ? (thrown.cause ?? thrown) : thrown)),
      );
    }
  });
  await until(
    () => Promise.resolve(orders),
    (count) => count > 60,
  );
  // With the other one frozen the long run is this one's.
  staying.signal('SIGSTOP');
  const long = await client.post('/api/plugins/p/jobs/long/run-now', {});
  const longRun = (as: Client): Promise<Answer> => as.get(`/api/runs/${String(long.body.run_id)}`);
  await until(
    () => longRun(client),
    ({ body }) => body.status === 'running',
  );
  staying.signal('SIGCONT');
  leaving.signal('SIGTERM');
  const told = performance.now();
  await until(
    () =>
      fetch(`${leaving.url}/readyz`).then(
        ({ status }) => status,
        () => 503,
      ),
    (status) => status === 503,
  );
  isLeaving = true;
  // A supervisor that says it again means the same.
  leaving.signal('SIGTERM');
  await Promise.all(callers);
  leaving.signal('SIGTERM');
  expect(await stream.then((end) => end)).toBe('ended');
  expect(await leaving.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - told).toBeLessThan(stopLimitMs);
  expect(failed).toEqual([]);
  expect([...statuses].sort()).toEqual([200, 202]);

  const at = tenant.client(staying);
  expect(leaving.log()).toContain('unfinished runs are handed back');
  const ended = await until(
    () => longRun(at),
    ({ body }) => body.status !== 'running' && body.status !== 'queued',
  );
  // Handed back, not failed: the handler's first attempt still.
  expect(ended.body).toMatchObject({ status: 'succeeded', result: 1 });
  await until(
    () => at.get('/api/runs?status=queued'),
    ({ body }) => body.items.length === 0,
  );
  await until(
    () => at.get('/api/runs?status=running'),
    ({ body }) => body.items.length === 0,
  );
  const counts = await deployment.sql<{ key: string; value: number }>(
    `select key, value from kv k join tenants t on t.id = k.tenant_id where t.slug = $1`,
    [tenant.slug],
  );
  expect(counts.every(({ value }) => value === 1)).toBe(true);
  expect(counts.map(({ key }) => key).sort()).toEqual(
    ['long', ...Array.from({ length: orders }, (_, n) => `order ${n + 1}`)].sort(),
  );
  // What the next test leaves is for nobody to take.
  staying.signal('SIGTERM');
  await staying.ended;
}, 180_000);

const endless = `
  import { job, route } from '@annex/sdk'
  const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms))
  route('/ticks', () => new Response(new ReadableStream({
    async pull(controller) { await sleep(50); controller.enqueue(new TextEncoder().encode('tick ')) },
  })))
  job('endless', () => sleep(600_000))`;

it('leaves no process, connection or caller behind that was in a stream, an upload or a job', async () => {
  const leaving = await startAll();
  const tenant = await deployment.makeTenant(leaving);
  const client = tenant.client(leaving);
  const jobs = [{ name: 'endless', timeout_ms: 900_000 }];
  await install(client, { manifest: { slug: 'e', routes: true, jobs }, code: endless });
  const { body } = await client.post('/api/plugins/e/jobs/endless/run-now', {});
  await until(
    () => client.get(`/api/runs/${String(body.run_id)}`),
    (answer) => answer.body.status === 'running',
  );
  const headers = { authorization: `Bearer ${client.token}`, 'x-tenant-slug': tenant.slug };
  // A busy machine may take longer to start the executor than a route may wait for it.
  const answer = await until(
    () => fetch(`${leaving.url}/ext/e/ticks`, { headers }),
    ({ status }) => status === 200,
  );
  if (answer.body === null) throw new Error('no stream');
  const stream = answer.body.getReader();
  expect(new TextDecoder().decode((await stream.read()).value)).toContain('tick');
  const streamed = (async () => {
    while (!(await stream.read()).done);
  })().catch(() => 'cut off');
  const upload = new HalfRequest(leaving.url, 'POST', '/api/plugins/upload', {
    headers: { ...headers, 'content-type': 'multipart/form-data; boundary=b' },
    body: '--b\r\ncontent-disposition: form-data; name="file"; filename="p.zip"\r\n\r\nPK',
  });
  const hungUp = new Promise((done) => upload.socket.once('close', done));
  const below = descendants(leaving.pid);
  expect(below.map(commandOf).filter((command) => command.startsWith('annex-exec')).length).toBeGreaterThan(0);

  leaving.signal('SIGTERM');
  expect(await leaving.ended).toEqual({ code: 0, signal: null });
  await hungUp;
  await streamed;
  // A process that has ended and waits for somebody to notice has no command line.
  await until(
    () => Promise.resolve(below.map(commandOf)),
    (commands) => commands.every((command) => command === ''),
  );
  const [run] = await deployment.sql<{ status: string }>('select status from runs where id = $1', [
    uuidFromId(String(body.run_id) as Id<'run'>),
  ]);
  expect(run?.status).not.toBe('running');
}, 180_000);
