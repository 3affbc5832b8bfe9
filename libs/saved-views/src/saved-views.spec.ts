import { viewLimits } from '@annex/limits';
import { isAnnexError, type TenantActor } from '@annex/kernel';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { SavedViews } from './saved-views.js';

let db: TestDatabase;
let views: SavedViews;
beforeAll(async () => {
  db = await openTestDatabase();
  views = new SavedViews({ database: db.database });
});
afterAll(() => db.close());

const somebody = async (): Promise<TenantActor> => ({
  tenant: await db.makeTenant(),
  actor: 'usr_somebody',
  requestId: 'req_1',
});
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing was thrown',
    (thrown: unknown) => (isAnnexError(thrown) ? thrown.code : String(thrown)),
  );

it('a view is seen in its own tenant alone, and saving it again changes it', async () => {
  const [one, other] = [await somebody(), await somebody()];
  const made = await views.put(one, { list: 'runs', name: 'Failed', filters: { status: 'failed' } });
  expect(made).toMatchObject({ created: true, list: 'runs', name: 'Failed', saved_by: 'usr_somebody' });
  const again = await views.put(one, { list: 'runs', name: 'Failed', filters: { status: 'failed', span: '1h' } });
  expect(again).toMatchObject({ created: false, filters: { status: 'failed', span: '1h' } });
  expect((await views.list(one, { limit: 10 })).items).toHaveLength(1);
  expect((await views.list(one, { list: 'events', limit: 10 })).items).toEqual([]);
  expect((await views.list(other, { limit: 10 })).items).toEqual([]);
  expect(await codeOf(views.delete(other, { list: 'runs', name: 'Failed' }))).toBe('VIEW_NOT_FOUND');
  expect(await codeOf(views.delete(one, { list: 'events', name: 'Failed' }))).toBe('VIEW_NOT_FOUND');
  await views.delete(one, { list: 'runs', name: 'Failed' });
  expect((await views.list(one, { limit: 10 })).items).toEqual([]);
  const audit = await db.sql(
    `select a.action, a.target from audit a join tenants t on t.id = a.tenant_id where t.slug = $1 order by a.seq`,
    [one.tenant.slug],
  );
  expect(audit).toEqual([
    { action: 'view.saved', target: 'runs/Failed' },
    { action: 'view.saved', target: 'runs/Failed' },
    { action: 'view.deleted', target: 'runs/Failed' },
  ]);
});

it('a list holds so many views and no more, also when people save at once', async () => {
  const caller = await somebody();
  const save = (index: number): Promise<unknown> =>
    views.put(caller, { list: 'logs', name: `View ${String(index).padStart(3, '0')}`, filters: { level: 'error' } });
  const saved = await Promise.allSettled(Array.from({ length: viewLimits.perList + 3 }, (_, index) => save(index)));
  expect(saved.filter(({ status }) => status === 'fulfilled')).toHaveLength(viewLimits.perList);
  expect(await codeOf(save(900))).toBe('VIEW_LIMIT');
  // One that is there can still be changed, and another list has room.
  const [first] = (await views.list(caller, { limit: 1 })).items;
  await views.put(caller, { list: 'logs', name: first?.name ?? '', filters: {} });
  await views.put(caller, { list: 'runs', name: 'a/b % ü', filters: {} });

  const names: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await views.list(caller, { limit: 7, cursor });
    names.push(...page.items.map(({ list, name }) => `${list}/${name}`));
    if (page.next_cursor === null) break;
    cursor = page.next_cursor;
  }
  expect(new Set(names).size).toBe(viewLimits.perList + 1);
  expect(names.at(-1)).toBe('runs/a/b % ü');
  for (const cursor of ['x', 'e30', Buffer.from('["a"]').toString('base64url')])
    expect(await codeOf(views.list(caller, { limit: 1, cursor }))).toBe('VIEW_INVALID');
});
