/** Nothing grows for ever, nothing goes by accident. */
import { uuidFromId, type Id } from '@annex/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  makeClient,
  startTestAnnex,
  until,
  type Answer,
  type Client,
  type TestAnnex,
  type TestTenant,
} from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex?.stop());

const job = (name: string, retry: object = {}): object => ({
  name,
  schedule: '@yearly',
  retry: { max_attempts: 1, backoff: 'fixed', initial_delay_s: 1, ...retry },
});
const runNow = (tenant: TestTenant, name: string): Promise<Answer> =>
  tenant.owner.post(`/api/plugins/work/jobs/${name}/run-now?wait=30`, {});
const endOf = (tenant: TestTenant, id: string): Promise<Answer> =>
  until(
    () => tenant.owner.get(`/api/runs/${id}`),
    ({ body }) => ['succeeded', 'failed'].includes(body.status),
  );

const worker = {
  manifest: {
    slug: 'work',
    routes: true,
    jobs: [job('third', { max_attempts: 3 }), job('never', { max_attempts: 2 }), job('fail')],
  },
  code: pluginCode('growth-work'),
};

describe('usage', () => {
  it('counts a run once, however many attempts it took, and a failure when there is no further attempt', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(worker);
    for (const name of ['third', 'never']) {
      const { body: run } = await runNow(tenant, name);
      await endOf(tenant, (run.id ?? run.run_id) as string);
    }
    await tenant.owner.get('/ext/work/ping');
    const { body } = await tenant.owner.get('/api/usage');
    expect(body.items[0].metrics).toMatchObject({ runs: 3, job_runs: 2, route_runs: 1, failed_runs: 1, attempts: 6 });
  });
});

describe('dead letters', () => {
  const dead = async (tenant: TestTenant): Promise<string[]> =>
    (await tenant.owner.get('/api/dead-letters')).body.items.map(({ id }: { id: string }) => id);
  const letters = async (count: number): Promise<{ tenant: TestTenant; ids: string[] }> => {
    const tenant = await annex.makeTenant();
    await tenant.install(worker);
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1) ids.push((await runNow(tenant, 'fail')).body.id as string);
    expect((await dead(tenant)).sort()).toEqual([...ids].sort());
    return { tenant, ids };
  };

  it.each(['replay', 'discard'])(
    'are not all meant by an empty body of %s: a filter has to be named, or all',
    async (act) => {
      const { tenant, ids } = await letters(1);
      for (const body of [undefined, {}]) {
        const refused = await tenant.owner.post(`/api/dead-letters/${act}`, body);
        expect(refused).toMatchObject({
          status: 422,
          body: { code: 'INVALID_INPUT', detail: expect.stringContaining('"all": true') },
        });
      }
      expect(await tenant.owner.post(`/api/dead-letters/${act}`, { all: false })).toMatchObject({ status: 422 });
      expect(await tenant.owner.post(`/api/dead-letters/${act}`, { all: true, kind: 'job' })).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/all' }] },
      });
      expect(await dead(tenant)).toEqual(ids);
      expect((await tenant.owner.post(`/api/dead-letters/${act}`, { all: true })).status).toBeLessThan(300);
      await until(
        () => dead(tenant),
        (left) => !left.includes(ids[0] ?? ''),
      );
    },
  );

  it('are discarded by id, by filter or one by one: they leave the list, and the audit trail names who', async () => {
    const { tenant, ids } = await letters(4);
    const stranger = await annex.makeTenant();
    const [first, second, ...rest] = ids as [string, string, ...string[]];
    const gauge = async (): Promise<number> =>
      Number(/^annex_dead_letters\S* (\d+)$/m.exec((await annex.operator.get('/metrics')).body as string)?.[1]);
    const before = await gauge();
    expect(await stranger.owner.post('/api/dead-letters/discard', { ids: [first] })).toMatchObject({
      status: 200,
      body: { discarded: 0, remaining: 0 },
    });
    expect(await stranger.owner.post(`/api/runs/${first}/discard`)).toMatchObject({
      status: 404,
      body: { code: 'RUN_NOT_FOUND' },
    });
    expect(await tenant.owner.post('/api/dead-letters/discard', { ids: [first] })).toMatchObject({
      status: 200,
      body: { discarded: 1, remaining: 0 },
    });
    const one = await tenant.owner.post(`/api/runs/${second}/discard`);
    expect(one).toMatchObject({
      status: 200,
      body: { id: second, status: 'failed', discarded_at: expect.any(String) },
    });
    expect(await tenant.owner.post(`/api/runs/${second}/discard`)).toMatchObject({
      status: 200,
      body: { discarded_at: one.body.discarded_at },
    });
    expect((await dead(tenant)).sort()).toEqual([...rest].sort());
    expect(await tenant.owner.post('/api/dead-letters/discard', { kind: 'job' })).toMatchObject({
      status: 200,
      body: { discarded: 2, remaining: 0 },
    });
    expect(await dead(tenant)).toEqual([]);
    await until(gauge, (now) => now <= before - 4);
    expect((await tenant.owner.get('/api/runs?status=failed')).body.items).toHaveLength(4);
    const ok = await tenant.owner.get('/ext/work/ping').then(() =>
      until(
        () => tenant.owner.get('/api/runs?kind=route'),
        ({ body }) => body.items.length === 1,
      ),
    );
    expect(await tenant.owner.post(`/api/runs/${ok.body.items[0].id}/discard`)).toMatchObject({ status: 404 });
    const again = await tenant.owner.post(`/api/runs/${first}/replay`, {});
    expect(again.status).toBe(202);
    const actions = (await tenant.owner.get('/api/audit?action=dead_letters.discarded')).body.items;
    expect(actions).toMatchObject([{ detail: { discarded: 2 } }, { detail: { discarded: 1 } }]);
    expect((await tenant.owner.get('/api/audit?action=run.discarded')).body.items[0]).toMatchObject({ target: second });
    expect((await (await tenant.as('member')).post('/api/dead-letters/discard', { all: true })).status).toBe(403);
  });
});

