import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId, newUuid, uuidFromId, type Id } from '@annex/kernel';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { makeInstallation, subscribe } from '../../../../test/support/installations.js';
import { emitEvent } from './emit-event.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

const emit = (tenant: Id<'tenant'>, event: Partial<Parameters<typeof emitEvent>[1]> = {}) =>
  db.database
    .forTenant(tenant)
    .transaction((tx) => emitEvent(tx, { type: 'build.completed', source: 'annex:api', data: { n: 1 }, ...event }));

describe('emitting an event', () => {
  it('makes one run for each handler whose pattern matches, of this tenant only', async () => {
    const [mine, other] = [await db.makeTenant(), await db.makeTenant()];
    const one = await makeInstallation(db, mine.id);
    const two = await makeInstallation(db, mine.id);
    const foreign = await makeInstallation(db, other.id);
    await subscribe(db, one, 'build.completed', 0);
    await subscribe(db, one, 'build.completed', 1);
    await subscribe(db, one, 'deploy.completed');
    await subscribe(db, two, '**');
    await subscribe(db, foreign, 'build.*');
    const { runs, eventId, duplicate } = await emit(mine.id);
    expect(duplicate).toBe(false);
    expect(eventId).toMatch(/^evt_/);
    expect(runs.map(({ plugin }) => plugin).sort()).toEqual([one.slug, one.slug, two.slug].sort());
    const rows = await db.sql(
      'select name, ordinal, status, event_id, depth from runs where tenant_id = $1 order by name, ordinal',
      [uuidFromId(mine.id)],
    );
    expect(rows).toEqual([
      { name: '**', ordinal: 0, status: 'queued', event_id: eventId, depth: 0 },
      { name: 'build.completed', ordinal: 0, status: 'queued', event_id: eventId, depth: 0 },
      { name: 'build.completed', ordinal: 1, status: 'queued', event_id: eventId, depth: 0 },
    ]);
    expect(await db.sql('select 1 from runs where tenant_id = $1', [uuidFromId(other.id)])).toEqual([]);
  });

  it('takes the same id again for the same event, also when both come at once', async () => {
    const tenant = await db.makeTenant();
    await subscribe(db, await makeInstallation(db, tenant.id), 'build.*');
    const answers = await Promise.all(Array.from({ length: 5 }, () => emit(tenant.id, { id: 'order-17' })));
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(new Set(answers.map(({ runs }) => runs[0]?.runId)).size).toBe(1);
    expect(await db.sql('select 1 from runs where tenant_id = $1', [uuidFromId(tenant.id)])).toHaveLength(1);
  });

  it('lets two tenants use the same id for different events', async () => {
    const [one, two] = [await db.makeTenant(), await db.makeTenant()];
    expect((await emit(one.id, { id: 'same' })).duplicate).toBe(false);
    expect((await emit(two.id, { id: 'same' })).duplicate).toBe(false);
  });

  it('leaves nothing behind when the transaction around it fails', async () => {
    const tenant = await db.makeTenant();
    await subscribe(db, await makeInstallation(db, tenant.id), '**');
    const failing = db.database.forTenant(tenant.id).transaction(async (tx) => {
      await emitEvent(tx, { type: 'a', source: 'annex:api', data: null });
      throw new Error('later');
    });
    await expect(failing).rejects.toThrow('later');
    expect(
      await db.sql('select 1 from events where tenant_id = $1 union all select 1 from runs where tenant_id = $1', [
        uuidFromId(tenant.id),
      ]),
    ).toEqual([]);
  });

  it('keeps data as it was written: the order of keys, NUL characters, lone surrogates and deep nesting', async () => {
    const tenant = await db.makeTenant();
    const data = { z: 1, a: 'nul \u0000 and \ud800', ['__proto__x']: [[[null]]], big: 12345678901234567000 };
    const { eventId } = await emit(tenant.id, { data });
    const [row] = await db.sql<{ data: string }>(
      'select data::text as data from events where tenant_id = $1 and id = $2',
      [uuidFromId(tenant.id), eventId],
    );
    expect(row?.data).toBe(JSON.stringify(data));
  });

  it('is refused more than ten emits deep', async () => {
    const tenant = await db.makeTenant();
    await emit(tenant.id, { depth: 10 });
    await expect(emit(tenant.id, { depth: 11 })).rejects.toMatchObject({ code: 'EMIT_DEPTH' });
  });

  it('is refused as QUEUE_FULL at 10,000 unfinished runs; events that nobody hears still pass', async () => {
    const tenant = await db.makeTenant();
    const installation = await makeInstallation(db, tenant.id);
    await subscribe(db, installation, 'build.*');
    await db.sql(
      `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status)
       select $1, gen_random_uuid(), $2, 'p', 'event', 'x', 'queued' from generate_series(1, 10000)`,
      [uuidFromId(tenant.id), uuidFromId(installation.id)],
    );
    await expect(emit(tenant.id, { id: 'late' })).rejects.toMatchObject({ code: 'QUEUE_FULL', retryAfterS: 5 });
    expect(
      await db.sql('select 1 from events where tenant_id = $1 and id = $2', [uuidFromId(tenant.id), 'late']),
    ).toEqual([]);
    expect((await emit(tenant.id, { type: 'nobody.listens' })).runs).toEqual([]);
  });

  it('reaches only the named installation when asked to', async () => {
    const tenant = await db.makeTenant();
    const one = await makeInstallation(db, tenant.id);
    const two = await makeInstallation(db, tenant.id);
    await subscribe(db, one, '**');
    await subscribe(db, two, '**');
    expect((await emit(tenant.id, { only: two.id })).runs.map(({ plugin }) => plugin)).toEqual([two.slug]);
  });

  it('remembers the run that emitted it', async () => {
    const tenant = await db.makeTenant();
    const runId = newId('run');
    const { eventId } = await emit(tenant.id, { runId, depth: 2, id: `own-${newUuid()}` });
    const [row] = await db.sql('select run_id, depth from events where tenant_id = $1 and id = $2', [
      uuidFromId(tenant.id),
      eventId,
    ]);
    expect(row).toEqual({ run_id: uuidFromId(runId), depth: 2 });
  });
});
