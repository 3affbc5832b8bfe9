import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '@annex/kernel';
import { DataSource, MigrationExecutor, type MigrationInterface, type QueryRunner } from 'typeorm';
import { sessionLocks, sessionLockSql } from './locks.js';
import { DatabaseRefused } from './logins/logins.js';
import { silent } from './silent-typeorm.js';
import { isDatabaseAway } from './sql-faults.js';
import { withStartClient } from './start-client.js';

/** Shown in `pg_stat_activity`. */
const applicationName = 'annex-migrate';

const defaultDirectory = fileURLToPath(new URL('../../../migrations/', import.meta.url));

export interface MigrateOptions {
  /** A connection URL whose user may create tables, in a database whose roles stand. */
  url: string;
  /** Folder of `<milliseconds>-<what>.sql` files. Default: the repository's `migrations/`. */
  directory?: string;
}

/**
 * Brings the schema up to date, each step in its own transaction, and answers the names of the steps that ran. Several
 * processes may call it at once: one migrates, the others wait and find nothing to do. Throws {@link DatabaseRefused}
 * when a step fails, and when a newer release has migrated the database: its steps are not undone.
 */
export async function migrate({ url, directory = defaultDirectory }: MigrateOptions): Promise<string[]> {
  const migrations = await readMigrations(directory);
  const source = new DataSource({ type: 'postgres', url, migrations, poolSize: 1, logger: silent, applicationName });
  await source.initialize();
  try {
    // The lock is held by the connection that migrates: where one is lost, so is the other.
    const runner = source.createQueryRunner();
    await runner.query(sessionLockSql, [sessionLocks.migration]);
    refuseNewer(
      await readSteps((sql) => runner.query(sql)),
      migrations.map((one) => new one().name),
    );
    const executor = new MigrationExecutor(source, runner);
    executor.transaction = 'each';
    return (await executor.executePendingMigrations()).map((step) => step.name);
  } finally {
    await source.destroy();
  }
}

/**
 * Throws {@link DatabaseRefused} unless the schema is exactly the one that this release knows. For a process that may
 * not migrate.
 */
export async function requireMigrated({ url, directory = defaultDirectory }: MigrateOptions): Promise<void> {
  await withStartClient(url, async (client) => {
    const missing = await missingSteps(async (sql) => (await client.query(sql)).rows, directory);
    if (missing.length === 0) return;
    throw new DatabaseRefused(
      `DATABASE_URL: not set, so this process does not migrate, and the database lacks ${missing.length} steps of ` +
        `this release (${missing[0] ?? ''} first). Run Annex once with ANNEX_ROLE=migrate and DATABASE_URL of the ` +
        'owner.',
    );
  });
}

/**
 * The steps of this release that a database has not seen. Throws {@link DatabaseRefused} when a newer release has been
 * there.
 */
export async function missingSteps(
  query: <Row>(sql: string) => Promise<Row[]>,
  directory = defaultDirectory,
): Promise<string[]> {
  const known = (await readMigrations(directory)).map((one) => new one().name);
  const there = await readSteps(query);
  refuseNewer(there, known);
  return known.filter((name) => !there.includes(name));
}

/** The steps that a database has seen; none before its first one. */
async function readSteps(query: <Row>(sql: string) => Promise<Row[]>): Promise<string[]> {
  const [table] = await query<{ found: boolean }>(
    `select to_regclass('migrations') is not null and has_table_privilege('migrations', 'select') as found`,
  );
  if (!table?.found) return [];
  return (await query<{ name: string }>('select name from migrations order by id')).map(({ name }) => name);
}

function refuseNewer(there: readonly string[], known: readonly string[]): void {
  const newer = there.filter((name) => !known.includes(name));
  if (newer.length === 0) return;
  throw new DatabaseRefused(
    `A newer release of Annex has changed this database (step ${newer.at(-1) ?? ''}). Start that release, or ` +
      'restore a backup from before it.',
  );
}

function stepFailed(file: string, thrown: unknown): DatabaseRefused {
  return new DatabaseRefused(
    `The step migrations/${file} failed: ${messageOf(thrown)}. It was undone as a whole; what steps before it ` +
      'changed stays. Mend the cause and start again, or start the release before.',
    { cause: thrown },
  );
}

/** TypeORM wants a class a step, its name ending in the milliseconds; the SQL stays in files that a person can read. */
async function readMigrations(directory: string): Promise<(new () => MigrationInterface & { name: string })[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const parts = /^(\d{13})-([a-z0-9-]+)\.sql$/.exec(name);
      if (!parts) throw new Error(`migrations/${name}: the name must be <13 digits of milliseconds>-<what>.sql`);
      const sql = await readFile(join(directory, name), 'utf8');
      const migrationName = `${parts[2] ?? ''}${parts[1] ?? ''}`;
      return class implements MigrationInterface {
        readonly name = migrationName;
        async up(runner: QueryRunner): Promise<void> {
          try {
            await runner.query(sql);
            // What would be refused at the commit is refused here, where it is known which step it was.
            await runner.query('set constraints all immediate');
          } catch (thrown) {
            throw isDatabaseAway(thrown) ? thrown : stepFailed(name, thrown);
          }
        }
        async down(): Promise<void> {
          throw new Error('steps are not undone: write the next one');
        }
      };
    }),
  );
}
