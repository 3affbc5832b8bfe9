import { randomBytes } from 'node:crypto';
import { silentLogger } from '@annex/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connected, whoIs, type Who } from '../../../../test/support/connected.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { checkLogins } from './check-login.js';
import { scramVerifier, withLogin } from './logins.js';
import { connect } from '../../../../apps/annex/src/connect-database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

describe('the logins of the application', () => {
  const kinds = [
    ['app', 'annex_app'],
    ['platform', 'annex_platform'],
    ['queue', 'annex_queue'],
  ] as const;

  /** What somebody tries who can say anything on a connection of the application's. */
  const escapes = [
    'set role annex',
    'set role annex_migrations',
    'set role pg_read_all_data',
    'set role pg_write_all_data',
    'set role pg_execute_server_program',
    'set session authorization annex',
    'set session authorization annex_migrations',
    'set local session authorization annex',
    `select set_config('role', 'annex', false)`,
    `select set_config('session_authorization', 'annex', false)`,
    'grant annex to current_user',
    'grant pg_read_all_data to current_user',
    'alter role current_user superuser',
    'alter role current_user bypassrls',
    'alter role current_user createrole',
    `alter role annex_migrations password 'mine'`,
    'create role mighty superuser',
    'create database mine',
    'create schema mine',
    'create extension dblink',
    'create table public.mine (x int)',
    'create function public.mine() returns int language sql security definer as $$ select 1 $$',
    'alter table users disable row level security',
    'alter table users no force row level security',
    'alter table users owner to current_user',
    'create policy mine on users using (true)',
    'drop policy one_tenant on users',
    'drop table users cascade',
    'truncate users cascade',
    'create trigger mine after insert on users for each row execute function suppress_redundant_updates_trigger()',
    'alter function annex_tenant() security definer',
    'create or replace function annex_tenant() returns uuid language sql as $$ select null::uuid $$',
    'set session_replication_role = replica',
    'alter system set log_statement = none',
    'select rolpassword from pg_authid',
    'select password from database_logins',
    `select pg_read_file('postgresql.conf')`,
    `select lo_import('/etc/passwd')`,
    `copy users to '/tmp/annex-escape'`,
    `copy (select 1) to program 'id'`,
    `load '/tmp/mine.so'`,
    `do language plpgsql $$ begin execute 'set role annex'; end $$`,
  ];

  it.each(kinds)('%s is its own role for good, whatever is tried', async (kind, name) => {
    await connected(db.logins[kind], async (client) => {
      const before: Who = { session: name, role: name, super: false };
      expect(await whoIs(client)).toEqual(before);
      const others = kinds.map(([, other]) => other).filter((other) => other !== name);
      const each = [
        ...escapes,
        ...others.flatMap((other) => [
          `set role ${other}`,
          `set session authorization ${other}`,
          `alter role ${other} password 'mine'`,
        ]),
      ];
      const went: string[] = [];
      for (const sql of each) {
        await client.query('begin');
        await client.query(sql).then(
          () => went.push(sql),
          () => undefined,
        );
        await client.query('rollback');
      }
      expect(went).toEqual([]);
      // What anybody may say leads nowhere.
      for (const sql of [
        'reset role',
        'set role none',
        'reset session authorization',
        `set role ${name}`,
        'discard all',
        'set row_security = off',
      ])
        await client.query(sql);
      expect(await whoIs(client)).toEqual(before);
    });
  });

  it('bypass nothing, own nothing and may become nobody', async () => {
    const rows = await db.sql(
      `select r.rolname, r.rolcanlogin and not (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb
         or r.rolreplication) as plain,
         (select count(*)::int from pg_auth_members m where m.member = r.oid) as becomes,
         (select count(*)::int from pg_shdepend d
         where d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid and d.deptype = 'o'
           and d.dbid = (select oid from pg_database where datname = current_database())) as owns
       from pg_roles r where r.rolname in ('annex_app', 'annex_platform', 'annex_queue') order by 1`,
    );
    expect(rows).toEqual(
      ['annex_app', 'annex_platform', 'annex_queue'].map((rolname) => ({ rolname, plain: true, becomes: 0, owns: 0 })),
    );
  });

  it('see what is theirs: the app rows of its tenant, the queue nothing but BullMQ’s tables', async () => {
    const seen = await db.sql<{ grantee: string; place: string; guarded: boolean; changes: boolean }>(
      `select r.rolname as grantee, n.nspname || '.' || c.relname as place,
         -- A view that reads as its caller is guarded as the tables below it are.
         case c.relkind when 'v' then coalesce('security_invoker=true' = any (c.reloptions), false)
           else c.relrowsecurity and c.relforcerowsecurity end as guarded,
         has_table_privilege(r.oid, c.oid, 'insert, update, delete, truncate') as changes
       from pg_class c join pg_namespace n on n.oid = c.relnamespace cross join pg_roles r
       where c.relkind in ('r', 'p', 'v', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
         and r.rolname in ('annex_app', 'annex_queue')
         and has_schema_privilege(r.oid, n.oid, 'usage')
           and has_table_privilege(r.oid, c.oid, 'select, insert, update, delete, truncate, references, trigger')`,
    );
    const of = (role: string) => seen.filter(({ grantee }) => grantee === role);
    // What operators say of quotas and of code that nobody may run, and which days are billed, is no tenant's, and is
    // read only.
    const open = of('annex_app').filter(({ guarded }) => !guarded);
    expect(open.sort((a, b) => (a.place < b.place ? -1 : 1))).toMatchObject([
      { place: 'public.quarantines', changes: false },
      { place: 'public.quota_defaults', changes: false },
      { place: 'public.spend_days', changes: false },
    ]);
    expect(of('annex_app').length).toBeGreaterThan(20);
    expect(of('annex_queue').filter(({ place }) => !place.startsWith('bullmq.'))).toEqual([]);
    expect(of('annex_queue').length).toBeGreaterThan(2);
  });

  it('are what every connection of the database’s doors logs in as, the one that listens too', async () => {
    const own = await connect({
      logins: db.logins,
      logger: silentLogger,
      poolSize: 1,
      platformPoolSize: 1,
      applicationName: 'annex-doors',
    });
    try {
      const tenant = await db.makeTenant();
      await own.listen('annex_changed', () => undefined);
      await own.forTenant(tenant.id).transaction((tx) => tx.query('select 1'));
      await own.ping();
      const rows = await db.sql<{ usename: string }>(
        `select distinct usename::text from pg_stat_activity
         where datname = current_database() and application_name in ('annex-doors', 'annex-listen') order by 1`,
      );
      expect(rows.map((row) => row.usename)).toEqual(['annex_app', 'annex_platform']);
    } finally {
      await own.close();
    }
  });
});

