import { afterAll, beforeEach, expect, it } from 'vitest';
import { closeSandbox, openPlugin, type TestPlugin } from '@annex/sdk/testing';

let plugin: TestPlugin;
beforeEach(async () => {
  plugin = await openPlugin(import.meta.dirname, { secrets: { PG_URL: 'postgres://u:p@db/shop' } });
  return () => plugin.close();
});
afterAll(closeSandbox);

let commits = 0;
const change = (over: object) => {
  commits += 1;
  return {
    schema: 'public',
    table: 'shoes',
    key: null,
    old: null,
    new: null,
    commit_lsn: `0/${commits.toString(16)}`,
    seq: 0,
    ...over,
  };
};
const insert = (id: number, name: string) => plugin.event('pg.insert', change({ new: { id, name, price: 7 } }));
const search = async (q: string): Promise<string[]> => {
  const answer = await plugin.request('GET', `/search?q=${encodeURIComponent(q)}`);
  return ((await answer.json()) as { rows: { row: string }[] }).rows.map(({ row }) => row);
};

it('finds rows by all of the words, and by the beginning of the last', async () => {
  await insert(1, 'Red running shoe');
  await insert(2, 'Café slipper, red');
  expect(await search('red')).toEqual(['shoes/2', 'shoes/1']);
  expect(await search('RED runn')).toEqual(['shoes/1']);
  expect(await search('cafe')).toEqual(['shoes/2']);
  expect(await search('blue')).toEqual([]);
  expect((await plugin.request('GET', '/search')).status).toBe(400);
});

it('follows what changes and what goes', async () => {
  await insert(1, 'red');
  await plugin.event('pg.update', change({ new: { id: 1, name: 'green' } }));
  expect([await search('red'), await search('green')]).toEqual([[], ['shoes/1']]);
  await plugin.event('pg.delete', change({ key: { id: 1 } }));
  expect(await search('green')).toEqual([]);
  await insert(2, 'green');
  await plugin.event('pg.truncate', change({}));
  expect(await search('green')).toEqual([]);
});

it('keeps the newest, in whichever order changes are handled, and however often', async () => {
  const [first, second] = [change({ new: { id: 1, name: 'old' } }), change({ new: { id: 1, name: 'new' } })];
  const same = { ...second, seq: 1, new: { id: 1, name: 'newest' } };
  for (const data of [same, second, first, first, second, same]) await plugin.event('pg.update', data);
  expect([await search('old'), await search('newest')]).toEqual([[], ['shoes/1']]);
  expect(plugin.tables.rows('documents')).toHaveLength(1);
});

it('leaves out a change that names no row', async () => {
  await plugin.event('pg.insert', change({ new: { name: 'nameless' } }));
  expect(plugin.tables.rows('documents')).toEqual([]);
  expect(plugin.logs).toMatchObject([{ level: 'warn' }]);
});
