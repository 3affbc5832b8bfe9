/** Plugins that call each other, and what plugins count, over HTTP. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestAnnex, until, type TestAnnex } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex?.stop());

it('a plugin calls a route of its dependency, for the user who called it, and both runs are there to see', async () => {
  const tenant = await annex.makeTenant();
  await tenant.install({
    manifest: { slug: 'price-list', routes: true },
    code: pluginCode('price-list'),
  });
  const installed = await tenant.install({
    manifest: { slug: 'shop', routes: true, dependencies: { 'price-list': '^1.0.0' } },
    code: pluginCode('shop'),
  });
  expect(installed.body).toMatchObject({ status: 'enabled' });
  expect((await tenant.owner.get('/ext/shop/offer')).body).toEqual({
    ok: true,
    sku: 'a',
    price: 7,
    for: 'owner',
    by: 'shop',
  });
  // What a caller from outside claims about itself is not believed.
  expect((await tenant.owner.get('/ext/price-list/prices', { 'x-annex-caller': 'shop' })).body).toMatchObject({
    by: null,
  });
  expect((await tenant.owner.get('/api/runs?plugin=price-list')).body.items).toHaveLength(2);
  expect((await tenant.owner.get('/api/runs?plugin=shop')).body.items).toMatchObject([
    { limits: { plugin_calls: { used: 1, max: 50 }, call_depth: { used: 1, max: 5 } } },
  ]);
});

it('a dependency that is switched off is refused by name, and another tenant’s is not there', async () => {
  const [tenant, other] = [await annex.makeTenant(), await annex.makeTenant()];
  const target = {
    manifest: { slug: 'target', routes: true },
    code: `import { route } from '@annex/sdk'\nroute('/', () => 'reached')`,
  };
  const caller = {
    manifest: { slug: 'caller', routes: true, dependencies: { target: '*' } },
    code: pluginCode('caller'),
  };
  await tenant.install(target);
  await other.install(target);
  await tenant.install(caller);
  expect((await tenant.owner.get('/ext/caller/')).body).toBe('reached');
  await tenant.owner.post('/api/plugins/target/disable?force=true');
  expect((await tenant.owner.get('/ext/caller/')).body).toEqual({ code: 'PLUGIN_DISABLED' });
});

it('ctx.analytics.track shows in usage and metrics: times and sums; a failed attempt counts nothing', async () => {
  const tenant = await annex.makeTenant();
  await tenant.install({
    manifest: {
      slug: 'counter',
      routes: true,
      jobs: [
        { name: 'count_twice', schedule: '@yearly', retry: { max_attempts: 2, backoff: 'fixed', initial_delay_s: 1 } },
      ],
    },
    code: pluginCode('counter'),
  });
  await tenant.owner.get('/ext/counter/report_made/20');
  await tenant.owner.get('/ext/counter/report_made/5');
  const day = (await tenant.owner.get('/api/usage')).body.items[0];
  expect(day).toMatchObject({ plugin: 'counter', analytics: { report_made: { count: 2, sums: { rows: 25 } } } });
  expect(JSON.stringify(day)).not.toContain('text is not kept');
  expect((await tenant.owner.get('/ext/counter/odd')).body).toEqual([
    'ANALYTICS_LIMIT',
    'INVALID_ARGUMENTS',
    'ok',
    'INVALID_ARGUMENTS',
    'ANALYTICS_LIMIT',
  ]);

  const started = await tenant.owner.post('/api/plugins/counter/jobs/count_twice/run-now', {});
  await until(
    () => tenant.owner.get(`/api/runs/${started.body.run_id}`),
    ({ body }) => body.status === 'succeeded',
  );
  const metrics = await until(
    () => tenant.owner.get('/api/plugins/counter/metrics'),
    ({ body }) => body.days[0].analytics.job_done !== undefined,
  );
  expect(metrics.body.days[0].analytics.job_done).toEqual({ count: 1, sums: {} });
  expect((await tenant.owner.get('/ext/counter/many')).body).toMatchObject({
    code: 'ANALYTICS_LIMIT',
    message: expect.stringContaining('200') as unknown,
  });
});