describe('a deleted tenant', () => {
  const anybody = (): Client => makeClient(annex.url, '');
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
  const remove = (slug: string, query = `confirm=${slug}`): Promise<Answer> =>
    annex.operator.delete(`/api/tenants/${slug}?${query}`);

  it('has to be named once more, and nothing happens to it until then', async () => {
    const tenant = await annex.makeTenant();
    for (const query of ['', 'now=true', 'confirm=other', `confirm=${tenant.slug.toUpperCase()}`]) {
      const refused = await remove(tenant.slug, query);
      expect(refused, query).toMatchObject({
        status: 422,
        body: {
          code: 'INVALID_INPUT',
          errors: [{ pointer: '/confirm', detail: expect.stringContaining(`?confirm=${tenant.slug}`) }],
        },
      });
    }
    expect((await tenant.owner.get('/api/plugins/')).status).toBe(200);
    expect((await annex.operator.get(`/api/tenants/${tenant.slug}`)).body.deletion).toBeNull();
  });

  it('is suspended at once on every door, which say until when it can come back, and comes back whole', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(busy);
    const { token } = (await tenant.owner.post('/api/tokens', { name: 'ci' })).body;
    const link = (await tenant.owner.get('/ext/busy/link')).body.url as string;
    await tenant.owner.put('/api/hooks/shop', { preset: 'none' });
    await until(
      () => tenant.owner.get('/ext/busy/seen'),
      ({ body }) => body.ticks > 0,
    );

    const deleted = await remove(tenant.slug);
    expect(deleted).toMatchObject({
      status: 202,
      body: { slug: tenant.slug, deletion: { by: expect.stringMatching(/^usr_/), requested_at: expect.any(String) } },
    });
    const { erases_at: erasesAt, requested_at: requestedAt } = deleted.body.deletion;
    expect(Date.parse(erasesAt) - Date.parse(requestedAt)).toBe(7 * 86_400_000);
    const told = {
      status: 403,
      body: { code: 'TENANT_DELETED', erases_at: erasesAt, detail: expect.stringContaining(erasesAt) },
    };
    expect(await tenant.owner.get('/api/plugins/')).toMatchObject(told);
    expect(await tenant.owner.get('/ext/busy/seen')).toMatchObject(told);
    expect(await makeClient(annex.url, token).get('/api/runs')).toMatchObject(told);
    expect(await makeClient(annex.url, annex.operator.token, tenant.slug).get('/api/users')).toMatchObject(told);
    // Strangers get what they would get for a tenant that never was.
    const strangers = async (slug: string): Promise<unknown[]> =>
      (
        await Promise.all([anybody().get(`/t/${slug}/ext/busy/open`), anybody().post(`/hooks/${slug}/shop`, { a: 1 })])
      ).map(({ status, body: { code, detail } }) => ({ status, code, detail }));
    expect(await strangers(tenant.slug)).toEqual(await strangers('never-was'));
    expect(await strangers(tenant.slug)).toMatchObject([{ status: 401 }, { status: 404, code: 'HOOK_NOT_FOUND' }]);
    const opened = await anybody().get(new URL(link, annex.url).pathname);
    expect(opened).toMatchObject({ status: 404, body: { code: 'FILE_NOT_FOUND' } });
    expect(opened.body).not.toHaveProperty('erases_at');
    expect(await annex.operator.patch(`/api/tenants/${tenant.slug}`, { name: 'X' })).toMatchObject(told);
    expect(await annex.operator.post('/api/tenants', { slug: tenant.slug, name: 'X' })).toMatchObject({
      status: 409,
      body: { code: 'SLUG_TAKEN', detail: expect.stringContaining(erasesAt) },
    });
    expect((await annex.operator.get(`/api/tenants/${tenant.slug}`)).body.deletion).toEqual(deleted.body.deletion);
    // Asked for again, the first time holds.
    expect((await remove(tenant.slug)).body.deletion.erases_at).toBe(erasesAt);

    // Nothing of it runs: what is queued stays so, and no tick comes. Routes' runs are written in batches, some of them
    // only now.
    const ticks = (): Promise<unknown> =>
      annex.db.sql(`select count(*) from runs where tenant_id = $1 and kind <> 'route' and status <> 'queued'`, [
        uuidFromId(tenant.id as Id<'tenant'>),
      ]);
    const before = await until(
      ticks,
      (() => {
        let last = '';
        return (now) => {
          const same = JSON.stringify(now) === last;
          last = JSON.stringify(now);
          return same;
        };
      })(),
    );
    await annex.db.sql(
      `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status, next_attempt_at)
       select tenant_id, uuidv7(), id, slug, 'event', 'a.b', 'queued', now() from installations where tenant_id = $1`,
      [uuidFromId(tenant.id as Id<'tenant'>)],
    );
    await new Promise((done) => setTimeout(done, 2500));
    expect(await ticks()).toEqual(before);

    expect(await annex.operator.post(`/api/tenants/${tenant.slug}/restore`)).toMatchObject({
      status: 200,
      body: { slug: tenant.slug, deletion: null },
    });
    expect((await tenant.owner.get('/api/plugins/busy')).body).toMatchObject({ status: 'enabled' });
    expect((await makeClient(annex.url, token).get('/api/runs')).status).toBe(200);
    expect((await anybody().get(`/t/${tenant.slug}/ext/busy/open`)).body).toEqual({ open: true });
    expect((await anybody().get(new URL(link, annex.url).pathname)).status).toBe(200);
    await until(
      () => tenant.owner.get('/ext/busy/seen'),
      ({ body }) => body.events > 0,
    );
    const trail = (await annex.operator.get(`/api/audit/platform?target=${tenant.slug}`)).body.items;
    expect(trail.map(({ action }: { action: string }) => action)).toEqual([
      'tenant.restored',
      'tenant.deleted',
      'tenant.deleted',
    ]);
    expect(await annex.operator.post(`/api/tenants/${tenant.slug}/restore`)).toMatchObject({
      status: 200,
      body: { deletion: null },
    });
    expect(await annex.operator.post('/api/tenants/nobody-here/restore')).toMatchObject({ status: 404 });
  });

  it('goes when its time is over; the slug is free again, and the record of who did it stays', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(busy);
    await remove(tenant.slug);
    await annex.db.sql('update tenants set erase_after = now() where id = $1', [uuidFromId(tenant.id as Id<'tenant'>)]);
    await annex.platform.access.tenants.eraseDue();
    expect(await annex.operator.get(`/api/tenants/${tenant.slug}`)).toMatchObject({ status: 404 });
    expect(await annex.operator.post(`/api/tenants/${tenant.slug}/restore`)).toMatchObject({ status: 404 });
    expect(await annex.operator.post('/api/tenants', { slug: tenant.slug, name: 'Again' })).toMatchObject({
      status: 201,
    });
    const trail = await annex.operator.get(`/api/audit/platform?target=${tenant.id}`);
    expect(trail.body.items).toMatchObject([
      {
        action: 'tenant.erased',
        actor: 'system',
        detail: { slug: tenant.slug, deleted_by: expect.stringMatching(/^usr_/), rows: { audit: expect.any(Number) } },
      },
      {
        action: 'tenant.deleted',
        actor: expect.stringMatching(/^usr_/),
        email: expect.stringContaining('@'),
        request_id: expect.any(String),
        detail: { slug: tenant.slug, name: tenant.slug, users: 1, plugins: 1 },
      },
    ]);
    expect((await tenant.owner.get('/api/audit/platform')).status).not.toBe(200);
  });
});

