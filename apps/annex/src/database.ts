import type { Logger } from '@annex/kernel';
import { handOverToMigrations, startEmbeddedPostgres } from '@annex/database';
import type { Settings } from './config.js';
import { useDatabase, type UsedDatabase } from './use-database.js';

export interface OpenedDatabase extends UsedDatabase {
  /** Resolves with a sentence when the embedded server ended by itself; else never. */
  lost: Promise<string>;
  stop(): Promise<void>;
}

/** The database that the settings name, or the embedded one: running, up to date, and with the logins to work with. */
export async function openDatabase(settings: Settings, masterKey: Buffer, logger: Logger): Promise<OpenedDatabase> {
  const logins = settings.databaseLogins ?? { current: masterKey, old: settings.oldMasterKeys };
  const holdsQueue = settings.redisUrl === undefined;
  if (settings.databaseUrl !== undefined || settings.databaseLogins !== undefined) {
    return {
      ...(await useDatabase({ url: settings.databaseUrl, directUrl: settings.directUrl, logins, holdsQueue, logger })),
      lost: new Promise(() => {}),
      stop: () => Promise.resolve(),
    };
  }
  const postgres = await startEmbeddedPostgres({ dataDir: settings.dataDir, logger });
  try {
    const url = await handOverToMigrations(postgres.url);
    return {
      ...(await useDatabase({ url, directUrl: undefined, logins, holdsQueue, logger })),
      lost: postgres.ended.then(
        () => 'the embedded PostgreSQL ended by itself; see the log above, then start Annex again',
      ),
      stop: () => postgres.stop(),
    };
  } catch (thrown) {
    await postgres.stop();
    throw thrown;
  }
}

/** Brings the operator's database up to date, and ends: `ANNEX_ROLE=migrate`. */
export async function migrateDatabase(
  { databaseUrl, directUrl, databaseLogins, masterKey, oldMasterKeys, redisUrl }: Settings,
  logger: Logger,
): Promise<void> {
  const logins = databaseLogins ?? (masterKey && { current: masterKey, old: oldMasterKeys });
  if (!logins) throw new Error('the settings were read without the keys of a migration');
  await useDatabase({ url: databaseUrl, directUrl, logins, holdsQueue: redisUrl === undefined, logger });
}
