import { createHash, randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { checkLogin, isLoginRefused } from './check-login.js';
import {
  DatabaseRefused,
  loginKinds,
  loginRoles,
  quoteName,
  quoteText,
  scramVerifier,
  withLogin,
  type LoginKind,
} from './logins.js';
import { changingRoles, isRightMissing } from './roles.js';
import { openPassword, sealPassword } from './sealed-password.js';

export interface MakeLoginsOptions {
  /** The owner's URL: its server and database. */
  url: string;
  /** A connection of the owner, who alone makes logins at this time. */
  owner: Client;
  /** The master key, and former ones that may have sealed the passwords. */
  keys: { current: Buffer; old: readonly Buffer[] };
}

/**
 * Answers a login for each of the application's roles, and makes those that are missing. Passwords are random, made
 * once, kept sealed in the database and set anew only when one does not work. Throws {@link DatabaseRefused} with the
 * SQL to run when the owner may not make logins.
 */
export async function makeLogins({ url, owner, keys }: MakeLoginsOptions): Promise<Record<LoginKind, string>> {
  const { rows } = await owner.query<{ role: string; password: Buffer }>('select role, password from database_logins');
  const logins = new Map<LoginKind, string>();
  for (const kind of loginKinds) {
    const name = await loginName(owner, loginRoles[kind]);
    const sealed = rows.find(({ role }) => role === name)?.password;
    const kept =
      sealed &&
      [keys.current, ...keys.old]
        .map((key) => openPassword(key, name, sealed))
        .find((password) => password !== undefined);
    const password = kept ?? randomBytes(24).toString('base64url');
    const login = withLogin(url, name, password);
    if (kept === undefined || !(await canLogIn(kind, login))) {
      await setPassword(owner, { role: loginRoles[kind], name, password });
      await requireLogin(kind, { login, name });
    }
    if (!sealed || openPassword(keys.current, name, sealed) === undefined)
      await keep(owner, { name, sealed: sealPassword(keys.current, name, password) });
    logins.set(kind, login);
  }
  return { app: logins.get('app') ?? '', platform: logins.get('platform') ?? '', queue: logins.get('queue') ?? '' };
}

/** What a role's comment says once it is the login of a database. */
const noteOf = (database: string): string => `login of Annex in database ${database}`;

/**
 * Roles belong to the server, passwords of logins to one Annex: the first one gets the role itself for a login, another
 * one on the same server a login of its own with the same rights.
 */
async function loginName(owner: Client, role: string): Promise<string> {
  const { rows } = await owner.query<{ can: boolean; note: string | null; database: string }>(
    `select r.rolcanlogin as can, shobj_description(r.oid, 'pg_authid') as note,
       current_database()::text as database from pg_roles r where r.rolname = $1`,
    [role],
  );
  const [found] = rows;
  if (!found?.can || found.note === noteOf(found.database)) return role;
  return `${role}_${createHash('sha256').update(found.database).digest('hex').slice(0, 8)}`;
}

async function setPassword(
  owner: Client,
  { role, name, password }: { role: string; name: string; password: string },
): Promise<void> {
  const { rows } = await owner.query<{ database: string; exists: boolean; connects: boolean }>(
    `select current_database()::text as database, r.oid is not null as exists,
       coalesce(has_database_privilege(r.oid, current_database(), 'connect'), true) as connects
     from (select 1) one left join pg_roles r on r.rolname = $1`,
    [name],
  );
  const { database = '', exists = false, connects = true } = rows[0] ?? {};
  try {
    await changingRoles(async () => {
      if (exists)
        await owner.query(`alter role ${quoteName(name)} login password ${quoteText(scramVerifier(password))}`);
      else
        await owner.query(
          `create role ${quoteName(name)} login inherit in role ${quoteName(role)} password
             ${quoteText(scramVerifier(password))}`,
        );
      await owner.query(`comment on role ${quoteName(name)} is ${quoteText(noteOf(database))}`);
    });
    if (!connects) await owner.query(`grant connect on database ${quoteName(database)} to ${quoteName(name)}`);
  } catch (thrown) {
    if (!isRightMissing(thrown)) throw thrown;
    throw new DatabaseRefused(
      `DATABASE_URL: its login may not give "${name}" a password. As an administrator run: ALTER ROLE … ` +
        `CREATEROLE; GRANT ${loginKinds.map((kind) => loginRoles[kind]).join(', ')} TO … WITH ADMIN TRUE; for it. Or ` +
        'make the logins yourself and name them in DATABASE_APP_URL, DATABASE_PLATFORM_URL and DATABASE_QUEUE_URL ' +
        '(docs/configuration.md, "The database").',
      { cause: thrown },
    );
  }
}

async function canLogIn(kind: LoginKind, login: string): Promise<boolean> {
  try {
    await checkLogin(kind, login);
    return true;
  } catch (thrown) {
    if (isLoginRefused(thrown)) return false;
    throw thrown;
  }
}

async function requireLogin(kind: LoginKind, { login, name }: { login: string; name: string }): Promise<void> {
  try {
    await checkLogin(kind, login);
  } catch (thrown) {
    if (!isLoginRefused(thrown)) throw thrown;
    throw new DatabaseRefused(
      `DATABASE_URL: the server does not let "${name}" in with the password that Annex gave it ` +
        `(${thrown.message}). Let pg_hba.conf take scram-sha-256 for it, or name logins in DATABASE_APP_URL, ` +
        'DATABASE_PLATFORM_URL and DATABASE_QUEUE_URL.',
      { cause: thrown },
    );
  }
}

async function keep(owner: Client, { name, sealed }: { name: string; sealed: Buffer }): Promise<void> {
  await owner.query(
    `insert into database_logins (role, password) values ($1, $2)
     on conflict (role) do update set password = excluded.password, updated_at = now()`,
    [name, sealed],
  );
}
