import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidFromId, type Id, type Json } from '@annex/kernel';
import { retryLimits } from '@annex/limits';
import { makeInstallation, subscribe, type TestInstallation } from '../../../../test/support/installations.js';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { emitEvent } from './emit-event.js';
import { cancelRun } from './cancel-run.js';
import { finishAttempt, handBack, renewLeases, type AttemptEnd } from './claim.js';
import { claimDueRuns, type ClaimedRun } from './claim-due.js';
import { enqueueRun, type NewRun } from './enqueue-run.js';
import { expireLeases } from './reconcile.js';

let db: TestDatabase;
let installation: TestInstallation;
beforeAll(async () => {
  db = await openTestDatabase();
  installation = await makeInstallation(db, (await db.makeTenant()).id);
});
afterAll(() => db.close());

const inTenant = <T>(
  work: Parameters<ReturnType<TestDatabase['database']['forTenant']>['transaction']>[0],
  tenantId = installation.tenantId,
) => db.database.forTenant(tenantId).transaction(work) as Promise<T>;
const enqueue = (run: Partial<NewRun> = {}) =>
  inTenant<Id<'run'>>((tx) =>
    enqueueRun(tx, {
      installationId: installation.id,
      plugin: installation.slug,
      kind: 'job',
      name: 'daily',
      ordinal: 0,
      policy: {},
      depth: 0,
      ...run,
    }),
  );
/** Claims one run, as if no other of its tenant were due; one that waits for its next attempt is due now. */
async function claim(runId: Id<'run'>, { tenantId } = installation): Promise<ClaimedRun | null> {
  const ids = [uuidFromId(tenantId), uuidFromId(runId)];
  await db.sql('update runs set next_attempt_at = null where tenant_id = $1 and id <> $2', ids);
  await db.sql(
    `update runs set next_attempt_at = now()
     where tenant_id = $1 and id = $2 and status in ('queued', 'retrying') and waiting_for is null`,
    ids,
  );
  const asks = [{ tenantId, atMost: 1, onlyIfIdle: false }];
  const [answer] = await db.database.platform((tx) => claimDueRuns(tx, asks, { owner: 'w1', leaseMs: 10_000 }));
  return answer?.runs[0] ?? null;
}
const finish = (runId: Id<'run'>, end: Partial<AttemptEnd>) =>
  inTenant<AttemptEnd['status'] | null>((tx) =>
    finishAttempt(tx, {
      tenantId: tx.tenantId,
      runId,
      claim: 1,
      status: 'succeeded',
      countsAsAttempt: false,
      limits: {},
      release: '1.0.0',
      ...end,
    }),
  );
const expire = () => db.database.platform((tx) => expireLeases(tx));
const runOut = (runId: Id<'run'>) =>
  db.sql(`update runs set lease_until = now() - interval '1 second' where id = $1`, [uuidFromId(runId)]);

interface Row {
  status: string;
  claims: number;
  attempt_count: number;
  attempts: { number: number; started_at: string; finished_at?: string; error?: { code: string; message: string } }[];
  error: { code: string; message: string } | null;
  result: Json;
  next_attempt_at: Date | null;
  lease_until: Date | null;
}
async function row(runId: Id<'run'>): Promise<Row> {
  const [found] = await db.sql<Row>('select * from runs where id = $1', [uuidFromId(runId)]);
  if (!found) throw new Error('no such run');
  return found;
}

