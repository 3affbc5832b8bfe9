import { afterAll, beforeAll, expect, it } from 'vitest';
import { uuidFromId } from '@annex/kernel';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { appendAudit, listAudit, verifyAuditChain } from './audit.js';

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
      scope.transaction((tx) => appendAudit(tx, { actor: 'usr_x', action: 'plugin.enabled', target: `p${index}`, detail: { b: 1, a: [null, { z: 1, y: 2 }] } })),
    ),
  );
  const rows = await scope.transaction((tx) => listAudit(tx, { limit: 100 }));
  expect(rows.map((row) => row.seq)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  expect(await scope.transaction(verifyAuditChain)).toBeNull();
  await db.sql(`update audit set target = 'other' where tenant_id = $1 and seq = 5`, [uuidFromId(tenant.id)]);
  expect(await scope.transaction(verifyAuditChain)).toBe(5);
});

it('takes any text, and keeps the chain', async () => {
  const tenant = await db.makeTenant();
  const scope = db.database.forTenant(tenant.id);
  await scope.transaction((tx) => appendAudit(tx, { actor: 'usr_x', action: 'config.changed', target: 'a\u0000b', detail: { '\u0000': ['\ud800', '\\u0000'] } }));
  expect(await scope.transaction((tx) => listAudit(tx, { limit: 1 }))).toMatchObject([{ target: 'a\ufffdb', detail: { '\ufffd': ['\ufffd', '\\u0000'] } }]);
  expect(await scope.transaction(verifyAuditChain)).toBeNull();
});

it('cannot be changed by the application', async () => {
  const tenant = await db.makeTenant();
  const scope = db.database.forTenant(tenant.id);
  await scope.transaction((tx) => appendAudit(tx, { actor: 'usr_x', action: 'plugin.enabled' }));
  await expect(scope.transaction((tx) => tx.query(`update audit set actor = 'nobody'`))).rejects.toThrow(/permission denied/);
  await expect(scope.transaction((tx) => tx.query('delete from audit'))).rejects.toThrow(/permission denied/);
});
