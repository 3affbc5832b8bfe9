/** Links to a few screens of a tenant: what they open, what they do not, and what ends them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  makeClient,
  startTestAnnex,
  type Answer,
  type Client,
  type TestAnnex,
  type TestTenant,
} from '../support/annex.js';

let annex: TestAnnex;
let tenant: TestTenant;
beforeAll(async () => {
  annex = await startTestAnnex({ ANNEX_PORTAL_ORIGINS: 'https://app.example.com, http://localhost:5173' });
  tenant = await annex.makeTenant();
  await tenant.install({
    manifest: { slug: 'work', routes: true, jobs: [{ name: 'quick' }], secrets: [{ name: 'KEY', required: false }] },
    code: `import { job, route } from '@annex/sdk'; job('quick', () => null); route('/ping', () => ({ pong: true }));`,
  });
});
afterAll(() => annex.stop());

const tokenOf = ({ body }: Answer): string => new URL(body.url, annex.url).hash.slice('#token='.length);

async function open(by: Client, body: object): Promise<Answer> {
  const link = await by.post('/api/portal-links', body);
  expect(link.status).toBe(201);
  return makeClient(annex.url, '').post('/api/portal-sessions', { token: tokenOf(link) });
}

async function enter(by: Client, body: object): Promise<Client> {
  return makeClient(annex.url, (await open(by, body)).body.access_token as string);
}

describe('a portal', () => {
  it('opens its screens with its role, and nothing else', async () => {
    const begun = await open(tenant.owner, {
      screens: ['runs', 'jobs'],
      look: { title: 'Automations', colour: '#0b7285' },
    });
    expect(begun).toMatchObject({
      status: 200,
      body: {
        role: 'viewer',
        screens: ['runs', 'jobs'],
        tenant: { slug: tenant.slug },
        look: { title: 'Automations' },
      },
    });
    const viewer = makeClient(annex.url, begun.body.access_token as string);
    expect((await viewer.get('/api/runs')).status).toBe(200);
    expect((await viewer.get('/api/plugins/work')).status).toBe(200);
    expect((await viewer.get('/api/tenant')).body).toMatchObject({ slug: tenant.slug });
    // Its role.
    expect((await viewer.post('/api/plugins/work/jobs/quick/run-now', {})).status).toBe(403);
    const developer = await enter(tenant.owner, { screens: ['jobs'], role: 'developer' });
    expect((await developer.post('/api/plugins/work/jobs/quick/run-now', {})).status).toBe(202);
    // Its screens: of other calls the role does not matter.
    const owner = await enter(tenant.owner, { screens: ['runs', 'plugins'], role: 'owner' });
    for (const path of [
      'users',
      'tokens',
      'secrets',
      'plugins/work/secrets',
      'audit',
      'auth/me',
      'me',
      'tenants',
      'operator/queue',
    ])
      expect((await owner.get(`/api/${path}`)).status, path).toBe(403);
    expect((await owner.post('/api/portal-links', { screens: ['runs'] })).status).toBe(403);
    expect((await owner.post('/api/tokens', { name: 'kept' })).status).toBe(403);
    expect((await owner.patch('/api/tenant', { name: 'Mine' })).status).toBe(403);
  });

  it('opens no other tenant, not even by an operator’s link, and no other door', async () => {
    const other = await annex.makeTenant();
    const operator = makeClient(annex.url, annex.operator.token, tenant.slug);
    const { body } = await open(operator, { screens: ['runs', 'plugins'], role: 'owner' });
    const portal = makeClient(annex.url, body.access_token as string);
    expect((await portal.get('/api/runs')).status).toBe(200);
    expect((await makeClient(annex.url, body.access_token as string, other.slug).get('/api/runs')).status).toBe(403);
    expect((await portal.get('/api/tenants')).status).toBe(403);
    expect((await portal.get(`/t/${tenant.slug}/ext/work/ping`)).status).toBe(401);
  });

  it('reads streams by a token for them, with its own rights alone', async () => {
    const portal = await enter(tenant.owner, { screens: ['files'] });
    const { body, status } = await portal.post('/api/auth/stream-token', {});
    expect(status).toBe(200);
    const reader = makeClient(annex.url, '');
    expect((await reader.get(`/api/events/stream?stream_token=${body.token}`)).status).toBe(403);
  });

  it('ends with the token that made its link', async () => {
    const { body: made } = await tenant.owner.post('/api/tokens', { name: 'portals', role: 'admin' });
    const portal = await enter(makeClient(annex.url, made.token), { screens: ['runs'] });
    expect((await portal.get('/api/runs')).status).toBe(200);
    await tenant.owner.delete(`/api/tokens/${made.id}`);
    expect((await portal.get('/api/runs')).status).toBe(401);
  });

  it('is made by admins, of screens that there are, with a role below their own', async () => {
    expect((await (await tenant.as('developer')).post('/api/portal-links', { screens: ['runs'] })).status).toBe(403);
    for (const body of [{}, { screens: [] }, { screens: ['tokens'] }, { screens: ['runs'], look: { colour: 'red' } }])
      expect((await tenant.owner.post('/api/portal-links', body)).status).toBe(422);
    const admin = await tenant.as('admin');
    const { body } = await open(admin, { screens: ['runs'], role: 'owner' });
    expect(body.role).toBe('admin');
  });

  it('refuses links and sessions that are none', async () => {
    const anybody = makeClient(annex.url, '');
    const session = (await open(tenant.owner, { screens: ['runs'] })).body.access_token as string;
    const link = tokenOf(await tenant.owner.post('/api/portal-links', { screens: ['runs'] }));
    for (const token of ['x', session, session.slice('portal_'.length), `${link}x`])
      expect((await anybody.post('/api/portal-sessions', { token })).status).toBe(401);
    for (const token of ['portal_', `portal_${link}`, `portal_${'x'.repeat(5000)}`, link])
      expect((await makeClient(annex.url, token).get('/api/runs')).status).toBe(401);
  });

  it('may be embedded by the named origins alone, and keeps no cookie', async () => {
    const page = await fetch(`${annex.url}/portal`);
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain('frame-ancestors https://app.example.com http://localhost:5173');
    expect(policy).not.toContain('unsafe');
    expect(page.headers.get('x-frame-options')).toBeNull();
    expect(page.headers.get('set-cookie')).toBeNull();
    const own = await fetch(`${annex.url}/console/`);
    expect(own.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });
});
