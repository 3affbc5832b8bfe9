import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { uuidFromId, type Id } from '@annex/kernel';
import { makeInstallation, type TestInstallation } from '../../../../test/support/installations.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { enqueueRun, type NewRun } from './enqueue-run.js';
import { handOverDueRuns, listHandedOver, removeWorker, reportWorker, takeBack } from './hand-over.js';
import { unparkEnabled } from './overlap.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
beforeEach(async () => {
  await db.sql('delete from tenants');
  await db.sql('delete from runs');
});
afterAll(() => db.close());

const relay = (slots: number, reservedShare?: number) =>
  db.database.platform((tx) => handOverDueRuns(tx, { slots, ...(reservedShare !== undefined && { reservedShare }) }));

async function tenantWith(count: number, run: Partial<NewRun> = {}): Promise<TestInstallation> {
  const tenant = await db.makeTenant();
  const installation = await makeInstallation(db, tenant.id);
  await enqueue(installation, count, run);
  return installation;
}

async function enqueue(installation: TestInstallation, count: number, run: Partial<NewRun> = {}): Promise<Id<'run'>[]> {
  return db.database.forTenant(installation.tenantId).transaction(async (tx) => {
    const ids: Id<'run'>[] = [];
    for (let made = 0; made < count; made += 1) {
      ids.push(
        await enqueueRun(tx, {
          installationId: installation.id,
          plugin: installation.slug,
          kind: 'event',
          name: 'x',
          ordinal: 0,
          policy: {},
          depth: 0,
          ...run,
        }),
      );
    }
    return ids;
  });
}

describe('handing due runs to the queue', () => {
  it('lets tenants take turns, so that one run of a quiet tenant overtakes a flood', async () => {
    const flood = await tenantWith(60);
    const quiet = await tenantWith(1);
    const order = (await relay(4)).map(({ tenantId }) => tenantId);
    expect(order.indexOf(quiet.tenantId)).toBeLessThan(2);
    expect(order).toContain(flood.tenantId);
  });

  it('gives a tenant over its own cap only what is free besides the reserve', async () => {
    await tenantWith(60);
    // 16 slots, two of them reserved.
    expect(await relay(16)).toHaveLength(14);
    expect(await relay(16)).toHaveLength(0);
    const quiet = await tenantWith(3);
    expect((await relay(16)).map(({ tenantId }) => tenantId)).toEqual([quiet.tenantId, quiet.tenantId, quiet.tenantId]);
  });

  it('gives every tenant its own cap, up to twice of what the workers can run at once', async () => {
    for (let tenant = 0; tenant < 4; tenant += 1) await tenantWith(10);
    const handed = await relay(8);
    expect(handed).toHaveLength(16);
    const perTenant = Map.groupBy(handed, ({ tenantId }) => tenantId);
    expect([...perTenant.values()].map((runs) => runs.length)).toEqual([4, 4, 4, 4]);
  });

  it('gives a tenant of twice the weight twice the turns', async () => {
    const [heavy, light] = [await tenantWith(30), await tenantWith(30)];
    await db.sql('update tenants set background_concurrency = 100, weight = case when id = $1 then 2 else 1 end', [
      uuidFromId(heavy.tenantId),
    ]);
    const handed = await relay(6);
    expect(handed.filter(({ tenantId }) => tenantId === heavy.tenantId)).toHaveLength(8);
    expect(handed.filter(({ tenantId }) => tenantId === light.tenantId)).toHaveLength(4);
  });

  it('counts the slots of every live worker, and none of a dead one', async () => {
    await db.database.platform((tx) => reportWorker(tx, { id: 'a', slots: 10 }));
    await db.database.platform((tx) => reportWorker(tx, { id: 'b', slots: 10 }));
    await db.sql(
      `insert into workers (id, slots, seen_at) values ('dead', 1000, now() - interval '1 minute')
       on conflict do nothing`,
    );
    const installation = await tenantWith(60);
    expect(await relay(10, 0)).toHaveLength(19);
    await db.database.platform((tx) => removeWorker(tx, 'b'));
    await db.sql('update runs set dispatched_at = null, next_attempt_at = now() where tenant_id = $1', [
      uuidFromId(installation.tenantId),
    ]);
    expect(await relay(10, 0)).toHaveLength(9);
    await db.sql('delete from workers');
  });

  it('never hands the same run to two relays that look at once', async () => {
    for (let tenant = 0; tenant < 5; tenant += 1) await tenantWith(5);
    const rounds = (await Promise.all([relay(20), relay(20), relay(20)])).flat();
    expect(new Set(rounds.map(({ runId }) => runId)).size).toBe(rounds.length);
    expect(rounds.length).toBeGreaterThanOrEqual(25);
  });

  it('leaves runs alone whose time has not come', async () => {
    await tenantWith(2, { notBefore: new Date(Date.now() + 60_000) });
    expect(await relay(4)).toEqual([]);
  });

  it('parks runs of a plugin that is not enabled, but not its lifecycle hooks, and goes on when it is', async () => {
    const installation = await tenantWith(2);
    const [hook] = await enqueue(installation, 1, { kind: 'lifecycle', name: 'shutdown' });
    const status = (to: string) =>
      db.sql('update installations set status = $2 where id = $1', [uuidFromId(installation.id), to]);
    await status('disabled');
    expect((await relay(4)).map(({ runId }) => runId)).toEqual([hook]);
    expect(await db.sql(`select waiting_for, next_attempt_at from runs where kind = 'event'`)).toEqual([
      { waiting_for: 'plugin', next_attempt_at: null },
      { waiting_for: 'plugin', next_attempt_at: null },
    ]);
    expect(await db.database.platform((tx) => unparkEnabled(tx))).toBe(0);
    await status('enabled');
    expect(await db.database.platform((tx) => unparkEnabled(tx, installation.tenantId))).toBe(2);
    expect(await relay(4)).toHaveLength(2);
  });

  it('hands nothing over of a tenant that is being erased', async () => {
    const { tenantId } = await tenantWith(1);
    await db.sql(`update tenants set deleted_at = now(), erase_after = now() + interval '7 days' where id = $1`, [
      uuidFromId(tenantId),
    ]);
    expect(await relay(4)).toEqual([]);
  });

  it('takes a run back only from the very handing over that was lost', async () => {
    await tenantWith(1);
    const [first] = await relay(4);
    if (!first) throw new Error('nothing handed over');
    expect(await db.database.platform((tx) => listHandedOver(tx, { olderThanMs: 60_000 }))).toEqual([]);
    expect(await db.database.platform((tx) => listHandedOver(tx, { olderThanMs: 0 }))).toEqual([first]);
    expect(await db.database.platform((tx) => takeBack(tx, [first]))).toBe(1);
    const [second] = await relay(4);
    expect(second?.runId).toBe(first.runId);
    expect(second?.ticketId).not.toBe(first.ticketId);
    expect(await db.database.platform((tx) => takeBack(tx, [first]))).toBe(0);
  });
});