describe('quotas', () => {
  const keeper = {
    manifest: { slug: 'keeper', routes: true, permissions: ['db.write', 'files.write'], jobs: [job('flood')] },
    code: pluginCode('keeper'),
  };
  const quotas = async (
    tenant: TestTenant,
  ): Promise<Record<string, { used: number; max: number | null; unit: string }>> =>
    (await tenant.owner.get('/api/usage')).body.quotas;
  const allow = (tenant: TestTenant, said: object): Promise<Answer> =>
    annex.operator.patch(`/api/tenants/${tenant.slug}`, { quotas: said });

  it('are shown against use, each with its unit, and are the operator’s to change for one tenant', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(keeper);
    await tenant.owner.get('/ext/keeper/set/a');
    expect(await quotas(tenant)).toMatchObject({
      plugins: { used: 1, max: 500, unit: 'count' },
      package_bytes: { used: expect.any(Number), unit: 'bytes' },
      kv_keys: { used: 1, max: 1_000_000 },
      kv_bytes: { used: 8, max: 1024 ** 3 },
      users: { used: 1 },
      events: { used: expect.any(Number) },
      llm_tokens_per_day: { used: 0, max: null, unit: 'tokens' },
    });
    expect((await quotas(tenant))['package_bytes']?.used).toBeGreaterThan(0);
    expect(await allow(tenant, { kv_keys: 3, users: 1 })).toMatchObject({
      status: 200,
      body: { quotas: { kv_keys: 3, users: 1 } },
    });
    expect(await allow(tenant, { kv_keys: null })).toMatchObject({ status: 200, body: { quotas: { users: 1 } } });
    expect(await quotas(tenant)).toMatchObject({ kv_keys: { max: 1_000_000 }, users: { max: 1 } });
    expect(await allow(tenant, { kv_key: 3 })).toMatchObject({ status: 422 });
    expect(await allow(tenant, { kv_keys: -1 })).toMatchObject({ status: 422 });
    expect((await tenant.owner.patch(`/api/tenants/${tenant.slug}`, { quotas: {} })).status).toBe(403);
    expect((await tenant.owner.get('/api/audit?action=tenant.updated')).body.items[1]).toMatchObject({
      detail: { quotas: { kv_keys: 3, users: 1 } },
    });
  });

  it('refuse in one form wherever they are met: which quota, use, limit, and who can give more', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(keeper);
    await tenant.owner.request('PUT', '/api/files/a.txt', { raw: 'x' });
    await tenant.owner.post('/api/data/things', { n: 1 });
    await tenant.owner.put('/api/secrets/ONE', { value: 'a value of the tenant' });
    await tenant.owner.get('/ext/keeper/set/a');
    const now = await quotas(tenant);
    await allow(
      tenant,
      Object.fromEntries(
        ['plugins', 'kv_keys', 'files', 'rows', 'tables', 'users', 'secrets', 'events'].map((name) => [
          name,
          now[name]?.used,
        ]),
      ),
    );
    const refused = (quota: string, status: number): object => ({
      status,
      body: {
        quota,
        used: now[quota]?.used,
        max: now[quota]?.used,
        detail: expect.stringContaining('PATCH /api/tenants/<slug>'),
      },
    });
    const key = { 'idempotency-key': 'k' };
    expect(await tenant.owner.get('/ext/keeper/set/b')).toMatchObject({
      status: 413,
      body: { code: 'QUOTA_EXCEEDED' },
    });
    expect((await tenant.owner.get('/ext/keeper/caught/b')).body).toEqual({
      code: 'QUOTA_EXCEEDED',
      message: expect.stringContaining('quota kv_keys'),
    });
    expect((await tenant.owner.get('/ext/keeper/set/a')).status).toBe(200);
    expect(await tenant.owner.request('PUT', '/api/files/b.txt', { raw: 'x' })).toMatchObject(refused('files', 413));
    expect(await tenant.owner.post('/api/data/things', { n: 2 })).toMatchObject(refused('rows', 409));
    expect(await tenant.owner.post('/api/data/others', { n: 2 })).toMatchObject(refused('tables', 409));
    expect(await tenant.owner.post('/api/users', { email: `new@${tenant.slug}.test`, role: 'viewer' })).toMatchObject({
      ...refused('users', 413),
    });
    expect(await tenant.owner.put('/api/secrets/TWO', { value: 'a value of the tenant' })).toMatchObject(
      refused('secrets', 413),
    );
    expect(await tenant.owner.post('/api/events', { type: 'a.b' })).toMatchObject({
      status: 413,
      body: { quota: 'events', code: 'QUOTA_EXCEEDED' },
    });
    const { body: flooded } = await tenant.owner.post('/api/plugins/keeper/jobs/flood/run-now?wait=30', {});
    expect(flooded).toMatchObject({
      status: 'failed',
      error: { code: 'QUOTA_EXCEEDED', message: expect.stringContaining('quota events') },
    });
    expect(await tenant.install({ manifest: { slug: 'second' }, code: 'export {}' }, { enable: false })).toMatchObject(
      refused('plugins', 413),
    );
    await allow(tenant, { idempotency_keys: 0, package_bytes: now['package_bytes']?.used ?? 0, plugins: null });
    expect(await tenant.owner.post('/api/events', { type: 'a.b' }, key)).toMatchObject({
      status: 413,
      body: { quota: 'idempotency_keys', used: 0, max: 0 },
    });
    expect(await tenant.install({ manifest: { slug: 'second' }, code: 'export {}' }, { enable: false })).toMatchObject({
      status: 413,
      body: { quota: 'package_bytes' },
    });
    // What makes room is never refused.
    expect((await tenant.owner.delete('/api/files/a.txt')).status).toBe(204);
    expect((await tenant.owner.delete('/api/secrets/ONE')).status).toBe(204);
    expect((await tenant.owner.delete('/api/plugins/keeper')).status).toBe(204);
  });

  it('come from settings, which are checked', async () => {
    const settings = await import('../../apps/annex/src/config.js');
    expect(
      settings.readSettings({
        ANNEX_KV_TENANT_BYTES: '1000',
        ANNEX_TABLES_TENANT_COUNT: '7',
        ANNEX_MAILS_TENANT_DAILY: '5',
      }).quotas,
    ).toMatchObject({ kv_bytes: 1000, tables: 7, mails_per_day: 5, kv_keys: 1_000_000, llm_tokens_per_day: null });
    expect(() => settings.readSettings({ ANNEX_KV_TENANT_BYTES: 'much' })).toThrow(/ANNEX_KV_TENANT_BYTES/);
  });
});

