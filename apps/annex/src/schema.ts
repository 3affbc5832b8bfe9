import { messageOf, type Logger } from '@annex/kernel';
import { migrate } from '@annex/persistence';
import { StartRefused } from './start-refused.js';

/** How long a PostgreSQL that does not answer yet is waited for, in milliseconds: services of one machine start in any order. */
const PATIENCE_MS = 15_000;

/** Codes of a server that is not there yet: system errors, and PostgreSQL's "the database system is starting up". */
const notYet = new Set(['ECONNREFUSED', 'ECONNRESET', 'EAI_AGAIN', 'ENOTFOUND', 'ETIMEDOUT', '57P03']);

/** Migrates. Throws {@link StartRefused} when the database cannot be reached, or refuses. */
export async function bringSchemaUpToDate(url: string, logger: Logger): Promise<void> {
  const { hostname, port, pathname } = new URL(url);
  const where = `${hostname}:${port || '5432'}${pathname}`;
  const deadline = Date.now() + PATIENCE_MS;
  for (let tries = 1; ; tries += 1) {
    try {
      const ran = await migrate({ url });
      if (ran.length > 0) logger.info({ steps: ran }, 'the database schema was brought up to date');
      return;
    } catch (thrown) {
      const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
      // A class of error that a connection has, as opposed to a step that failed (PostgreSQL manual, appendix A).
      const isAboutUrl = notYet.has(code) || /^(08|28|3D|53)/.test(code);
      if (!isAboutUrl) throw thrown;
      if (!notYet.has(code) || Date.now() > deadline) {
        throw new StartRefused(`DATABASE_URL: PostgreSQL at ${where} cannot be used: ${messageOf(thrown) || code}. Check that it runs, and user, password and database.`, { cause: thrown });
      }
      if (tries === 1) logger.warn({ reason: messageOf(thrown) || code }, `PostgreSQL at ${where} does not answer yet; waiting up to ${PATIENCE_MS / 1000} s`);
      await new Promise((done) => setTimeout(done, 500));
    }
  }
}
