import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { uuidFromId, type Id } from '@annex/kernel';
import { emitEvent, enqueueRun, outcomeErrors, type NewRun } from '@annex/runs';
import type { TenantTransaction } from '@annex/database';
import {
  failed,
  succeededWith,
  mayLeaveOutRedis,
  openDispatchBed,
  type DispatchBed,
} from '../../../test/support/dispatch.js';
import { openTcpProxy } from '../../../test/support/tcp-proxy.js';
import { makeInstallation, subscribe, type TestInstallation } from '../../../test/support/installations.js';

/** A promise that a test resolves when it wants a handler to go on. */
const gate = () => Promise.withResolvers<void>();

for (const backend of ['postgres', 'redis'] as const) {
  describe.skipIf(backend === 'redis' && mayLeaveOutRedis)(`dispatching through ${backend}`, () => {
    let bed: DispatchBed;
    beforeAll(async () => {
      bed = await openDispatchBed(backend);
    });
    afterEach(async () => {
      await bed.stopWorkers();
      await bed.db.sql('delete from tenants');
      await bed.db.sql('delete from runs');
      await bed.db.sql('delete from workers');
    });
    afterAll(() => bed.close());

    const install = async (): Promise<TestInstallation> => makeInstallation(bed.db, (await bed.db.makeTenant()).id);
    const enqueue = (at: TestInstallation, run: Partial<NewRun> = {}): Promise<Id<'run'>> =>
      bed.db.database.forTenant(at.tenantId).transaction((tx) =>
        enqueueRun(tx, {
          installationId: at.id,
          plugin: at.slug,
          kind: 'job',
          name: 'work',
          ordinal: 0,
          policy: {},
          depth: 0,
          ...run,
        }),
      );

    it('runs a handler for an event after its commit, and keeps the result', async () => {
      const at = await install();
      await subscribe(bed.db, at, 'build.*');
      const { execution } = await bed.worker((run) => ({ got: run.payload ?? null }));
      const { runs } = await bed.db.database
        .forTenant(at.tenantId)
        .transaction((tx) => emitEvent(tx, { id: 'b1', type: 'build.done', source: '/ci', data: { n: 1 } }));
      const done = await bed.ended(at.tenantId, runs[0]?.runId ?? 'run_');
      expect(done).toMatchObject({
        status: 'succeeded',
        result: { got: { id: 'b1', type: 'build.done', data: { n: 1 } } },
      });
      expect(execution.seen[0]).toMatchObject({
        tenantId: at.tenantId,
        plugin: at.slug,
        kind: 'event',
        name: 'build.*',
        attempt: 1,
      });
    });

    it('tries again as the policy says and leaves a dead letter when the attempts are spent', async () => {
      const at = await install();
      await bed.worker((run) => failed('PLUGIN_ERROR', `attempt ${run.attempt}`));
      const runId = await enqueue(at, {
        kind: 'event',
        name: 'x',
        policy: { retry: { maxAttempts: 3, backoff: 'fixed', initialDelayS: 0.05, maxDelayS: 1 } },
      });
      const dead = await bed.ended(at.tenantId, runId);
      expect(dead).toMatchObject({
        status: 'failed',
        attempt_count: 3,
        error: { code: 'PLUGIN_ERROR', message: 'attempt 3' },
      });
      expect(dead.attempts.map(({ number }) => number)).toEqual([1, 2, 3]);
    });

    it('does not count a fault of the platform against the plugin', async () => {
      const at = await install();
      await bed.worker((run) => (run.attempt === 1 ? failed('EXECUTOR_LOST') : 'done'));
      const runId = await enqueue(at);
      expect(await bed.ended(at.tenantId, runId)).toMatchObject({ status: 'succeeded', attempt_count: 0, claims: 2 });
    });

    it('tries again what the port itself broke on', async () => {
      const at = await install();
      await bed.worker((run) => {
        if (run.attempt === 1) throw new Error('bug');
        return 'done';
      });
      expect(await bed.ended(at.tenantId, await enqueue(at))).toMatchObject({
        status: 'succeeded',
        attempts: [{ error: { code: 'PLATFORM_ERROR' } }, {}],
      });
    });

    it('shares runs between workers and does each once', async () => {
      const at = await install();
      const one = await bed.worker(() => 1);
      const two = await bed.worker(() => 2);
      const ids = await Promise.all(Array.from({ length: 60 }, () => enqueue(at, { kind: 'event', name: 'x' })));
      for (const id of ids) expect(await bed.ended(at.tenantId, id)).toMatchObject({ status: 'succeeded', claims: 1 });
      expect(one.execution.seen.length + two.execution.seen.length).toBe(60);
    });

    it('loses nothing when the queue forgets everything', async () => {
      const tenants = [await install(), await install(), await install()];
      const { promise: release, resolve } = gate();
      const started = gate();
      let running = 0;
      await bed.worker(
        async () => {
          // The fourth slot is kept for tenants that have nothing under way.
          if ((running += 1) === 3) started.resolve();
          await release;
          return 'done';
        },
        { slots: 4 },
      );
      const made = await Promise.all(
        tenants.flatMap((at) =>
          Array.from({ length: 5 }, async () => ({ at, id: await enqueue(at, { kind: 'event', name: 'x' }) })),
        ),
      );
      await started.promise;
      await bed.wipeQueue();
      resolve();
      for (const { at, id } of made)
        expect(await bed.ended(at.tenantId, id)).toMatchObject({ status: 'succeeded', claims: 1 });
    });

    it('gives the runs of a dead worker to a living one', async () => {
      const at = await install();
      const started = gate();
      const dying = await bed.worker(
        () => {
          started.resolve();
          return new Promise(() => {});
        },
        { slots: 1 },
      );
      const runId = await enqueue(at);
      await started.promise;
      await dying.kill();
      await bed.worker(() => 'rescued');
      const done = await bed.ended(at.tenantId, runId);
      expect(done).toMatchObject({ status: 'succeeded', result: 'rescued', claims: 2, attempt_count: 0 });
      expect(done.attempts[0]?.error?.code).toBe('EXECUTOR_LOST');
    });

    it('tells a handler to stop when its run is cancelled', async () => {
      const at = await install();
      const started = gate();
      await bed.worker(async (_run, signal) => {
        started.resolve();
        await new Promise((done) => signal.addEventListener('abort', done));
        return failed('PLUGIN_ERROR', 'aborted');
      });
      const runId = await enqueue(at, { policy: { retry: { maxAttempts: 5 } } });
      await started.promise;
      expect(await bed.runs.cancelRun(bed.caller(at.tenantId), runId)).toMatchObject({
        status: 'running',
        cancelRequested: true,
      });
      expect((await bed.ended(at.tenantId, runId)).status).toBe('cancelled');
    });

    it('lets runs end before it stops, and takes no further ones', async () => {
      const at = await install();
      const started = gate();
      const { promise: release, resolve } = gate();
      const { execution, stop } = await bed.worker(
        async () => {
          started.resolve();
          await release;
          return 'done';
        },
        { slots: 1 },
      );
      const [first, second] = [await enqueue(at), await enqueue(at)];
      await started.promise;
      const stopped = stop(20_000);
      resolve();
      await stopped;
      await stop();
      expect((await bed.row(first)).status).toBe('succeeded');
      expect(await bed.row(second)).toMatchObject({ status: 'queued', claims: 0 });
      expect(execution.seen).toHaveLength(1);
      await bed.worker(() => 'next');
      expect(await bed.ended(at.tenantId, second)).toMatchObject({ status: 'succeeded', result: 'next' });
    });

    it('hands back what does not end in time, so that another worker starts it', async () => {
      const at = await install();
      const started = gate();
      const stuck = await bed.worker(() => {
        started.resolve();
        return new Promise(() => {});
      });
      const runId = await enqueue(at);
      await started.promise;
      await stuck.stop(400);
      expect(await bed.row(runId)).toMatchObject({ status: 'queued', attempts: [] });
      await bed.worker(() => 'done elsewhere');
      expect(await bed.ended(at.tenantId, runId)).toMatchObject({
        status: 'succeeded',
        result: 'done elsewhere',
        attempts: [{ number: 1 }],
      });
    });

    it('gives up an attempt that never answers', async () => {
      const at = await install();
      await bed.worker((run) => (run.attempt === 1 ? new Promise(() => {}) : 'second'), { attemptCeilingMs: 200 });
      expect(await bed.ended(at.tenantId, await enqueue(at))).toMatchObject({ status: 'succeeded', result: 'second' });
    });

    it('parks runs of a plugin that is disabled and goes on when it is enabled', async () => {
      const at = await install();
      const status = (to: string) =>
        bed.db.sql('update installations set status = $2 where id = $1', [uuidFromId(at.id), to]);
      await status('disabled');
      const { execution } = await bed.worker(() => 'done');
      const runId = await enqueue(at);
      // Another tenant's run that was made later has ended: the relay has seen both.
      const other = await install();
      await bed.ended(other.tenantId, await enqueue(other));
      expect(await bed.row(runId)).toMatchObject({ status: 'queued', waiting_for: 'plugin' });
      expect(execution.seen.some(({ id }) => id === runId)).toBe(false);
      await status('enabled');
      await bed.db.database.forTenant(at.tenantId).transaction((tx) => tx.changed('plugins'));
      expect((await bed.ended(at.tenantId, runId)).status).toBe('succeeded');
    });

    it('keeps the answer of a handler that ended while PostgreSQL was away, and runs it no second time', async () => {
      const at = await install();
      const proxy = await openTcpProxy(bed.db.url);
      const started = gate();
      const { promise: release, resolve } = gate();
      const { execution } = await bed.worker(
        async () => {
          started.resolve();
          await release;
          return 'kept';
        },
        { databaseUrl: proxy.url },
      );
      const runId = await enqueue(at);
      await started.promise;
      await proxy.cut();
      resolve();
      // Long enough for a first write to have failed and for the lease to have run out.
      await bed.db.sql(`update runs set lease_until = now() - interval '1 second' where id = $1`, [uuidFromId(runId)]);
      await new Promise((done) => setTimeout(done, 300));
      await proxy.restore();
      expect(await bed.ended(at.tenantId, runId)).toMatchObject({ status: 'succeeded', result: 'kept', claims: 1 });
      expect(execution.seen).toHaveLength(1);
      await bed.stopWorkers();
      await proxy.close();
    });

    it('goes on by itself after its queue was away', async () => {
      const at = await install();
      const proxy = await openTcpProxy(bed.queueUrl);
      await bed.worker(() => 'done', { queueUrl: proxy.url });
      expect((await bed.ended(at.tenantId, await enqueue(at))).status).toBe('succeeded');
      await proxy.cut();
      const runId = await enqueue(at);
      await new Promise((done) => setTimeout(done, 300));
      await proxy.restore();
      expect((await bed.ended(at.tenantId, runId)).status).toBe('succeeded');
      await bed.stopWorkers();
      await proxy.close();
    });

    it('leaves work to the others while it cannot reach PostgreSQL', async () => {
      const at = await install();
      const proxy = await openTcpProxy(bed.db.url);
      const cutOff = await bed.worker(() => 'done', { databaseUrl: proxy.url });
      expect((await bed.ended(at.tenantId, await enqueue(at))).status).toBe('succeeded');
      await proxy.cut();
      const { execution } = await bed.worker(() => 'done');
      for (let count = 0; count < 5; count += 1)
        expect((await bed.ended(at.tenantId, await enqueue(at))).status).toBe('succeeded');
      expect([cutOff.execution.seen.length, execution.seen.length]).toEqual([1, 5]);
      await proxy.restore();
      await bed.stopWorkers();
      await proxy.close();
    });

    it('lets what a run did take effect with its success, or not at all', async () => {
      const at = await install();
      const effect = (id: string) => async (tx: TenantTransaction) =>
        void (await emitEvent(tx, { id, type: 'a.b', source: 's', data: null }));
      const events = async () =>
        (await bed.db.sql<{ id: string }>('select id from events order by id')).map(({ id }) => id);
      await bed.worker(async (run) => {
        if (run.name === 'good') return succeededWith(effect('good'));
        if (run.name === 'poison') {
          return succeededWith(async (tx) => {
            await effect('poison')(tx);
            await tx.query('select 1 / 0');
          });
        }
        return succeededWith(async (tx) => {
          await effect(`${run.name}-${run.claim}`)(tx);
          if (run.claim === 1) throw outcomeErrors.error(run.name === 'full' ? 'QUEUE_FULL' : 'PLUGIN_DISABLED', 'no');
        });
      });
      expect((await bed.ended(at.tenantId, await enqueue(at, { name: 'good' }))).status).toBe('succeeded');
      const poisoned = await bed.ended(at.tenantId, await enqueue(at, { name: 'poison' }));
      expect(poisoned).toMatchObject({ status: 'failed', claims: 1, error: { code: 'PLATFORM_ERROR' } });
      expect((await bed.ended(at.tenantId, await enqueue(at, { name: 'full' }))).status).toBe('succeeded');
      // Refused because the plugin was being disabled: parked, and as it is enabled, started again.
      expect(await bed.ended(at.tenantId, await enqueue(at, { name: 'parked' }))).toMatchObject({
        status: 'succeeded',
        claims: 2,
      });
      expect(await events()).toEqual(['full-2', 'good', 'parked-2']);
    });

    it('lets a quiet tenant through while a flood of another one waits', async () => {
      const [flood, quiet] = [await install(), await install()];
      const order: string[] = [];
      const { promise: release, resolve } = gate();
      await bed.worker(
        async (run) => {
          order.push(run.tenantId);
          await release;
          return null;
        },
        { slots: 4 },
      );
      const ids = await Promise.all(Array.from({ length: 40 }, () => enqueue(flood, { kind: 'event', name: 'x' })));
      const late = await enqueue(quiet);
      // Three of four slots are lent to the flood, and nothing of it ends: the quiet run starts in the one that is kept
      // free.
      while (!order.includes(quiet.tenantId)) await new Promise((done) => setTimeout(done, 10));
      expect(order.filter((tenant) => tenant === flood.tenantId).length).toBeLessThanOrEqual(5);
      resolve();
      await bed.ended(quiet.tenantId, late);
      for (const id of ids) await bed.ended(flood.tenantId, id);
    });

    it('takes each place again as its run ends, whatever the others that were claimed with it do', async () => {
      const [slow, quick] = [await install(), await install()];
      const { promise: release, resolve } = gate();
      await bed.worker((run) => (run.tenantId === slow.tenantId ? release.then(() => 'slow') : 'quick'), { slots: 4 });
      const long = await enqueue(slow);
      const ids = await Promise.all(Array.from({ length: 30 }, () => enqueue(quick, { kind: 'event', name: 'x' })));
      for (const id of ids) expect((await bed.ended(quick.tenantId, id)).status).toBe('succeeded');
      expect((await bed.row(long)).status).toBe('running');
      resolve();
      expect((await bed.ended(slow.tenantId, long)).result).toBe('slow');
    });

    it('gives back what it claimed ahead when runs turn out long, so that another worker starts it', async () => {
      const at = await install();
      const { promise: release, resolve } = gate();
      const one = await bed.worker((run) => (run.name === 'long' ? release.then(() => 'one') : 'short'), { slots: 2 });
      const short = await Promise.all(Array.from({ length: 8 }, () => enqueue(at, { kind: 'event', name: 'short' })));
      for (const id of short) await bed.ended(at.tenantId, id);
      const long = await bed.db.database.forTenant(at.tenantId).transaction((tx) =>
        Promise.all(
          Array.from({ length: 6 }, () =>
            enqueueRun(tx, {
              installationId: at.id,
              plugin: at.slug,
              kind: 'event',
              name: 'long',
              ordinal: 0,
              policy: {},
              depth: 0,
            }),
          ),
        ),
      );
      while (one.dispatcher.stats().handedBack === 0) await new Promise((done) => setTimeout(done, 10));
      const two = await bed.worker(() => 'two');
      while (two.execution.seen.length < 5) await new Promise((done) => setTimeout(done, 10));
      resolve();
      for (const id of long) {
        const ended = await bed.ended(at.tenantId, id);
        expect(ended).toMatchObject({ status: 'succeeded', attempts: [{ number: 1 }], attempt_count: 0 });
        expect(ended.attempts).toHaveLength(1);
      }
    });

    it('needs few permits for many runs', async () => {
      const at = await install();
      await bed.worker(() => 'done');
      const ids = await bed.db.database.forTenant(at.tenantId).transaction(async (tx) => {
        const made: Id<'run'>[] = [];
        for (let n = 0; n < 400; n += 1)
          made.push(
            await enqueueRun(tx, {
              installationId: at.id,
              plugin: at.slug,
              kind: 'event',
              name: 'x',
              ordinal: 0,
              policy: {},
              depth: 0,
            }),
          );
        return made;
      });
      const before = bed.permits();
      for (const id of ids) expect((await bed.ended(at.tenantId, id)).claims).toBe(1);
      expect(bed.permits() - before).toBeLessThan(ids.length / 4);
    });
  });
}
