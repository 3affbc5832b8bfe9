import { newId, uuidFromId } from '@annex/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeInstallation } from '../../../../test/support/installations.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { readBacklog } from '../../../runs/src/sql/backlog.js';
import { recordRuns } from '../../../runs/src/sql/record-runs.js';
import { untilNextTickMs } from '../../../dispatch/src/sql/due-schedules.js';
import { eraseTenantPortion, type ErasedPortion } from './erasure.js';
import { restoreTenant, suspendTenant } from './tenants.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

it('a tenant in its time of grace gives the ticker and the metrics nothing to wait for', async () => {
  const { id: tenantId } = await db.makeTenant();
  const { id, slug } = await makeInstallation(db, tenantId);
  const keys = [uuidFromId(tenantId), uuidFromId(id)];
  await db.sql(
    `insert into schedules (tenant_id, id, installation_id, name, spec_hash, schedule, timezone, overlap, catch_up,
       active, next_at) values ($1, uuidv7(), $2, 'j', '', '@daily', 'UTC', 'skip', 'latest', true,
       now() - interval '1 hour')`,
    keys,
  );
  await db.sql(
    `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status, next_attempt_at)
     values ($1, uuidv7(), $2, $3, 'job', 'j', 'queued', now() - interval '1 hour')`,
    [...keys, slug],
  );
  const look = (): Promise<unknown[]> =>
    db.database.platform(async (tx) => [await untilNextTickMs(tx), await readBacklog(tx)]);
  expect(await look()).toMatchObject([expect.any(Number), { runs: { due: 1 }, oldestWaitingS: expect.any(Number) }]);
  await db.database.platform((tx) => suspendTenant(tx, tenantId, { by: 'usr_x', graceMs: 60_000 }));
  expect(await look()).toMatchObject([null, { runs: { due: 0 }, oldestWaitingS: 0, scheduleLagS: 0 }]);
});

describe('erasing a tenant', () => {
  it('takes a run along that is written at the very moment', async () => {
    const { id: tenantId } = await db.makeTenant();
    const { id: installationId, slug } = await makeInstallation(db, tenantId);
    const at = Date.now();
    const run = {
      id: newId('run', at),
      installationId,
      plugin: slug,
      release: '1.0.0',
      kind: 'route',
      name: 'GET /',
      ordinal: 0,
      status: 'succeeded',
      limits: {},
      depth: 0,
      startedAtMs: at,
      finishedAtMs: at,
    } as const;
    await db.database.platform((tx) => suspendTenant(tx, tenantId, { by: 'usr_x', graceMs: 0 }));
    expect(await db.database.platform((tx) => eraseTenantPortion(tx, tenantId))).toBe('more');

    const waits = () =>
      db.sql(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
           and query like 'delete from tenants%'`,
      );
    let erased: Promise<ErasedPortion> | undefined;
    await db.database.forTenant(tenantId).transaction(async (tx) => {
      expect(await recordRuns(tx, [run])).toBe(1);
      erased = db.database.platform((erasing) => eraseTenantPortion(erasing, tenantId));
      await expect.poll(async () => (await waits()).length, { timeout: 30_000 }).toBe(1);
    });
    expect(await erased).toBe('gone');
    expect(await db.sql('select 1 from runs where tenant_id = $1', [uuidFromId(tenantId)])).toEqual([]);
    expect(await db.sql('select 1 from tenants where id = $1', [uuidFromId(tenantId)])).toEqual([]);
  });

  it('touches nothing of one that lives, is in its time of grace, or was taken back', async () => {
    const { id: tenantId } = await db.makeTenant();
    await makeInstallation(db, tenantId);
    const erase = (): Promise<ErasedPortion> => db.database.platform((tx) => eraseTenantPortion(tx, tenantId));
    expect(await erase()).toBe('gone');
    await db.database.platform((tx) => suspendTenant(tx, tenantId, { by: 'usr_x', graceMs: 60_000 }));
    expect(await erase()).toBe('gone');
    expect(await db.database.platform((tx) => restoreTenant(tx, tenantId))).toBe(true);
    expect(await erase()).toBe('gone');
    expect(await db.sql('select 1 from installations where tenant_id = $1', [uuidFromId(tenantId)])).toHaveLength(1);
  });

  it('goes on after a death in between, two at once do no harm, and rows that went are counted', async () => {
    const { id: tenantId, slug } = await db.makeTenant();
    const { id } = await makeInstallation(db, tenantId);
    await db.sql(
      `insert into kv (tenant_id, installation_id, key, value) select $1, $2, n::text, '1'
       from generate_series(1, 250) n`,
      [uuidFromId(tenantId), uuidFromId(id)],
    );
    await db.database.platform((tx) => suspendTenant(tx, tenantId, { by: 'usr_x', graceMs: 0 }));
    const portion = (): Promise<ErasedPortion> => db.database.platform((tx) => eraseTenantPortion(tx, tenantId, 100));
    await portion();
    await portion();
    await expect(
      db.database.platform(async (tx) => {
        await eraseTenantPortion(tx, tenantId, 100);
        throw new Error('died');
      }),
    ).rejects.toThrow('died');
    const both = async (): Promise<void> => {
      for (let state: ErasedPortion = 'more'; state !== 'gone';) state = await portion();
    };
    await Promise.all([both(), both()]);
    expect(await db.sql('select 1 from tenants where id = $1', [uuidFromId(tenantId)])).toEqual([]);
    const record = await db.sql<{ detail: object }>(
      `select detail from platform_audit where action = 'tenant.erased' and target = $1`,
      [tenantId],
    );
    expect(record).toMatchObject([
      {
        detail: {
          slug,
          deleted_by: 'usr_x',
          rows: { kv: 250, installations: 1, releases: 1 },
        },
      },
    ]);
    expect(record).toMatchObject([
      { detail: { unfinished_runs: 0, packages: { count: 1 }, kept: { file_objects: 0 } } },
    ]);
  });
});
