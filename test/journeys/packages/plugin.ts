import { uuidFromId, type Id } from '@annex/kernel';
import { describe, expect, it } from 'vitest';
import { packPlugin, until } from '../../support/annex.js';
import { pluginCode } from '../../support/plugin-code.js';
import { annex, route } from './packages-bench.js';

export function runPlugin(): void {
  describe('a plugin', () => {
    it('is shown as the contract says, by slug and by id', async () => {
      const { owner } = await annex.makeTenant();
      const uploaded = await owner.upload(
        packPlugin({
          manifest: {
            routes: true,
            events: ['a.*'],
            permissions: ['db.read'],
            secrets: [{ name: 'KEY', required: true }],
            jobs: [{ name: 'tidy', schedule: '0 2 * * *', timezone: 'Europe/Berlin' }],
          },
          code: `
            import { hook, job, route } from '@annex/sdk';
            route('/:id', () => 1);
            hook('a.*', () => {});
            job('tidy', () => {})
          `,
        }),
      );
      expect(uploaded.status).toBe(201);
      const plugin = (await owner.get('/api/plugins/probe')).body;
      expect(plugin).toMatchObject({
        id: expect.stringMatching(/^plg_/),
        slug: 'probe',
        name: 'Probe',
        version: '1.0.0',
        status: 'installed',
        permissions: { requested: ['db.read'], granted: [], pending: ['db.read'] },
        routes: [{ methods: ['GET'], path: '/:id', auth: 'member', roles: null }],
        events: ['a.*'],
        jobs: [
          {
            name: 'tidy',
            schedule: '0 2 * * *',
            timezone: 'Europe/Berlin',
            next_run_at: null,
            last_run: null,
            paused: false,
          },
        ],
        missing_secrets: ['KEY'],
        created_at: expect.stringMatching(/Z$/),
        updated_at: expect.stringMatching(/Z$/),
      });
      expect((await owner.get(`/api/plugins/${plugin.id}`)).body).toEqual(plugin);
      expect((await owner.get('/api/plugins/')).body).toEqual({ items: [plugin], next_cursor: null });
      expect(await owner.get('/ext/probe/1')).toMatchObject({ status: 409, body: { code: 'PLUGIN_DISABLED' } });
    });

    it('is not enabled while secrets and grants are missing, and the problem lists all of them', async () => {
      const { owner } = await annex.makeTenant();
      await owner.upload(
        packPlugin({
          manifest: {
            routes: true,
            permissions: ['db.read', 'send_email'],
            secrets: [{ name: 'FIRST', required: true }, { name: 'SECOND', required: true }, 'OPTIONAL'],
            dependencies: { other: '^1.0.0' },
          },
          code: route(1),
        }),
      );
      const refused = await owner.post('/api/plugins/probe/enable', {});
      expect(refused).toMatchObject({
        status: 409,
        body: {
          code: 'REQUIREMENTS_MISSING',
          missing: {
            secrets: ['FIRST', 'SECOND'],
            permissions: ['db.read', 'send_email'],
            dependencies: [{ slug: 'other' }],
          },
        },
      });
      expect(refused.body.errors.map((fault: { pointer: string }) => fault.pointer).sort()).toEqual([
        '/dependencies/other',
        '/permissions/db.read',
        '/permissions/send_email',
        '/secrets/FIRST',
        '/secrets/SECOND',
      ]);
      await owner.upload(packPlugin({ manifest: { slug: 'other', version: '1.4.0' }, code: '' }), {
        enable: 'true',
      });
      await owner.put('/api/plugins/probe/secrets/FIRST', { value: 'the first value' });
      await owner.put('/api/secrets/SECOND', { value: 'a tenant-wide value' });
      expect(await owner.post('/api/plugins/probe/enable', { grant: ['db.read'] })).toMatchObject({
        status: 409,
        body: { missing: { secrets: [], permissions: ['send_email'], dependencies: [] } },
      });
      expect(await owner.post('/api/plugins/probe/enable', { grant: ['send_email', 'db.read'] })).toMatchObject({
        status: 200,
        body: {
          status: 'enabled',
          permissions: { granted: ['db.read', 'send_email'], pending: [] },
          missing_secrets: [],
        },
      });
      expect(await owner.post('/api/plugins/other/disable')).toMatchObject({
        status: 409,
        body: { code: 'PLUGIN_NEEDED', dependents: ['probe'] },
      });
      expect(await owner.get('/ext/probe/')).toMatchObject({ status: 200 });
    });

    it('is live with its new release at once, equal bytes change nothing, and the old one comes back', async () => {
      const { owner } = await annex.makeTenant();
      const one = packPlugin({ manifest: { routes: true, version: '1.0.0' }, code: route('one') });
      const two = packPlugin({ manifest: { routes: true, version: '1.1.0' }, code: route('two') });
      const first = await owner.upload(one, { enable: 'true' });
      expect(first.status).toBe(201);
      expect((await owner.get('/ext/probe/')).body).toBe('one');
      const again = await owner.upload(one);
      expect(again).toMatchObject({
        status: 200,
        body: { id: first.body.id, version: '1.0.0', status: 'enabled', updated_at: first.body.updated_at },
      });
      expect(await owner.upload(two)).toMatchObject({
        status: 201,
        body: { id: first.body.id, version: '1.1.0', status: 'enabled' },
      });
      expect((await owner.get('/ext/probe/')).body).toBe('two');
      expect((await owner.get('/api/plugins/probe/releases')).body.items).toMatchObject([
        {
          version: '1.1.0',
          active: true,
          id: expect.stringMatching(/^rel_/),
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
        { version: '1.0.0', active: false },
      ]);
      expect(await owner.post('/api/plugins/probe/rollback', { version: '1.0.0' })).toMatchObject({
        status: 200,
        body: { version: '1.0.0', status: 'enabled' },
      });
      expect((await owner.get('/ext/probe/')).body).toBe('one');
      expect(await owner.post('/api/plugins/probe/rollback', { version: '9.9.9' })).toMatchObject({
        status: 404,
        body: { code: 'RELEASE_NOT_FOUND' },
      });
      expect(await owner.post('/api/plugins/probe/rollback', {})).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/version' }] },
      });
    });

    it('runs on with its old grants when a release asks for more, until an admin says yes', async () => {
      const { owner } = await annex.makeTenant();
      const body = pluginCode('versioned');
      const pack = (version: string, permissions: string[]): Uint8Array =>
        packPlugin({
          manifest: { routes: true, version, permissions, http: { allow: ['api.example.com'] } },
          code: body.replace('VERSION', `'${version}'`),
        });
      await owner.upload(pack('1.0.0', ['db.read']), { enable: 'true', grant: 'all' });
      expect(await owner.upload(pack('2.0.0', ['db.read', 'outbound_http']))).toMatchObject({
        status: 201,
        body: {
          status: 'enabled',
          version: '2.0.0',
          permissions: { granted: ['db.read'], pending: ['outbound_http'] },
        },
      });
      expect((await owner.get('/ext/probe/')).body).toEqual({
        version: '2.0.0',
        has: false,
        error: 'PERMISSION_DENIED',
      });
      expect(await owner.get('/api/plugins/probe/permissions')).toMatchObject({
        status: 200,
        body: { pending: ['outbound_http'] },
      });
      expect(await owner.put('/api/plugins/probe/permissions', { granted: ['db.read', 'llm.use'] })).toMatchObject({
        status: 422,
        body: { code: 'GRANT_INVALID' },
      });
      expect(
        await owner.put('/api/plugins/probe/permissions', { granted: ['db.read', 'outbound_http'] }),
      ).toMatchObject({
        status: 200,
        body: { granted: ['db.read', 'outbound_http'], pending: [] },
      });
      expect((await owner.get('/ext/probe/')).body.has).toBe(true);
      expect(await owner.put('/api/plugins/probe/permissions', { granted: [] })).toMatchObject({
        status: 200,
        body: { granted: [] },
      });
      expect((await owner.get('/ext/probe/')).body).toMatchObject({ has: false, error: 'PERMISSION_DENIED' });
    });

    it('is uploaded by developers, but enabled and granted by admins only', async () => {
      const own = await annex.makeTenant();
      const developer = await own.as('developer');
      const archive = packPlugin({ manifest: { routes: true }, code: route(1) });
      expect(await developer.upload(archive, { enable: 'true' })).toMatchObject({ status: 403 });
      expect(await developer.upload(archive)).toMatchObject({ status: 201, body: { status: 'installed' } });
      expect(await developer.post('/api/plugins/probe/enable', {})).toMatchObject({ status: 403 });
      expect(await (await own.as('member')).upload(archive)).toMatchObject({ status: 403 });
    });

    it('leaves nothing behind but its history when it is uninstalled', async () => {
      const own = await annex.makeTenant();
      const { owner } = own;
      const installed = await own.install(
        {
          manifest: { routes: true, events: ['a.b'], jobs: [{ name: 'tidy', schedule: '@daily' }], secrets: ['KEY'] },
          code: pluginCode('every-kind'),
          files: { 'static/a.txt': 'x' },
        },
        { secrets: { KEY: 'a value to be erased' } },
      );
      await owner.get('/ext/probe/');
      await owner.post('/api/plugins/test-event', { event_type: 'a.b' });
      expect((await owner.delete('/api/plugins/probe')).status).toBe(204);
      for (const path of [
        '/api/plugins/probe',
        `/api/plugins/${installed.body.id}`,
        '/ext/probe/',
        '/ext/probe/static/a.txt',
        '/api/plugins/probe/jobs',
      ])
        expect((await owner.get(path)).status, path).toBe(404);
      const id = uuidFromId(installed.body.id as Id<'installation'>);
      for (const table of [
        'installations',
        'releases',
        'subscriptions',
        'schedules',
        'kv',
        'secrets',
        'executor_kills',
      ]) {
        const column = table === 'installations' ? 'id' : 'installation_id';
        await expect
          .poll(async () => (await annex.db.sql(`select 1 from ${table} where ${column} = $1`, [id])).length, {
            message: table,
          })
          .toBe(0);
      }
      expect(
        await annex.db.sql('select 1 from blobs b join tenants t on t.id = b.tenant_id where t.slug = $1', [own.slug]),
      ).toEqual([]);
      await own.install({
        manifest: { routes: true },
        code: `import { route } from '@annex/sdk'; route('/', async (ctx) => ({ n: await ctx.kv.incr('n') }))`,
      });
      expect((await owner.get('/ext/probe/')).body).toEqual({ n: 1 });
    });

    it('is another plugin in another tenant, whatever its slug', async () => {
      const [one, two] = [await annex.makeTenant(), await annex.makeTenant()];
      const body = (version: string): string =>
        `import { route } from '@annex/sdk';
          let seen = 0;
          route('/', async (ctx) => ({
            version: '${version}',
            seen: ++seen,
            kept: await ctx.kv.incr('n'),
            secret: await ctx.secrets.get('KEY'),
            tenant: ctx.tenantId,
          }))`;
      await one.install(
        { manifest: { routes: true, version: '1.0.0', secrets: ['KEY'] }, code: body('1.0.0') },
        { secrets: { KEY: 'value of one' } },
      );
      await two.install(
        { manifest: { routes: true, version: '2.0.0', secrets: ['KEY'] }, code: body('2.0.0') },
        { secrets: { KEY: 'value of two' } },
      );
      for (const seen of [1, 2]) {
        expect((await one.owner.get('/ext/probe/')).body).toEqual({
          version: '1.0.0',
          seen,
          kept: seen,
          secret: 'value of one',
          tenant: one.slug,
        });
        expect((await two.owner.get('/ext/probe/')).body).toEqual({
          version: '2.0.0',
          seen,
          kept: seen,
          secret: 'value of two',
          tenant: two.slug,
        });
      }
      await one.owner.delete('/api/plugins/probe');
      expect((await two.owner.get('/ext/probe/')).status).toBe(200);
    });

    it('has settings that are checked, filled in and told to it', async () => {
      const own = await annex.makeTenant();
      const { owner } = own;
      await own.install({
        manifest: {
          routes: true,
          config: {
            type: 'object',
            properties: { channel: { type: 'string', default: '#ops' }, limit: { type: 'integer', minimum: 1 } },
            additionalProperties: false,
          },
        },
        code: pluginCode('told-of-config'),
      });
      expect((await owner.get('/api/plugins/probe/config')).body).toEqual({ channel: '#ops' });
      expect(await owner.put('/api/plugins/probe/config', { limit: 0, colour: 'red' })).toMatchObject({
        status: 422,
        body: {
          code: 'CONFIG_INVALID',
          errors: expect.arrayContaining([
            expect.objectContaining({ pointer: '/limit' }),
            expect.objectContaining({ pointer: '/colour' }),
          ]),
        },
      });
      expect(await owner.put('/api/plugins/probe/config', { limit: 5 })).toMatchObject({
        status: 200,
        body: { limit: 5, channel: '#ops' },
      });
      expect(await owner.patch('/api/plugins/probe/config', { channel: '#dev', limit: null })).toMatchObject({
        status: 200,
        body: { channel: '#dev' },
      });
      expect((await owner.get('/ext/probe/')).body).toEqual({ channel: '#dev' });
      const { body: told } = await until(
        () => owner.get('/ext/probe/told'),
        ({ body }) => body.length >= 3,
      );
      expect(told.sort()).toEqual(['told/delete limit null', 'told/set channel "#dev"', 'told/set limit 5']);
    });
  });
}
