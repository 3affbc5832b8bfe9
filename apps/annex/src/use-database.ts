import { messageOf, type Logger } from '@annex/kernel';
import {
  checkLogins,
  DatabaseRefused,
  loginAt,
  prepareDatabase,
  refusePooler,
  requireMigrated,
  requireSession,
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
  /** Where PostgreSQL is while the other URLs name a pooler; `undefined`: they name PostgreSQL. */
  directUrl: string | undefined;
  /** Logins that the operator made, or the keys with which those that Annex makes are sealed. */
  logins: PrepareDatabaseOptions['logins'];
  /** Whether BullMQ's tables are in this database. */
  holdsQueue: boolean;
  logger: Logger;
}

export interface UsedDatabase {
  logins: DatabaseLogins;
  /** The application's login past the pooler; `undefined`: there is none. */
  listenUrl: string | undefined;
}

/**
 * Makes the database ready and answers the logins. Throws {@link StartRefused} when it cannot be reached, or refuses.
 */
export async function useDatabase(options: UseDatabaseOptions): Promise<UsedDatabase> {
  const { url, directUrl, logins } = options;
  if (directUrl === undefined) return { logins: await prepared(options), listenUrl: undefined };
  const setting = 'DATABASE_DIRECT_URL';
  const direct = (login: string): string => loginAt(directUrl, login);
  const given = 'current' in logins ? logins : { ...logins, queue: logins.queue && direct(logins.queue) };
  const ready = await prepared({ ...options, url: url && direct(url), logins: given, setting });
  // Logins that Annex made are PostgreSQL's: the pooler has to let them in too.
  if ('current' in logins && url !== undefined) {
    const pooled = { ...ready, app: loginAt(url, ready.app), platform: loginAt(url, ready.platform) };
    await patiently({ url, setting: 'DATABASE_URL', logger: options.logger }, () => requirePooler(pooled));
    return { logins: pooled, listenUrl: ready.app };
  }
  return { logins: ready, listenUrl: direct(ready.app) };
}

async function prepared({
  url,
  directUrl,
  logins,
  holdsQueue,
  logger,
  setting = 'DATABASE_URL',
}: UseDatabaseOptions & { setting?: string }): Promise<DatabaseLogins> {
  if (url !== undefined) {
    return patiently({ url, setting, logger }, async () => {
      await (directUrl === undefined ? refusePooler(setting, url) : requireSession(url));
      const { steps, logins: ready } = await prepareDatabase({
        url,
        logins,
        prepareQueue: holdsQueue ? migrateQueue : undefined,
      });
      if (steps.length > 0) logger.info({ steps }, 'the database schema was brought up to date');
      if (directUrl === undefined && !('current' in logins)) await refusePoolers(ready);
      return ready;
    });
  }
  if ('current' in logins) throw new Error('without DATABASE_URL the logins are the operator’s');
  return patiently({ url: logins.platform, setting: 'DATABASE_PLATFORM_URL', logger }, async () => {
    await checkLogins(logins);
    if (directUrl === undefined) await refusePoolers(logins);
    else await requireSession(loginAt(directUrl, logins.app));
    await requireMigrated({ url: logins.platform });
    return logins;
  });
}

/** Throws {@link DatabaseRefused} unless the pooler knows the logins that Annex made. */
async function requirePooler({ app, platform }: DatabaseLogins): Promise<void> {
  try {
    await checkLogins({ app, platform, queue: undefined });
  } catch (thrown) {
    if (notYet.has(codeOf(thrown))) throw thrown;
    throw new DatabaseRefused(
      `DATABASE_URL: the pooler does not let "${new URL(app).username}" in, a login that Annex made: ` +
        `${messageOf(thrown)}. Give PgBouncer an auth_query, or make the logins yourself and name them in ` +
        'DATABASE_APP_URL and its like (docs/operations.md, "Behind PgBouncer").',
      { cause: thrown },
    );
  }
}

const codeOf = (thrown: unknown): string => (thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '');

/** For logins that the operator made: each names a server of its own. */
async function refusePoolers({ app, platform, queue }: DatabaseLogins): Promise<void> {
  await refusePooler('DATABASE_APP_URL', app);
  await refusePooler('DATABASE_PLATFORM_URL', platform);
  if (queue !== undefined) await refusePooler('DATABASE_QUEUE_URL', queue);
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
      const code = codeOf(thrown);
      // A class of error that a connection has, as opposed to a step that failed (PostgreSQL manual, appendix A).
      const isAboutTls = /CERT|^ERR_(TLS|SSL)|^EPROTO$/.test(code) || /SSL/.test(messageOf(thrown));
      const isAboutUrl = notYet.has(code) || /^(08|28|3D|53)/.test(code) || isAboutTls;
      if (!isAboutUrl) throw thrown;
      if (!notYet.has(code) || Date.now() > deadline) {
        const what = isAboutTls
          ? 'Check sslmode, sslrootcert (the authority that signed its certificate), and whether the certificate ' +
            'names the host.'
          : 'Check that it runs, and user, password and database.';
        throw new StartRefused(
          `${setting}: PostgreSQL at ${where} cannot be used: ${messageOf(thrown) || code}. ${what}`,
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
