import { randomBytes } from 'node:crypto';
import { newId, silentLogger, uuidFromId, type Id } from '@annex/kernel';
import type { Database } from '@annex/database';
import { loginsAt, type DatabaseLogins } from '@annex/database';
import { Client, Pool } from 'pg';
import { inject } from 'vitest';
import { connect } from '../../apps/annex/src/connect-database.js';

export interface TestDatabase {
  /** Of the cluster's superuser. */
  url: string;
  logins: DatabaseLogins & { queue: string };
  database: Database;
  /** Makes a tenant of the test's own. */
  makeTenant(slug?: string): Promise<{ id: Id<'tenant'>; slug: string }>;
  /** Runs SQL as the cluster's owner, past row-level security: for looking behind the product's back. */
  sql<Row = Record<string, unknown>>(text: string, parameters?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** A database of the suite's own, copied from the migrated template. Call in `beforeAll`, `close()` in `afterAll`. */
export async function openTestDatabase(): Promise<TestDatabase> {
  return openDatabaseAt(await createTestDatabase('template annex_template'));
}

/**
 * Makes a database and answers its URL, of the cluster's superuser. `how`: options of CREATE DATABASE; none, an empty
 * one.
 */
export async function createTestDatabase(how = ''): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onCluster(`create database ${name} ${how}`);
  return inject('postgresUrl').replace(/\/annex$/, `/${name}`);
}

/** Drops a database that {@link createTestDatabase} made, whoever is connected. */
export async function dropTestDatabase(url: string): Promise<void> {
  await onCluster(`drop database if exists ${new URL(url).pathname.slice(1)} with (force)`);
}

/** Opens a migrated database that {@link createTestDatabase} made; `close()` drops it. */
export async function openDatabaseAt(url: string): Promise<TestDatabase> {
  const logins = testLoginsAt(url);
  const database = await connect({ logins, logger: silentLogger, poolSize: 5, platformPoolSize: 3 });
  // One connection, whose pool lets statements that are asked for together take turns.
  const owner = new Pool({ connectionString: url, max: 1, idleTimeoutMillis: 0 });
  return {
    url,
    logins,
    database,
    async makeTenant(slug = `t-${randomBytes(5).toString('hex')}`) {
      const id = newId('tenant');
      await database.platform((tx) =>
        tx.query('insert into tenants (id, slug, name) values ($1, $2, $2)', [uuidFromId(id), slug]),
      );
      return { id, slug };
    },
    async sql<Row>(text: string, parameters: unknown[] = []) {
      return (await owner.query(text, parameters)).rows as Row[];
    },
    async close() {
      await owner.end();
      await database.close();
      await dropTestDatabase(url);
    },
  };
}

/** The application's logins at another way to the same cluster, such as a proxy, or another database of it. */
export function testLoginsAt(url: string): DatabaseLogins & { queue: string } {
  const logins = loginsAt(url, inject('databaseLogins'));
  return { ...logins, queue: logins.queue ?? '' };
}

/** Runs SQL of the cluster's superuser that belongs to no database: makes and drops databases and roles. */
export async function onCluster(sql: string): Promise<void> {
  const client = new Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  try {
    // Copying a template takes it alone for a moment; suites that start together take turns.
    await client.query('select pg_advisory_lock(4711002)');
    await client.query(sql);
  } finally {
    await client.end();
  }
}
