/** Settings with a number: told in order, changed only by whoever read them, brought back. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex.stop());

const step = { type: 'integer', minimum: 0, default: 7 };
const plugin = {
  manifest: { routes: true, config: { type: 'object', properties: { step, note: { type: 'string' } } } },
  code: `import { onConfigChange, route } from '@annex/sdk'
    onConfigChange(async (ctx, key, value, op, { revision, previous }) => {
      await ctx.kv.set('told', [...((await ctx.kv.get('told')) ?? []), [revision, key, value, op, previous]])
    })
    route('/told', async (ctx) => ({ told: (await ctx.kv.get('told')) ?? [] }))`,
};
const config = '/api/plugins/probe/config';
const changeOf = (tenant: TestTenant, revision: string, body: object): Promise<Answer> =>
  tenant.owner.request('PUT', config, { body, headers: { 'if-match': revision } });
const revisionOf = ({ headers }: Answer): string | null => headers.get('etag');

it('each change has the next number, and the plugin hears of it with what was before', async () => {
  const tenant = await annex.makeTenant();
  await tenant.install(plugin);
  expect(revisionOf(await tenant.owner.get(config))).toBe('"0"');
  expect(revisionOf(await tenant.owner.put(config, { step: 1, note: 'a' }))).toBe('"1"');
  expect(revisionOf(await tenant.owner.patch(config, { step: 2 }))).toBe('"2"');
  expect(revisionOf(await tenant.owner.patch(config, { step: 2 }))).toBe('"2"');
  expect(revisionOf(await tenant.owner.put(config, {}))).toBe('"3"');
  const { body } = await until(
    () => tenant.owner.get('/ext/probe/told'),
    (answer) => answer.body.told?.length >= 5,
  );
  expect(body.told).toEqual([
    [1, 'note', 'a', 'set', null],
    [1, 'step', 1, 'set', 7],
    [2, 'step', 2, 'set', 1],
    [3, 'note', null, 'delete', 'a'],
    [3, 'step', 7, 'delete', 2],
  ]);
});

it('of many who read the same revision one may change it', async () => {
  const tenant = await annex.makeTenant();
  await tenant.install(plugin);
  const answers = await Promise.all([1, 2, 3, 4, 5].map((value) => changeOf(tenant, '"0"', { step: value })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412]);
  expect(answers.find(({ status }) => status === 412)?.body).toMatchObject({ code: 'CONFIG_CHANGED', revision: 1 });
  expect((await changeOf(tenant, '*', { step: 6 })).status).toBe(200);
  for (const stale of ['"1"', 'W/"2"', 'nonsense', '""']) expect((await changeOf(tenant, stale, {})).status).toBe(412);
  expect((await changeOf(tenant, '2', { step: 8 })).status).toBe(200);
});

it('an earlier revision is brought back as one of its own, where it still fits', async () => {
  const tenant = await annex.makeTenant();
  await tenant.install(plugin);
  await tenant.owner.put(config, { step: 1 });
  await tenant.owner.put(config, { step: 2 });
  const back = await tenant.owner.post(`${config}/rollback`, { revision: 1 });
  expect(back).toMatchObject({ status: 200, body: { step: 1 } });
  expect(revisionOf(back)).toBe('"3"');
  expect((await tenant.owner.post(`${config}/rollback`, { revision: 0 })).body).toEqual({ step: 7 });
  expect((await tenant.owner.get(`${config}/revisions`)).body.items).toMatchObject([
    {
      revision: 4,
      config: {},
      changed: ['step'],
      actor: expect.stringContaining('usr_'),
      who: { type: 'user', name: expect.any(String) },
    },
    { revision: 3, config: { step: 1 } },
    { revision: 2, config: { step: 2 } },
    { revision: 1, config: { step: 1 } },
    { revision: 0, config: {}, changed: [], actor: null, who: null },
  ]);
  const first = await tenant.owner.get(`${config}/revisions?limit=2`);
  const rest = await tenant.owner.get(`${config}/revisions?cursor=${encodeURIComponent(first.body.next_cursor)}`);
  expect(rest.body.items.map(({ revision }: { revision: number }) => revision)).toEqual([2, 1, 0]);
  expect(await tenant.owner.post(`${config}/rollback`, { revision: 9 })).toMatchObject({
    status: 404,
    body: { code: 'REVISION_NOT_FOUND' },
  });
  for (const revision of [-1, 1.5, '1', null]) {
    expect((await tenant.owner.post(`${config}/rollback`, { revision })).status).toBe(422);
  }
  const narrower = {
    ...plugin.manifest,
    version: '2.0.0',
    config: { type: 'object', properties: { step: { type: 'integer', minimum: 2 } } },
  };
  await tenant.install({ ...plugin, manifest: narrower });
  expect(await tenant.owner.post(`${config}/rollback`, { revision: 1 })).toMatchObject({
    status: 422,
    body: { code: 'CONFIG_INVALID' },
  });
  const developer = await tenant.as('developer');
  expect((await developer.post(`${config}/rollback`, { revision: 2 })).status).toBe(403);
  const other = await annex.makeTenant();
  expect((await other.owner.get(`${config}/revisions`)).status).toBe(404);
});

it('the latest hundred are kept', async () => {
  const tenant = await annex.makeTenant();
  await tenant.install(plugin, { enable: false });
  for (let value = 1; value <= 103; value += 1) await tenant.owner.put(config, { step: value });
  const { body } = await tenant.owner.get(`${config}/revisions?limit=200`);
  const numbers = body.items.map(({ revision }: { revision: number }) => revision);
  expect([numbers.length, numbers[0], numbers.at(-1)]).toEqual([100, 103, 4]);
});

it('a plugin that asks for a pause hears the last of quick changes, in order, with what it heard before', async () => {
  const tenant = await annex.makeTenant();
  await tenant.install({ ...plugin, manifest: { ...plugin.manifest, config_changes: { debounce_ms: 3000 } } });
  for (const body of [{ step: 1 }, { note: 'a' }, { step: 2 }, { step: 3 }]) await tenant.owner.patch(config, body);
  const told = (count: number): Promise<Answer> =>
    until(
      () => tenant.owner.get('/ext/probe/told'),
      (answer) => answer.body.told?.length >= count,
    );
  expect((await told(2)).body.told).toEqual([
    [2, 'note', 'a', 'set', null],
    [4, 'step', 3, 'set', 7],
  ]);
  const { items } = (await tenant.owner.get('/api/runs?kind=lifecycle&status=cancelled')).body;
  expect(items.map(({ error }: Answer['body']) => error.code)).toEqual(['SUPERSEDED', 'SUPERSEDED']);
  await tenant.owner.patch(config, { step: 8 });
  await tenant.owner.patch(config, { step: 9 });
  expect((await told(3)).body.told.at(-1)).toEqual([6, 'step', 9, 'set', 3]);
});