describe('claiming a run', () => {
  it('succeeds for one of many who try at once', async () => {
    const runId = await enqueue({ payload: { a: 1 } });
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim(runId)));
    expect(claims.filter((one) => one !== null)).toHaveLength(1);
    expect(claims.find((one) => one !== null)).toMatchObject({
      attempt: 1,
      claim: 1,
      payload: { a: 1 },
      kind: 'job',
      name: 'daily',
      failures: 0,
    });
  });

  it('counts up the fencing number, whatever became of the claim before', async () => {
    const runId = await enqueue();
    expect(await claim(runId)).toMatchObject({ claim: 1, attempt: 1 });
    expect(await claim(runId)).toBeNull();
    await inTenant((tx) => handBack(tx, { runId, claim: 1 }));
    expect(await claim(runId)).toMatchObject({ claim: 2, attempt: 1 });
  });

  it('takes runs of the tenant that was asked for and of no other', async () => {
    const runId = await enqueue();
    expect(await claim(runId, await makeInstallation(db, (await db.makeTenant()).id))).toBeNull();
    expect((await row(runId)).status).toBe('queued');
  });

  it('is refused for a run that was cancelled or is parked', async () => {
    const cancelled = await enqueue();
    await inTenant((tx) => cancelRun(tx, cancelled, 'why'));
    expect(await claim(cancelled)).toBeNull();
    expect(await claim(await enqueue({ waitingFor: 'overlap' }))).toBeNull();
  });

  it('tells a payload of null from none', async () => {
    expect((await claim(await enqueue({ payload: null })))?.payload).toBeNull();
    expect((await claim(await enqueue()))?.payload).toBeUndefined();
  });

  it('gives an event’s run the event, with the data of an edited replay in place of its own', async () => {
    await subscribe(db, installation, 'order.paid');
    const emitted = await inTenant<{ runs: { runId: Id<'run'> }[] }>((tx) =>
      emitEvent(tx, {
        id: 'e1',
        type: 'order.paid',
        source: '/shop',
        subject: 's',
        data: { total: 3 },
        time: '2026-01-02T03:04:05.678Z',
        depth: 2,
        severity: 'error',
        tags: ['a', 'b'],
        attributes: { n: 1 },
      }),
    );
    const envelope = {
      id: 'e1',
      type: 'order.paid',
      source: '/shop',
      subject: 's',
      data: { total: 3 },
      time: '2026-01-02T03:04:05.678Z',
      severity: 'error',
      tags: ['a', 'b'],
      attributes: { n: 1 },
    };
    expect(await claim(emitted.runs[0]?.runId ?? 'run_')).toMatchObject({
      payload: envelope,
      eventId: 'e1',
      depth: 2,
      name: 'order.paid',
    });
    const edited = await enqueue({ kind: 'event', name: 'order.paid', eventId: 'e1', payload: { total: 4 } });
    expect((await claim(edited))?.payload).toEqual({ ...envelope, data: { total: 4 } });
  });
});

describe('ending an attempt', () => {
  it('keeps result, limits and what was tried', async () => {
    const runId = await enqueue();
    await claim(runId);
    expect(
      await finish(runId, { result: { z: 1, a: 'nul \u0000' }, limits: { wall_ms: { used: 3, max: 5000 } } }),
    ).toBe('succeeded');
    const done = await row(runId);
    expect(done).toMatchObject({
      status: 'succeeded',
      release: '1.0.0',
      result: { z: 1, a: 'nul \u0000' },
      limits: { wall_ms: { used: 3, max: 5000 } },
      error: null,
      lease_until: null,
    });
    expect(done.attempts).toEqual([
      { number: 1, started_at: expect.stringMatching(/^\d{4}-.*Z$/), finished_at: expect.stringMatching(/Z$/) },
    ]);
  });

  it('changes nothing when another worker has taken over', async () => {
    const runId = await enqueue();
    await claim(runId);
    await runOut(runId);
    await expire();
    await claim(runId);
    expect(await finish(runId, { claim: 1, result: 'late' })).toBeNull();
    expect(
      await finish(runId, { claim: 1, status: 'failed', error: { code: 'PLUGIN_ERROR', message: 'late' } }),
    ).toBeNull();
    expect(await row(runId)).toMatchObject({ status: 'running', claims: 2, result: null });
    expect(await finish(runId, { claim: 2, result: 'mine' })).toBe('succeeded');
  });

  it('takes a success after the lease ran out when nobody has started the run since, but no failure', async () => {
    const [late, failed] = [await enqueue(), await enqueue()];
    for (const runId of [late, failed]) {
      await claim(runId);
      await runOut(runId);
    }
    await expire();
    expect(await finish(late, { result: 1 })).toBe('succeeded');
    expect(await finish(failed, { status: 'failed', error: { code: 'X', message: '' } })).toBeNull();
    expect((await row(failed)).status).toBe('queued');
    expect((await row(late)).next_attempt_at).toBeNull();
    expect((await row(late)).attempts).toMatchObject([{ number: 1 }]);
    expect((await row(late)).attempts[0]).not.toHaveProperty('error');
  });

  it('sets a retry’s time and counts only what the handler itself failed', async () => {
    const runId = await enqueue();
    await claim(runId);
    expect(
      await finish(runId, {
        status: 'retrying',
        delayMs: 60_000,
        countsAsAttempt: true,
        error: { code: 'PLUGIN_ERROR', message: 'boom' },
      }),
    ).toBe('retrying');
    const waiting = await row(runId);
    expect(waiting).toMatchObject({
      status: 'retrying',
      attempt_count: 1,
      error: { code: 'PLUGIN_ERROR', message: 'boom' },
    });
    expect(waiting.attempts[0]?.error).toEqual({ code: 'PLUGIN_ERROR', message: 'boom' });
    expect(Number(waiting.next_attempt_at) - Date.now()).toBeGreaterThan(50_000);
    expect(await claim(runId)).toMatchObject({ attempt: 2, failures: 1 });
    await finish(runId, {
      claim: 2,
      status: 'retrying',
      delayMs: 0,
      countsAsAttempt: false,
      error: { code: 'EXECUTOR_LOST', message: '' },
    });
    expect(await row(runId)).toMatchObject({ attempt_count: 1, claims: 2 });
  });

  it('ends as cancelled when somebody asked for that, unless it succeeded first', async () => {
    const [failing, winning] = [await enqueue(), await enqueue()];
    for (const runId of [failing, winning]) {
      await claim(runId);
      expect(await inTenant((tx) => cancelRun(tx, runId, 'stop'))).toMatchObject({
        status: 'running',
        cancelRequested: true,
      });
    }
    expect(
      await finish(failing, {
        status: 'retrying',
        delayMs: 1,
        countsAsAttempt: true,
        error: { code: 'PLUGIN_ERROR', message: 'aborted' },
      }),
    ).toBe('cancelled');
    expect((await row(failing)).next_attempt_at).toBeNull();
    expect(await finish(winning, {})).toBe('succeeded');
  });

  it('keeps error texts that no database would take as they are', async () => {
    const runId = await enqueue();
    await claim(runId);
    await finish(runId, {
      status: 'failed',
      countsAsAttempt: true,
      error: { code: 'PLUGIN_ERROR', message: `nul \u0000 half \ud800 ${'x'.repeat(100_000)}` },
    });
    const { error } = await row(runId);
    expect(error?.message).toMatch(/^nul \ufffd half \ufffd x+$/);
    expect(error?.message.length).toBe(8192);
  });
});

