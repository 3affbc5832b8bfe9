import { uuidFromId, type Id } from '@annex/kernel';
import { defaultRetention } from '@annex/limits';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../../../test/support/test-database.js';
import { removeExpired } from '../../../../../libs/dispatch/src/sql/retention.js';
import { completeIdempotent, forgetIdempotent, reserveIdempotent, type Reservation } from './idempotency.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

const entry = { actor: 'usr_x', key: 'k', fingerprint: 'f' };
const answer = { status: 201, headers: { location: '/x' }, body: '{"id":1}' };

const reserve = (tenant: { id: Id<'tenant'> }, change: Partial<typeof entry> = {}): Promise<Reservation> =>
  db.database.forTenant(tenant.id).transaction((tx) => reserveIdempotent(tx, { ...entry, ...change }));
const complete = (tenant: { id: Id<'tenant'> }, claim: number): Promise<boolean> =>
  db.database.forTenant(tenant.id).transaction((tx) => completeIdempotent(tx, { ...entry, claim, ...answer }));
const age = (tenant: { id: Id<'tenant'> }, interval: string): Promise<unknown> =>
  db.sql('update idempotency_keys set created_at = created_at - $2::interval where tenant_id = $1', [
    uuidFromId(tenant.id),
    interval,
  ]);

it('lets one of many equal requests do the work and gives the others its answer', async () => {
  const tenant = await db.makeTenant();
  const states = (await Promise.all(Array.from({ length: 8 }, () => reserve(tenant)))).map(
    (reservation) => reservation.state,
  );
  expect(states.sort()).toEqual([...Array.from({ length: 7 }, () => 'in-flight'), 'reserved']);
  expect(await complete(tenant, 1)).toBe(true);
  expect(await reserve(tenant)).toEqual({ state: 'replay', ...answer });
});

it('tells another request under the same key apart, and other actors and tenants not at all', async () => {
  const [tenant, other] = [await db.makeTenant(), await db.makeTenant()];
  await reserve(tenant);
  expect(await reserve(tenant, { fingerprint: 'g' })).toEqual({ state: 'mismatch' });
  await complete(tenant, 1);
  expect(await reserve(tenant, { fingerprint: 'g' })).toEqual({ state: 'mismatch' });
  expect((await reserve(tenant, { actor: 'usr_y' })).state).toBe('reserved');
  expect((await reserve(other)).state).toBe('reserved');
});

it('lets the request come again when the first one died, and the dead one’s late answer does not count', async () => {
  const tenant = await db.makeTenant();
  await reserve(tenant);
  await age(tenant, '3 minutes');
  expect(await reserve(tenant)).toEqual({ state: 'reserved', claim: 2 });
  expect(await complete(tenant, 1)).toBe(false);
  await db.database.forTenant(tenant.id).transaction((tx) => forgetIdempotent(tx, { ...entry, claim: 1 }));
  expect((await reserve(tenant)).state).toBe('in-flight');
  expect(await complete(tenant, 2)).toBe(true);
});

it('takes another answer of the request that has the key, and none of one that lost it', async () => {
  const tenant = await db.makeTenant();
  await reserve(tenant);
  await complete(tenant, 1);
  const later = { status: 200, headers: {}, body: '{"id":1,"ended":true}' };
  expect(
    await db.database
      .forTenant(tenant.id)
      .transaction((tx) => completeIdempotent(tx, { ...entry, claim: 1, ...later })),
  ).toBe(true);
  expect(await reserve(tenant)).toEqual({ state: 'replay', ...later });
  expect(await complete(tenant, 2)).toBe(false);
});

it('gives a key back after a failure, and never one whose work was done', async () => {
  const tenant = await db.makeTenant();
  await reserve(tenant);
  const forget = (): Promise<void> =>
    db.database.forTenant(tenant.id).transaction((tx) => forgetIdempotent(tx, { ...entry, claim: 1 }));
  await forget();
  expect(await reserve(tenant)).toEqual({ state: 'reserved', claim: 1 });
  await complete(tenant, 1);
  await forget();
  expect((await reserve(tenant)).state).toBe('replay');
});

it('forgets after 24 hours', async () => {
  const tenant = await db.makeTenant();
  await reserve(tenant);
  await complete(tenant, 1);
  await age(tenant, '25 hours');
  expect(await reserve(tenant, { fingerprint: 'g' })).toEqual({ state: 'reserved', claim: 2 });
  await age(tenant, '25 hours');
  expect(
    await db.database.platform((tx) =>
      removeExpired(tx, { what: 'idempotency_keys', retention: defaultRetention, limit: 5000 }),
    ),
  ).toBe(1);
  expect(await reserve(tenant)).toEqual({ state: 'reserved', claim: 1 });
});
