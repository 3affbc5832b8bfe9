/** What operators see of the whole platform, and nobody else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClient, startTestAnnex, until, type TestAnnex } from '../support/annex.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex({ ANNEX_MIN_INTERVAL_S: '7' });
});
afterAll(() => annex.stop());

const work = {
  manifest: { slug: 'work', routes: true, jobs: [{ name: 'quick', overlap: 'allow' }] },
  code: `import { job, route } from '@annex/sdk'; job('quick', () => null); route('/ping', () => ({ pong: true }));`,
};

describe('an operator', () => {
  it('sees what waits in which tenant, and why', async () => {
    const [still, off] = [await annex.makeTenant(), await annex.makeTenant()];
    for (const tenant of [still, off]) await tenant.install(work);
    await annex.operator.post(`/api/tenants/${still.slug}/suspend`, { reason: 'A test.', scope: 'background' });
    for (let n = 0; n < 3; n += 1) await still.owner.post('/api/plugins/work/jobs/quick/run-now', {});
    const { body } = await until(
      () => annex.operator.get('/api/operator/queue'),
      (answer) =>
        answer.body.tenants.some(({ slug, due }: { slug: string; due: number }) => slug === still.slug && due === 3),
    );
    expect(body).toMatchObject({ workers: 1, slots: expect.any(Number) });
    const row = body.tenants.find(({ slug }: { slug: string }) => slug === still.slug);
    expect(row).toMatchObject({ why: 'suspended', running: 0, parked: {}, weight: 1 });
    expect(body.tenants.some(({ slug }: { slug: string }) => slug === off.slug)).toBe(false);
  });

  it('sees each process with its executors, whoever answers', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(work);
    expect((await tenant.owner.get('/ext/work/ping')).status).toBe(200);
    const second = await annex.startSecondApi();
    const { body } = await until(
      () => makeClient(second.url, annex.operator.token).get('/api/operator/processes'),
      (answer) =>
        answer.body.items.length === 2 &&
        answer.body.items.some(({ executors }: { executors: { tenant: string | null }[] }) =>
          executors.some(({ tenant: slug }) => slug === tenant.slug),
        ),
    );
    for (const process of body.items)
      expect(process).toMatchObject({
        alive: true,
        role: 'all',
        confinement: { tier: expect.stringMatching(/^T\d$/) },
      });
  });

  it('is told by the doctor what is wrong with the running server, and what to do', async () => {
    const { status, body } = await annex.operator.get('/api/operator/doctor');
    expect(status).toBe(200);
    const checks = new Set(body.findings.map(({ check }: { check: string }) => check));
    for (const check of [
      'database',
      'database rights',
      'migrations',
      'clock',
      'queue',
      'processes',
      'disk',
      'settings',
    ])
      expect(checks).toContain(check);
    expect(body.findings.filter((each: { status: string }) => each.status === 'fault')).toEqual([]);
    expect(body.findings).toContainEqual({
      check: 'settings',
      status: 'warning',
      detail: 'NODE_ENV is not production.',
      way_out: expect.stringContaining('NODE_ENV=production'),
    });
    const tenant = await annex.makeTenant();
    expect((await tenant.owner.get('/api/operator/doctor')).status).toBe(403);
  });

  it('finds the installations of a plugin in every tenant, page by page', async () => {
    const slug = 'everywhere';
    const tenants = [await annex.makeTenant(), await annex.makeTenant(), await annex.makeTenant()];
    for (const tenant of tenants) await tenant.install({ ...work, manifest: { ...work.manifest, slug } });
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const more: string = cursor && `&cursor=${cursor}`;
      const { body } = await annex.operator.get(`/api/operator/installations?slug=${slug}&limit=2${more}`);
      seen.push(...body.items.map(({ tenant }: { tenant: { slug: string } }) => tenant.slug));
      cursor = body.next_cursor as string | null;
    }
    expect(seen.toSorted()).toEqual(tenants.map((tenant) => tenant.slug).toSorted());
    const none = await annex.operator.get(`/api/operator/installations?slug=${slug}&status=suspended`);
    expect(none.body.items).toEqual([]);
    expect((await annex.operator.get('/api/operator/installations?cursor=x')).status).toBe(422);
  });

  it('sees the settings in force, and nobody else sees any of this', async () => {
    const { body } = await annex.operator.get('/api/operator/settings');
    const byName = new Map(body.items.map((each: { name: string }) => [each.name, each]));
    expect(byName.get('ANNEX_MIN_INTERVAL_S')).toMatchObject({ value: '7', is_set: true });
    const tenant = await annex.makeTenant();
    for (const path of ['queue', 'processes', 'installations', 'settings'])
      expect((await tenant.owner.get(`/api/operator/${path}`)).status, path).toBe(403);
  });
});