describe('an uninstalled plugin', () => {
  it('leaves the history of its runs with their logs, which nobody can make again', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: { slug: 'work', jobs: [job('fail')] },
      code: pluginCode('failing-once'),
    });
    const { body: failed } = await runNow(tenant, 'fail');
    expect((await tenant.owner.delete('/api/plugins/work')).status).toBe(204);
    const listed = await tenant.owner.get('/api/runs?plugin=work');
    expect(listed.body.items.filter(({ kind }: { kind: string }) => kind === 'job')).toMatchObject([
      { id: failed.id, plugin: 'work', status: 'failed' },
    ]);
    const { body: run } = await tenant.owner.get(`/api/runs/${failed.id}`);
    expect(run.logs.map(({ message }: { message: string }) => message)).toContain('a line that stays');
    expect((await tenant.owner.get('/api/dead-letters')).body.items).toEqual([]);
    expect(await tenant.owner.post(`/api/runs/${failed.id}/replay`, {})).toMatchObject({
      status: 404,
      body: { code: 'PLUGIN_NOT_FOUND', detail: expect.stringContaining('was uninstalled') },
    });
    expect((await tenant.owner.get('/api/usage')).body.items[0]).toMatchObject({
      plugin: 'work',
      metrics: { job_runs: 1 },
    });
    expect((await tenant.owner.get('/ext/work/x')).status).toBe(404);
  });
});
