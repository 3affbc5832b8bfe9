import { uuidFromId, type Id } from '@annex/kernel';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeClient, type TestTenant } from '../../support/annex.js';
import { rawRequest } from '../../support/raw-http.js';
import { domain, password, annex, freshEmail, anybody, pingPlugin } from './access-bench.js';

export function manageTenants(): void {
  describe('tenants', () => {
    it('are made, renamed and erased by operators only', async () => {
      const { owner } = await annex.makeTenant();
      const slug = `made-${Date.now().toString(36)}`;
      for (const [method, path, body] of [
        ['POST', '/api/tenants', { slug, name: 'X' }],
        ['GET', '/api/tenants'],
        ['GET', `/api/tenants/${slug}`],
        ['PATCH', `/api/tenants/${slug}`, { name: 'Y' }],
        ['DELETE', `/api/tenants/${slug}?confirm=${slug}`],
        ['POST', `/api/tenants/${slug}/restore`],
        ['GET', '/api/audit/platform'],
      ] as const) {
        expect(await owner.request(method, path, { body })).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
      }
      expect(await annex.operator.post('/api/tenants', { slug, name: 'X' })).toMatchObject({
        status: 201,
        body: { slug, name: 'X' },
      });
      expect(await annex.operator.post('/api/tenants', { slug, name: 'X' })).toMatchObject({
        status: 409,
        body: { code: 'SLUG_TAKEN' },
      });
      expect(await annex.operator.patch(`/api/tenants/${slug}`, { name: 'Y' })).toMatchObject({
        status: 200,
        body: { name: 'Y' },
      });
      expect((await annex.operator.get(`/api/tenants/${slug}`)).body).toMatchObject({
        slug,
        name: 'Y',
        created_at: expect.any(String),
      });
      for (const bad of ['', 'UPPER', '../x', 'a b', '-x', 'x'.repeat(64)]) {
        expect(await annex.operator.post('/api/tenants', { slug: bad, name: 'X' }), bad).toMatchObject({
          status: 422,
          body: { errors: [{ pointer: '/slug' }] },
        });
      }
      const inside = makeClient(annex.url, annex.operator.token, slug);
      expect(await inside.post('/api/users', { email: freshEmail(), password, role: 'owner' })).toMatchObject({
        status: 201,
      });
      expect((await annex.operator.delete(`/api/tenants/${slug}?now=true&confirm=${slug}`)).status).toBe(204);
      expect(await inside.get('/api/users')).toMatchObject({ status: 404 });
      expect(await annex.operator.get(`/api/tenants/${slug}`)).toMatchObject({ status: 404 });
    });

    it('are seen by their own people, and given a name and a zone by their admins', async () => {
      const tenant = await annex.makeTenant();
      const [viewer, admin] = [await tenant.as('viewer'), await tenant.as('admin')];
      expect((await viewer.get('/api/tenant')).body).toMatchObject({
        id: tenant.id,
        slug: tenant.slug,
        timezone: 'UTC',
      });
      expect(await viewer.patch('/api/tenant', { name: 'Mine' })).toMatchObject({ status: 403 });
      expect(await admin.patch('/api/tenant', { name: 'Ours', timezone: 'Europe/Berlin' })).toMatchObject({
        status: 200,
        body: { slug: tenant.slug, name: 'Ours', timezone: 'Europe/Berlin' },
      });
      expect((await annex.operator.get(`/api/tenants/${tenant.slug}`)).body).toMatchObject({
        timezone: 'Europe/Berlin',
      });
      for (const [change, pointer] of [
        [{ timezone: 'PST' }, '/timezone'],
        [{ name: '  ' }, '/name'],
        [{ slug: 'another' }, '/slug'],
        [{ weight: 100 }, '/weight'],
      ] as const)
        expect(await admin.patch('/api/tenant', change)).toMatchObject({
          status: 422,
          body: { errors: [{ pointer }] },
        });
      expect((await tenant.owner.get('/api/audit?limit=1')).body.items).toMatchObject([
        { action: 'tenant.updated', detail: { name: 'Ours', timezone: 'Europe/Berlin' } },
      ]);
    });

    it('that are erased stop answering and leave no row behind', async () => {
      const tenant = await annex.makeTenant();
      await tenant.install(
        {
          ...pingPlugin,
          manifest: { routes: true, secrets: ['KEY'], events: ['a.*'] },
          code:
            `${pingPlugin.code}\nimport { hook } from '@annex/sdk'; hook('a.*', async (ctx) => { ` +
            "await ctx.kv.set('x', 1) })",
        },
        { secrets: { KEY: 'a value of the tenant' } },
      );
      expect((await tenant.owner.get('/ext/probe/ping')).status).toBe(200);
      await tenant.owner.post('/api/plugins/test-event', { event_type: 'a.b' });
      expect((await annex.operator.delete(`/api/tenants/${tenant.slug}?now=true&confirm=${tenant.slug}`)).status).toBe(
        204,
      );
      expect((await tenant.owner.get('/ext/probe/ping')).status).toBe(401);
      expect((await anybody().get(`/t/${tenant.slug}/ext/probe/open`)).status).toBe(401);
      const tables = await annex.db.sql<{ name: string }>(
        `select table_name as name from information_schema.columns
         where table_schema = 'public' and column_name = 'tenant_id' and table_name <> 'spend'`,
      );
      // What a bill is made from outlives the tenant (docs/spend.md).
      expect(tables.length).toBeGreaterThan(10);
      for (const { name } of tables) {
        const count = async (): Promise<number | undefined> =>
          (
            await annex.db.sql<{ rows: number }>(`select count(*)::int as rows from ${name} where tenant_id = $1`, [
              uuidFromId(tenant.id as Id<'tenant'>),
            ])
          )[0]?.rows;
        expect(await count(), name).toBe(0);
      }
    });
  });

  describe('passwords and tokens', () => {
    it('are in no line of the programs’ logs, down to the finest level, and in no row', async () => {
      const { owner } = await annex.makeTenant();
      const email = freshEmail();
      const secret = 'a password that nobody logs';
      await owner.post('/api/users', { email, password: secret, role: 'member' });
      const { body } = await anybody().post('/api/auth/login', { email, password: secret });
      const { body: token } = await owner.post('/api/tokens', { name: 'x' });
      await anybody().get('/api/plugins', { authorization: `Bearer ${body.access_token}x` });
      await anybody().post('/api/auth/login', { email, password: `${secret}, wrongly` });
      for (const text of [secret, body.access_token as string, token.token as string, owner.token])
        expect(annex.log()).not.toContain(text);
      expect(annex.log()).toContain('INVALID_CREDENTIALS');
      const tables = await annex.db.sql<{ name: string }>(
        `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
      );
      for (const { name } of tables) {
        for (const text of [secret, token.token as string])
          expect(
            await annex.db.sql(`select 1 from "${name}" as t where position($1 in t::text) > 0 limit 1`, [text]),
            name,
          ).toEqual([]);
      }
    });
  });

  describe('the tenant of a request', () => {
    let tenant: TestTenant;
    let other: TestTenant;
    beforeAll(async () => {
      [tenant, other] = [await annex.makeTenant(), await annex.makeTenant()];
      await tenant.install(pingPlugin);
      await other.install(pingPlugin);
    });

    it('may be left out by a token that belongs to one, and must be named by an operator', async () => {
      expect(await makeClient(annex.url, tenant.owner.token).get('/ext/probe/ping')).toMatchObject({
        status: 200,
        body: { tenant: tenant.slug },
      });
      expect(await annex.operator.get('/api/plugins')).toMatchObject({
        status: 400,
        body: { code: 'TENANT_REQUIRED' },
      });
      expect(await annex.operator.get('/ext/probe/ping', { 'x-tenant-slug': other.slug })).toMatchObject({
        status: 200,
        body: { tenant: other.slug },
      });
    });

    it('comes from X-Tenant-Slug, else from the host, and for /t/ from the path', async () => {
      const at = async (
        host: string,
        path = '/ext/probe/ping',
        headers: Record<string, string> = {},
      ): Promise<[number, { tenant?: string; code?: string }]> => {
        const { status, text } = await rawRequest(`${annex.url}${path}`, {
          headers: { host, authorization: `Bearer ${annex.operator.token}`, ...headers },
        });
        return [status, JSON.parse(text) as { tenant?: string; code?: string }];
      };
      expect(await at(`${tenant.slug}.${domain}`)).toMatchObject([200, { tenant: tenant.slug }]);
      expect(await at(`${tenant.slug}.${domain}:3000`)).toMatchObject([200, { tenant: tenant.slug }]);
      expect(await at(`${tenant.slug}.${domain}`, '/ext/probe/ping', { 'x-tenant-slug': other.slug })).toMatchObject([
        200,
        { tenant: other.slug },
      ]);
      expect(await at(`${tenant.slug}.elsewhere.example`)).toMatchObject([400, { code: 'TENANT_REQUIRED' }]);
      expect(await at('x', `/t/${other.slug}/ext/probe/ping`)).toMatchObject([200, { tenant: other.slug }]);
      expect(await at('x', `/t/${other.slug}/ext/probe/ping`, { 'x-tenant-slug': tenant.slug })).toMatchObject([
        400,
        { code: 'TENANT_CONFLICT' },
      ]);
      expect(await at(`${tenant.slug}.${domain}`, '/api/plugins')).toMatchObject([200, { items: [{ slug: 'probe' }] }]);
    });

    it('is found for strangers too, so that public routes work by path, host and header', async () => {
      expect(await anybody().get(`/t/${tenant.slug}/ext/probe/open`)).toMatchObject({
        status: 200,
        body: { tenant: tenant.slug, user: null },
      });
      expect(await anybody().get('/ext/probe/open', { 'x-tenant-slug': tenant.slug })).toMatchObject({
        status: 200,
        body: { tenant: tenant.slug },
      });
      expect(
        (await rawRequest(`${annex.url}/ext/probe/open`, { headers: { host: `${tenant.slug}.${domain}` } })).status,
      ).toBe(200);
      expect(await anybody().get('/ext/probe/open')).toMatchObject({ status: 401 });
    });
  });
}
