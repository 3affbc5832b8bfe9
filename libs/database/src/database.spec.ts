import { randomUUID } from 'node:crypto';
import { OperatorRow, SessionRow, TenantRow, UserRow } from '@annex/access';
import { FileUsageRow } from '@annex/files';
import { idFromUuid, newId, silentLogger, uuidFromId } from '@annex/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTcpProxy } from '../../../test/support/tcp-proxy.js';
import { openTestDatabase, testLoginsAt, type TestDatabase } from '../../../test/support/test-database.js';
import type { Database } from './database.js';
import { statement } from './statement.js';
import { connect } from '../../../apps/annex/src/connect-database.js';

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

describe('a transaction', () => {
  const pid = async (tx: { query<Row>(sql: string): Promise<Row[]> }): Promise<number> =>
    (await tx.query<{ pid: number }>('select pg_backend_pid() as pid'))[0]?.pid ?? 0;

  it('is one for SQL and for repositories: what both wrote goes when it throws', async () => {
    const id = newId('user');
    const email = `${id}@test.test`;
    const both = database.platform(async (tx) => {
      await tx.repository(OperatorRow).insert({ id, email, passwordHash: null });
      await tx.query(`update operators set credential_version = 7 where lower(email) = $1`, [email]);
      expect(await tx.repository(OperatorRow).findOneBy({ id })).toMatchObject({ email, credentialVersion: 7 });
      throw new Error('not after all');
    });
    await expect(both).rejects.toThrow('not after all');
    expect(await database.platform((tx) => tx.repository(OperatorRow).findOneBy({ id }))).toBeNull();
  });

  it('is begun and ended by the door alone: TypeORM begins none of its own, and can end none', async () => {
    const id = newId('user');
    await database.platform(async (tx) => {
      const began = await tx.query('select txid_current() as id');
      const repository = tx.repository(OperatorRow);
      // Each of these begins a transaction where TypeORM knows of none.
      await repository.save({ id, email: `${id}@test.test`, passwordHash: null });
      await repository.findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
      const nested = repository.manager.transaction(async (inner) => {
        await inner.getRepository(OperatorRow).delete({ id });
        throw new Error('not that');
      });
      await expect(nested).rejects.toThrow('not that');
      expect(await repository.existsBy({ id })).toBe(true);
      await expect(repository.query('COMMIT')).rejects.toThrow('ended by the door');
      expect(await tx.query('select txid_current() as id')).toEqual(began);
    });
    await database.platform(async (tx) => {
      expect(await tx.repository(OperatorRow).delete({ id })).toMatchObject({ affected: 1 });
    });
  });

  it('shows repositories one tenant’s rows', async () => {
    const [one] = [await db.makeTenant(), await db.makeTenant()];
    const seen = await database.forTenant(one.id).transaction((tx) => tx.repository(TenantRow).find());
    expect(seen.map(({ slug }) => slug)).toEqual([one.slug]);
  });

  it('reads rows of SQL by hand as their entity, and what else was asked beside them', async () => {
    const { id } = await db.makeTenant();
    const user = newId('user');
    const [bed, now] = [randomUUID(), newId('session')];
    await database.platform(async (tx) => {
      await tx.query(`insert into users (tenant_id, id, email, role) values ($1, $2, 'a@b.test', 'owner')`, [
        uuidFromId(id),
        uuidFromId(user),
      ]);
      const found = await tx.repository(UserRow).findBy({ id: user });
      expect(await tx.rows(UserRow, 'select * from users where id = $1', [uuidFromId(user)])).toEqual(found);
      const [part] = await tx.rows<UserRow, Pick<UserRow, 'tenantId'> & { more: number }>(
        UserRow,
        'update users set role = $2 where id = $1 returning tenant_id, credential_version + 1 as more',
        [uuidFromId(user), 'admin'],
      );
      expect(part).toEqual({ tenantId: id, more: 2 });
      await tx.query(
        `insert into sessions (id, user_ids, address, expires_at) values ($1, array[$2::uuid, $3::uuid], '::1', now())`,
        [uuidFromId(now), uuidFromId(user), bed],
      );
      const [session] = await tx.rows(SessionRow, 'select * from sessions where id = $1', [uuidFromId(now)]);
      expect(session).toMatchObject({ id: now, userIds: [user, idFromUuid('user', bed)], operatorId: null });
      await tx.query(`insert into file_usage (tenant_id, size_bytes) values ($1, 1e15)`, [uuidFromId(id)]);
      expect(await tx.rows(FileUsageRow, 'select * from file_usage where tenant_id = $1', [uuidFromId(id)])).toEqual([
        { tenantId: id, sizeBytes: 1e15, files: 0 },
      ]);
    });
  });

  it('says its settings in each transaction and prepares nothing, where connections are a pooler’s', async () => {
    const { id } = await db.makeTenant();
    const own = await connect({ logins: db.logins, listenUrl: db.logins.app, logger: silentLogger, poolSize: 1 });
    const settings = `select current_setting('enable_seqscan') || ' ' || current_setting('statement_timeout') as told,
      (select count(*)::int from pg_prepared_statements) as prepared`;
    try {
      for (let n = 0; n < 2; n += 1) {
        expect(await own.forTenant(id).transaction((tx) => tx.query(statement(settings)))).toEqual([
          { told: 'off 15s', prepared: 0 },
        ]);
        expect(await own.platform((tx) => tx.query(statement(settings)), { durable: false })).toEqual([
          { told: 'off 15s', prepared: 0 },
        ]);
      }
      // PostgreSQL refuses it once a transaction has read anything.
      const isolation = `select current_setting('transaction_isolation') as told`;
      expect(
        await own.platform((tx) => tx.query(isolation), { settings: { transaction_isolation: `'repeatable read'` } }),
      ).toEqual([{ told: 'repeatable read' }]);
    } finally {
      await own.close();
    }
  });

  it('leaves nothing to whoever keeps it', async () => {
    const kept = await database.platform((tx) => Promise.resolve(tx));
    await expect(kept.query('select 1')).rejects.toThrow('has ended');
    expect(() => kept.repository(OperatorRow)).toThrow('has ended');
  });

  it('on a connection that breaks fails, and nobody is given that connection again', async () => {
    let broken = 0;
    const cut = database.platform(async (tx) => {
      broken = await pid(tx);
      await db.sql('select pg_terminate_backend($1)', [broken]);
      await tx.query('select 1');
    });
    await expect(cut).rejects.toThrow();
    // The pool has one connection.
    expect(await database.platform(pid)).not.toBe(broken);
  });

  it('whose server falls silent fails in time, and nobody is given that connection again', async () => {
    const proxy = await openTcpProxy(db.url);
    const own = await connect({
      logins: testLoginsAt(proxy.url),
      logger: silentLogger,
      poolSize: 1,
      platformPoolSize: 1,
      queryTimeoutMs: 500,
    });
    try {
      let silent = 0;
      const unanswered = own.platform(async (tx) => {
        silent = await pid(tx);
        proxy.swallow();
        await tx.query('select 1');
      });
      await expect(unanswered).rejects.toThrow('Query read timeout');
      expect(await own.platform(pid)).not.toBe(silent);
    } finally {
      await own.close();
      await proxy.close();
    }
  });

  it('under way fails when the database is closed, which does not wait for it', async () => {
    const own = await connect({ logins: db.logins, logger: silentLogger, poolSize: 1, platformPoolSize: 1 });
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const under = own.platform(async (tx) => {
      begin();
      await tx.query('select pg_sleep(60)');
    });
    under.catch(() => undefined);
    await begun;
    await own.close();
    await expect(under).rejects.toThrow();
  });
});
