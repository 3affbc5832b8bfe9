import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { silentLogger } from '@annex/kernel';
import { watchChanges, type Change } from './watch-changes.js';
import { connect } from '../../../apps/annex/src/connect-database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

it('a change is heard in its own process before its maker goes on, and in others soon after', async () => {
  const tenant = await db.makeTenant();
  const other = await connect({ logins: db.logins, logger: silentLogger, poolSize: 1, platformPoolSize: 1 });
  const here: (Change | null)[] = [];
  const elsewhere: (Change | null)[] = [];
  const stops = [
    await watchChanges(db.database, (change) => here.push(change)),
    await watchChanges(other, (change) => elsewhere.push(change)),
  ];
  await db.database.forTenant(tenant.id).transaction(async (tx) => {
    await tx.changed('plugins');
    expect(here).toEqual([]);
  });
  // Its own notification may have come back already, which says the same again.
  expect(here[0]).toEqual({ tenantId: tenant.id, what: 'plugins' });
  await expect.poll(() => elsewhere).toEqual([{ tenantId: tenant.id, what: 'plugins' }]);
  await db.database.platform((tx) => tx.changed(tenant.id, 'users'));
  expect(here).toContainEqual({ tenantId: tenant.id, what: 'users' });
  for (const stop of stops) stop();
  await other.close();
});

it('a change that was rolled back is heard by nobody', async () => {
  const tenant = await db.makeTenant();
  const heard: (Change | null)[] = [];
  const stop = await watchChanges(db.database, (change) => heard.push(change));
  const scope = db.database.forTenant(tenant.id);
  await expect(
    scope.transaction(async (tx) => {
      await tx.changed('plugins');
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  await scope.transaction((tx) => tx.changed('users'));
  await expect.poll(() => heard.length).toBeGreaterThan(1);
  expect(heard.every((change) => change?.what === 'users')).toBe(true);
  stop();
});
