import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestAnnex, until, type TestAnnex, type TestTenant } from '../support/annex.js';

/**
 * Work that causes itself by way of HTTP ends as work that causes itself by events does: at the depth limit, and told
 * so.
 */

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex({ ANNEX_EGRESS_ALLOW_PRIVATE: '127.0.0.0/8' });
});
afterAll(() => annex.stop());

const countOf = async (tenant: TestTenant, type: string): Promise<number> =>
  (await tenant.owner.get(`/api/events?limit=200&type=${type}`)).body.items.length;

it('a webhook that posts to the door for incoming webhooks comes to rest', async () => {
  const tenant = await annex.makeTenant();
  expect((await tenant.owner.put('/api/hooks/self', { preset: 'none' })).status).toBeLessThan(300);
  const made = await tenant.owner.post('/api/webhooks', {
    name: 'circle',
    url: `${annex.url}/hooks/${tenant.slug}/self`,
    events: ['webhook.received'],
  });
  expect(made.status).toBe(201);
  expect((await fetch(`${annex.url}/hooks/${tenant.slug}/self`, { method: 'POST', body: '{}' })).status).toBe(202);
  // The last delivery finds a door that refuses it.
  const last = await until(
    () => tenant.owner.get('/api/webhooks/deliveries?limit=200'),
    ({ body }) =>
      body.items.some(
        ({ status, error }: { status: string; error: unknown }) => status === 'retrying' && error !== null,
      ),
  );
  expect(last.body.items).toHaveLength(11);
  expect(await countOf(tenant, 'webhook.received')).toBe(11);
});

it('a hook that calls its own route, which emits what the hook waits for, comes to rest', async () => {
  const tenant = await annex.makeTenant();
  await tenant.install({
    manifest: {
      slug: 'circle',
      routes: true,
      events: ['round.go'],
      permissions: ['outbound_http'],
      http: { allow: [new URL(annex.url).host] },
    },
    code: `import { hook, route } from '@annex/sdk';
      hook('round.go', (ctx) =>
            ctx.http.post('${annex.url}/t/${tenant.slug}/ext/circle/again').then(({ status }) => status));
      route('/again', { methods: ['POST'], auth: 'public' }, (ctx) => ctx.emit('round.go', {}))`,
  });
  expect((await tenant.owner.post('/api/events', { type: 'round.go', data: {} })).status).toBe(202);
  const failed = await until(
    () => tenant.owner.get('/api/runs?plugin=circle&kind=route&status=failed'),
    ({ body }) => body.items.length > 0,
  );
  expect(failed.body.items).toMatchObject([{ error: { code: 'EMIT_DEPTH' } }]);
  // Each round is a pass through the platform and an emit.
  expect(await countOf(tenant, 'round.go')).toBe(6);
});
