/**
 * Every advisory lock of the product, in one table, so that no two subjects share a number by accident. A number is
 * never given to another subject, and changing one lets two releases that run side by side pass each other.
 */
import type { PlatformTransaction, TenantTransaction } from './transaction.js';

/**
 * Locks that a connection holds until it ends, for all of the database. 4 711 002 is the test suite's, which copies its
 * template under it.
 */
export const sessionLocks = {
  /** Processes that start together take turns at migrating. */
  migration: 4_711_001,
  /** The same for all that stands around it: roles, the queue's tables, logins. Held while the migration's is taken. */
  preparation: 4_711_003,
} as const;

/** What transactions of one tenant take turns at, each until it ends. */
export const turns = {
  /** A place in the tenant's chain of audit rows. */
  audit: 7,
  /** Deciding about one job: `<installation>/<name>`. */
  job: 11,
  /** Secrets of one scope: an installation, or the tenant's own. */
  secrets: 13,
  /** Users, so that an owner remains. */
  users: 17,
  /** Sources of inbound webhooks. */
  hookSources: 19,
  /** The tenant's own webhooks. */
  webhooks: 23,
  /** The tenant's own sources. */
  sources: 31,
  /** The tenant's plugins: uploads, switching on and off. */
  plugins: 29,
  /** The mappings in force. */
  mappings: 32,
  /** Closing a day of the ledger. */
  spend: 71,
  /** The rules by which people are told. */
  notices: 67,
} as const;

/** One of {@link turns}. */
export type Turn = keyof typeof turns;

/**
 * Waits for the tenant's turn at something and holds it until the transaction ends. `within`: parts of it that do not
 * wait for one another, such as one job.
 */
export async function takeTurn(tx: TenantTransaction, turn: Turn, ...within: string[]): Promise<void> {
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, $2))', [
    [tx.tenantUuid, ...within].join('/'),
    turns[turn],
  ]);
}

/**
 * Takes a turn that all processes share until the transaction ends, without waiting: `false` when another one has it.
 */
export async function tryPlatformTurn(tx: PlatformTransaction, turn: Turn): Promise<boolean> {
  const [row] = await tx.query<{ taken: boolean }>(
    `select pg_try_advisory_xact_lock(hashtextextended('platform', $1)) as taken`,
    [turns[turn]],
  );
  return row?.taken ?? false;
}

/** SQL with which a connection takes one of {@link sessionLocks}, `$1`. */
export const sessionLockSql = 'select pg_advisory_lock($1)';

/** The same without waiting; answers `taken`. */
export const trySessionLockSql = 'select pg_try_advisory_lock($1) as taken';
