import { uuidFromId } from '@annex/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeInstallation, type TestInstallation } from '../../../../test/support/installations.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { handOverDueRuns } from '../runs/hand-over.js';
import { listRuns } from '../runs/read-runs.js';
import { listDeadLetterIds } from '../runs/replay.js';
import { deleteInstallation, eraseInstallationRows, eraseUninstalled } from './installations.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

const key = (at: TestInstallation): string[] => [uuidFromId(at.tenantId), uuidFromId(at.id)];

async function fill(at: TestInstallation, status: string, count: number): Promise<void> {
  await db.sql(
    `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status, next_attempt_at)
     select $1, uuidv7(), $2, $3, 'event', 'a.b', $4, case when $4 = 'queued' then now() end from generate_series(1, $5::int)`,
    [...key(at), at.slug, status, count],
  );
}

async function addLogs(at: TestInstallation, count: number): Promise<void> {
  await db.sql(`insert into run_logs (tenant_id, run_id, installation_id, plugin, time, level, message) select $1, uuidv7(), $2, $3, now(), 'info', 'x' from generate_series(1, $4::int)`, [...key(at), at.slug, count]);
}

const left = async (at: TestInstallation): Promise<{ runs: number; open: number; logs: number }> => {
  const [row] = await db.sql<{ runs: number; open: number; logs: number }>(
    `select (select count(*)::int from runs where tenant_id = $1 and installation_id = $2) as runs,
       (select count(*)::int from runs where tenant_id = $1 and installation_id = $2 and status in ('queued', 'running', 'retrying')) as open,
       (select count(*)::int from run_logs where tenant_id = $1 and installation_id = $2) as logs`,
    key(at),
  );
  return row ?? { runs: -1, open: -1, logs: -1 };
};

const uninstall = (at: TestInstallation, atOnce: number): Promise<void> =>
  db.database.forTenant(at.tenantId).transaction(async (tx) => {
    await eraseInstallationRows(tx, at.id, atOnce);
    await deleteInstallation(tx, at.id);
  });

const eraseAll = async (): Promise<number> => {
  let portions = 0;
  while (await db.database.platform((tx) => eraseUninstalled(tx, 100))) portions += 1;
  return portions;
};

describe('what an uninstalled plugin leaves', () => {
  it('goes in portions behind the answer, of that plugin only; what was still to run goes at once', async () => {
    const { id: tenantId } = await db.makeTenant();
    const [gone, stays] = [await makeInstallation(db, tenantId), await makeInstallation(db, tenantId)];
    for (const at of [gone, stays]) {
      await fill(at, 'failed', 450);
      await fill(at, 'queued', 60);
      await addLogs(at, 450);
    }
    await uninstall(gone, 100);
    expect(await left(gone)).toEqual({ runs: 350, open: 0, logs: 350 });
    expect(await eraseAll()).toBeGreaterThanOrEqual(4);
    expect(await left(gone)).toEqual({ runs: 0, open: 0, logs: 0 });
    expect(await left(stays)).toEqual({ runs: 510, open: 60, logs: 450 });
  });

  it('is not shown any more, and is no dead letter', async () => {
    const { id: tenantId } = await db.makeTenant();
    const at = await makeInstallation(db, tenantId);
    await fill(at, 'failed', 30);
    await uninstall(at, 10);
    expect((await left(at)).runs).toBe(20);
    const seen = await db.database.forTenant(tenantId).transaction(async (tx) => [await listRuns(tx, { limit: 100 }), await listDeadLetterIds(tx, {}, { limit: 100 })]);
    expect(seen).toEqual([[], []]);
    await eraseAll();
  });

  it('includes what was being written at that moment, which never starts', async () => {
    const { id: tenantId } = await db.makeTenant();
    const at = await makeInstallation(db, tenantId);
    await uninstall(at, 10);
    await eraseAll();
    await fill(at, 'queued', 3);
    expect((await db.database.platform((tx) => handOverDueRuns(tx, { slots: 8 }))).filter((run) => run.tenantId === tenantId)).toEqual([]);
    await db.sql('update uninstalled set next_at = now() where tenant_id = $1', [uuidFromId(tenantId)]);
    await eraseAll();
    expect((await left(at)).runs).toBe(0);
    await db.sql(`update uninstalled set next_at = now(), at = now() - interval '1 hour' where tenant_id = $1`, [uuidFromId(tenantId)]);
    await eraseAll();
    expect(await db.sql('select 1 from uninstalled where tenant_id = $1', [uuidFromId(tenantId)])).toEqual([]);
  });
});
