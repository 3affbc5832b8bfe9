import { newUuid, uuidFromId } from '@annex/kernel';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { readSettingLag } from './setting-lag.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

it('a watch is as late as the oldest change that it has not heard of, its first sync left out', async () => {
  const tenant = uuidFromId((await db.makeTenant()).id);
  const installation = newUuid();
  const of = [tenant, installation];
  const lag = async (): Promise<number> =>
    Math.round((await db.database.platform((tx) => readSettingLag(tx, []))).watchLagS / 60);
  await db.sql(
    `insert into installations (tenant_id, id, slug, name, status) values ($1, $2, 'late', 'late', 'enabled')`,
    of,
  );
  await db.sql('insert into setting_heads (tenant_id, revision) values ($1, 3)', [tenant]);
  await db.sql(
    `insert into setting_changes (tenant_id, revision, key, op, at)
     select $1, n, 'k' || n, 'put', now() - (40 - 10 * n) * interval '1 minute' from generate_series(1, 3) n`,
    [tenant],
  );
  await db.sql(
    `insert into setting_watches (tenant_id, installation_id, patterns, active, position, sync_until, known)
     values ($1, $2, '{**}', true, 0, 1, 1)`,
    of,
  );
  expect(await lag()).toBe(20);
  await db.sql('update setting_watches set position = 2 where tenant_id = $1 and installation_id = $2', of);
  expect(await lag()).toBe(10);
  await db.sql('update setting_watches set position = 3 where tenant_id = $1 and installation_id = $2', of);
  expect(await lag()).toBe(0);
  await db.sql('update setting_watches set position = 0 where tenant_id = $1 and installation_id = $2', of);
  await db.sql(`update installations set status = 'disabled' where tenant_id = $1 and id = $2`, of);
  expect(await lag()).toBe(0);
});
