import { messageOf, type Logger } from '@annex/kernel';
import {
  checkLogins,
  DatabaseRefused,
  prepareDatabase,
  requireMigrated,
  type DatabaseLogins,
  type PrepareDatabaseOptions,
} from '@annex/database';
import { migrateQueue } from '@annex/queue';
import { StartRefused } from './start-refused.js';

/**
 * How long a PostgreSQL that does not answer yet is waited for, in milliseconds: services of one machine start in any
 * order.
 */
const PATIENCE_MS = 15_000;

/** Codes of a server that is not there yet: system errors, and PostgreSQL's "the database system is starting up". */
const notYet = new Set(['ECONNREFUSED', 'ECONNRESET', 'EAI_AGAIN', 'ENOTFOUND', 'ETIMEDOUT', '57P03']);

export interface UseDatabaseOptions {
  /** The owner's login; `undefined`: this process does not migrate. */
  url: string | undefined;
  /** Logins that the operator made, or the keys with which those that Annex makes are sealed. */
  logins: PrepareDatabaseOptions['logins'];
  /** Whether BullMQ's tables are in this database. */
  holdsQueue: boolean;
  logger: Logger;
}

/**
 * Makes the database ready and answers the logins. Throws {@link StartRefused} when it cannot be reached, or refuses.
 */
export async function useDatabase({ url, logins, holdsQueue, logger }: UseDatabaseOptions): Promise<DatabaseLogins> {
  if (url !== undefined) {
    return patiently({ url, setting: 'DATABASE_URL', logger }, async () => {
      const prepared = await prepareDatabase({ url, logins, prepareQueue: holdsQueue ? migrateQueue : undefined });
      if (prepared.steps.length > 0)
        logger.info({ steps: prepared.steps }, 'the database schema was brought up to date');
      return prepared.logins;
    });
  }
  if ('current' in logins) throw new Error('without DATABASE_URL the logins are the operator’s');
  return patiently({ url: logins.platform, setting: 'DATABASE_PLATFORM_URL', logger }, async () => {
    await checkLogins(logins);
    await requireMigrated({ url: logins.platform });
    return logins;
  });
}

/** Waits for a server that starts. A connection's error becomes a sentence about its setting, a migration's passes. */
async function patiently<T>(
  { url, setting, logger }: { url: string; setting: string; logger: Logger },
  work: () => Promise<T>,
): Promise<T> {
  const { hostname, port, pathname } = new URL(url);
  const where = `${hostname}:${port || '5432'}${pathname}`;
  const deadline = Date.now() + PATIENCE_MS;
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (thrown) {
      if (thrown instanceof DatabaseRefused) throw new StartRefused(thrown.message, { cause: thrown });
      const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
      // A class of error that a connection has, as opposed to a step that failed (PostgreSQL manual, appendix A).
      const isAboutUrl = notYet.has(code) || /^(08|28|3D|53)/.test(code);
      if (!isAboutUrl) throw thrown;
      if (!notYet.has(code) || Date.now() > deadline) {
        throw new StartRefused(
          `${setting}: PostgreSQL at ${where} cannot be used: ${messageOf(thrown) || code}. Check that it runs, ` +
            'and user, password and database.',
          { cause: thrown },
        );
      }
      if (tries === 1)
        logger.warn(
          { reason: messageOf(thrown) || code },
          `PostgreSQL at ${where} does not answer yet; waiting up to ${PATIENCE_MS / 1000} s`,
        );
      await new Promise((done) => setTimeout(done, 500));
    }
  }
}