describe('a lease', () => {
  it('is renewed for its holder only, and tells of a cancel', async () => {
    const [mine, lost] = [await enqueue(), await enqueue()];
    await claim(mine);
    await claim(lost);
    await inTenant((tx) => handBack(tx, { runId: lost, claim: 1 }));
    await inTenant((tx) => cancelRun(tx, mine, 'stop'));
    const held = [mine, lost].map((runId) => ({ tenantId: installation.tenantId, runId, claim: 1 }));
    expect(await db.database.platform((tx) => renewLeases(tx, held, 20_000))).toEqual(
      new Map([[mine, { cancelRequested: true }]]),
    );
  });

  it('that runs out puts the run back, with the lost try on record', async () => {
    const runId = await enqueue();
    await claim(runId);
    expect((await expire()).filter((one) => one.runId === runId)).toEqual([]);
    await runOut(runId);
    expect(await expire()).toEqual([{ tenantId: installation.tenantId, runId, owner: 'w1', status: 'queued' }]);
    const back = await row(runId);
    expect(back).toMatchObject({ status: 'queued', claims: 1, attempt_count: 0 });
    expect(back.attempts[0]?.error?.code).toBe('EXECUTOR_LOST');
    expect(Number(back.next_attempt_at)).toBeLessThanOrEqual(Date.now() + 1000);
  });

  it('that runs out ends a run somebody cancelled', async () => {
    const runId = await enqueue();
    await claim(runId);
    await inTenant((tx) => cancelRun(tx, runId, 'stop'));
    await runOut(runId);
    expect(await expire()).toMatchObject([{ status: 'cancelled' }]);
  });

  it('that keeps running out ends the run as a crash loop', async () => {
    const runId = await enqueue();
    await claim(runId);
    await db.sql('update runs set claims = $2, attempt_count = 3 where id = $1', [
      uuidFromId(runId),
      retryLimits.claims + 3,
    ]);
    await runOut(runId);
    expect(await expire()).toMatchObject([{ status: 'failed' }]);
    expect((await row(runId)).error?.code).toBe('CRASH_LOOP');
  });

  it('given back leaves no trace of a try, and a higher fencing number', async () => {
    const runId = await enqueue();
    await claim(runId);
    expect(await inTenant((tx) => handBack(tx, { runId, claim: 1 }))).toBe(true);
    expect(await row(runId)).toMatchObject({ status: 'queued', claims: 1, attempts: [], lease_until: null });
    expect(await inTenant((tx) => handBack(tx, { runId, claim: 1 }))).toBe(false);
  });
});
