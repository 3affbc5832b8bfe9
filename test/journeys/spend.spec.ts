/** The ledger that bills are made from: a closed day never changes, and outlives its tenant. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { uuidFromId } from '@annex/kernel';
import { closeNextDay } from '@annex/spend';
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
    jobs: [{ name: 'work', retry: { max_attempts: 1 } }],
  },
  code: `import { job, route } from '@annex/sdk'
    route('/hello', () => ({ hello: true }))
    job('work', async (ctx, { fail }) => {
      if (fail) throw new Error('no')
      await ctx.http.post('${url}', 'y'.repeat(500))
      return {}
    })`,
});
const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
const yesterday = day(-1);
const report = (client: TestTenant['owner'], path = '/api/spend'): Promise<Answer> =>
  client.get(`${path}?since=${yesterday}&until=${yesterday}`);
const csvOf = async (token: string, path: string): Promise<{ type: string | null; lines: string[] }> => {
  const answer = await fetch(`${annex.url}${path}?since=${yesterday}&until=${yesterday}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return { type: answer.headers.get('content-type'), lines: (await answer.text()).trimEnd().split('\n') };
};
/** Makes today's usage yesterday's, and yesterday a day that was not closed before. */
async function turnBack(tenant: string): Promise<void> {
  await annex.db.sql('update usage set day = day - 1 where tenant_id = (select id from tenants where slug = $1)', [
    tenant,
  ]);
  await annex.db.sql('delete from spend');
  await annex.db.sql('delete from spend_days');
}
/** Closes what is over by now, as if the hour of grace were past; a worker may be doing the same. */
const closeAll = (): Promise<Answer> =>
  until(
    async () => {
      while (await annex.platform.database.platform((tx) => closeNextDay(tx, { graceMs: 0 })));
      return report(annex.operator, '/api/operator/spend');
    },
    ({ body }) => body.complete === true,
  );

it('adds up a closed day by tenant and plugin, the same for ever, and keeps it when the tenant is erased', async () => {
  const [one, two] = [await annex.makeTenant(), await annex.makeTenant()];
  for (const tenant of [one, two]) expect((await tenant.install(shop())).status).toBe(200);
  for (let n = 0; n < 12; n += 1) expect((await one.owner.get('/ext/shop/hello')).status).toBe(200);
  await one.owner.post('/api/plugins/shop/jobs/work/run-now?wait=30', { payload: {} });
  await one.owner.post('/api/plugins/shop/jobs/work/run-now?wait=30', { payload: { fail: true } });
  const usage = (await one.owner.get('/api/usage')).body.items[0] as Answer['body'];
  expect(usage.series).toMatchObject({ 'job/succeeded/work': 1, 'job/failed/work': 1, 'error/PLUGIN_ERROR': 1 });
  expect(Object.keys(usage.metrics as object).filter((name) => name.includes('/'))).toEqual([]);

  const open = await one.owner.get(`/api/spend?since=${day(0)}&until=${day(0)}`);
  expect(open.body).toMatchObject({ complete: false, items: [] });
  await turnBack(one.slug);
  await closeAll();
  const closed = await report(one.owner);
  expect(closed.body).toMatchObject({ complete: true, closed_until: yesterday });
  const lines = closed.body.items as Answer['body'][];
  expect(lines).toMatchObject([
    { tenant: one.slug, plugin: null, runs: 0 },
    {
      tenant: one.slug,
      plugin: 'shop',
      runs: usage.metrics.runs,
      failed_runs: 1,
      cpu_ms: usage.metrics.cpu_ms,
      http_calls: 1,
      egress_bytes: 1500,
    },
  ]);
  expect(lines[0]?.storage_byte_days).toBeGreaterThan(0);
  expect((await report(two.owner)).body.items).toMatchObject([{ tenant: two.slug, plugin: null }]);

  await annex.db.sql('update usage set value = value + 1000 where day = $1', [yesterday]);
  await closeAll();
  expect((await report(one.owner)).body).toEqual(closed.body);
  await expect(
    annex.platform.database.platform((tx) => tx.execute('update spend set runs = 0 where day = $1', [yesterday])),
  ).rejects.toThrow(/permission denied/);

  const own = await csvOf(one.owner.token, '/api/spend/csv');
  expect(own.type).toContain('text/csv');
  expect(own.lines[0]).toMatch(/^tenant_id,tenant,plugin,since,until,runs,/);
  expect(own.lines.slice(1)).toEqual([
    expect.stringMatching(`^ten_\\w+,${one.slug},,${yesterday},${yesterday},0,`),
    expect.stringMatching(`^ten_\\w+,${one.slug},shop,${yesterday},${yesterday},${usage.metrics.runs},1,`),
  ]);
  const first = await annex.operator.get(`/api/operator/spend?since=${yesterday}&until=${yesterday}&limit=1`);
  expect(first.body.next_cursor).toMatch(/^ten_/);
  const next = await annex.operator.get(
    `/api/operator/spend?since=${yesterday}&until=${yesterday}&limit=1&cursor=${first.body.next_cursor}`,
  );
  const both = [...(first.body.items as object[]), ...(next.body.items as object[])];
  expect(both).toEqual([...lines, ...((await report(two.owner)).body.items as object[])]);
  expect((await report(one.owner, '/api/operator/spend')).status).toBe(403);

  const tenantId = lines[0]?.tenant_id as `ten_${string}`;
  await annex.operator.delete(`/api/tenants/${one.slug}?confirm=${one.slug}&now=true`);
  const after = (await report(annex.operator, '/api/operator/spend')).body.items as Answer['body'][];
  expect(after.filter((line) => line.tenant_id === tenantId)).toEqual(lines);
  const today = await annex.db.sql<{ n: number }>(
    'select count(*)::int as n from spend where tenant_id = $1 and day = $2',
    [uuidFromId(tenantId), day(0)],
  );
  expect(today[0]?.n).toBeGreaterThan(0);
});

it('refuses a period that ends before it begins, or is too long', async () => {
  const { owner } = await annex.makeTenant();
  expect((await owner.get('/api/spend?since=2026-02-01&until=2026-01-31')).body.code).toBe('INVALID_INPUT');
  expect((await owner.get('/api/spend?since=2020-01-01&until=2026-01-31')).body.code).toBe('INVALID_INPUT');
});
