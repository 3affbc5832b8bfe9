import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId, silentLogger, uuidFromId } from '@annex/kernel';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { createBulkReplays } from './bulk-replays.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

it('goes on with the others while the oldest acts fail', async () => {
  const tenant = await db.makeTenant();
  const keep = async (filter: object, age: string): Promise<string> => {
    const id = uuidFromId(newId('replay'));
    await db.sql(
      `insert into dead_letter_replays (tenant_id, id, action, filter, total, actor, next_at)
       values ($1, $2, 'discard', $3, 1, 'usr_1', now() - $4::interval)`,
      [uuidFromId(tenant.id), id, JSON.stringify(filter), age],
    );
    return id;
  };
  // As many as one round takes.
  for (let count = 0; count < 20; count += 1) await keep({ ids: ['no id'] }, '1 hour');
  const sound = await keep({}, '1 minute');
  const loop = createBulkReplays({ database: db.database, logger: silentLogger });
  loop.start();
  try {
    await expect
      .poll(() => db.sql('select status from dead_letter_replays where id = $1', [sound]), { timeout: 20_000 })
      .toEqual([{ status: 'done' }]);
  } finally {
    await loop.stop();
  }
  const waiting = `select count(*)::int as n from dead_letter_replays where tenant_id = $1 and status = 'running'
    and next_at > now()`;
  expect(await db.sql(waiting, [uuidFromId(tenant.id)])).toEqual([{ n: 20 }]);
});
