/**
 * From a database as an operator has it to one that Annex works in: roles, owner, schema, logins, and what is said when
 * rights are missing.
 */
import { randomBytes } from 'node:crypto';
import { silentLogger } from '@annex/kernel';
import {
  checkLogins,
  handOverToMigrations,
  migrate,
  prepareDatabase,
  requireMigrated,
  withLogin,
} from '@annex/database';
import { createQueue, migrateQueue } from '@annex/queue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connected, whoIs } from '../support/connected.js';
import { openTestDatabase, testLoginsAt, type TestDatabase } from '../support/test-database.js';
import { connect } from '../../apps/annex/src/connect-database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

describe('a database is prepared', () => {
  const name = `prepared_${randomBytes(4).toString('hex')}`;
  const url = (): string => db.url.replace(/\/[^/]*$/, `/${name}`);
  const keys = { current: randomBytes(32), old: [] };

  beforeAll(() => db.sql(`create database ${name}`));
  afterAll(async () => {
    await db.sql(`drop database ${name} with (force)`);
    const made = await db.sql<{ rolname: string }>(
      `select rolname from pg_roles where rolname ~ '^(annex_(app|platform|queue)|${name})_'`,
    );
    for (const { rolname } of made) await db.sql(`drop role ${rolname}`);
  });

  it('of an earlier release, with tables of the superuser, and gives it logins of its own', async () => {
    await migrate({ url: url() });
    await migrateQueue(url());
    const owner = await handOverToMigrations(url());
    const { logins, steps } = await prepareDatabase({ url: owner, logins: keys, prepareQueue: migrateQueue });
    expect(steps).toEqual([]);
    const left = await connected(url(), (client) =>
      client.query(
        `select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname in ('public', 'bullmq') and c.relowner <> 'annex_migrations'::regrole`,
      ),
    );
    expect(left.rows).toEqual([]);
    // The roles are the login of the template, which is another Annex's.
    expect(new URL(logins.app).username).toMatch(/^annex_app_[0-9a-f]{8}$/);
    const database = await connect({ logins, logger: silentLogger, poolSize: 1, platformPoolSize: 1 });
    await database.platform((tx) =>
      tx.query(`insert into tenants (id, slug, name) values (gen_random_uuid(), 'here', 'here')`),
    );
    await database.close();
    await connected(logins.app, async (client) =>
      expect((await client.query('select * from tenants')).rows).toEqual([]),
    );
    await connected(logins.queue ?? '', async (client) =>
      expect((await client.query('select count(*)::int as n from bullmq.job')).rows).toEqual([{ n: 0 }]),
    );
  });

  it('let the owner see every tenant’s rows, so that a migration can fill a column', async () => {
    const owner = await handOverToMigrations(url());
    const { rows } = await connected(owner, (client) => client.query('select slug from tenants'));
    expect(rows).toEqual([{ slug: 'here' }]);
    expect(await connected(owner, whoIs)).toEqual({
      session: 'annex_migrations',
      role: 'annex_migrations',
      super: false,
    });
  });

  it('again with the same logins, also under a new master key, and with new passwords if it is lost', async () => {
    const first = await prepareDatabase({ url: url(), logins: keys });
    expect((await prepareDatabase({ url: url(), logins: keys })).logins).toEqual(first.logins);
    const next = { current: randomBytes(32), old: [keys.current] };
    expect((await prepareDatabase({ url: url(), logins: next })).logins).toEqual(first.logins);
    expect((await prepareDatabase({ url: url(), logins: { current: next.current, old: [] } })).logins).toEqual(
      first.logins,
    );
    const lost = await prepareDatabase({ url: url(), logins: { current: randomBytes(32), old: [] } });
    expect(lost.logins.app).not.toBe(first.logins.app);
    await checkLogins(lost.logins);
    await expect(checkLogins(first.logins)).rejects.toThrow(
      /^DATABASE_(APP|PLATFORM|QUEUE)_URL: the server does not let this login in: password authentication failed/,
    );
    const { rows } = await connected(url(), (client) =>
      client.query<{ password: Buffer }>('select password from database_logins'),
    );
    const passwords = Object.values(lost.logins).map((login) => new URL(login).password);
    for (const { password } of rows) expect(passwords.some((one) => password.includes(one))).toBe(false);
  });

  it('by several processes at once, which get the same logins', async () => {
    const all = await Promise.all(
      Array.from({ length: 4 }, () => prepareDatabase({ url: url(), logins: keys, prepareQueue: migrateQueue })),
    );
    expect(new Set(all.map(({ logins }) => JSON.stringify(logins))).size).toBe(1);
    await checkLogins(all[0]?.logins ?? db.logins);
  });

  it('only by an owner with the rights; else it is said what SQL gives them', async () => {
    const role = `${name}_owner`;
    await db.sql(`create role ${role} login password 'owner'; grant connect on database ${name} to ${role}`);
    const poor = withLogin(url(), role, 'owner');
    await connected(url(), async (client) => {
      await client.query(
        `grant all on schema public to ${role}; grant select on all tables in schema public to ${role}`,
      );
    });
    await expect(prepareDatabase({ url: poor, logins: keys })).rejects.toThrow(
      `GRANT annex_platform TO "${role}" WITH INHERIT TRUE;`,
    );
    await db.sql(`grant annex_platform to ${role} with inherit true`);
    // It may not make logins, but needs not when they are named.
    await expect(prepareDatabase({ url: poor, logins: { current: randomBytes(32), old: [] } })).rejects.toThrow(
      /DATABASE_APP_URL, DATABASE_PLATFORM_URL and DATABASE_QUEUE_URL/,
    );
    const logins = testLoginsAt(url());
    await expect(prepareDatabase({ url: poor, logins })).resolves.toMatchObject({ logins });
    await connected(url(), (client) => client.query(`drop owned by ${role}`));
  });

  it('as docs/configuration.md says it for an owner that may make no roles', async () => {
    const [owner, fresh] = [`${name}_poor`, `${name}_fresh`];
    await db.sql(`create role ${owner} login password 'owner'; grant annex_platform to ${owner} with inherit true`);
    await db.sql(`create database ${fresh} owner ${owner}`);
    await db.sql(
      `revoke all on database ${fresh} from public; grant connect on database ${fresh} to annex_app, annex_platform,
         annex_queue; grant temporary on database ${fresh} to annex_queue`,
    );
    const at = db.url.replace(/\/[^/]*$/, `/${fresh}`);
    const logins = testLoginsAt(at);
    const prepared = await prepareDatabase({ url: withLogin(at, owner, 'owner'), logins, prepareQueue: migrateQueue });
    expect(prepared.steps.length).toBeGreaterThan(5);
    await requireMigrated({ url: logins.platform });
    const queue = createQueue({ backend: 'postgres', url: logins.queue, logger: silentLogger });
    await queue.add([{ id: 'one' }, { id: 'two' }]);
    expect((await queue.counts()).waiting).toBe(2);
    await queue.close();
    // The same again, now that BullMQ has made what it makes when it is used.
    await prepareDatabase({ url: withLogin(at, owner, 'owner'), logins, prepareQueue: migrateQueue });
    await db.sql(`drop database ${fresh} with (force)`);
  });

  it('by no release that is older than what changed it last', async () => {
    await connected(url(), (client) =>
      client.query(`insert into migrations (timestamp, name) values (9999999999999, 'later9999999999999')`),
    );
    await expect(prepareDatabase({ url: url(), logins: keys })).rejects.toThrow(
      /A newer release of Annex.*later9999999999999/,
    );
    await expect(requireMigrated({ url: testLoginsAt(url()).platform })).rejects.toThrow(/newer release/);
    await connected(url(), (client) => client.query(`delete from migrations where timestamp = 9999999999999`));
    await expect(requireMigrated({ url: testLoginsAt(url()).platform })).resolves.toBeUndefined();
    await connected(url(), (client) => client.query(`delete from migrations where name like 'database-logins%'`));
    await expect(requireMigrated({ url: testLoginsAt(url()).platform })).rejects.toThrow('ANNEX_ROLE=migrate');
  });
});
