/**
 * Least privilege made visible: what a plugin's code uses, against what it asks for, what it was granted, and what it
 * used last.
 */
import { hostCalls, hostMethods, permissionNames } from '@annex/host-api';
import { uuidFromId, type Id } from '@annex/kernel';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packPlugin, startTestAnnex, type TestAnnex } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex?.stop());

const greedy = {
  manifest: {
    slug: 'greedy',
    routes: true,
    permissions: ['db.read', 'send_email', 'llm.use'],
    http: { allow: ['api.open.test'] },
  },
  code: pluginCode('greedy'),
  files: {
    'lib/save.ts':
      `import type { Context } from '@annex/sdk'\n\nexport async function save(ctx: Context) {\n  return ` +
      `ctx.db.insert('orders', { a: 1 })\n}\n`,
  },
};

it('an upload warns of use without asking, of asking without use, and of closed hosts, by line', async () => {
  const tenant = await annex.makeTenant();
  const zip = packPlugin(greedy);
  const report = (await tenant.owner.upload(zip, {}, '/api/plugins/validate')).body;
  const uploaded = await tenant.owner.upload(zip);
  expect(uploaded.status).toBe(201);
  for (const { warnings } of [report, uploaded.body]) {
    const told = warnings
      .filter(({ code }: { code: string }) => /^(PERMISSION|HOST)_/.test(code))
      .map(({ code, pointer, detail }: Record<string, string>) => `${code} ${pointer} ${detail}`);
    expect(told).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/PERMISSION_UNDECLARED \/permissions lib\/save\.ts:4 \(ctx\.db\.insert\).*"db\.write"/),
        expect.stringMatching(/PERMISSION_UNDECLARED \/permissions main\.ts:8 \(ctx\.http\.request\).*"outbound_http"/),
        expect.stringMatching(/PERMISSION_UNUSED \/permissions\/1 "send_email"/),
        expect.stringMatching(/PERMISSION_UNUSED \/permissions\/2 "llm\.use"/),
        expect.stringMatching(/HOST_NOT_ALLOWED \/http\/allow main\.ts:8 names "api\.closed\.test"/),
      ]),
    );
    expect(told).toHaveLength(5);
  }
  expect(report.reach).toMatchObject({
    complete: true,
    used: expect.arrayContaining([{ call: 'db.query', permission: 'db.read', file: 'main.ts', line: 5 }]) as unknown,
  });
});

it('a package that asks for exactly what it uses is met without a warning', async () => {
  const tenant = await annex.makeTenant();
  const uploaded = await tenant.owner.upload(
    packPlugin({
      manifest: { slug: 'modest', routes: true, permissions: ['outbound_http'], http: { allow: ['api.open.test'] } },
      code: `import { route } from '@annex/sdk'\nroute('/', (ctx) => ctx.http.get('https://api.open.test/a'))`,
    }),
  );
  expect(uploaded.body).toMatchObject({ warnings: [] });
});

it('the permission screen shows where the code uses each permission, and when it last did', async () => {
  const tenant = await annex.makeTenant();
  await tenant.install(greedy);
  const before = (await tenant.owner.get('/api/plugins/greedy/permissions')).body;
  expect(before).toMatchObject({
    requested: ['db.read', 'send_email', 'llm.use'],
    last_used_at: { 'db.read': null, send_email: null, 'llm.use': null },
    used: expect.arrayContaining([
      { call: 'db.insert', permission: 'db.write', file: 'lib/save.ts', line: 4 },
    ]) as unknown,
    hosts: [{ host: 'api.closed.test', allowed: false, file: 'main.ts', line: 8 }],
    details: [
      { name: 'db.read', used: [{ call: 'db.query', file: 'main.ts', line: 5 }], last_used_at: null },
      { name: 'send_email', used: [] },
      { name: 'llm.use', used: [] },
    ],
  });
  const from = Date.now();
  await tenant.owner.get('/ext/greedy/read');
  const after = (await tenant.owner.get('/api/plugins/greedy/permissions')).body;
  expect(new Date(after.last_used_at['db.read']).getTime()).toBeGreaterThanOrEqual(from - 1000);
  expect(after.last_used_at.send_email).toBeNull();
});

