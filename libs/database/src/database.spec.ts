import { silentLogger } from '@annex/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import type { Database } from './database.js';
import { connect } from '../../../apps/annex/src/connect.js';

let db: TestDatabase;
let database: Database;
beforeAll(async () => {
  db = await openTestDatabase();
  database = await connect({
    logins: db.logins,
    logger: silentLogger,
    poolSize: 3,
    platformPoolSize: 1,
    queryTimeoutMs: 1_000,
  });
});
afterAll(async () => {
  await database.close();
  await db.close();
});

describe('the doors to PostgreSQL', () => {
  it('leave connections to other tenants while one asks for more than there are', async () => {
    const [loud, quiet] = [await db.makeTenant(), await db.makeTenant()];
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let open = 0;
    const busy = Array.from({ length: 8 }, () =>
      database.forTenant(loud.id).transaction(() => {
        open += 1;
        return released;
      }),
    );
    await database.forTenant(quiet.id).transaction((tx) => tx.query('select 1'));
    expect(open).toBeLessThanOrEqual(2);
    release();
    await Promise.all(busy);
    expect(open).toBe(8);
  });

  it('end a statement in the server that takes too long, not only the wait for it', async () => {
    const tenant = await db.makeTenant();
    await expect(database.forTenant(tenant.id).transaction((tx) => tx.query('select pg_sleep(30)'))).rejects.toThrow();
    const [row] = await database.platform((tx) =>
      tx.query<{ limit: string }>("select current_setting('statement_timeout') as limit"),
    );
    expect(row?.limit).toBe('1s');
  });
});
