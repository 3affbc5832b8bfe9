/**
 * The logins that Annex works with. Each connects as a role of its own, is no superuser, owns nothing and belongs to no
 * mightier role: nothing that is said on such a connection (SET ROLE, RESET ROLE, SET SESSION AUTHORIZATION) makes more
 * of it. ADR 0024 says why.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** Connection URLs, one for each thing that Annex does with the database. */
export interface DatabaseLogins {
  /** One tenant a transaction, bound by row-level security. */
  app: string;
  /** Work across tenants: relay, retention, sign-in. */
  platform: string;
  /** BullMQ's tables, and nothing else. `undefined`: they are not in this database. */
  queue: string | undefined;
}

export type LoginKind = keyof DatabaseLogins;

/** The role that holds the rights of each login, and is the login itself unless the operator names another one. */
export const loginRoles: Readonly<Record<LoginKind, string>> = {
  app: 'annex_app',
  platform: 'annex_platform',
  queue: 'annex_queue',
};
export const loginKinds: readonly LoginKind[] = ['app', 'platform', 'queue'];

/** The setting in which an operator names each login. */
export const loginSettings: Readonly<Record<LoginKind, string>> = {
  app: 'DATABASE_APP_URL',
  platform: 'DATABASE_PLATFORM_URL',
  queue: 'DATABASE_QUEUE_URL',
};

/** The database cannot be used as it is: what is wrong, and the SQL or setting that mends it. */
export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused';
}

/** The same server and database, as another user. */
export function withLogin(url: string, user: string, password: string): string {
  const other = new URL(url);
  other.username = encodeURIComponent(user);
  other.password = encodeURIComponent(password);
  for (const name of ['user', 'password']) other.searchParams.delete(name);
  return other.href;
}

/** A login at another server or database: that of `url`. */
export function loginAt(url: string, login: string): string {
  const { username, password } = new URL(login);
  return withLogin(url, decodeURIComponent(username), decodeURIComponent(password));
}

/** The same logins at another server or database: that of `url`. */
export function loginsAt(url: string, logins: DatabaseLogins): DatabaseLogins {
  const moved = (login: string): string => loginAt(url, login);
  return {
    app: moved(logins.app),
    platform: moved(logins.platform),
    queue: logins.queue === undefined ? undefined : moved(logins.queue),
  };
}

/** Text as an SQL identifier. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Text as an SQL string; for statements that take no parameters. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

const scramIterations = 4096;

/**
 * What PostgreSQL keeps of a password (RFC 5803): the password itself then passes neither through SQL nor into the
 * server's log.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, scramIterations, 32, 'sha256');
  const keyOf = (label: string): Buffer => createHmac('sha256', salted).update(label).digest();
  const storedKey = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  const serverKey = keyOf('Server Key').toString('base64');
  return `SCRAM-SHA-256$${scramIterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
