import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, dropTestDatabase } from '../../../test/support/test-database.js';
import { sessionLocks } from './locks.js';
import { DatabaseRefused } from './logins/logins.js';
import { migrate } from './migrate.js';

let url: string;
let directory: string;
let client: Client;
beforeEach(async () => {
  url = await createTestDatabase();
  directory = mkdtempSync(join(tmpdir(), 'annex-steps-'));
  client = new Client({ connectionString: url });
  await client.connect();
});
afterEach(async () => {
  await client.end();
  await dropTestDatabase(url);
  rmSync(directory, { recursive: true, force: true });
});

const step = (name: string, sql: string): void => writeFileSync(join(directory, name), sql);
const tables = async (): Promise<string[]> =>
  (
    await client.query<{ name: string }>(
      `select relname::text as name from pg_class
       where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'migrations' order by 1`,
    )
  ).rows.map(({ name }) => name);
const done = async (): Promise<string[]> =>
  (await client.query<{ name: string }>('select name from migrations order by id')).rows.map(({ name }) => name);

/** Resolves when so many processes of {@link migrate} wait for a lock of this kind. */
async function waiting(where: string, count: number): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ n: number }>(
      `select count(*)::int as n from pg_locks where not granted and ${where}`,
    );
    if ((rows[0]?.n ?? 0) >= count) return;
    await new Promise((again) => setTimeout(again, 20));
  }
}

describe('migrating', () => {
  it('is done by one of several processes that start together; the others wait and find nothing to do', async () => {
    step('1000000000000-slow.sql', 'select pg_advisory_xact_lock(1); create table slow ()');
    step('1000000000001-next.sql', 'create table next ()');
    // The step is under way until this lets go.
    await client.query('select pg_advisory_lock(1)');
    const one = migrate({ url, directory });
    await waiting(`locktype = 'advisory' and objid = 1`, 1);
    const others = [migrate({ url, directory }), migrate({ url, directory })];
    await waiting(`locktype = 'advisory' and objid = ${sessionLocks.migration}`, 2);
    expect(await tables()).toEqual([]);
    await client.query('select pg_advisory_unlock(1)');
    expect(await one).toEqual(['slow1000000000000', 'next1000000000001']);
    expect(await Promise.all(others)).toEqual([[], []]);
    expect(await tables()).toEqual(['next', 'slow']);
  });

  it('goes on where a process died in the middle of a step', async () => {
    step('1000000000000-first.sql', 'create table first ()');
    step('1000000000001-second.sql', 'create table second (); select pg_advisory_xact_lock(1)');
    await client.query('select pg_advisory_lock(1)');
    const dying = migrate({ url, directory }).catch((thrown: unknown) => thrown);
    await waiting(`locktype = 'advisory' and objid = 1`, 1);
    await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    // Not said to be the step's own fault: whoever starts Annex tries again.
    expect(await dying).not.toBeInstanceOf(DatabaseRefused);
    expect(await tables()).toEqual(['first']);
    await client.query('select pg_advisory_unlock(1)');
    expect(await migrate({ url, directory })).toEqual(['second1000000000001']);
  });

  it.each([
    ['while it runs', 'create table half (); insert into kept values (1); select 1 / 0', 'division by zero'],
    [
      'only where it would be committed',
      `create table half (n int unique deferrable initially deferred); insert into kept values (1); insert into half
       values (1), (1)`,
      'duplicate key value',
    ],
  ])('undoes the whole of a step that fails %s, says which, and keeps those before it', async (_when, sql, why) => {
    step('1000000000000-kept.sql', 'create table kept (n int)');
    step('1000000000001-half.sql', sql);
    step('1000000000002-never.sql', 'create table never ()');
    const failed = await migrate({ url, directory }).catch((thrown: unknown) => thrown);
    expect(failed).toBeInstanceOf(DatabaseRefused);
    expect(String(failed)).toContain(`The step migrations/1000000000001-half.sql failed: ${why}`);
    expect(await tables()).toEqual(['kept']);
    expect((await client.query('select * from kept')).rows).toEqual([]);
    expect(await done()).toEqual(['kept1000000000000']);
    step('1000000000001-half.sql', 'create table whole ()');
    expect(await migrate({ url, directory })).toEqual(['half1000000000001', 'never1000000000002']);
  });

  it('goes forward only: steps that this release does not know are not undone', async () => {
    step('1000000000000-kept.sql', 'create table kept (n int)');
    step('1000000000001-newer.sql', 'create table newer (n int)');
    await migrate({ url, directory });
    rmSync(join(directory, '1000000000001-newer.sql'));
    await expect(migrate({ url, directory })).rejects.toThrow(/A newer release.*newer1000000000001/);
    expect(await tables()).toEqual(['kept', 'newer']);
  });
});
