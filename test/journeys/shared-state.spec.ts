/** State that plugins share, and compare-and-swap in `ctx.kv`, on real executors. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPlugin, startTestAnnex, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex?.stop());

/** Does what its caller says: `[state or null for kv, call, ...arguments]`. */
const code = `import { route } from '@annex/sdk'
  route('/do', { methods: ['POST'] }, async (ctx) => {
    const [state, call, ...args] = await ctx.request.json()
    try {
      const store = state === null ? ctx.kv : ctx.shared(state)
      return { answer: (await store[call](...args)) ?? null }
    } catch (thrown) {
      return { code: thrown.code, message: thrown.message }
    }
  })`;

const owner = { manifest: { slug: 'dns', routes: true, shared: [{ name: 'zones', access: 'write' }] }, code };
const reader = {
  manifest: { slug: 'web', routes: true, shared: [{ name: 'zones', access: 'read' }], dependencies: { dns: '*' } },
  code,
};

const ask = async (tenant: TestTenant, slug: string, ...call: unknown[]): Promise<Answer['body']> =>
  (await tenant.owner.post(`/ext/${slug}/do`, call)).body;

async function both(): Promise<TestTenant> {
  const tenant = await annex.makeTenant();
  await tenant.install(owner);
  await tenant.install(reader);
  return tenant;
}

describe('ctx.kv', () => {
  it('sets a key only when it has the version that was read', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(owner);
    const kv = (...call: unknown[]) => ask(tenant, 'dns', null, ...call);
    expect(await kv('get', 'a', { version: true })).toEqual({ answer: { value: null, version: 0 } });
    const { answer: first } = await kv('set', 'a', 1, { ifVersion: 0 });
    expect((await kv('set', 'a', 2, { ifVersion: 0 })).code).toBe('KV_CHANGED');
    expect(await kv('set', 'a', 2)).toEqual({ answer: null });
    expect((await kv('set', 'a', 3, { ifVersion: first })).code).toBe('KV_CHANGED');
    const { answer: read } = await kv('get', 'a', { version: true });
    expect([read.value, read.version > first]).toEqual([2, true]);
    expect((await kv('set', 'a', 3, { ifVersion: read.version, ttl: 60 })).answer).toBeGreaterThan(read.version);
    await kv('delete', 'a');
    expect((await kv('set', 'a', 4, { ifVersion: read.version })).code).toBe('KV_CHANGED');
    const { answer: again } = await kv('set', 'a', 1, { ifVersion: 0 });
    expect(again).toBeGreaterThan(read.version);
    expect((await kv('incr', 'a')).answer).toBe(2);
    expect((await kv('set', 'a', 9, { ifVersion: again })).code).toBe('KV_CHANGED');
  });

  it('loses no step when many swap at once', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(owner);
    const step = async (): Promise<void> => {
      for (;;) {
        const { answer } = await ask(tenant, 'dns', null, 'get', 'n', { version: true });
        const set = await ask(tenant, 'dns', null, 'set', 'n', (answer.value ?? 0) + 1, { ifVersion: answer.version });
        if (set.code === undefined) return;
        expect(set.code).toBe('KV_CHANGED');
      }
    };
    await Promise.all(Array.from({ length: 6 }, step));
    expect((await ask(tenant, 'dns', null, 'get', 'n')).answer).toBe(6);
  });
});

