/** Plugins that watch settings, on real executors: what they hear, in which order, and what they refuse. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPlugin, startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex?.stop());

const watcher = {
  manifest: { slug: 'watcher', watch: ['dns/zones/**'] },
  code: `import { onConfigChange } from '@annex/sdk'
    onConfigChange(async (ctx, key, value, op, change) => {
      if (await ctx.kv.incr('inside') !== 1) await ctx.kv.set('overlapped', true)
      const n = await ctx.kv.incr('n')
      await ctx.kv.set('told/' + String(n).padStart(4, '0'), [key, op, value, change])
      await ctx.kv.incr('inside', -1)
      if (value?.bad) throw new Error('no such zone')
    })`,
};

type Told = [
  key: string,
  op: string,
  value: unknown,
  change: { revision: number; previous: unknown; scope?: string; firstSync?: boolean },
];

const put = (tenant: TestTenant, key: string, value: unknown): Promise<Answer> =>
  tenant.owner.put(`/api/settings/${key}`, { value });
const remove = (tenant: TestTenant, key: string): Promise<Answer> => tenant.owner.delete(`/api/settings/${key}`);
const watch = async (tenant: TestTenant): Promise<Answer['body']> =>
  (await tenant.owner.get('/api/plugins/watcher/watch')).body;

/** Waits until the plugin has heard of everything, and answers what it heard. */
async function told(tenant: TestTenant): Promise<Told[]> {
  const { body: tree } = await tenant.owner.get('/api/settings?limit=1');
  await until(
    () => watch(tenant),
    (seen) => seen.revision === tree.revision && seen.pending === null,
  );
  expect((await tenant.owner.get('/api/plugins/watcher/kv/overlapped')).status).toBe(404);
  const { body } = await tenant.owner.get('/api/plugins/watcher/kv?prefix=told/&limit=1000');
  const keys = (body.items as { key: string }[]).map(({ key }) => key);
  return Promise.all(
    keys.map(async (key) => (await tenant.owner.get(`/api/plugins/watcher/kv/${key}`)).body.value as Told),
  );
}

