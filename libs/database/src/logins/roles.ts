import type { Client } from 'pg';
import { DatabaseRefused, loginKinds, loginRoles, quoteName } from './logins.js';

/** SQLSTATE of a right that is missing. */
export function isRightMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === '42501';
}

/**
 * Two who change one role at the same moment: the same may work in a moment. The roles are the server's, and no lock
 * is.
 */
export function isRoleBusy(thrown: unknown): boolean {
  return (
    thrown instanceof Error &&
    'code' in thrown &&
    (thrown.code === 'XX000' || thrown.code === '23505' || thrown.code === '42710')
  );
}

/** Runs what changes roles, a few times if others change them too. */
export async function changingRoles<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (thrown) {
      if (!isRoleBusy(thrown) || tries === 20) throw thrown;
      await new Promise((done) => setTimeout(done, 25 * tries));
    }
  }
}

/**
 * Makes the roles that hold Annex's rights, where they are missing. The owner has the rights of the platform's role, so
 * that a migration that fills a column sees every row. Throws {@link DatabaseRefused} with the SQL to run when the
 * owner may not.
 */
export async function ensureRoles(owner: Client): Promise<void> {
  const { rows: found } = await owner.query<{ rolname: string }>(
    'select rolname::text from pg_roles where rolname = any ($1)',
    [Object.values(loginRoles)],
  );
  const missing = loginKinds
    .map((kind) => loginRoles[kind])
    .filter((role) => !found.some(({ rolname }) => rolname === role));
  try {
    for (const role of missing) {
      await changingRoles(async () => {
        const { rowCount } = await owner.query('select 1 from pg_roles where rolname = $1', [role]);
        if (rowCount === 0)
          await owner.query(`create role ${quoteName(role)} nologin noinherit nosuperuser nobypassrls`);
      });
    }
  } catch (thrown) {
    if (!isRightMissing(thrown)) throw thrown;
    throw new DatabaseRefused(
      `DATABASE_URL: its login may not make the roles ${missing.join(', ')}. As an administrator run: ` +
        `${missing.map((role) => `CREATE ROLE ${role} NOINHERIT;`).join(' ')} Or let the login do it: ALTER ROLE … ` +
        'CREATEROLE (docs/configuration.md, "The database").',
      { cause: thrown },
    );
  }
  await requireEveryRow(owner);
}

async function requireEveryRow(owner: Client): Promise<void> {
  const seesAll = `select r.rolname::text as name, r.rolsuper or r.rolbypassrls
      or pg_has_role(r.oid, '${loginRoles.platform}', 'usage') as all from pg_roles r where r.rolname = current_user`;
  const [before] = (await owner.query<{ name: string; all: boolean }>(seesAll)).rows;
  if (!before || before.all) return;
  const grant = `GRANT ${loginRoles.platform} TO ${quoteName(before.name)} WITH INHERIT TRUE`;
  await changingRoles(() => owner.query(grant)).catch((thrown: unknown) => {
    if (!isRightMissing(thrown)) throw thrown;
    throw new DatabaseRefused(
      `DATABASE_URL: the login "${before.name}" does not see every tenant's rows, so it cannot migrate them. As an ` +
        `administrator run: ${grant};`,
      { cause: thrown },
    );
  });
}
