import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@annex/kernel';
import { handOverToMigrations, prepareDatabase, startEmbeddedPostgres, type DatabaseLogins } from '@annex/database';
import { migrateQueue } from '@annex/queue';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The cluster's owner, database `annex`; `annex_template` holds the migrated schema. */
    postgresUrl: string;
    /** The application's logins at `annex_template`; good for every database of the cluster. */
    databaseLogins: DatabaseLogins;
  }
}

/**
 * One PostgreSQL for the whole run, started here and stopped with it; each suite copies the migrated template (see
 * test-database.ts).
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(join(tmpdir(), 'annex-test-'));
  chmodSync(dataDir, 0o755);
  const postgres = await startEmbeddedPostgres({
    dataDir,
    logger: silentLogger,
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '400' },
  });
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  await client.query('create database annex_template');
  await client.end();
  const url = await handOverToMigrations(postgres.url.replace(/\/annex$/, '/annex_template'));
  const { logins } = await prepareDatabase({
    url,
    logins: { current: randomBytes(32), old: [] },
    prepareQueue: migrateQueue,
  });
  project.provide('databaseLogins', logins);
  project.provide('postgresUrl', postgres.url);
  return async () => {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}
