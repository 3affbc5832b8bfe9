import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId, uuidFromId, type Id, type Json } from '@annex/kernel';
import { bulkPortion } from './bulk-portion.js';
import { emitEvent } from './sql/emit-event.js';
import { enqueueRun, type NewRun } from './sql/enqueue-run.js';
import { findEvent, listEvents } from './sql/read-events.js';
import { listDeadLetterIds } from './sql/replay.js';
import { listAudit } from '@annex/audit';
import { failed, openDispatchBed, type DispatchBed, type Script } from '../../../test/support/dispatch.js';
import { makeInstallation, subscribe, type TestInstallation } from '../../../test/support/installations.js';

let bed: DispatchBed;
beforeAll(async () => {
  bed = await openDispatchBed('postgres');
});
afterEach(async () => {
  await bed.stopWorkers();
  await bed.db.sql('delete from tenants');
  await bed.db.sql('delete from runs');
});
afterAll(() => bed.close());

const install = async (
  jobs: Json[] = [{ name: 'kpi', overlap: 'allow' }],
  status = 'enabled',
): Promise<TestInstallation> => makeInstallation(bed.db, (await bed.db.makeTenant()).id, { jobs, status });
const enqueue = (at: TestInstallation, run: Partial<NewRun> = {}): Promise<Id<'run'>> =>
  bed.db.database.forTenant(at.tenantId).transaction((tx) =>
    enqueueRun(tx, {
      installationId: at.id,
      plugin: at.slug,
      kind: 'event',
      name: 'x',
      ordinal: 0,
      policy: { retry: { maxAttempts: 1 } },
      depth: 0,
      ...run,
    }),
  );
const me = (at: TestInstallation) => bed.caller(at.tenantId);
/** Kills a run by failing it. */
async function deadLetter(at: TestInstallation, run: Partial<NewRun> = {}): Promise<Id<'run'>> {
  const worker = await bed.worker(() => failed('PLUGIN_ERROR'));
  const runId = await enqueue(at, run);
  expect((await bed.ended(at.tenantId, runId)).status).toBe('failed');
  await worker.stop(100);
  return runId;
}
const hold = (): { script: Script; release: () => void; started: Promise<void> } => {
  const [release, started] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  return {
    script: async (_run, signal) => {
      started.resolve();
      await Promise.race([release.promise, new Promise((done) => signal.addEventListener('abort', done))]);
      return signal.aborted ? failed('CANCELLED') : 'done';
    },
    release: release.resolve,
    started: started.promise,
  };
};

