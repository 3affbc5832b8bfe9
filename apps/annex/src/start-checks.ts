/** What is looked at before Annex serves: a setting that names the wrong thing ends the start with a sentence. */
import { messageOf, SECOND, type Clock } from '@annex/kernel';
import type { Database, DatabaseLogins } from '@annex/database';
import type { Files } from '@annex/files';
import { readRedisUrl, redisPlace, type Queue } from '@annex/queue';
import { checkViews, type CheckedView, type MappedView } from '@annex/tables';
import type { Vault } from '@annex/vault';
import type { Logger } from 'pino';
import { clockOffsetMs, clockWarning } from './clock-offset.js';
import { StartRefused } from './start-refused.js';

/** With another master key than before every secret would fail when it is needed; that is said at start. */
export async function requireMasterKey(vault: Vault): Promise<void> {
  const [other] = await vault.foreignKeys();
  if (other === undefined) return;
  throw new StartRefused(
    `ANNEX_MASTER_KEY: the secrets of ${other.tenants === 1 ? '1 tenant' : `${other.tenants} tenants`} are sealed ` +
      `with another master key (${other.id}) than the settings hold (${vault.masterKeyIds.join(', ')}). Put that key ` +
      'back; or, to change keys, name it in ANNEX_MASTER_KEY_OLD for one start. Without a setting the key is the ' +
      'file master-key in ANNEX_DATA_DIR.',
  );
}

/** Schedules and leases go by the database's clock, tokens and links by this host's. */
export async function warnOfClock({
  database,
  clock,
  logger,
}: {
  database: Database;
  clock: Clock;
  logger: Logger;
}): Promise<void> {
  const offsetMs = await clockOffsetMs(database, clock);
  const warning = clockWarning(offsetMs);
  if (warning !== undefined) logger.warn({ offset_s: Math.round(offsetMs / SECOND) }, warning);
}

/** The login of a queue in PostgreSQL. */
export function requireQueueLogin({ queue }: DatabaseLogins): string {
  if (queue === undefined)
    throw new StartRefused('DATABASE_QUEUE_URL: set it too, or REDIS_URL: the queue lives in one of the two.');
  return queue;
}

/** Later Redis may come and go; a worker that cannot reach it when it starts was probably given the wrong address. */
export async function requireRedis(queue: Queue, url: string): Promise<void> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    try {
      return await queue.ping();
    } catch (thrown) {
      const otherForm = otherFormOf(messageOf(thrown));
      const address = readRedisUrl(url);
      const is = address.form === 'cluster' ? 'runs as a cluster' : 'runs';
      if (otherForm !== undefined || Date.now() > deadline)
        throw new StartRefused(
          `REDIS_URL: Redis at ${redisPlace(address)} cannot be used: ${messageOf(thrown)}. ` +
            (otherForm ?? `Check that it ${is}, user and password, and for rediss:// the certificate and its name.`),
        );
      await new Promise((done) => setTimeout(done, 500));
    }
  }
}

/** What to write instead where a server says that it is of another kind. */
function otherFormOf(message: string): string | undefined {
  if (/^(CROSSSLOT|MOVED)/.test(message)) return 'It is a cluster: write redis+cluster:// and some nodes of it.';
  if (/unknown command/i.test(message))
    return 'It is a sentinel, or no Redis: write redis+sentinel://host:26379/<name of the primary> for sentinels.';
  return undefined;
}

/** A view that is not as the operator says would fail each plugin that asks for it, so nothing starts until all are. */
export async function requireViews(
  database: Database,
  wanted: Readonly<Record<string, MappedView>>,
): Promise<ReadonlyMap<string, CheckedView>> {
  const { views, problems } = await database.platform((tx) => checkViews(tx, wanted));
  if (problems.length > 0)
    throw new StartRefused(problems.map((problem) => `ANNEX_TABLES: ${problem}`).join('\nannex: '));
  return views;
}

/** A store that cannot be used when Annex starts was probably named wrongly; later it may come and go. */
export async function requireStore(files: Files, description: string): Promise<void> {
  try {
    await files.check();
  } catch (thrown) {
    throw new StartRefused(
      `FILES_URL: the file store ${description} cannot be used: ${messageOf(thrown)}. Check that it is there, and ` +
        'that Annex may write to it.',
    );
  }
}
