/** What a tenant's runs may use in a day: doors refuse, background work waits, and nothing of it is lost. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  startTestAnnex,
  until,
  type Answer,
  type PluginFiles,
  type TestAnnex,
  type TestTenant,
} from '../support/annex.js';

let annex: TestAnnex;
let other: Server;
let url: string;
beforeAll(async () => {
  other = createServer((_request, response) => response.end('x'.repeat(1000)));
  await new Promise<void>((done) => void other.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
  annex = await startTestAnnex({ ANNEX_EGRESS_ALLOW_PRIVATE: new URL(url).host });
});
afterAll(async () => {
  await annex?.stop();
  other?.close();
});

const shop = (): PluginFiles => ({
  manifest: {
    slug: 'shop',
    routes: true,
    permissions: ['outbound_http'],
    http: { allow: [new URL(url).host] },
    events: ['order.*'],
    jobs: [{ name: 'work', overlap: 'allow' }],
    sources: [{ name: 'in', type: 'receive', auth: { token: { secret: 'S', scheme: 'bearer' } }, events: ['order.*'] }],
    secrets: ['S'],
  },
  code: `import { hook, job, route, source } from '@annex/sdk'
    route('/hello', () => ({ hello: true }))
    route('/open', { auth: 'public' }, () => ({ hello: true }))
    route('/fetch', async (ctx) => ({ status: (await ctx.http.get('${url}')).status }))
    route('/burn', () => { const end = Date.now() + 300; while (Date.now() < end); return {} })
    hook('order.made', () => ({ seen: true }))
    job('work', () => ({ worked: true }))
    source('in', { receive: () => ({ events: [{ id: '1', type: 'order.made', data: {} }] }) })`,
});
const allow = (tenant: TestTenant, quotas: object): Promise<Answer> =>
  annex.operator.patch(`/api/tenants/${tenant.slug}`, { quotas });
const make = async (): Promise<TestTenant> => {
  const tenant = await annex.makeTenant();
  expect((await tenant.install(shop(), { secrets: { S: 'what-they-agreed-on' } })).status).toBe(200);
  return tenant;
};
/** Calls a route until it is refused. */
const refused = (tenant: TestTenant, path = '/ext/shop/hello'): Promise<Answer> =>
  until(
    () => tenant.owner.get(path),
    ({ status }) => status === 429,
  );
const quota = async (tenant: TestTenant, name: string): Promise<{ used: number; max: number | null }> =>
  (await tenant.owner.get('/api/usage')).body.quotas[name];

it('says when runs are used up, with Retry-After until the day ends, and to strangers no figures', async () => {
  const tenant = await make();
  expect(await quota(tenant, 'runs_per_day')).toMatchObject({ max: null, unit: 'count' });
  expect(await quota(tenant, 'cpu_seconds_per_day')).toMatchObject({ max: null, unit: 'seconds' });
  await allow(tenant, { runs_per_day: 5 });
  const answer = await refused(tenant);
  expect(answer.body).toMatchObject({ code: 'QUOTA_EXCEEDED', quota: 'runs_per_day', max: 5 });
  expect(answer.body.used).toBeGreaterThanOrEqual(5);
  expect(answer.body.detail).toContain('PATCH /api/tenants/<slug> {"quotas":{"runs_per_day":');
  const seconds = Number(answer.headers.get('retry-after'));
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(86_400);
  expect((await quota(tenant, 'runs_per_day')).used).toBeGreaterThanOrEqual(5);

  const stranger = await fetch(`${annex.url}/t/${tenant.slug}/ext/shop/open`);
  const told = (await stranger.json()) as object;
  expect([stranger.status, told]).toEqual([429, expect.objectContaining({ code: 'QUOTA_EXCEEDED' })]);
  expect(stranger.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(told).not.toHaveProperty('used');
  expect(JSON.stringify(told)).not.toContain('runs_per_day');
  const sent = await fetch(`${annex.url}/hooks/${tenant.slug}/shop.in`, {
    ...{ method: 'POST', body: '{}' },
    headers: { authorization: 'Bearer what-they-agreed-on', 'content-type': 'application/json' },
  });
  expect([sent.status, ((await sent.json()) as { code: string }).code]).toEqual([429, 'QUOTA_EXCEEDED']);

  const neighbour = await make();
  expect((await neighbour.owner.get('/ext/shop/hello')).status).toBe(200);
});

it('lets background runs wait, says why, and runs each once when there is room again', async () => {
  const tenant = await make();
  await allow(tenant, { runs_per_day: 0 });
  await refused(tenant);
  const { body: made } = await tenant.owner.post('/api/plugins/shop/jobs/work/run-now', {});
  const { body: event } = await tenant.owner.post('/api/events', { type: 'order.made', data: {} });
  const job = (): Promise<Answer> => tenant.owner.get(`/api/runs/${made.run_id}`);
  const handled = async (): Promise<Answer['body'][]> =>
    (await tenant.owner.get(`/api/runs?event_id=${event.event_id}`)).body.items as Answer['body'][];
  const waits = { status: 'queued', waiting_for: 'quota', attempts: [] };
  await until(job, ({ body }) => body.waiting_for === 'quota');
  expect((await job()).body).toMatchObject(waits);
  expect(await until(handled, ([run]) => run?.waiting_for === 'quota')).toMatchObject([waits]);

  await allow(tenant, { runs_per_day: null });
  // They begin at once, and not when they would have been looked at again.
  expect((await until(job, ({ body }) => body.status === 'succeeded')).body).toMatchObject({
    result: { worked: true },
    attempts: [{ number: 1 }],
  });
  expect(await until(handled, ([run]) => run?.status === 'succeeded')).toHaveLength(1);
});

it('counts CPU time and what goes out, and lets installing go on', async () => {
  const [busy, chatty] = [await make(), await make()];
  await allow(busy, { cpu_seconds_per_day: 1 });
  expect((await refused(busy, '/ext/shop/burn')).body).toMatchObject({ quota: 'cpu_seconds_per_day', max: 1 });
  await allow(chatty, { egress_bytes_per_day: 1500 });
  expect((await refused(chatty, '/ext/shop/fetch')).body).toMatchObject({ quota: 'egress_bytes_per_day', max: 1500 });
  const more = { manifest: { slug: 'more' }, code: 'export {}' };
  expect((await chatty.install(more)).status).toBe(200);
  expect((await chatty.owner.delete('/api/plugins/more')).status).toBe(204);
});