describe('running a job now', () => {
  it('gives the handler the payload, answers at once, and can be waited for', async () => {
    const at = await install();
    const { execution } = await bed.worker((run) => run.payload ?? 'none');
    const { runId, status } = await bed.runs.runNow(me(at), at.slug, 'kpi', { day: 3 });
    expect(status).toBe('queued');
    expect(await bed.runs.waitForRun(at.tenantId, runId, 30_000)).toBe('succeeded');
    expect((await bed.row(runId)).result).toEqual({ day: 3 });
    expect(execution.seen[0]).toMatchObject({ kind: 'job', name: 'kpi', attempt: 1 });
    expect(
      (await bed.db.database.forTenant(at.tenantId).transaction((tx) => listAudit(tx, { limit: 1 })))[0],
    ).toMatchObject({ actor: 'usr_test', action: 'job.run_now', detail: { run_id: runId }, request_id: 'req_test' });
  });

  it('takes the plugin by its id too, and the job’s own retry and timeout', async () => {
    const at = await install([{ name: 'kpi', timeoutMs: 60_000, retry: { maxAttempts: 3, backoff: 'fixed' } }]);
    const { runId } = await bed.runs.runNow(me(at), at.id, 'kpi');
    const [row] = await bed.db.sql('select policy, payload from runs where id = $1', [uuidFromId(runId)]);
    expect(row).toEqual({ policy: { timeoutMs: 60_000, retry: { maxAttempts: 3, backoff: 'fixed' } }, payload: null });
  });

  it('is refused with the right code when plugin, job or payload are not what they must be', async () => {
    const at = await install();
    const other = await install();
    await expect(bed.runs.runNow(me(at), 'nope', 'kpi')).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
    await expect(bed.runs.runNow(me(at), other.id, 'kpi')).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
    await expect(bed.runs.runNow(me(at), at.slug, 'kpl')).rejects.toMatchObject({
      code: 'JOB_NOT_FOUND',
      detail: expect.stringContaining('kpi'),
    });
    await expect(bed.runs.runNow(me(at), at.slug, 'nul\u0000')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
    await expect(bed.runs.runNow(me(at), 'nul\u0000', 'kpi')).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' });
    await expect(bed.runs.runNow(me(at), at.slug, 'kpi', 'x'.repeat(300_000))).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    const disabled = await install(undefined, 'disabled');
    await expect(bed.runs.runNow(me(disabled), disabled.slug, 'kpi')).rejects.toMatchObject({
      code: 'PLUGIN_DISABLED',
      kind: { status: 409 },
    });
    const suspended = await install(undefined, 'suspended');
    await expect(bed.runs.runNow(me(suspended), suspended.slug, 'kpi')).rejects.toMatchObject({
      code: 'PLUGIN_SUSPENDED',
    });
  });

  it('never drops a request: with overlap "skip" the second waits for the first, says so, and then runs', async () => {
    const at = await install([{ name: 'kpi' }]);
    const { script, release, started } = hold();
    const { execution } = await bed.worker(script);
    const first = await bed.runs.runNow(me(at), at.slug, 'kpi', 1);
    await started;
    const [second, third] = [
      await bed.runs.runNow(me(at), at.slug, 'kpi', 2),
      await bed.runs.runNow(me(at), at.slug, 'kpi', 3),
    ];
    expect((await bed.row(second.runId)).waiting_for).toBe('overlap');
    release();
    for (const { runId } of [first, second, third])
      expect((await bed.ended(at.tenantId, runId)).status).toBe('succeeded');
    expect(execution.seen.map(({ payload }) => payload)).toEqual([1, 2, 3]);
  });

  it('lets one of many calls that come at once start, the others wait', async () => {
    const at = await install([{ name: 'kpi', overlap: 'queue' }]);
    const made = await Promise.all(Array.from({ length: 6 }, () => bed.runs.runNow(me(at), at.slug, 'kpi')));
    const rows = await Promise.all(made.map(({ runId }) => bed.row(runId)));
    expect(rows.filter(({ waiting_for }) => waiting_for === null)).toHaveLength(1);
    let [atOnce, most] = [0, 0];
    await bed.worker(async () => {
      most = Math.max(most, (atOnce += 1));
      await new Promise((done) => setTimeout(done, 10));
      atOnce -= 1;
      return null;
    });
    for (const { runId } of made) expect((await bed.ended(at.tenantId, runId)).status).toBe('succeeded');
    expect(most).toBe(1);
  });

  it('cancels what runs and waits with overlap "replace", and starts when that has ended', async () => {
    const at = await install([{ name: 'kpi', overlap: 'replace' }]);
    const { script, release, started } = hold();
    await bed.worker(script);
    const first = await bed.runs.runNow(me(at), at.slug, 'kpi');
    await started;
    const second = await bed.runs.runNow(me(at), at.slug, 'kpi');
    expect((await bed.ended(at.tenantId, first.runId)).status).toBe('cancelled');
    release();
    expect((await bed.ended(at.tenantId, second.runId)).status).toBe('succeeded');
  });
});

describe('waiting for a run', () => {
  it('answers where the run stands when the time is over or the asker leaves', async () => {
    const at = await install();
    const runId = await enqueue(at);
    expect(await bed.runs.waitForRun(at.tenantId, runId, 0)).toBe('queued');
    const asker = new AbortController();
    const waiting = bed.runs.waitForRun(at.tenantId, runId, 60_000, asker.signal);
    asker.abort();
    expect(await waiting).toBe('queued');
  });

  it('shows no run of another tenant', async () => {
    const [at, other] = [await install(), await install()];
    const runId = await enqueue(other);
    await expect(bed.runs.waitForRun(at.tenantId, runId, 0)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await expect(bed.runs.cancelRun(me(at), runId)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await expect(bed.runs.replayRun(me(at), runId)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });
});

describe('cancelling a run', () => {
  it('ends one that waits at once, may be asked for twice, and lets the next of its job go', async () => {
    const at = await install([{ name: 'kpi', overlap: 'queue' }]);
    const first = await bed.runs.runNow(me(at), at.slug, 'kpi');
    const second = await bed.runs.runNow(me(at), at.slug, 'kpi');
    expect(await bed.runs.cancelRun(me(at), first.runId)).toMatchObject({ status: 'cancelled' });
    expect(await bed.runs.cancelRun(me(at), first.runId)).toMatchObject({ status: 'cancelled' });
    expect(await bed.row(first.runId)).toMatchObject({ error: { code: 'CANCELLED' }, finished_at: expect.any(Date) });
    expect((await bed.row(second.runId)).waiting_for).toBeNull();
  });

  it('is refused for a run that has ended', async () => {
    const at = await install();
    const runId = await deadLetter(at);
    await expect(bed.runs.cancelRun(me(at), runId)).rejects.toMatchObject({
      code: 'RUN_ENDED',
      extra: { run_status: 'failed' },
    });
    await expect(bed.runs.cancelRun(me(at), newId('run'))).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });
});

describe('replaying', () => {
  it('makes a dead letter’s run again, with its payload or an edited one; it is none any more', async () => {
    const at = await install();
    const runId = await deadLetter(at, { kind: 'job', name: 'kpi', payload: { v: 1 } });
    await expect(bed.runs.replayRun(me(at), await enqueue(at))).rejects.toMatchObject({ code: 'RUN_NOT_ENDED' });
    await bed.worker((run) => run.payload ?? null);
    const same = await bed.runs.replayRun(me(at), runId);
    expect(await bed.ended(at.tenantId, same.runId)).toMatchObject({
      status: 'succeeded',
      result: { v: 1 },
      replay_of: uuidFromId(runId),
    });
    expect((await bed.row(runId)).replayed_at).toBeInstanceOf(Date);
    const edited = await bed.runs.replayRun(me(at), runId, { payload: { v: 2 } });
    expect((await bed.ended(at.tenantId, edited.runId)).result).toEqual({ v: 2 });
  });

  it('gives an event to everyone who subscribes to it now', async () => {
    const at = await install();
    await subscribe(bed.db, at, 'a.b');
    const scope = bed.db.database.forTenant(at.tenantId);
    const { runs } = await scope.transaction((tx) =>
      emitEvent(tx, { id: 'e9', type: 'a.b', source: 's', data: { n: 1 } }),
    );
    await subscribe(bed.db, at, '**');
    const again = await bed.runs.replayEvent(me(at), 'e9');
    expect(again.runs).toHaveLength(2);
    const event = await scope.transaction((tx) => findEvent(tx, 'e9'));
    expect(event).toMatchObject({ data: { n: 1 }, deliveries: [{ runId: runs[0]?.runId, replayOf: null }, {}, {}] });
    expect(event?.deliveries.filter(({ replayOf }) => replayOf === runs[0]?.runId)).toHaveLength(1);
    await expect(bed.runs.replayEvent(me(await install()), 'e9')).rejects.toMatchObject({ code: 'EVENT_NOT_FOUND' });
    await expect(bed.runs.replayEvent(me(at), 'nul\u0000')).rejects.toMatchObject({ code: 'EVENT_NOT_FOUND' });
  });

  it('replays dead letters by filter, each once even when two people ask at once', async () => {
    const [at, other] = [await install(), await install()];
    const make = (where: TestInstallation, count: number, name: string) =>
      bed.db.sql(
        `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status, finished_at)
         select $1, uuidv7(), $2, $3, 'event', $4, 'failed', now() from generate_series(1, $5::int)`,
        [uuidFromId(where.tenantId), uuidFromId(where.id), where.slug, name, count],
      );
    await make(at, 20, 'a');
    await make(at, 5, 'b');
    await make(other, 3, 'a');
    const [one, two] = await Promise.all([
      bed.runs.replayDeadLetters(me(at), { name: 'a' }),
      bed.runs.replayDeadLetters(me(at), { name: 'a' }),
    ]);
    expect(one.replayed.length + two.replayed.length).toBe(20);
    const left = await bed.db.database
      .forTenant(at.tenantId)
      .transaction((tx) => listDeadLetterIds(tx, {}, { limit: 100 }));
    expect(left).toHaveLength(5);
    const [first] = left;
    if (!first) throw new Error('none left');
    expect((await bed.runs.replayDeadLetters(me(at), { ids: [first] })).replayed).toEqual([
      { runId: expect.stringMatching(/^run_/), replayOf: first },
    ]);
    expect(await bed.runs.replayDeadLetters(me(at), { plugin: other.slug })).toMatchObject({
      replayed: [],
      remaining: 0,
      replay: { total: 0, status: 'done' },
    });
    expect(
      await bed.db.database.forTenant(other.tenantId).transaction((tx) => listDeadLetterIds(tx, {}, { limit: 100 })),
    ).toHaveLength(3);
  });
});

describe('listing events', () => {
  it('pages from the newest to the oldest, by type, pattern and time, and shrugs at a forged cursor', async () => {
    const at = await install();
    const scope = bed.db.database.forTenant(at.tenantId);
    for (const [index, type] of ['a.b', 'a.c', 'x.y', 'a.b.c', 'a'].entries())
      await scope.transaction((tx) => emitEvent(tx, { id: `n${index}`, type, source: 's', data: null }));
    const list = (query: Partial<Parameters<typeof listEvents>[1]>) =>
      scope.transaction((tx) => listEvents(tx, { limit: 10, ...query }));
    const ids = async (query: Partial<Parameters<typeof listEvents>[1]>) =>
      (await list(query)).events.map(({ id }) => id);
    expect(await ids({})).toEqual(['n4', 'n3', 'n2', 'n1', 'n0']);
    const first = await list({ limit: 2 });
    const second = await list({ limit: 2, ...(first.cursor && { cursor: first.cursor }) });
    const third = await list({ limit: 2, ...(second.cursor && { cursor: second.cursor }) });
    expect([first, second, third].map(({ events }) => events.map(({ id }) => id))).toEqual([
      ['n4', 'n3'],
      ['n2', 'n1'],
      ['n0'],
    ]);
    expect(third.cursor).toBeNull();
    expect(await ids({ type: 'a.b' })).toEqual(['n0']);
    expect(await ids({ type: 'a.*' })).toEqual(['n1', 'n0']);
    expect(await ids({ type: 'a.**' })).toEqual(['n4', 'n3', 'n1', 'n0']);
    expect(await ids({ type: '**.c' })).toEqual(['n3', 'n1']);
    expect(await ids({ type: '**' })).toHaveLength(5);
    expect(await ids({ type: 'a.(.*)' })).toEqual([]);
    expect(await ids({ since: new Date(Date.now() + 60_000) })).toEqual([]);
    for (const cursor of [
      '%',
      'e30',
      Buffer.from('["2026-99-99 00:00:00+00","x"]').toString('base64url'),
      Buffer.from('["x\\u0000","\\u0000"]').toString('base64url'),
    ])
      expect(await ids({ cursor })).toHaveLength(5);
    expect(
      (
        await bed.db.database
          .forTenant((await bed.db.makeTenant()).id)
          .transaction((tx) => listEvents(tx, { limit: 10 }))
      ).events,
    ).toEqual([]);
  });
});

describe('an act on many runs', () => {
  const portion = (at: TestInstallation, id: Id<'replay'>): Promise<void> =>
    bed.db.database.forTenant(at.tenantId).transaction((tx) => bulkPortion(tx, id));
  const statuses = async (at: TestInstallation): Promise<string[]> =>
    (await bed.db.sql<{ status: string }>('select status from runs where plugin = $1 order by id', [at.slug])).map(
      ({ status }) => status,
    );

  it('changes what the filter means and nothing else, portion by portion, and each run once', async () => {
    const [at, other] = [await install(), await install()];
    const ids: Id<'run'>[] = [];
    for (let count = 0; count < 230; count += 1) ids.push(await enqueue(at, { name: count === 7 ? 'kept' : 'x' }));
    await enqueue(other);
    const filter = { plugin: at.slug, name: 'x' };
    expect(await bed.runs.batches.measure(at.tenantId, 'cancel', filter)).toEqual({ total: 229, more: false });
    const batch = await bed.runs.batches.begin(me(at), 'cancel', filter);
    const late = await enqueue(at);
    await portion(at, batch.id);
    expect(await bed.runs.batches.find(at.tenantId, batch.id)).toMatchObject({ status: 'running', replayed: 100 });
    // Somebody else was faster with one of them.
    await bed.runs.cancelRun(me(at), ids[150] ?? late);
    for (let count = 0; count < 4; count += 1) await portion(at, batch.id);
    expect(await bed.runs.batches.find(at.tenantId, batch.id)).toMatchObject({
      status: 'done',
      total: 229,
      replayed: 228,
      failed: 1,
    });
    const open = (await statuses(at)).flatMap((status, index) => (status === 'queued' ? [index] : []));
    expect(open).toEqual([7, 230]);
    expect(await statuses(other)).toEqual(['queued']);
    await expect(bed.runs.batches.find(other.tenantId, batch.id)).rejects.toMatchObject({ code: 'BATCH_NOT_FOUND' });
  });

  it('replays what ended without replaying its own runs, and discards dead letters alone', async () => {
    const at = await install();
    const failing = await deadLetter(at);
    await deadLetter(at);
    const replay = await bed.runs.batches.begin(me(at), 'replay', { plugin: at.slug });
    await bed.runs.cancelRun(me(at), await enqueue(at));
    for (let count = 0; count < 3; count += 1) await portion(at, replay.id);
    expect(await bed.runs.batches.find(at.tenantId, replay.id)).toMatchObject({
      status: 'done',
      total: 2,
      replayed: 2,
    });
    expect(await statuses(at)).toEqual(['failed', 'failed', 'cancelled', 'queued', 'queued']);
    expect(await bed.runs.batches.measure(at.tenantId, 'discard', { ids: [failing] })).toMatchObject({ total: 0 });
  });

  it('stops where it stands, and only so many are under way', async () => {
    const at = await install();
    for (let count = 0; count < 120; count += 1) await enqueue(at);
    const first = await bed.runs.batches.begin(me(at), 'cancel', { plugin: at.slug });
    await portion(at, first.id);
    expect(await bed.runs.batches.stop(me(at), first.id)).toMatchObject({ status: 'cancelled', replayed: 100 });
    await portion(at, first.id);
    expect((await statuses(at)).filter((status) => status === 'queued')).toHaveLength(20);
    for (let count = 0; count < 5; count += 1) await bed.runs.batches.begin(me(at), 'cancel', { plugin: at.slug });
    await expect(bed.runs.batches.begin(me(at), 'cancel', {})).rejects.toMatchObject({ code: 'BATCH_LIMIT' });
    const found = await bed.runs.batches.measure(at.tenantId, 'cancel', { plugin: at.slug, q: 'no such words' });
    expect(found).toEqual({ total: 0, more: false });
  });
});
