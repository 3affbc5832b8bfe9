/** Plugins with an `onInit`, on real executors: nothing of them runs before that has succeeded. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packPlugin, startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';

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

it('an upgrade runs its onInit while the old release serves, and takes over after that', async () => {
  const tenant = await annex.makeTenant();
  const manifest = { slug: 'calm', routes: true, events: ['a.b'], secrets: [{ name: 'KEY', required: true }] };
  const says = (version: string, init = ''): { manifest: Record<string, unknown>; code: string } => ({
    manifest: { ...manifest, version },
    code: `import { hook, onInit, route } from '@annex/sdk'
      ${init}
      hook('a.b', () => '${version}')
      route('/version', () => '${version}')`,
  });
  const handled = async (): Promise<unknown> => {
    const { body: event } = await tenant.owner.post('/api/events', { type: 'a.b' });
    const { body } = await until(
      () => tenant.owner.get(`/api/events/${event.event_id}`),
      (answer) => answer.body.deliveries[0]?.status === 'succeeded',
    );
    return (await tenant.owner.get(`/api/runs/${body.deliveries[0].run_id}`)).body.result;
  };
  await tenant.install(says('1.0.0'), { secrets: { KEY: 'one' } });
  const init = `onInit(async (ctx) => {
    if ((await ctx.secrets.get('MORE')) !== 'open') throw new Error('not yet')
    await ctx.kv.set('seen', ctx.plugin.version)
  })`;
  const next = says('2.0.0', init);
  const secrets = [...manifest.secrets, { name: 'MORE', required: true }];
  const zip = packPlugin({ ...next, manifest: { ...next.manifest, secrets } });
  const { body: uploaded } = await tenant.owner.upload(zip);
  expect(uploaded).toMatchObject({
    ...{ version: '1.0.0', status: 'enabled' },
    upgrade: { version: '2.0.0', tries: 0, missing_secrets: ['MORE'] },
    uploaded: { version: '2.0.0', active: false },
  });
  // The active release does not name it; the one that waits for it does.
  const more = (value: string): Promise<Answer> => tenant.owner.put('/api/plugins/calm/secrets/MORE', { value });
  expect((await more('shut')).status).toBe(200);
  await until(
    () => tenant.owner.get('/api/plugins/calm'),
    ({ body }) => body.upgrade?.tries > 1,
  );
  expect((await tenant.owner.get('/ext/calm/version')).body).toBe('1.0.0');
  expect(await handled()).toBe('1.0.0');
  await more('open');
  await until(
    () => tenant.owner.get('/api/plugins/calm'),
    ({ body }) => body.version === '2.0.0',
  );
  expect((await tenant.owner.get('/ext/calm/version')).body).toBe('2.0.0');
  expect(await handled()).toBe('2.0.0');
  expect((await tenant.owner.get('/api/plugins/calm/kv/seen')).body.value).toBe('2.0.0');
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