describe('shared state', () => {
  it('is written by its owner and read by those that depend on it', async () => {
    const tenant = await both();
    await ask(tenant, 'dns', 'zones', 'set', 'a/1', { ip: 1 });
    await ask(tenant, 'dns', 'zones', 'set', 'a/2', 2);
    await ask(tenant, 'dns', 'zones', 'set', 'b', 3);
    await ask(tenant, 'dns', null, 'set', 'zones/own', 1);
    expect(await ask(tenant, 'web', 'zones', 'get', 'a/1')).toEqual({ answer: { ip: 1 } });
    const { body: asks } = await tenant.owner.get('/api/plugins/web/permissions');
    expect([asks.watch, asks.shared]).toEqual([[], [{ name: 'zones', access: 'read' }]]);
    const { answer: page } = await ask(tenant, 'web', 'zones', 'list', { prefix: 'a/', limit: 1 });
    expect(page.keys).toEqual([{ key: 'a/1', expires_at: null }]);
    const { answer: rest } = await ask(tenant, 'web', 'zones', 'list', { prefix: 'a/', cursor: page.next_cursor });
    expect(rest).toEqual({ keys: [{ key: 'a/2', expires_at: null }], next_cursor: null });
    expect((await ask(tenant, 'web', 'zones', 'list')).answer.keys).toHaveLength(3);
    for (const call of [
      ['set', 'b', 4],
      ['delete', 'b'],
      ['incr', 'b'],
    ])
      expect((await ask(tenant, 'web', 'zones', ...call)).code).toBe('SHARED_READ_ONLY');
    expect((await ask(tenant, 'dns', 'zones', 'incr', 'b')).answer).toBe(4);
    expect((await ask(tenant, 'dns', 'zones', 'delete', 'b')).answer).toBe(true);
    expect((await ask(tenant, 'web', 'zones', 'get', 'b')).answer).toBeNull();
    expect((await tenant.owner.get('/api/usage')).body.quotas.kv_keys.used).toBe(3);
  });

  it('is nobody else’s: not another tenant’s, not that of a plugin that does not declare it', async () => {
    const [tenant, other] = [await both(), await both()];
    await ask(tenant, 'dns', 'zones', 'set', 'a', 1);
    expect((await ask(other, 'web', 'zones', 'get', 'a')).answer).toBeNull();
    await tenant.install({ manifest: { slug: 'plain', routes: true, dependencies: { dns: '*' } }, code });
    expect((await ask(tenant, 'plain', 'zones', 'get', 'a')).code).toBe('SHARED_UNKNOWN');
    expect((await ask(tenant, 'dns', 'zone', 'get', 'a')).message).toContain('Did you mean "zones"?');
  });

  it('says when several dependencies have one, and goes with its owner', async () => {
    const tenant = await both();
    await tenant.install({ ...owner, manifest: { ...owner.manifest, slug: 'dns2' } });
    await ask(tenant, 'dns2', 'zones', 'set', 'a', 'second');
    const two = { ...reader.manifest, slug: 'two', dependencies: { dns: '*', dns2: '*' } };
    await tenant.install({ manifest: two, code });
    expect((await ask(tenant, 'two', 'zones', 'get', 'a')).code).toBe('SHARED_AMBIGUOUS');
    const from = { ...two, version: '1.1.0', shared: [{ name: 'zones', access: 'read', from: 'dns2' }] };
    await tenant.install({ manifest: from, code });
    expect((await ask(tenant, 'two', 'zones', 'get', 'a')).answer).toBe('second');
    expect((await tenant.owner.delete('/api/plugins/dns2?force=true')).status).toBeLessThan(300);
    expect((await ask(tenant, 'two', 'zones', 'get', 'a')).code).toBe('SHARED_UNKNOWN');
    expect(await annex.db.sql(`select 1 from shared_entries where value::text = '"second"'`)).toEqual([]);
  });

  it('is refused in a manifest without the plugin whose state it is', async () => {
    const tenant = await annex.makeTenant();
    const shared = [
      { name: 'zones', access: 'read' },
      { name: 'zones', access: 'write', from: 'x' },
    ];
    const { body } = await tenant.owner.upload(packPlugin({ manifest: { slug: 'bad', routes: true, shared }, code }));
    expect(body.errors.map(({ pointer, code: fault }: { pointer: string; code: string }) => [pointer, fault])).toEqual(
      [
        ['/shared/1/from', 'SHARED'],
        ['/shared/0/access', 'SHARED'],
        ['/shared/1/name', 'DUPLICATE'],
      ].toSorted(),
    );
  });
});
