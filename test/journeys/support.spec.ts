/** Operators who enter a tenant for support: for a time, with a reason, and without more right than they asked for. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClient, startTestAnnex, type TestAnnex } from '../support/annex.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex.stop());

const enter = (slug: string, body: object) => annex.operator.post(`/api/tenants/${slug}/support-entries`, body);

describe('an operator who enters for support', () => {
  it('looks at one tenant, changes nothing, and stands in its trail with the reason', async () => {
    const [tenant, other] = [await annex.makeTenant(), await annex.makeTenant()];
    const { status, body } = await enter(tenant.slug, { reason: 'Ticket 4711: a run hangs.', minutes: 30 });
    expect(status).toBe(201);
    expect(body).toMatchObject({ role: 'viewer', token: expect.stringMatching(/^annex_/) });
    const minutes = (Date.parse(body.expires_at) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(25);
    expect(minutes).toBeLessThanOrEqual(30);
    const support = makeClient(annex.url, body.token as string);
    expect((await support.get('/api/runs')).status).toBe(200);
    expect((await support.post('/api/events', { type: 'a.b' })).status).toBe(403);
    expect((await support.get('/api/tenants')).status).toBe(403);
    expect((await makeClient(annex.url, body.token as string, other.slug).get('/api/runs')).status).toBe(403);
    const { body: trail } = await tenant.owner.get('/api/audit?action=support.entered');
    expect(trail.items).toMatchObject([{ detail: { reason: 'Ticket 4711: a run hangs.', access: 'read' } }]);
    const { body: platform } = await annex.operator.get(`/api/audit/platform?target=${tenant.slug}`);
    expect(platform.items).toMatchObject([{ action: 'support.entered', email: expect.stringContaining('@') }]);
  });

  it('changes what an admin may where that was asked for, until the operator or the tenant ends it', async () => {
    const tenant = await annex.makeTenant();
    const first = (await enter(tenant.slug, { reason: 'A secret is wrong.', access: 'change' })).body;
    const support = makeClient(annex.url, first.token as string);
    expect((await support.put('/api/secrets/KEY', { value: 'right' })).status).toBeLessThan(300);
    expect((await support.delete(`/api/tokens/${first.id}`)).status).toBe(204);
    expect((await support.get('/api/runs')).status).toBe(401);
    const second = (await enter(tenant.slug, { reason: 'Once more.' })).body;
    expect((await tenant.owner.delete(`/api/tokens/${second.id}`)).status).toBe(204);
    expect((await makeClient(annex.url, second.token as string).get('/api/runs')).status).toBe(401);
  });

  it('leaves nothing when its time is over, and says why it comes', async () => {
    const tenant = await annex.makeTenant();
    const { body } = await enter(tenant.slug, { reason: 'A look.' });
    await annex.db.sql(`update api_tokens set expires_at = now() - interval '1 second' where name like 'support:%'`);
    expect((await makeClient(annex.url, body.token as string).get('/api/runs')).status).toBe(401);
    await enter(tenant.slug, { reason: 'Another look.' });
    const { body: tokens } = await tenant.owner.get('/api/tokens');
    expect(tokens.items.filter(({ name }: { name: string }) => name.startsWith('support:'))).toHaveLength(1);
    for (const bad of [
      {},
      { reason: '' },
      { reason: 'x', minutes: 0 },
      { reason: 'x', minutes: 241 },
      { reason: 'x', access: 'all' },
    ])
      expect((await enter(tenant.slug, bad)).status).toBe(422);
    expect((await tenant.owner.post(`/api/tenants/${tenant.slug}/support-entries`, { reason: 'x' })).status).toBe(403);
    expect((await enter('nobody-here', { reason: 'x' })).status).toBe(404);
  });
});
