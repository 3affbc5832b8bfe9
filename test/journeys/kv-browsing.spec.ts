/** People look into what a plugin keeps. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestAnnex, type TestAnnex, type TestTenant } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
let tenant: TestTenant;
beforeAll(async () => {
  annex = await startTestAnnex();
  tenant = await annex.makeTenant();
  const installed = await tenant.install({
    manifest: { slug: 'keeper', routes: true },
    code: pluginCode('browsed-keeper'),
  });
  expect(installed.body).toMatchObject({ status: 'enabled' });
  expect((await tenant.owner.get('/ext/keeper/fill')).body).toBe('filled');
});
afterAll(() => annex?.stop());

it('lists keys with sizes, by prefix and in pages, without those that ran out', async () => {
  const { body } = await tenant.owner.get('/api/plugins/keeper/kv');
  expect(body).toMatchObject({
    items: [
      { key: 'orders/1', size: 7, expires_at: null, updated_at: expect.any(String) },
      { key: 'orders/ä b?', size: 6, expires_at: expect.any(String) },
      { key: 'zero', size: 1, expires_at: null },
    ],
    next_cursor: null,
  });
  const first = (await tenant.owner.get('/api/plugins/keeper/kv?prefix=orders/&limit=1')).body;
  expect(first.items).toMatchObject([{ key: 'orders/1' }]);
  const second = (await tenant.owner.get(`/api/plugins/keeper/kv?prefix=orders/&limit=1&cursor=${first.next_cursor}`))
    .body;
  expect(second).toMatchObject({ items: [{ key: 'orders/ä b?' }], next_cursor: null });
});

it('shows a value, and forgets one for an admin, with a trace', async () => {
  const path = `/api/plugins/keeper/kv/orders/${encodeURIComponent('ä b?')}`;
  expect(await tenant.owner.get(path)).toMatchObject({ status: 200, body: { key: 'orders/ä b?', value: 'text' } });
  const developer = await tenant.as('developer');
  expect(await developer.get(path)).toMatchObject({ status: 200 });
  expect(await developer.delete(path)).toMatchObject({ status: 403 });
  expect(await tenant.owner.delete(path)).toMatchObject({ status: 204 });
  for (const answer of [await tenant.owner.get(path), await tenant.owner.delete(path)])
    expect(answer).toMatchObject({ status: 404, body: { code: 'KV_NOT_FOUND' } });
  expect((await tenant.owner.get('/ext/keeper/keys')).body).toEqual(['orders/1', 'zero']);
  const { items } = (await tenant.owner.get('/api/audit?limit=5')).body;
  expect(items).toContainEqual(
    expect.objectContaining({ action: 'kv.deleted', detail: expect.objectContaining({ key: 'orders/ä b?' }) }),
  );
});

it('is nobody else’s, and takes any text for a key', async () => {
  const other = await annex.makeTenant();
  expect(await other.owner.get('/api/plugins/keeper/kv')).toMatchObject({ status: 404 });
  for (const key of ['a%00b', '%ff', '%ED%A0%80'])
    expect((await tenant.owner.get(`/api/plugins/keeper/kv/${key}`)).status).toBeLessThan(500);
});
