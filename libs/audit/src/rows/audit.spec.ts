import { afterAll, beforeAll, expect, it } from 'vitest';
import { uuidFromId } from '@annex/kernel';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { appendAudit, listAudit, verifyAuditChain, type AuditFilter } from './audit.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

it('chains the rows of a tenant, also when changes come at once, and shows a row that was tampered with', async () => {
  const tenant = await db.makeTenant();
  const scope = db.database.forTenant(tenant.id);
  await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      scope.transaction((tx) =>
        appendAudit(tx, {
          actor: 'usr_x',
          action: 'plugin.enabled',
          target: `p${index}`,
          detail: { b: 1, a: [null, { z: 1, y: 2 }] },
        }),
      ),
    ),
  );
  const rows = await scope.transaction((tx) => listAudit(tx, { limit: 100 }));
  expect(rows.map((row) => row.seq)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  expect(await scope.transaction(verifyAuditChain)).toBeNull();
  await db.sql(`update audit set target = 'other' where tenant_id = $1 and seq = 5`, [uuidFromId(tenant.id)]);
  expect(await scope.transaction(verifyAuditChain)).toBe(5);
});

it('is searched by who, what, on what and when', async () => {
  const { database } = db;
  const scope = database.forTenant((await db.makeTenant()).id);
  for (const [actor, action, target] of [
    ['usr_a', 'plugin.enabled', 'p'],
    ['usr_b', 'plugin.disabled', 'p'],
    ['usr_a', 'plugins.counted', 'q'],
    ['usr_a', 'plugin.enabled', 'q'],
  ] as const) {
    await scope.transaction((tx) => appendAudit(tx, { actor, action, target }));
  }
  const find = async (filter: AuditFilter): Promise<number[]> =>
    (await scope.transaction((tx) => listAudit(tx, { limit: 10, ...filter }))).map((row) => row.seq);
  expect(await find({ actor: 'usr_a' })).toEqual([4, 3, 1]);
  expect(await find({ action: 'plugin.enabled' })).toEqual([4, 1]);
  expect(await find({ action: 'plugin' })).toEqual([4, 2, 1]);
  expect(await find({ target: 'q', actor: 'usr_a', action: 'plugin' })).toEqual([4]);
  const second = (await scope.transaction((tx) => listAudit(tx, { limit: 10 }))).find((row) => row.seq === 2)?.at;
  await db.sql(`update audit set at = at + interval '1 hour' where seq > 2`);
  expect(await find({ since: second })).toEqual([4, 3, 2]);
  expect(await find({ until: second })).toEqual([1]);
});

it('takes any text, and keeps the chain', async () => {
  const tenant = await db.makeTenant();
  const scope = db.database.forTenant(tenant.id);
  await scope.transaction((tx) =>
    appendAudit(tx, {
      actor: 'usr_x',
      action: 'config.changed',
      target: 'a\u0000b',
      detail: { '\u0000': ['\ud800', '\\u0000'] },
    }),
  );
  expect(await scope.transaction((tx) => listAudit(tx, { limit: 1 }))).toMatchObject([
    { target: 'a\ufffdb', detail: { '\ufffd': ['\ufffd', '\\u0000'] } },
  ]);
  expect(await scope.transaction(verifyAuditChain)).toBeNull();
});

it('cannot be changed by the application', async () => {
  const tenant = await db.makeTenant();
  const scope = db.database.forTenant(tenant.id);
  await scope.transaction((tx) => appendAudit(tx, { actor: 'usr_x', action: 'plugin.enabled' }));
  await expect(scope.transaction((tx) => tx.query(`update audit set actor = 'nobody'`))).rejects.toThrow(
    /permission denied/,
  );
  await expect(scope.transaction((tx) => tx.query('delete from audit'))).rejects.toThrow(/permission denied/);
});
