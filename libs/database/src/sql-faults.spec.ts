import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { isDatabaseAway, isTenantGone, isUniqueViolation } from './sql-faults.js';
import { isDatabaseBusy, isTransientDatabaseError } from './transient.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

const fault = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );

it('work for a tenant that was deleted meanwhile is told from every other fault', async () => {
  const kept = await db.makeTenant();
  const gone = await db.makeTenant();
  await db.sql('delete from tenants where slug = $1', [gone.slug]);
  const insert = (id: typeof kept.id, digest: string): Promise<unknown> =>
    fault(
      db.database
        .forTenant(id)
        .transaction((tx) =>
          tx.query(`insert into blobs (tenant_id, sha256, bytes) values ($1, $2, '')`, [tx.tenantUuid, digest]),
        ),
    );
  expect(isTenantGone(await insert(gone.id, 'a'))).toBe(true);
  expect(await insert(kept.id, 'a')).toBeUndefined();
  const twice = await insert(kept.id, 'a');
  expect([isTenantGone(twice), isUniqueViolation(twice)]).toEqual([false, true]);
  const noRelease = db.database
    .forTenant(kept.id)
    .transaction((tx) =>
      tx.query(`insert into release_files (tenant_id, release_id, path, sha256, size) values ($1, $1, 'a', 'a', 0)`, [
        tx.tenantUuid,
      ]),
    );
  expect(await fault(noRelease)).toMatchObject({ driverError: { code: '23503' } });
  expect(isTenantGone(await fault(noRelease))).toBe(false);
  expect(isTenantGone(new Error('other'))).toBe(false);
});

it('a database that is away is told from a statement that fails', async () => {
  const tenant = await db.makeTenant();
  const scope = db.database.forTenant(tenant.id);
  const work = scope.transaction(async (tx) => {
    const [self] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
    await db.sql('select pg_terminate_backend($1, 5000)', [self?.pid]);
    return tx.query('select 1');
  });
  const ended = await fault(work);
  expect(isDatabaseAway(ended), String(ended)).toBe(true);
  expect(isDatabaseAway(await fault(scope.transaction((tx) => tx.query('select 1 / 0'))))).toBe(false);
  expect(
    isDatabaseAway(
      new AggregateError([
        Object.assign(new Error('connect ECONNREFUSED ::1:5432'), { code: 'ECONNREFUSED' }),
        Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
      ]),
    ),
  ).toBe(true);
  expect([new Error('other'), 'ECONNREFUSED', undefined].map(isDatabaseAway)).toEqual([false, false, false]);
});

it('a statement that waited too long for somebody else is told from one that is wrong', async () => {
  const tenant = await db.makeTenant();
  const rename = (name: string, andThen: () => Promise<unknown> = async () => undefined): Promise<unknown> =>
    fault(
      db.database.platform(async (tx) => {
        await tx.query(`set local lock_timeout = '20ms'`);
        await tx.query('update tenants set name = $2 where slug = $1', [tenant.slug, name]);
        await andThen();
      }),
    );
  let second: unknown;
  expect(await rename('first', async () => (second = await rename('second')))).toBeUndefined();
  expect(isDatabaseBusy(second), String(second)).toBe(true);
  const wrong = await fault(db.database.platform((tx) => tx.query('select 1 / 0')));
  expect(
    [wrong, await rename('third', () => Promise.reject(new Error('EPIPE'))), undefined].map(isDatabaseBusy),
  ).toEqual([false, false, false]);
});

it('a write at a standby that is not promoted yet counts as a database that is away', async () => {
  const { id } = await db.makeTenant();
  let pid = 0;
  const refused = await fault(
    db.database.forTenant(id).transaction(async (tx) => {
      pid = (await tx.query<{ pid: number }>('select pg_backend_pid() as pid'))[0]?.pid ?? 0;
      await tx.query('set transaction read only');
      await tx.query(`insert into blobs (tenant_id, sha256, bytes) values ($1, 'a', '')`, [tx.tenantUuid]);
    }),
  );
  expect(refused).toMatchObject({ driverError: { code: '25006' } });
  expect([isDatabaseAway(refused), isTransientDatabaseError(refused)]).toEqual([true, true]);
  // Whoever connects anew finds the server that was promoted.
  await expect.poll(() => db.sql('select 1 from pg_stat_activity where pid = $1', [pid])).toEqual([]);
});
