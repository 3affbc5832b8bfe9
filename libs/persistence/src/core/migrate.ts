import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';

/** Any fixed number: processes that start together take turns at migrating under this advisory lock. */
const MIGRATION_LOCK = 4_711_001;

const defaultDirectory = fileURLToPath(new URL('../../../../migrations/', import.meta.url));

export interface MigrateOptions {
  /** A connection URL whose user may create roles and tables. */
  url: string;
  /** Folder of `<milliseconds>-<what>.sql` files. Default: the repository's `migrations/`. */
  directory?: string;
}

/**
 * Brings the schema up to date, each step in its own transaction, and answers the names of the steps that ran. Several processes may call
 * it at once: one migrates, the others wait and find nothing to do.
 */
export async function migrate({ url, directory = defaultDirectory }: MigrateOptions): Promise<string[]> {
  const guard = new Client({ connectionString: url, application_name: 'annex-migrate' });
  await guard.connect();
  try {
    await guard.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const source = new DataSource({ type: 'postgres', url, migrations: await readMigrations(directory), poolSize: 1 });
    await source.initialize();
    try {
      const ran = await source.runMigrations({ transaction: 'each' });
      return ran.map((step) => step.name);
    } finally {
      await source.destroy();
    }
  } finally {
    await guard.end();
  }
}

/** TypeORM wants a class a step, its name ending in the milliseconds; the SQL stays in files that a person can read. */
async function readMigrations(directory: string): Promise<(new () => MigrationInterface)[]> {
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