describe('a login that the operator made is refused', () => {
  const role = `operators_${randomBytes(4).toString('hex')}`;
  const app = (): string => withLogin(db.url, role, 'secret');
  beforeAll(() => db.sql(`create role ${role} login password '${scramVerifier('secret')}'`));
  afterAll(() => db.sql(`drop role ${role}`));
  const check = () => checkLogins({ ...db.logins, app: app() });

  it('without the rights of its role, and taken with them', async () => {
    await expect(check()).rejects.toThrow(`GRANT annex_app TO "${role}" WITH INHERIT TRUE;`);
    await db.sql(`grant annex_app to ${role}`);
    await expect(check()).resolves.toBeUndefined();
  });

  it.each([
    [
      'superuser',
      'nosuperuser',
      /is SUPERUSER, so row-level security would not hold it\. Run: ALTER ROLE "\w+" NOSUPERUSER;/,
    ],
    ['bypassrls', 'nobypassrls', /is BYPASSRLS/],
    ['createrole', 'nocreaterole', /is CREATEROLE/],
  ])('that is %s', async (attribute, undo, message) => {
    await db.sql(`alter role ${role} ${attribute}`);
    await expect(check()).rejects.toThrow(message);
    await db.sql(`alter role ${role} ${undo}`);
  });

  it.each(['annex_platform', 'pg_read_all_data', 'pg_execute_server_program'])('that may become %s', async (other) => {
    await db.sql(`grant ${other} to ${role} with inherit false`);
    await expect(check()).rejects.toThrow(`REVOKE "${other}" FROM "${role}";`);
    await db.sql(`revoke ${other} from ${role}`);
  });

  it('that owns a table', async () => {
    await db.sql(`create table owned (x int); alter table owned owner to ${role}`);
    await expect(check()).rejects.toThrow(/owns table owned/);
    await db.sql('drop table owned');
  });
});
