/**
 * What stands between a database as the operator gives it and one that Annex works in: roles, schema, the queue's
 * tables, logins.
 */
import { Client } from 'pg';
import { sessionLocks, trySessionLockSql } from '../locks.js';
import { migrate, missingSteps } from '../migrate.js';
import { endClient } from '../start-client.js';
import { checkLogins } from './check-login.js';
import { loginRoles, type DatabaseLogins } from './logins.js';
import { makeLogins, type MakeLoginsOptions } from './make-logins.js';
import { ensureRoles } from './roles.js';

export interface PrepareDatabaseOptions {
  /** The owner's URL: it makes and changes tables. */
  url: string;
  /** Logins that the operator made; else they are made, their passwords sealed with these keys. */
  logins: DatabaseLogins | MakeLoginsOptions['keys'];
  /** Brings BullMQ's tables up to date, in the schema `bullmq`, as the owner. Left out: there are none. */
  prepareQueue?: ((url: string) => Promise<void>) | undefined;
}

/** The longest statement of a start but for migrations, in milliseconds. */
const queryTimeoutMs = 30_000;
const lockPauseMs = 200;

export interface PreparedDatabase {
  /** Migrations that ran, in order. */
  steps: string[];
  logins: DatabaseLogins;
}

/**
 * Brings a database up to date and answers the logins to work with. Processes that start together take turns. Throws
 * `DatabaseRefused` when rights are missing, with the SQL that gives them, and when a newer release has been here.
 */
export async function prepareDatabase({
  url,
  logins,
  prepareQueue,
}: PrepareDatabaseOptions): Promise<PreparedDatabase> {
  const owner = new Client({
    connectionString: url,
    application_name: 'annex-migrate',
    connectionTimeoutMillis: 10_000,
    query_timeout: queryTimeoutMs,
  });
  owner.on('error', () => undefined);
  await owner.connect();
  try {
    await takeTurn(owner);
    await ensureRoles(owner);
    const missing = await missingSteps(async (sql) => (await owner.query(sql)).rows);
    const steps = missing.length === 0 ? [] : await migrate({ url });
    if (prepareQueue) {
      await within(prepareQueue(url), 2 * queryTimeoutMs);
      await grantQueue(owner);
    }
    if ('current' in logins) return { steps, logins: await makeLogins({ url, owner, keys: logins }) };
    await checkLogins(logins);
    return { steps, logins };
  } finally {
    await endClient(owner);
  }
}

/** Asks again and again: a wait inside the server would never learn that the way there is gone. */
async function takeTurn(owner: Client): Promise<void> {
  for (;;) {
    const { rows } = await owner.query<{ taken: boolean }>(trySessionLockSql, [sessionLocks.preparation]);
    if (rows[0]?.taken) return;
    await new Promise((done) => setTimeout(done, lockPauseMs));
  }
}

async function within(work: Promise<void>, ms: number): Promise<void> {
  const limit = Promise.withResolvers<never>();
  const timer = setTimeout(() => limit.reject(new Error(`the queue's tables were not ready within ${ms} ms`)), ms);
  await Promise.race([work, limit.promise]).finally(() => clearTimeout(timer));
}

/**
 * The queue's login works with BullMQ's tables and sees no other one. BullMQ makes a sequence for each queue when it is
 * first used, and temporary tables as it adds jobs.
 */
async function grantQueue(owner: Client): Promise<void> {
  await owner.query(`grant usage, create on schema bullmq to ${loginRoles.queue}`);
  const { rows } = await owner.query<{ sql: string }>(`
    select case c.relkind when 'S' then format('grant usage, select, update on sequence %s to ${loginRoles.queue}',
      c.oid::regclass)
        else format('grant select, insert, update, delete on %s to ${loginRoles.queue}', c.oid::regclass) end as sql
      from pg_class c where c.relnamespace = 'bullmq'::regnamespace and c.relkind in ('r', 'p', 'v', 'S')
        and c.relowner <> '${loginRoles.queue}'::regrole
    union all
    select format('grant temporary on database %I to ${loginRoles.queue}', current_database())
      where not has_database_privilege('${loginRoles.queue}', current_database(), 'temporary')`);
  for (const { sql } of rows) await owner.query(sql);
}