describe('a plugin that watches settings', () => {
  it('hears of each key that is there once, and then of every change in order, one at a time', async () => {
    const tenant = await annex.makeTenant();
    await put(tenant, 'dns/zones/a', 1);
    await put(tenant, 'dns/zones/b', 1);
    await put(tenant, 'dns/other', 1);
    await put(tenant, 'dns/zones/a', 2);
    await put(tenant, 'dns/zones/gone', 1);
    await remove(tenant, 'dns/zones/gone');
    await tenant.install(watcher);
    expect(await told(tenant)).toEqual([
      ['dns/zones/b', 'put', 1, { revision: 2, previous: null, scope: 'tenant', firstSync: true }],
      ['dns/zones/a', 'put', 2, { revision: 4, previous: null, scope: 'tenant', firstSync: true }],
    ]);
    for (const n of [3, 4, 5]) await put(tenant, 'dns/zones/a', n);
    await put(tenant, 'dns/other', 2);
    await remove(tenant, 'dns/zones/b');
    await put(tenant, 'dns/zones/c/d', null);
    expect((await told(tenant)).slice(2)).toEqual([
      ['dns/zones/a', 'put', 3, { revision: 7, previous: 2, scope: 'tenant', firstSync: false }],
      ['dns/zones/a', 'put', 4, { revision: 8, previous: 3, scope: 'tenant', firstSync: false }],
      ['dns/zones/a', 'put', 5, { revision: 9, previous: 4, scope: 'tenant', firstSync: false }],
      ['dns/zones/b', 'delete', null, { revision: 11, previous: 1, scope: 'tenant', firstSync: false }],
      ['dns/zones/c/d', 'put', null, { revision: 12, previous: null, scope: 'tenant', firstSync: false }],
    ]);
  });

  it('keeps what it had when it refuses a change, which its health tells until it takes a later one', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(watcher);
    await put(tenant, 'dns/zones/a', { bad: true });
    await put(tenant, 'dns/zones/b', 1);
    expect((await told(tenant)).map(([key]) => key)).toEqual(['dns/zones/a', 'dns/zones/b']);
    expect(await watch(tenant)).toMatchObject({
      patterns: ['dns/zones/**'],
      active: true,
      synced: true,
      refused: [
        { key: 'dns/zones/a', revision: 1, code: 'PLUGIN_ERROR', message: expect.stringContaining('no such zone') },
      ],
    });
    const { body: health } = await tenant.owner.get('/api/plugins/health');
    expect(health.items[0]).toMatchObject({ status: 'degraded', reason: expect.stringContaining('"dns/zones/a"') });
    await put(tenant, 'dns/zones/a', { bad: false });
    await told(tenant);
    expect((await watch(tenant)).refused).toEqual([]);
    expect((await tenant.owner.get('/api/plugins/health')).body.items[0].status).toBe('unknown');
  });

  it('hears of everything anew when it is enabled again, and of what went meanwhile', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(watcher);
    for (const key of ['a', 'b', 'c']) await put(tenant, `dns/zones/${key}`, 1);
    expect(await told(tenant)).toHaveLength(3);
    await tenant.owner.post('/api/plugins/watcher/disable');
    await remove(tenant, 'dns/zones/b');
    await put(tenant, 'dns/zones/d', 1);
    await put(tenant, 'dns/zones/e', 1);
    await remove(tenant, 'dns/zones/e');
    expect(await watch(tenant)).toMatchObject({ active: false });
    await tenant.owner.post('/api/plugins/watcher/enable');
    const heard = (await told(tenant)).slice(3).map(([key, op]) => [key, op]);
    expect(heard).toEqual([
      ['dns/zones/a', 'put'],
      ['dns/zones/c', 'put'],
      ['dns/zones/b', 'delete'],
      ['dns/zones/d', 'put'],
      ['dns/zones/e', 'delete'],
    ]);
  });

  it('hears of each key once more when it fell behind what the log keeps', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(watcher);
    await put(tenant, 'dns/zones/a', 1);
    expect(await told(tenant)).toHaveLength(1);
    await annex.db.sql(
      `with head as (update setting_heads set revision = revision + 2
         where tenant_id = (select id from tenants where slug = $1) returning tenant_id, revision)
       insert into settings (tenant_id, key, value, revision) select tenant_id, 'dns/zones/b', '2', revision from head`,
      [tenant.slug],
    );
    expect((await told(tenant)).slice(1).map(([key, , , { firstSync }]) => [key, firstSync])).toEqual([
      ['dns/zones/a', true],
      ['dns/zones/b', true],
    ]);
  });

  it('keeps its place through an upgrade, unless the keys that it watches are others', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(watcher);
    await put(tenant, 'dns/zones/a', 1);
    await put(tenant, 'mail/x', 1);
    expect(await told(tenant)).toHaveLength(1);
    const upgrade = (version: string, patterns: string[]) =>
      tenant.owner.upload(packPlugin({ ...watcher, manifest: { ...watcher.manifest, version, watch: patterns } }));
    await upgrade('1.1.0', ['dns/zones/**']);
    await put(tenant, 'dns/zones/a', 2);
    expect(await told(tenant)).toHaveLength(2);
    await upgrade('1.2.0', ['dns/zones/**', 'mail/*']);
    expect((await told(tenant)).slice(2).map(([key]) => key)).toEqual(['mail/x', 'dns/zones/a']);
    await upgrade('1.3.0', []);
    expect((await tenant.owner.get('/api/plugins/watcher/watch')).body.code).toBe('WATCH_NOT_FOUND');
  });

  it('is refused when nobody would hear, or when a pattern is none', async () => {
    const tenant = await annex.makeTenant();
    const deaf = await tenant.owner.upload(
      packPlugin({ manifest: { ...watcher.manifest, watch: ['a//b', 'a/b*'] }, code: 'export {}' }),
    );
    expect([
      deaf.status,
      deaf.body.errors.map(({ pointer, code }: { pointer: string; code: string }) => [pointer, code]),
    ]).toEqual([
      422,
      [
        ['/watch/0', 'SETTING_PATTERN'],
        ['/watch/1', 'SETTING_PATTERN'],
      ],
    ]);
    const silent = await tenant.owner.upload(packPlugin({ manifest: watcher.manifest, code: 'export {}' }));
    expect(silent.body.errors).toMatchObject([{ pointer: '/watch', code: 'HANDLER_MISSING' }]);
  });
});