it('a refused call counts as no use, and ctx.permissions.has() tells what holds at that moment', async () => {
  const tenant = await annex.makeTenant();
  await tenant.install(greedy);
  expect((await tenant.owner.get('/ext/greedy/which')).body).toEqual([true, false, true, false]);
  await tenant.owner.put('/api/plugins/greedy/permissions', { granted: ['llm.use'] });
  expect((await tenant.owner.get('/ext/greedy/which')).body).toEqual([false, false, true, false]);
  const refused = await tenant.owner.get('/ext/greedy/read');
  expect(refused.body).toMatchObject({ code: 'PERMISSION_DENIED' });
  expect((await tenant.owner.get('/api/plugins/greedy/permissions')).body.last_used_at['db.read']).toBeNull();
});

it('another tenant’s use of the same plugin is its own', async () => {
  const [one, other] = [await annex.makeTenant(), await annex.makeTenant()];
  await one.install(greedy);
  await other.install(greedy);
  await one.owner.get('/ext/greedy/read');
  expect((await one.owner.get('/api/plugins/greedy/permissions')).body.last_used_at['db.read']).not.toBeNull();
  expect((await other.owner.get('/api/plugins/greedy/permissions')).body.last_used_at['db.read']).toBeNull();
});

it('the stack of a failed run names the author’s files and lines', async () => {
  const tenant = await annex.makeTenant();
  await tenant.install(greedy);
  const failed = await tenant.owner.get('/ext/greedy/fail');
  expect(failed.status).toBe(422);
  const run = (await tenant.owner.get(`/api/runs/${failed.body.run_id}`)).body;
  const stack = JSON.stringify(run.logs);
  expect(stack).toContain('main.ts:11:');
  expect(stack).not.toContain('plugin.js');
});

it('a denied call changes nothing: each that needs a permission leaves every table as it was', async () => {
  const tenant = await annex.makeTenant();
  const needing = hostMethods.filter((name) => hostCalls[name].permission !== null);
  await tenant.install({
    manifest: { slug: 'denied', routes: true, permissions: [...permissionNames], http: { allow: ['api.open.test'] } },
    code: `import { route } from '@annex/sdk';
      const args = {
        'http.request': ['https://api.open.test/'],
        'email.send': [{ to: 'a@b.test', subject: 's', text: 't' }],
        'db.insert': ['t', { a: 1 }],
        'db.update': ['t', 'x', {}],
        'files.upload': ['a', 'b'],
        'webhooks.send': ['a', {}],
      };
      route('/', async (ctx) => {
        const codes = {};
        for (const name of ${JSON.stringify(needing)}) {
          const [space, call] = name.split('.');
          codes[name] = await ctx[space][call](...(args[name] ?? ['t', 'x'])).then(
            () => 'done',
            (error) => error.code,
          );
        }
        codes.fetch = await fetch('https://api.open.test/').then(
          () => 'done',
          (error) => error.code,
        );
        return codes;
      });`,
  });
  await tenant.owner.put('/api/plugins/denied/permissions', { granted: [] });
  const tables = await annex.db.sql<{
    name: string;
  }>(`select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid
    where c.relkind = 'r' and n.nspname = current_schema() and a.attname = 'tenant_id'
      and c.relname not in ('runs', 'run_logs', 'usage')`);
  const rows = async (): Promise<Record<string, unknown>> => {
    const found: Record<string, unknown> = {};
    for (const { name } of tables)
      [found[name]] = await annex.db.sql(
        `select count(*)::int as count, max(xmin::text::bigint) as newest from ${name} where tenant_id = $1`,
        [uuidFromId(tenant.id as Id<'tenant'>)],
      );
    return found;
  };
  // The first call brings the plugin into this process.
  await tenant.owner.get('/ext/denied/');
  const before = await rows();
  expect(Object.keys(before).length).toBeGreaterThan(10);
  const { body } = await tenant.owner.get('/ext/denied/');
  expect(body).toEqual(Object.fromEntries([...needing, 'fetch'].map((name) => [name, 'PERMISSION_DENIED'])));
  await annex.platform.execution.reader.settle(tenant.id as Id<'tenant'>);
  expect(await rows()).toEqual(before);
});
