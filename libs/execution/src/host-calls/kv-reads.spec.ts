import type { Id } from '@annex/kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeInstallation } from '../../../../test/support/installations.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import type { Database } from '@annex/database';
import { setKv } from '../rows/kv.js';
import { KvReads } from './kv-reads.js';

let db: TestDatabase;
let tenantId: Id<'tenant'>;
let installationId: Id<'installation'>;
let transactions: string[];
let reads: KvReads;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  tenantId = (await db.makeTenant()).id;
  installationId = (await makeInstallation(db, tenantId)).id;
  transactions = [];
  reads = new KvReads(counted(db.database));
});

/** Writes down whose each transaction is. */
function counted(database: Database): Pick<Database, 'forTenant'> {
  return {
    forTenant: (tenant) => {
      transactions.push(tenant);
      return database.forTenant(tenant);
    },
  };
}

const set = (key: string, value: number) =>
  db.database.forTenant(tenantId).transaction((tx) => setKv(tx, { installationId, key, value, ttlS: undefined }));

describe('reads that arrive together', () => {
  it('are one transaction of their tenant, and each gets its own value', async () => {
    await set('a', 1);
    await set('b', 2);
    const other = await db.makeTenant();
    const values = await Promise.all([
      reads.get(tenantId, 'kv', { installationId, key: 'b' }),
      reads.get(other.id, 'kv', { installationId, key: 'b' }),
      reads.get(tenantId, 'kv', { installationId, key: 'none' }),
      reads.get(tenantId, 'kv', { installationId, key: 'a' }),
    ]);
    expect(values.map((found) => found?.value)).toEqual([2, undefined, undefined, 1]);
    expect(transactions).toEqual([tenantId, other.id]);
  });

  it('are several transactions when they are many', async () => {
    await set('a', 1);
    const many = await Promise.all(
      Array.from({ length: 70 }, () => reads.get(tenantId, 'kv', { installationId, key: 'a' })),
    );
    expect(many.every((found) => found?.value === 1)).toBe(true);
    expect(transactions).toHaveLength(3);
  });

  it('see what was written before they were asked for', async () => {
    for (let round = 0; round < 20; round += 1) {
      const early = reads.get(tenantId, 'kv', { installationId, key: 'a' });
      await set('a', round);
      expect((await reads.get(tenantId, 'kv', { installationId, key: 'a' }))?.value).toBe(round);
      await early;
    }
  });

  it('fail together, and only they', async () => {
    await set('a', 1);
    const broken = reads.get('ten_notone' as Id<'tenant'>, 'kv', { installationId, key: 'a' });
    const whole = reads.get(tenantId, 'kv', { installationId, key: 'a' });
    await expect(broken).rejects.toThrow();
    expect((await whole)?.value).toBe(1);
  });
});
