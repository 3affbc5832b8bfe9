import { uuidFromId } from '@annex/kernel';
import { defaultRetention } from '@annex/limits';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeInstallation, type TestInstallation } from '../../../../test/support/installations.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { claimDueRuns } from '../../../runs/src/sql/claim-due.js';
import { removeExpired } from '../../../dispatch/src/sql/retention.js';
import { listRuns, type RunFilter, type StoredRun } from '../../../runs/src/sql/read-runs.js';
import { listDeadLetterIds } from '../../../runs/src/sql/replay.js';
import { eraseUninstalled } from '../../../dispatch/src/sql/erase-uninstalled.js';
import { deleteInstallation, eraseInstallationRows } from './installations.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

const key = (at: TestInstallation): string[] => [uuidFromId(at.tenantId), uuidFromId(at.id)];

async function fill(at: TestInstallation, status: string, count: number): Promise<void> {
  await db.sql(
    `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status, next_attempt_at)
     select $1, uuidv7(), $2, $3, 'event', 'a.b', $4, case when $4 = 'queued' then now() end
     from generate_series(1, $5::int)`,
    [...key(at), at.slug, status, count],
  );
}

async function addLogs(at: TestInstallation, count: number): Promise<void> {
  await db.sql(
    `insert into run_logs (tenant_id, run_id, installation_id, plugin, time, level, message)
     select $1, uuidv7(), $2, $3, now(), 'info', 'x' from generate_series(1, $4::int)`,
    [...key(at), at.slug, count],
  );
}

const statuses = async (at: TestInstallation): Promise<Record<string, number>> =>
  Object.fromEntries(
    (
      await db.sql<{ status: string; n: number }>(
        'select status, count(*)::int as n from runs where tenant_id = $1 and installation_id = $2 group by 1',
        key(at),
      )
    ).map(({ status, n }) => [status, n]),
  );
const logs = async (at: TestInstallation): Promise<number> =>
  (await db.sql('select 1 from run_logs where tenant_id = $1 and installation_id = $2', key(at))).length;

const uninstall = (at: TestInstallation): Promise<void> =>
  db.database.forTenant(at.tenantId).transaction(async (tx) => {
    await eraseInstallationRows(tx, { ...at, name: at.slug });
    await deleteInstallation(tx, at.id);
  });

const eraseAll = async (): Promise<void> => {
  while (await db.database.platform((tx) => eraseUninstalled(tx, 100)));
};

const seen = (at: TestInstallation, filter: Partial<RunFilter>): Promise<StoredRun[]> =>
  db.database.forTenant(at.tenantId).transaction(async (tx) => (await listRuns(tx, { limit: 1000, ...filter })).runs);
const letters = (at: TestInstallation): Promise<unknown[]> =>
  db.database.forTenant(at.tenantId).transaction((tx) => listDeadLetterIds(tx, {}, { limit: 1000 }));

describe('an uninstalled plugin', () => {
  it('leaves its runs and logs under its slug, and those of a later plugin of that slug beside them', async () => {
    const { id: tenantId } = await db.makeTenant();
    const [gone, stays] = [await makeInstallation(db, tenantId), await makeInstallation(db, tenantId)];
    for (const at of [gone, stays]) {
      await fill(at, 'succeeded', 45);
      await fill(at, 'failed', 5);
      await addLogs(at, 45);
    }
    await uninstall(gone);
    await eraseAll();
    expect([await statuses(gone), await logs(gone)]).toEqual([{ succeeded: 45, failed: 5 }, 45]);
    const again = await makeInstallation(db, tenantId, { slug: gone.slug });
    await fill(again, 'succeeded', 3);
    const found = await seen(gone, { plugin: gone.slug });
    expect(found).toHaveLength(53);
    expect(found.every(({ plugin }) => plugin === gone.slug)).toBe(true);
    expect(found.map(({ id }) => id)).toEqual(
      found
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    );
    expect((await seen(gone, { plugin: gone.slug, limit: 10 })).map(({ id }) => id)).toEqual(
      found.slice(0, 10).map(({ id }) => id),
    );
    expect(await seen(gone, { plugin: gone.slug, status: 'failed' })).toHaveLength(5);
    expect(await seen(gone, { installationId: gone.id })).toHaveLength(50);
    expect(await seen(gone, {})).toHaveLength(103);
  });

  it('has nothing open any more: what waits or runs is cancelled at once, and its dead letters are none', async () => {
    const { id: tenantId } = await db.makeTenant();
    const [gone, stays] = [await makeInstallation(db, tenantId), await makeInstallation(db, tenantId)];
    for (const at of [gone, stays])
      for (const status of ['queued', 'running', 'retrying', 'failed']) await fill(at, status, 30);
    await uninstall(gone);
    expect(await statuses(gone)).toEqual({ cancelled: 90, failed: 30 });
    expect(await statuses(stays)).toEqual({ queued: 30, running: 30, retrying: 30, failed: 30 });
    expect(await seen(gone, { plugin: gone.slug, deadLetters: true })).toEqual([]);
    expect(await letters(gone)).toHaveLength(30);
    await eraseAll();
    const [count] = await db.sql<{ n: number }>(
      'select count(*)::int as n from runs where tenant_id = $1 and installation_id = $2 and discarded_at is not null',
      key(gone),
    );
    expect(count?.n).toBe(30);
    expect((await seen(gone, { plugin: gone.slug, status: 'cancelled' }))[0]).toMatchObject({
      error: { code: 'CANCELLED', message: 'The plugin was uninstalled.' },
    });
  });

  it('is looked after for what was being written at that moment, which never starts', async () => {
    const { id: tenantId } = await db.makeTenant();
    const at = await makeInstallation(db, tenantId);
    await uninstall(at);
    await eraseAll();
    await fill(at, 'queued', 3);
    const asks = [{ tenantId, atMost: 8, onlyIfIdle: false }];
    expect(await db.database.platform((tx) => claimDueRuns(tx, asks, { owner: 'w', leaseMs: 60_000 }))).toMatchObject([
      { found: 3, runs: [] },
    ]);
    await db.sql('update uninstalled set next_at = now() where tenant_id = $1', [uuidFromId(tenantId)]);
    await eraseAll();
    expect(await statuses(at)).toEqual({ cancelled: 3 });
    await db.sql(`update uninstalled set next_at = now(), at = now() - interval '1 hour' where tenant_id = $1`, [
      uuidFromId(tenantId),
    ]);
    await eraseAll();
    expect(
      await db.sql('select isfinite(next_at) as due from uninstalled where tenant_id = $1', [uuidFromId(tenantId)]),
    ).toEqual([{ due: false }]);
  });

  it('is forgotten when the last of its runs is', async () => {
    const { id: tenantId } = await db.makeTenant();
    const at = await makeInstallation(db, tenantId);
    await fill(at, 'failed', 1);
    await uninstall(at);
    const sweep = async (): Promise<number> => {
      for (const what of ['runs', 'failed_runs', 'uninstalled'])
        await db.database.platform((tx) => removeExpired(tx, { what, retention: defaultRetention, limit: 100 }));
      return (await db.sql('select 1 from uninstalled where tenant_id = $1', [uuidFromId(tenantId)])).length;
    };
    await db.sql(`update uninstalled set at = now() - interval '100 days' where tenant_id = $1`, [
      uuidFromId(tenantId),
    ]);
    expect(await sweep()).toBe(1);
    await db.sql(`update runs set queued_at = now() - interval '100 days' where tenant_id = $1`, [
      uuidFromId(tenantId),
    ]);
    expect(await sweep()).toBe(0);
  });
});
