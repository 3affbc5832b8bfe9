/** Secrets go in and never come out: not through the API, and not through anything a plugin can write to. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestAnnex, until, type TestAnnex } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex.stop());

const reader = pluginCode('secrets');

it('are written, listed by name, and never returned', async () => {
  const tenant = await annex.makeTenant();
  const value = `plain-${randomBytes(12).toString('hex')}`;
  await tenant.install({ manifest: { slug: 'vaulted', routes: true, secrets: ['API_KEY'] }, code: reader });
  const put = await tenant.owner.put('/api/plugins/vaulted/secrets/API_KEY', { value });
  expect(put.body).toMatchObject({ name: 'API_KEY' });
  const posted = await tenant.owner.post('/api/plugins/vaulted/secrets', { key: 'API_KEY', value });
  const listed = await tenant.owner.get('/api/plugins/vaulted/secrets');
  expect(listed.body.items).toMatchObject([{ name: 'API_KEY' }]);
  for (const answer of [
    put,
    posted,
    listed,
    await tenant.owner.get('/api/plugins/vaulted'),
    await tenant.owner.get('/api/audit'),
  ])
    expect(JSON.stringify(answer.body)).not.toContain(value);
  expect((await tenant.owner.get('/ext/vaulted/read/API_KEY')).body).toEqual({ value });
});

it('that the manifest does not name are refused with the name that was meant, and set nowhere', async () => {
  const tenant = await annex.makeTenant();
  await tenant.install({ manifest: { slug: 'strict', routes: true, secrets: ['API_KEY'] }, code: reader });
  const { id } = (await tenant.owner.get('/api/plugins/strict')).body;
  const refusals = [
    await tenant.owner.put('/api/plugins/strict/secrets/API_KYE', { value: 'x' }),
    await tenant.owner.put(`/api/plugins/${id}/secrets/API_KYE`, { value: 'x' }),
    await tenant.owner.post('/api/plugins/strict/secrets', { key: 'API_KYE', value: 'x' }),
  ];
  for (const answer of refusals)
    expect(answer).toMatchObject({
      status: 422,
      body: {
        code: 'INVALID_INPUT',
        errors: [{ code: 'SECRET_UNDECLARED', detail: expect.stringContaining('Did you mean "API_KEY"?') }],
      },
    });
  expect((await tenant.owner.put('/api/plugins/strict/secrets/ELSE', { value: 'x' })).body.detail).toContain(
    'It declares API_KEY.',
  );
  expect((await tenant.owner.get('/api/plugins/strict/secrets')).body.items).toEqual([]);
  expect((await tenant.owner.put('/api/plugins/none/secrets/API_KEY', { value: 'x' })).status).toBe(404);
});

it('of the tenant have a name that a manifest could write, whatever else is sent', async () => {
  const tenant = await annex.makeTenant();
  for (const name of ['a%00b', 'a%20b', '1st', 'x'.repeat(65)])
    expect(await tenant.owner.put(`/api/secrets/${name}`, { value: 'x' }), name).toMatchObject({
      status: 422,
      body: { code: 'INVALID_SECRET' },
    });
});

it('of the tenant reach only plugins whose manifest names them, and the plugin’s own wins', async () => {
  const tenant = await annex.makeTenant();
  await tenant.owner.put('/api/secrets/SHARED_KEY', { value: 'from-the-tenant' });
  await tenant.install({ manifest: { slug: 'named', routes: true, secrets: ['SHARED_KEY'] }, code: reader });
  await tenant.install({ manifest: { slug: 'unnamed', routes: true }, code: reader });
  expect((await tenant.owner.get('/ext/named/read/SHARED_KEY')).body).toEqual({ value: 'from-the-tenant' });
  expect((await tenant.owner.get('/ext/unnamed/read/SHARED_KEY')).body).toEqual({ code: 'PERMISSION_DENIED' });
  await tenant.owner.put('/api/plugins/named/secrets/SHARED_KEY', { value: 'from-the-plugin' });
  expect((await tenant.owner.get('/ext/named/read/SHARED_KEY')).body).toEqual({ value: 'from-the-plugin' });
  await tenant.owner.delete('/api/plugins/named/secrets/SHARED_KEY');
  expect((await tenant.owner.get('/ext/named/read/SHARED_KEY')).body).toEqual({ value: 'from-the-tenant' });
});

it('that are required and missing keep a plugin from being enabled, and the problem lists them', async () => {
  const tenant = await annex.makeTenant();
  const blocked = await tenant.install({
    manifest: {
      slug: 'needy',
      routes: true,
      secrets: [{ name: 'ONE', required: true }, { name: 'TWO', required: true }, 'THREE'],
    },
    code: reader,
  });
  expect(blocked.status).toBe(409);
  expect(JSON.stringify(blocked.body.errors)).toMatch(/ONE.*TWO/);
  expect(JSON.stringify(blocked.body)).not.toContain('THREE');
  expect((await tenant.owner.get('/api/plugins/needy')).body).toMatchObject({
    status: 'installed',
    missing_secrets: ['ONE', 'TWO'],
  });
  for (const name of ['ONE', 'TWO'])
    await tenant.owner.put(`/api/plugins/needy/secrets/${name}`, { value: 'some-value' });
  expect((await tenant.owner.post('/api/plugins/needy/enable', { grant: 'all' })).body).toMatchObject({
    status: 'enabled',
    missing_secrets: [],
  });
});

it('appear nowhere in the database, whatever the plugin does with them', async () => {
  const tenant = await annex.makeTenant();
  const canary = `canary+${randomBytes(18).toString('base64')}/=`;
  await tenant.install(
    {
      manifest: {
        slug: 'leaky',
        routes: true,
        events: ['leak.*'],
        secrets: [{ name: 'CANARY', required: true }],
        jobs: [{ name: 'leak_job', schedule: '@yearly' }],
      },
      code: pluginCode('leaky-secrets'),
    },
    { enable: false },
  );
  const put = await tenant.owner.request('PUT', '/api/plugins/leaky/secrets/CANARY', {
    body: { value: canary },
    headers: { 'idempotency-key': 'set-the-canary' },
  });
  expect(put.status).toBe(200);
  expect((await tenant.owner.post('/api/plugins/leaky/enable', { grant: 'all' })).status).toBe(200);
  // What a plugin hands its caller is between the two of them.
  const own = await tenant.owner.get('/ext/leaky/own');
  expect(own.body).toEqual({ secret: canary });
  expect(decodeURIComponent(own.headers.get('x-secret') ?? '')).toBe(canary);
  const answers = [
    await tenant.owner.get('/ext/leaky/leak'),
    await tenant.owner.post('/api/plugins/test-event', { event_type: 'leak.start' }),
    await tenant.owner.post('/api/plugins/test-event', { event_type: 'leak.throw' }),
    await tenant.owner.post('/api/plugins/leaky/jobs/leak_job/run-now?wait=20', {}),
    await tenant.owner.get('/api/plugins/leaky/logs?limit=200'),
    await tenant.owner.get('/api/runs?limit=200'),
    await tenant.owner.get('/api/events?limit=200'),
    await tenant.owner.get('/api/dead-letters?limit=200'),
    await tenant.owner.get('/api/audit?limit=200'),
    await tenant.owner.get('/api/plugins/leaky'),
    await tenant.owner.get('/api/plugins/leaky/metrics'),
    await tenant.owner.get('/api/usage'),
    await tenant.owner.get('/metrics'),
  ];
  const hidden = [
    canary,
    Buffer.from(canary).toString('base64').replace(/=+$/, ''),
    Buffer.from(canary).toString('hex'),
    encodeURIComponent(canary),
  ];
  await until(
    () => tenant.owner.get('/api/runs?limit=200'),
    ({ body }) => body.items.every((run: { status: string }) => !['queued', 'running'].includes(run.status)),
  );
  for (const answer of answers) for (const form of hidden) expect(JSON.stringify(answer.body)).not.toContain(form);
  expect(JSON.stringify(answers[4]?.body)).toContain('here it is');
  expect(annex.log()).toContain('PLUGIN_ERROR');
  for (const form of hidden) expect(annex.log()).not.toContain(form);

  const tables = await annex.db.sql<{ name: string }>(
    `select c.relname as name from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`,
  );
  expect(tables.length).toBeGreaterThan(15);
  for (const { name } of tables) {
    for (const form of hidden) {
      const found = await annex.db.sql(`select 1 from "${name}" as t where position($1 in t::text) > 0 limit 1`, [
        form,
      ]);
      expect(found, `${name} holds the secret as ${form.slice(0, 12)}…`).toEqual([]);
    }
  }
});

it('that a webhook of the package sends count as used too', async () => {
  const tenant = await annex.makeTenant();
  const installed = await tenant.install(
    {
      manifest: {
        slug: 'hooking',
        permissions: ['emit_webhook'],
        secrets: ['HOOK_URL', 'SPARE'],
      },
      code: '',
      // Nobody listens there: it is sent all the same.
      files: {
        'webhooks/out.yaml': 'api_version: v1\non: ["order.placed"]\ndelivery: { url: "${SECRET:HOOK_URL}" }\n',
      },
    },
    { secrets: { HOOK_URL: 'http://127.0.0.1:9/', SPARE: 'never sent' } },
  );
  expect(installed.body, JSON.stringify(installed.body)).toMatchObject({ status: 'enabled' });
  await tenant.owner.post('/api/events', { type: 'order.placed', data: {} });
  const { body } = await until(
    () => tenant.owner.get('/api/plugins/hooking/secrets/declared'),
    ({ body: { items } }) => items[0].last_used_at !== null,
  );
  expect(body.items).toMatchObject([{ name: 'HOOK_URL' }, { name: 'SPARE', last_used_at: null }]);
});
