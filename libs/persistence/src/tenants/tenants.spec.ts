import { newId, uuidFromId } from '@annex/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeInstallation } from '../../../../test/support/installations.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { recordRuns } from '../runs/record-runs.js';
import { eraseTenantPortion, markTenantErasing } from './tenants.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

describe('erasing a tenant', () => {
  it('takes a run along that is written at the very moment', async () => {
    const { id: tenantId } = await db.makeTenant();
    const { id: installationId, slug } = await makeInstallation(db, tenantId);
    const at = Date.now();
    const run = { id: newId('run', at), installationId, plugin: slug, release: '1.0.0', kind: 'route', name: 'GET /', ordinal: 0, status: 'succeeded', limits: {}, depth: 0, startedAtMs: at, finishedAtMs: at } as const;
    await db.database.platform((tx) => markTenantErasing(tx, tenantId));

    const waits = () => db.sql(`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like 'delete from tenants%'`);
    let erased: Promise<boolean> | undefined;
    await db.database.forTenant(tenantId).transaction(async (tx) => {
      expect(await recordRuns(tx, [run])).toBe(1);
      erased = db.database.platform((erasing) => eraseTenantPortion(erasing, tenantId));
      await expect.poll(async () => (await waits()).length, { timeout: 30_000 }).toBe(1);
    });
    expect(await erased).toBe(true);
    expect(await db.sql('select 1 from runs where tenant_id = $1', [uuidFromId(tenantId)])).toEqual([]);
    expect(await db.sql('select 1 from tenants where id = $1', [uuidFromId(tenantId)])).toEqual([]);
  });
});
