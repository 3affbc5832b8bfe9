import { afterAll, beforeAll, expect, it } from 'vitest';
import { newUuid, uuidFromId } from '@annex/kernel';
import { defaultRetention } from '@annex/limits';
import { makeInstallation } from '../../../../test/support/installations.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { removeExpired, retentionSteps } from './retention.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

const sweep = async (limit = 1000): Promise<void> => {
  for (const what of retentionSteps)
    await db.database.platform((tx) => removeExpired(tx, { what, retention: defaultRetention, limit }));
};

it('removes what is older than its kind is kept, keeps what is not, and never what has not ended', async () => {
  const tenant = await db.makeTenant();
  const installation = await makeInstallation(db, tenant.id);
  const ids = [uuidFromId(tenant.id), uuidFromId(installation.id)];
  const run = (status: string, daysAgo: number, eventId: string | null = null) =>
    db.sql(
      `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status, queued_at, event_id)
       values ($1, $3, $2, 'p', 'event', $4, $4, now() - $5 * interval '1 day', $6)`,
      [...ids, newUuid(), status, daysAgo, eventId],
    );
  const event = (id: string, daysAgo: number) =>
    db.sql(
      `insert into events (tenant_id, id, type, source, time, created_at)
       values ($1, $2, 'a', 's', now(), now() - $3 * interval '1 day')`,
      [ids[0], id, daysAgo],
    );
  for (const status of ['succeeded', 'cancelled', 'skipped', 'failed', 'queued', 'running', 'retrying'])
    await run(status, 31);
  await run('failed', 91);
  await run('succeeded', 29, 'young');
  await run('failed', 40, 'failed');
  await event('old', 31);
  await event('young', 29);
  await event('failed', 40);
  await db.sql(
    `insert into run_logs (tenant_id, run_id, installation_id, plugin, time, level, message)
     select $1, gen_random_uuid(), $2, 'p', now() - d * interval '1 day', 'info', d::text
     from unnest(array[13, 15]) d`,
    ids,
  );
  await db.sql(
    `insert into kv (tenant_id, installation_id, key, value, expires_at)
     values ($1, $2, 'gone', '1', now() - interval '1 second'), ($1, $2, 'kept', '1', now() + interval '1 hour'),
       ($1, $2, 'forever', '1', null)`,
    ids,
  );
  await db.sql(
    `insert into idempotency_keys (tenant_id, actor, key, fingerprint, created_at)
     values ($1, 'a', 'old', '', now() - interval '25 hours'), ($1, 'a', 'new', '', now())`,
    [ids[0]],
  );
  await db.sql(
    `insert into recorded_calls (tenant_id, run_id, attempt, installation_id, recorded_at, started_at, calls, left_out,
       bytes)
     select $1, gen_random_uuid(), d, $2, now() - d * interval '1 day', now(), '[]', 0, 2 from unnest(array[6, 8]) d`,
    ids,
  );
  await sweep();
  expect(await db.sql('select attempt from recorded_calls')).toEqual([{ attempt: 6 }]);
  expect(
    (await db.sql<{ status: string }>('select status from runs order by status')).map(({ status }) => status),
  ).toEqual(['failed', 'failed', 'queued', 'retrying', 'running', 'succeeded']);
  expect((await db.sql<{ id: string }>('select id from events order by id')).map(({ id }) => id)).toEqual([
    'failed',
    'young',
  ]);
  expect(await db.sql('select message from run_logs')).toEqual([{ message: '13' }]);
  expect((await db.sql<{ key: string }>('select key from kv order by key')).map(({ key }) => key)).toEqual([
    'forever',
    'kept',
  ]);
  expect(await db.sql('select key from idempotency_keys')).toEqual([{ key: 'new' }]);
});

it('removes a portion at a time', async () => {
  const tenant = await db.makeTenant();
  const installation = await makeInstallation(db, tenant.id);
  await db.sql(
    `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status, queued_at)
     select $1, gen_random_uuid(), $2, 'p', 'route', 'x', 'succeeded', now() - interval '60 days'
     from generate_series(1, 25)`,
    [uuidFromId(tenant.id), uuidFromId(installation.id)],
  );
  const portion = () =>
    db.database.platform((tx) => removeExpired(tx, { what: 'runs', retention: defaultRetention, limit: 10 }));
  expect([await portion(), await portion(), await portion(), await portion()]).toEqual([10, 10, 5, 0]);
});

it('removes a chunk of calls once the last is too old, and keeps a plugin’s name as long as one is there', async () => {
  const tenant = await db.makeTenant();
  const installation = await makeInstallation(db, tenant.id);
  const chunk = (daysAgo: number) =>
    db.sql(
      `insert into run_chunks (tenant_id, first_id, last_id, installation_id, plugin, release, name, depth, result,
         limits, runs, started_at, ids, before_ms, took_ms, wall_ms, cpu_ms, memory_mb, result_bytes, request_bytes)
       select $1, $3, $3, $2, 'p', '1.0.0', 'GET /', 0, '{}', '{}', 1, now() - $4 * interval '1 day', array[$3::uuid],
         z, z, z, z, z, z, z from (select array[0] as z) zeros`,
      [uuidFromId(tenant.id), uuidFromId(installation.id), newUuid(), daysAgo],
    );
  await chunk(31);
  await chunk(29);
  await db.sql(
    `insert into uninstalled (tenant_id, installation_id, slug, name, at)
     values ($1, $2, 'p', 'P', now() - interval '91 days')`,
    [uuidFromId(tenant.id), uuidFromId(installation.id)],
  );
  const left = async (table: string): Promise<number> =>
    (await db.sql(`select 1 from ${table} where tenant_id = $1`, [uuidFromId(tenant.id)])).length;
  await sweep();
  expect([await left('run_chunks'), await left('uninstalled')]).toEqual([1, 1]);
  await db.sql('delete from run_chunks where tenant_id = $1', [uuidFromId(tenant.id)]);
  await sweep();
  expect(await left('uninstalled')).toBe(0);
});
