/** A tenant that an operator brings to a standstill, wholly or in the background, and lets go on. */
import { uuidFromId, type Id } from '@annex/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClient, startTestAnnex, until, type TestAnnex, type TestTenant } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex.stop());

const busy = {
  manifest: {
    slug: 'busy',
    routes: true,
    permissions: ['files.write', 'files.read'],
    events: ['a.b'],
    jobs: [{ name: 'tick', schedule: '* * * * * *', overlap: 'allow' }],
  },
  code: pluginCode('growth-busy'),
};

const suspend = (tenant: TestTenant, body: object) => annex.operator.post(`/api/tenants/${tenant.slug}/suspend`, body);
const resume = (tenant: TestTenant) => annex.operator.post(`/api/tenants/${tenant.slug}/resume`);

/** Runs that a worker began or ended, but for routes; asked until it stays the same, since runs under way may end. */
async function settledWork(tenant: TestTenant): Promise<number> {
  let last = -1;
  return until(
    async () => {
      const [row] = await annex.db.sql<{ n: number }>(
        `select count(*)::int as n from runs where tenant_id = $1 and kind <> 'route' and status <> 'queued'`,
        [uuidFromId(tenant.id as Id<'tenant'>)],
      );
      return row?.n ?? 0;
    },
    (now) => {
      const isSame = now === last;
      last = now;
      return isSame;
    },
  );
}

describe('a tenant that is suspended', () => {
  it('is shut for its people and their tokens, says why, stays open to operators, and goes on as it was', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(busy);
    const { token } = (await tenant.owner.post('/api/tokens', { name: 'ci' })).body;
    await until(
      () => tenant.owner.get('/ext/busy/seen'),
      ({ body }) => body.ticks > 0,
    );
    const shut = await suspend(tenant, { reason: 'The invoice of March is open.' });
    expect(shut).toMatchObject({
      status: 200,
      body: { suspension: { reason: 'The invoice of March is open.', scope: 'everything' } },
    });
    const told = { status: 403, body: { code: 'TENANT_SUSPENDED', reason: 'The invoice of March is open.' } };
    expect(await tenant.owner.get('/api/plugins/')).toMatchObject(told);
    expect(await tenant.owner.get('/ext/busy/seen')).toMatchObject(told);
    expect(await makeClient(annex.url, token).get('/api/runs')).toMatchObject(told);
    // A stranger gets what a tenant that never was would give.
    const stranger = makeClient(annex.url, '');
    const answers = await Promise.all(
      [tenant.slug, 'never-was'].map((slug) => stranger.get(`/t/${slug}/ext/busy/open`)),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.code}`)).size).toBe(1);
    const operator = makeClient(annex.url, annex.operator.token, tenant.slug);
    expect((await operator.get('/api/plugins/busy')).body).toMatchObject({ status: 'enabled' });
    expect((await annex.operator.patch(`/api/tenants/${tenant.slug}`, { weight: 2 })).status).toBe(200);

    const before = await settledWork(tenant);
    await operator.post('/api/events', { type: 'a.b', data: {} });
    // Another tenant's ticks show that the workers looked again meanwhile.
    const other = await annex.makeTenant();
    await other.install(busy);
    await until(
      () => other.owner.get('/ext/busy/seen'),
      ({ body }) => body.ticks > 1,
    );
    expect(await settledWork(tenant)).toBe(before);

    expect(await resume(tenant)).toMatchObject({ status: 200, body: { suspension: null } });
    expect((await resume(tenant)).status).toBe(200);
    await until(
      () => tenant.owner.get('/ext/busy/seen'),
      ({ body }) => body.events > 0,
    );
    const trail = (await annex.operator.get(`/api/audit/platform?target=${tenant.slug}`)).body.items;
    expect(trail.map(({ action }: { action: string }) => action)).toEqual(['tenant.resumed', 'tenant.suspended']);
    const own = (await tenant.owner.get('/api/audit?action=tenant.suspended')).body.items;
    expect(own).toMatchObject([{ detail: { reason: 'The invoice of March is open.' } }]);
  });

  it('keeps its people and routes where only background work stands still, and starts what waited', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(busy);
    await suspend(tenant, { reason: 'It floods the queue.', scope: 'background' });
    const before = await settledWork(tenant);
    expect((await tenant.owner.get('/ext/busy/seen')).status).toBe(200);
    const { body: sent } = await tenant.owner.post('/api/events', { type: 'a.b', data: {} });
    expect(sent).toHaveProperty('event_id');
    expect(await settledWork(tenant)).toBe(before);
    expect((await tenant.owner.get('/api/runs?kind=event')).body.items).toMatchObject([{ status: 'queued' }]);
    await resume(tenant);
    await until(
      () => tenant.owner.get('/ext/busy/seen'),
      ({ body }) => body.events > 0,
    );
  });

  it('is so by operators only, with a reason, and not when it was deleted', async () => {
    const tenant = await annex.makeTenant();
    expect((await tenant.owner.post(`/api/tenants/${tenant.slug}/suspend`, { reason: 'x' })).status).toBe(403);
    expect((await tenant.owner.post(`/api/tenants/${tenant.slug}/resume`)).status).toBe(403);
    for (const body of [{}, { reason: ' ' }, { reason: 'x'.repeat(501) }, { reason: 'x', scope: 'some' }])
      expect(await suspend(tenant, body)).toMatchObject({ status: 422, body: { code: 'INVALID_INPUT' } });
    expect((await annex.operator.post('/api/tenants/nobody-here/suspend', { reason: 'x' })).status).toBe(404);
    await annex.operator.delete(`/api/tenants/${tenant.slug}?confirm=${tenant.slug}`);
    expect(await suspend(tenant, { reason: 'x' })).toMatchObject({ status: 403, body: { code: 'TENANT_DELETED' } });
  });
});
