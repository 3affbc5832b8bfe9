import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { sessionLocks, sessionLockSql } from './locks.js';
import { DatabaseRefused } from './logins/logins.js';

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
 * when a newer release has migrated it: its steps are not undone.
 */
export async function migrate({ url, directory = defaultDirectory }: MigrateOptions): Promise<string[]> {
  const guard = new Client({ connectionString: url, application_name: 'annex-migrate' });
  await guard.connect();
  try {
    await guard.query(sessionLockSql, [sessionLocks.migration]);
    const migrations = await readMigrations(directory);
    const source = new DataSource({ type: 'postgres', url, migrations, poolSize: 1 });
    await source.initialize();
    try {
      refuseNewer(
        await readSteps(guard),
        migrations.map((one) => new one().name),
      );
      const ran = await source.runMigrations({ transaction: 'each' });
      return ran.map((step) => step.name);
    } finally {
      await source.destroy();
    }
  } finally {
    await guard.end();
  }
}

/**
 * Throws {@link DatabaseRefused} unless the schema is exactly the one that this release knows. For a process that may
 * not migrate.
 */
export async function requireMigrated({ url, directory = defaultDirectory }: MigrateOptions): Promise<void> {
  const client = new Client({
    connectionString: url,
    application_name: 'annex-start',
    connectionTimeoutMillis: 10_000,
    query_timeout: 10_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const known = (await readMigrations(directory)).map((one) => new one().name);
    const there = await readSteps(client);
    refuseNewer(there, known);
    const missing = known.filter((name) => !there.includes(name));
    if (missing.length === 0) return;
    throw new DatabaseRefused(
      `DATABASE_URL: not set, so this process does not migrate, and the database lacks ${missing.length} steps of this release (${missing[0] ?? ''} first). Run Annex once with ANNEX_ROLE=migrate and DATABASE_URL of the owner.`,
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The steps that a database has seen; none before its first one. */
async function readSteps(client: Client): Promise<string[]> {
  const { rows: tables } = await client.query<{ found: boolean }>(
    `select to_regclass('migrations') is not null and has_table_privilege('migrations', 'select') as found`,
  );
  if (!tables[0]?.found) return [];
  return (await client.query<{ name: string }>('select name from migrations order by id')).rows.map(({ name }) => name);
}

function refuseNewer(there: readonly string[], known: readonly string[]): void {
  const newer = there.filter((name) => !known.includes(name));
  if (newer.length === 0) return;
  throw new DatabaseRefused(
    `A newer release of Annex has changed this database (step ${newer.at(-1) ?? ''}). Start that release, or restore a backup from before it.`,
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
          await runner.query(sql);
        }
        async down(): Promise<void> {
          throw new Error('steps are not undone: write the next one');
        }
      };
    }),
  );
}
