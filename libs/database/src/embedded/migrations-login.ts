import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { loginRoles, quoteName, quoteText, scramVerifier, withLogin } from '../logins/logins.js';
import { ensureRoles } from '../logins/roles.js';

/** Owns the embedded database and what is in it: no superuser, and no login of the application. */
const name = 'annex_migrations';

/**
 * The tables, views, sequences, functions and schemas that the superuser owns where Annex keeps its own: those of an
 * earlier release.
 */
const ownedBySuperuser = `
  select format('alter %s %s owner to ${name}', case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm'
    then 'materialized view' else 'table' end, c.oid::regclass) as sql
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'bullmq') and c.relowner = current_user::regrole
      and c.relkind in ('r', 'p', 'v', 'm', 'S')
      and not exists (select 1 from pg_depend d
      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')
        and d.refclassid = 'pg_class'::regclass)
  union all
  select format('alter routine %s owner to ${name}', p.oid::regprocedure)
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('public', 'bullmq') and p.proowner = current_user::regrole
      and not exists (select 1 from pg_depend d
      where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
  union all
  select format('alter type %s owner to ${name}', t.oid::regtype)
    from pg_type t join pg_namespace n on n.oid = t.typnamespace
    where n.nspname in ('public', 'bullmq') and t.typowner = current_user::regrole and t.typtype in ('e', 'd', 'r')
  union all
  select 'alter schema bullmq owner to ${name}' from pg_namespace
  where nspname = 'bullmq' and nspowner = current_user::regrole`;

/**
 * Hands an embedded database over to a login of its own for migrations, and keeps everybody but Annex's logins out of
 * it. `url`: of the cluster's superuser, whom nothing needs after this. Answers the new login's URL; its password is
 * another one each time.
 */
export async function handOverToMigrations(url: string): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  const client = new Client({
    connectionString: url,
    application_name: 'annex-start',
    connectionTimeoutMillis: 10_000,
  });
  await client.connect();
  try {
    await client.query('begin');
    const database = quoteName(decodeURIComponent(new URL(url).pathname.slice(1)));
    await ensureRoles(client);
    const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [name]);
    if (rowCount === 0) await client.query(`create role ${name} createrole`);
    const roles = Object.values(loginRoles).join(', ');
    await client.query(`
      alter role ${name} login createrole password ${quoteText(scramVerifier(password))};
      grant ${roles} to ${name} with admin true, inherit true, set true;
      alter database ${database} owner to ${name};
      revoke all on database ${database} from public;
      grant connect on database ${database} to ${roles};
      grant temporary on database ${database} to ${loginRoles.queue};
      revoke connect on database postgres, template1 from public`);
    const { rows } = await client.query<{ sql: string }>(ownedBySuperuser);
    for (const { sql } of rows) await client.query(sql);
    await client.query('commit');
  } finally {
    await client.end().catch(() => undefined);
  }
  return withLogin(url, name, password);
}
