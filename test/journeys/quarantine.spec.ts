/** Operators keep code from running in every tenant, by its slug or by the hash of an archive. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packPlugin, startTestAnnex, until, type Answer, type PluginFiles, type TestAnnex } from '../support/annex.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex.stop());

const plugin = (slug: string, version: string): PluginFiles => ({
  manifest: { slug, version, routes: true, jobs: [{ name: 'nap', timeout_ms: 600_000, overlap: 'allow' }] },
  code: `import { job, route } from '@annex/sdk'
    route('/hello', () => ({ version: '${version}' }))
    job('nap', async () => {
      // Who ends by itself when it is told to has succeeded.
      for (;;) await new Promise((done) => setTimeout(done, 20))
    })`,
});
const set = (body: object): Promise<Answer> => annex.operator.post('/api/operator/quarantines', body);

it('stops every installation of a slug and its runs, refuses uploads and enabling, and is lifted again', async () => {
  const [one, two] = [await annex.makeTenant(), await annex.makeTenant()];
  for (const { install, owner } of [one, two]) {
    await install(plugin('evil', '1.0.0'));
    await install(plugin('good', '1.0.0'));
    expect((await owner.get('/ext/evil/hello')).status).toBe(200);
  }
  const { body: nap } = await one.owner.post('/api/plugins/evil/jobs/nap/run-now', {});
  const run = (): Promise<Answer> => one.owner.get(`/api/runs/${nap.run_id}`);
  await until(run, ({ body }) => body.status === 'running');

  const quarantine = await set({ slug: 'evil', reason: 'It mines coins.' });
  expect(quarantine).toMatchObject({ status: 201, body: { slug: 'evil', sha256: null } });
  for (const { owner } of [one, two]) {
    await until(
      () => owner.get('/api/plugins/evil'),
      ({ body }) => body.status === 'suspended',
    );
    expect((await owner.get('/ext/evil/hello')).status).toBe(409);
    expect((await owner.get('/ext/good/hello')).status).toBe(200);
    expect((await owner.post('/api/plugins/evil/enable', { grant: 'all' })).body).toMatchObject({
      code: 'RELEASE_QUARANTINED',
      detail: expect.stringContaining('It mines coins') as string,
    });
    const newer = packPlugin(plugin('evil', '1.0.1'));
    expect((await owner.upload(newer)).body).toMatchObject({ code: 'RELEASE_QUARANTINED', status: 403 });
  }
  await until(run, ({ body }) => body.status === 'cancelled');
  expect((await one.owner.get('/api/operator/quarantines')).status).toBe(403);
  expect((await one.owner.post('/api/operator/quarantines', { slug: 'good', reason: 'x' })).status).toBe(403);
  expect((await set({ reason: 'nothing named' })).body.code).toBe('INVALID_INPUT');

  const { id } = quarantine.body as { id: string };
  expect((await annex.operator.delete(`/api/operator/quarantines/${id}`)).status).toBe(204);
  expect((await annex.operator.delete(`/api/operator/quarantines/${id}`)).body.code).toBe('QUARANTINE_NOT_FOUND');
  expect((await one.owner.get('/api/plugins/evil')).body.status).toBe('suspended');
  expect((await one.owner.post('/api/plugins/evil/enable', { grant: 'all' })).status).toBe(200);
  const audit = await annex.operator.get('/api/audit/platform?action=quarantine');
  expect((audit.body.items as Answer['body'][]).map(({ action }) => String(action))).toEqual([]);
  for (const action of ['quarantine.set', 'quarantine.lifted'])
    expect((await annex.operator.get(`/api/audit/platform?action=${action}`)).body.items).toHaveLength(1);
});

it('keeps one archive from running, also as an earlier release', async () => {
  const tenant = await annex.makeTenant();
  const bad = packPlugin(plugin('shop', '1.0.0'));
  expect((await tenant.owner.upload(bad, { enable: 'true', grant: 'all' })).status).toBe(201);
  const good = packPlugin(plugin('shop', '1.1.0'));
  expect((await tenant.owner.upload(good)).status).toBe(201);
  const sha256 = createHash('sha256').update(bad).digest('hex');
  await set({ sha256, reason: 'A secret is in it' });
  expect((await tenant.owner.get('/ext/shop/hello')).body).toEqual({ version: '1.1.0' });
  expect((await tenant.owner.post('/api/plugins/shop/rollback', { version: '1.0.0' })).body.code).toBe(
    'RELEASE_QUARANTINED',
  );
  expect((await tenant.owner.upload(bad)).body.code).toBe('RELEASE_QUARANTINED');
});
