/** Plugins with an `onInit`, on real executors: nothing of them runs before that has succeeded. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex.stop());

const statusOf = (tenant: TestTenant, slug: string, status: string): Promise<Answer> =>
  until(
    () => tenant.owner.get(`/api/plugins/${slug}`),
    ({ body }) => body.status === status,
  );

it('events wait for a plugin that is starting, and routes say so', async () => {
  const tenant = await annex.makeTenant();
  const installed = await tenant.install({
    manifest: { slug: 'slow', routes: true, events: ['a.b'] },
    code: `import { hook, onInit, route } from '@annex/sdk'
      onInit(async (ctx, { reason, attempt }) => {
        if (attempt === 1) throw new Error('not yet')
        await ctx.kv.set('ready', { reason, attempt })
      })
      hook('a.b', (ctx) => ctx.kv.get('ready'))
      route('/ready', (ctx) => ctx.kv.get('ready'))`,
  });
  expect(installed.body.status).toBe('starting');
  const { body: event } = await tenant.owner.post('/api/events', { type: 'a.b' });
  const early = await tenant.owner.get('/ext/slow/ready');
  expect(early).toMatchObject({ status: 503, body: { code: 'PLUGIN_STARTING' } });
  expect(early.headers.get('retry-after')).toBe('1');
  expect((await tenant.owner.get('/api/plugins/health')).body.items).toMatchObject([
    { slug: 'slow', status: 'starting' },
  ]);
  await statusOf(tenant, 'slow', 'enabled');
  const ready = { reason: 'enable', attempt: 2 };
  expect((await tenant.owner.get('/ext/slow/ready')).body).toEqual(ready);
  const { body } = await until(
    () => tenant.owner.get(`/api/events/${event.event_id}`),
    (answer) => answer.body.deliveries[0]?.status === 'succeeded',
  );
  const run = await tenant.owner.get(`/api/runs/${body.deliveries[0].run_id}`);
  expect(run.body.result).toEqual(ready);
});

it('one that hangs or loops delays no other plugin, and can be uninstalled', async () => {
  const tenant = await annex.makeTenant();
  const hanging = { hang: 'await new Promise(() => {})', loop: 'for (;;) {}' };
  for (const [slug, body] of Object.entries(hanging)) {
    const code = `import { onInit } from '@annex/sdk'; onInit(async () => { ${body} })`;
    expect((await tenant.install({ manifest: { slug, limits: { timeout_ms: 1000 } }, code })).body.status).toBe(
      'starting',
    );
  }
  await tenant.install({ manifest: { slug: 'quick' }, code: `import { onInit } from '@annex/sdk'; onInit(() => {})` });
  await statusOf(tenant, 'quick', 'enabled');
  for (const slug of Object.keys(hanging)) {
    expect((await tenant.owner.get(`/api/plugins/${slug}`)).body.status).toBe('starting');
    expect((await tenant.owner.delete(`/api/plugins/${slug}`)).status).toBe(204);
  }
});
