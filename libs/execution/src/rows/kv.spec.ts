import { uuidFromId, type Id, type Json } from '@annex/kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeInstallation } from '../../../../test/support/installations.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import type { TenantTransaction } from '@annex/database';
import { deleteExpiredKv, deleteKv, incrementKv, listKv, readKv, setKv, type KvAt } from './kv.js';

let db: TestDatabase;
let tenantId: Id<'tenant'>;
let installationId: Id<'installation'>;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  tenantId = (await db.makeTenant()).id;
  installationId = (await makeInstallation(db, tenantId)).id;
});

const inTenant = <T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T> =>
  db.database.forTenant(tenantId).transaction(work);
const set = (key: string, value: Json, ttlS?: number) =>
  inTenant((tx) => setKv(tx, { installationId, key, value, ttlS }));
const getKv = async (tx: TenantTransaction, at: KvAt) => (await readKv(tx, 'kv', [at]))[0]?.value;
const get = (key: string) => inTenant((tx) => getKv(tx, { installationId, key }));
const incr = (key: string, by: number, ttlS?: number) =>
  inTenant((tx) => incrementKv(tx, { installationId, key, by, ttlS }));
/** Makes a key's time run out, as waiting would. */
const expire = (key: string) =>
  db.sql(`update kv set expires_at = now() - interval '1 second' where installation_id = $1 and key = $2`, [
    uuidFromId(installationId),
    key,
  ]);

describe('the key-value store', () => {
  it.each<[string, Json]>([
    ['null', null],
    ['a text', 'ünï☃\u{1f600}'],
    ['an object, its keys in order', { z: 1, a: [true, { b: null }] }],
    ['a number that only a double holds', 0.1 + 0.2],
    ['an empty list', []],
  ])('gives back %s as it was set', async (_name, value) => {
    await set('k', value);
    expect(JSON.stringify(await get('k'))).toBe(JSON.stringify(value));
  });

  it('gives back several at once, in the order asked for', async () => {
    await set('a', 1);
    await set('b', null);
    await set('gone', 2, 60);
    await expire('gone');
    const neighbour = await makeInstallation(db, tenantId);
    await inTenant((tx) => setKv(tx, { installationId: neighbour.id, key: 'a', value: 'theirs', ttlS: undefined }));
    const keys = ['b', 'missing', 'a', 'gone', 'a'].map((key) => ({ installationId, key }));
    const found = await inTenant((tx) => readKv(tx, 'kv', [...keys, { installationId: neighbour.id, key: 'a' }]));
    expect(found.map((each) => each && each.value)).toEqual([null, undefined, 1, undefined, 1, 'theirs']);
  });

  it('knows no key of another installation or tenant', async () => {
    await set('k', 'mine');
    const neighbour = await makeInstallation(db, tenantId);
    expect(await inTenant((tx) => getKv(tx, { installationId: neighbour.id, key: 'k' }))).toBeUndefined();
    const other = await db.makeTenant();
    expect(
      await db.database.forTenant(other.id).transaction((tx) => getKv(tx, { installationId, key: 'k' })),
    ).toBeUndefined();
    await expect(
      db.database
        .forTenant(other.id)
        .transaction((tx) => setKv(tx, { installationId, key: 'k', value: 1, ttlS: undefined })),
    ).rejects.toThrow(/foreign key/);
    expect(await get('k')).toBe('mine');
  });

  it('forgets an entry when its time has run out, for every call', async () => {
    await set('gone', 1, 60);
    await set('stays', 1, 60);
    await set('stays', 2);
    await expire('gone');
    expect(await get('gone')).toBeUndefined();
    expect(await inTenant((tx) => deleteKv(tx, { installationId, key: 'gone' }))).toBe(false);
    const keys = await inTenant((tx) => listKv(tx, { installationId, prefix: '', after: undefined, limit: 10 }));
    expect(keys).toEqual([{ key: 'stays', expiresAt: null }]);
  });

  it('answers whether there was something to delete', async () => {
    await set('k', 1);
    expect(await inTenant((tx) => deleteKv(tx, { installationId, key: 'k' }))).toBe(true);
    expect(await inTenant((tx) => deleteKv(tx, { installationId, key: 'k' }))).toBe(false);
  });

  it('lists keys by prefix in the order of their bytes, page by page', async () => {
    for (const key of ['b', 'a:2', 'a:10', 'a:', 'A', 'a%', 'a:é', 'ab']) await set(key, 1);
    const page = (after?: string) => inTenant((tx) => listKv(tx, { installationId, prefix: 'a:', after, limit: 2 }));
    const first = await page();
    expect(first.map(({ key }) => key)).toEqual(['a:', 'a:10']);
    expect((await page('a:10')).map(({ key }) => key)).toEqual(['a:2', 'a:é']);
    expect(await page('a:é')).toEqual([]);
    expect(
      (await inTenant((tx) => listKv(tx, { installationId, prefix: 'a%', after: undefined, limit: 9 }))).map(
        ({ key }) => key,
      ),
    ).toEqual(['a%']);
  });

  it('counts up without losing a step when many do it at once', async () => {
    const sums = await Promise.all(Array.from({ length: 40 }, () => incr('n', 1)));
    expect(new Set(sums).size).toBe(40);
    expect(await get('n')).toBe(40);
    expect(await incr('n', -0.5)).toBe(39.5);
  });

  it('begins at 0 again when the number had run out, and keeps its time when it had not', async () => {
    expect(await incr('n', 5, 60)).toBe(5);
    expect(await incr('n', 1, 1)).toBe(6);
    const [row] = await db.sql<{ left: number }>(
      'select extract(epoch from expires_at - now())::float8 as left from kv where installation_id = $1',
      [uuidFromId(installationId)],
    );
    expect(row?.left).toBeGreaterThan(30);
    await expire('n');
    expect(await incr('n', 2)).toBe(2);
    expect(await get('n')).toBe(2);
  });

  it('counts up nothing but numbers, and leaves the rest as it is', async () => {
    await set('n', '7');
    expect(await incr('n', 1)).toBeUndefined();
    expect(await get('n')).toBe('7');
    await expire('n');
    expect(await incr('n', 1)).toBe(1);
  });

  it('is swept of what ran out, and of nothing else', async () => {
    await set('old', 1, 60);
    await set('live', 1, 60);
    await expire('old');
    await db.database.platform((tx) => deleteExpiredKv(tx, 1000));
    expect(
      (await db.sql('select key from kv where installation_id = $1', [uuidFromId(installationId)])).map(
        ({ key }) => key,
      ),
    ).toEqual(['live']);
  });

  it('goes with its installation', async () => {
    await set('k', 1);
    await db.sql('delete from installations where id = $1', [uuidFromId(installationId)]);
    expect(await db.sql('select 1 from kv where installation_id = $1', [uuidFromId(installationId)])).toEqual([]);
  });
});
