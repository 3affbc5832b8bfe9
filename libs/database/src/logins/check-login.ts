import {
  DatabaseRefused,
  loginKinds,
  loginRoles,
  loginSettings,
  type DatabaseLogins,
  type LoginKind,
} from './logins.js';
import { withStartClient } from '../start-client.js';

interface Standing {
  name: string;
  /** Attributes that lead past row-level security or to other roles. */
  mighty: string[];
  /** Roles that it may become, beside the one whose rights it needs. */
  others: string[];
  works: boolean;
  owned: string | null;
}

const standingSql = `
  select r.rolname::text as name,
    array_remove(array[case when r.rolsuper then 'SUPERUSER' end, case when r.rolbypassrls then 'BYPASSRLS' end,
      case when r.rolcreaterole then 'CREATEROLE' end, case when r.rolcreatedb then 'CREATEDB' end,
      case when r.rolreplication then 'REPLICATION' end], null)::text[] as mighty,
    array(select o.rolname::text from pg_roles o
      where o.oid <> r.oid and o.rolname <> $1 and not r.rolsuper and pg_has_role(r.oid, o.oid, 'member')
      order by 1) as others,
    pg_has_role(r.oid, $1::name, 'usage') as works,
    (select pg_describe_object(d.classid, d.objid, d.objsubid) from pg_shdepend d
      where d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid and d.deptype = 'o'
        and d.dbid in (0, (select b.oid from pg_database b where b.datname = current_database()))
        -- BullMQ makes a sequence for each queue.
        and not exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where d.classid = 'pg_class'::regclass and c.oid = d.objid and n.nspname = 'bullmq') limit 1) as owned
  from pg_roles r where r.rolname = session_user`;

/**
 * Connects, and throws {@link DatabaseRefused} when the login could do more than it must, or less. Other errors are the
 * connection's own.
 */
export async function checkLogin(kind: LoginKind, url: string): Promise<void> {
  await withStartClient(url, async (client) => {
    const { rows } = await client.query<Standing>(standingSql, [loginRoles[kind]]);
    const problem = rows[0] && problemOf(kind, rows[0]);
    if (problem !== undefined) throw new DatabaseRefused(problem);
  });
}

/**
 * {@link checkLogin} for logins that the operator named; one that the server does not let in is refused by its setting.
 */
export async function checkLogins(logins: DatabaseLogins): Promise<void> {
  await Promise.all(
    loginKinds.map(async (kind) => {
      const url = logins[kind];
      if (url === undefined) return;
      await checkLogin(kind, url).catch((thrown: unknown) => {
        if (!isLoginRefused(thrown)) throw thrown;
        throw new DatabaseRefused(
          `${loginSettings[kind]}: the server does not let this login in: ${thrown.message}. Check user, password ` +
            'and database, and that it has CONNECT on the database.',
          { cause: thrown },
        );
      });
    }),
  );
}

/**
 * SQLSTATE class 28: the server knows no such login, or not with this password. 42501: it may not connect to this
 * database.
 */
export function isLoginRefused(thrown: unknown): thrown is Error {
  return (
    thrown instanceof Error &&
    'code' in thrown &&
    typeof thrown.code === 'string' &&
    (thrown.code.startsWith('28') || thrown.code === '42501')
  );
}

function problemOf(kind: LoginKind, { name, mighty, others, works, owned }: Standing): string | undefined {
  const who = `${loginSettings[kind]}: the login "${name}"`;
  if (mighty.length > 0) {
    return (
      `${who} is ${mighty.join(', ')}, so row-level security would not hold it. Run: ALTER ROLE "${name}" ` +
      `${mighty.map((one) => `NO${one}`).join(' ')};`
    );
  }
  if (others.length > 0) {
    return (
      `${who} may become ${others.join(', ')} by SET ROLE. Run: REVOKE ${others.map((one) => `"${one}"`).join(', ')} ` +
      `FROM "${name}";`
    );
  }
  if (!works)
    return (
      `${who} has not the rights of ${loginRoles[kind]}. Run: GRANT ${loginRoles[kind]} TO "${name}" WITH INHERIT ` +
      'TRUE;'
    );
  if (owned !== null)
    return `${who} owns ${owned}, and could take its row-level security away. Give that another owner.`;
  return undefined;
}
