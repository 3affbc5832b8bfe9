import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidFromId } from '@annex/kernel';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

describe('row-level security', () => {
  it('is enabled and forced, with USING and WITH CHECK, on every table that has a tenant', async () => {
    const loose = await db.sql(`
      select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind in ('r', 'p')
        and (c.relname = 'tenants' or exists (select 1 from pg_attribute a
        where a.attrelid = c.oid and a.attname = 'tenant_id'))
        and not (c.relrowsecurity and c.relforcerowsecurity and exists (
          select 1 from pg_policy p where p.polrelid = c.oid and p.polname = 'one_tenant' and p.polqual is not null
            and p.polwithcheck is not null
            and 'annex_app'::regrole = any (p.polroles)))`);
    expect(loose).toEqual([]);
  });

  it('covers every table of the schema but a named few', async () => {
    const others = await db.sql<{ relname: string }>(`
      select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relrowsecurity order by 1`);
    expect(others.map((row) => row.relname)).toEqual([
      'catalogue_states',
      'database_logins',
      'migrations',
      'notice_looks',
      'operator_idempotency_keys',
      'operators',
      'password_resets',
      'platform_audit',
      'processes',
      'quarantines',
      'quota_defaults',
      'sessions',
      'spend_days',
      'workers',
    ]);
  });

  it('holds for the application’s roles: they own nothing, bypass nothing and may not truncate', async () => {
    const [row] = await db.sql(`
      select (select bool_or(rolbypassrls or rolsuper) from pg_roles
      where rolname in ('annex_app', 'annex_platform', 'annex_queue')) as bypass,
        (select count(*)::int from pg_class
        where relowner in ('annex_app'::regrole, 'annex_platform'::regrole, 'annex_queue'::regrole)) as owned,
        (select count(*)::int from information_schema.role_table_grants
        where grantee in ('annex_app', 'annex_platform') and privilege_type = 'TRUNCATE') as truncatable`);
    expect(row).toEqual({ bypass: false, owned: 0, truncatable: 0 });
  });

  it('puts tenant_id first in every primary, unique and foreign key between tenants’ tables', async () => {
    const loose = await db.sql(`
      select conrelid::regclass::text as table, conname from pg_constraint con
      where contype in ('p', 'u', 'f') and connamespace = 'public'::regnamespace
        and exists (select 1 from pg_attribute a where a.attrelid = con.conrelid and a.attname = 'tenant_id')
        and con.confrelid <> 'operators'::regclass
        and not (select attname = 'tenant_id' from pg_attribute a
        where a.attrelid = con.conrelid and a.attnum = con.conkey[1])`);
    expect(loose).toEqual([]);
  });

  it('hides another tenant’s rows and refuses to write them', async () => {
    const [one, two] = [await db.makeTenant(), await db.makeTenant()];
    const insert = `insert into users (tenant_id, id, email, role)
      values ($1, gen_random_uuid(), 'a@b.test', 'member')`;
    await db.database.forTenant(one.id).transaction((tx) => tx.query(insert, [uuidFromId(one.id)]));
    await db.database.forTenant(two.id).transaction(async (tx) => {
      expect(await tx.query('select * from users')).toEqual([]);
      expect(await tx.execute('update users set email = $1', ['x@y.test'])).toBe(0);
      expect(await tx.execute('delete from users')).toBe(0);
      expect((await tx.query<{ slug: string }>('select slug from tenants')).map((row) => row.slug)).toEqual([two.slug]);
    });
    await expect(
      db.database.forTenant(two.id).transaction((tx) => tx.query(insert, [uuidFromId(one.id)])),
    ).rejects.toThrow(/row-level security/);
  });

  it('shows nothing when no tenant was chosen', async () => {
    const one = await db.makeTenant();
    await db.sql('begin');
    await db.sql('set local role annex_app');
    expect(await db.sql('select * from tenants')).toEqual([]);
    await db.sql(`select set_config('app.tenant', $1, true)`, [uuidFromId(one.id)]);
    expect(await db.sql('select * from tenants')).toHaveLength(1);
    await db.sql('rollback');
    await db.sql('begin');
    await db.sql('set local role annex_app');
    expect(await db.sql('select * from tenants')).toEqual([]);
    await db.sql('rollback');
  });

  it('cannot be left by RESET ROLE', async () => {
    const one = await db.makeTenant();
    await db.database.forTenant(one.id).transaction(async (tx) => {
      await tx.query('reset role');
      expect(await tx.query('select current_user::text as role')).toEqual([{ role: 'annex_app' }]);
    });
  });

  it('lets a tenant’s deletion erase all of its rows', async () => {
    const one = await db.makeTenant();
    await db.database.forTenant(one.id).transaction((tx) =>
      tx.query(
        `insert into audit (tenant_id, seq, at, actor, action, previous_hash, hash)
           values ($1, 1, now(), 'x', 'y', '', '')`,
        [uuidFromId(one.id)],
      ),
    );
    await db.database.platform((tx) => tx.query('delete from tenants where id = $1', [uuidFromId(one.id)]));
    expect(await db.sql('select 1 from audit where tenant_id = $1', [uuidFromId(one.id)])).toEqual([]);
  });
});
