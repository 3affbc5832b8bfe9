/** Background work over HTTP, once for each backend of the queue: PostgreSQL alone, and Redis. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';
import { mayLeaveOutRedis, startRedis, type RedisServer } from '../support/redis-server.js';

describe.each(['postgres', 'redis'] as const)('background work on %s', (backend) => {
  let annex: TestAnnex;
  let redis: RedisServer | undefined;
  const leftOut = backend === 'redis' && mayLeaveOutRedis;
  beforeAll(async () => {
    if (leftOut) return;
    if (backend === 'redis') redis = await startRedis();
    annex = await startTestAnnex(redis ? { REDIS_URL: redis.url } : {});
  });
  afterAll(async () => {
    await annex?.stop();
    await redis?.close();
  });

  const runOf = (tenant: TestTenant, id: string): Promise<Answer> => tenant.owner.get(`/api/runs/${id}`);
  const ended = ({ body }: Answer): boolean => ['succeeded', 'failed', 'cancelled', 'skipped'].includes(body.status);

  it.skipIf(leftOut)('an event reaches every handler whose pattern matches, once, and the same id again is the same event', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: { slug: 'ears', events: ['build.*', 'build.done'] },
      code: `import { hook } from '@annex/sdk'
        hook('build.*', async (ctx, event) => ({ one: event.type, n: await ctx.kv.incr('star:' + event.id) }))
        hook('build.done', async (ctx, event) => ({ exact: event.data.id, n: await ctx.kv.incr('exact:' + event.id) }))`,
    });
    const body = { type: 'build.done', id: 'ci-77', data: { id: 77 }, source: '/ci' };
    expect(await tenant.owner.post('/api/events', body)).toMatchObject({ status: 202, body: { event_id: 'ci-77' } });
    expect(await tenant.owner.post('/api/events', body)).toMatchObject({ status: 202, body: { event_id: 'ci-77' } });
    const event = await until(
      () => tenant.owner.get('/api/events/ci-77'),
      ({ body: found }) => found.deliveries.length > 0 && found.deliveries.every((delivery: { status: string }) => delivery.status === 'succeeded'),
    );
    expect(event.body).toMatchObject({ id: 'ci-77', type: 'build.done', source: '/ci', subject: null, data: { id: 77 } });
    expect(event.body.deliveries.map((delivery: { plugin: string; attempts: number }) => [delivery.plugin, delivery.attempts])).toEqual([['ears', 1], ['ears', 1]]);
    const results = await Promise.all(event.body.deliveries.map((delivery: { run_id: string }) => runOf(tenant, delivery.run_id)));
    expect(results.map(({ body: run }) => run.result.n)).toEqual([1, 1]);
  });

  it.skipIf(leftOut)('a CloudEvent in JSON is the same as an event of ours', async () => {
    const tenant = await annex.makeTenant();
    const sent = await tenant.owner.request('POST', '/api/events', {
      raw: JSON.stringify({ specversion: '1.0', id: 'ce-1', source: '/shop', type: 'order.paid', subject: 'o1', time: '2026-01-31T12:00:00Z', datacontenttype: 'application/json', data: { total: 3 } }),
      headers: { 'content-type': 'application/cloudevents+json' },
    });
    expect(sent).toMatchObject({ status: 202, body: { event_id: 'ce-1' } });
    expect((await tenant.owner.get('/api/events/ce-1')).body).toMatchObject({ type: 'order.paid', source: '/shop', subject: 'o1', time: '2026-01-31T12:00:00.000Z', data: { total: 3 } });
  });

  it.skipIf(leftOut)('a handler that throws is tried again by its policy; a NonRetryable one is a dead letter at once, and can be replayed', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: { slug: 'flaky', events: ['try.*'], jobs: [{ name: 'third_time', schedule: '@yearly', retry: { max_attempts: 3, backoff: 'fixed', initial_delay_s: 1 } }] },
      code: `import { hook, job, NonRetryable, RetryAfter } from '@annex/sdk'
        hook('try.*', async (ctx, event) => {
          if (event.type === 'try.never' && !(await ctx.kv.get('mended'))) throw new NonRetryable('hopeless')
          return { attempt: ctx.run.attempt }
        })
        job('third_time', async (ctx) => { if (ctx.run.attempt < 3) throw new RetryAfter(50, 'not yet'); return { attempt: ctx.run.attempt } })`,
    });
    const job = await tenant.owner.post('/api/plugins/flaky/jobs/third_time/run-now?wait=30', {});
    expect(job).toMatchObject({ status: 200, body: { status: 'succeeded', result: { attempt: 3 } } });
    expect(job.body.attempts.map((attempt: { number: number; error?: { code: string } }) => [attempt.number, attempt.error?.code])).toEqual([[1, 'RETRY_AFTER'], [2, 'RETRY_AFTER'], [3, undefined]]);

    const sent = await tenant.owner.post('/api/plugins/test-event', { event_type: 'try.never', event_data: {} });
    expect(sent.body.deliveries).toMatchObject([{ plugin: 'flaky', status: 'failed', error: { code: 'NON_RETRYABLE', message: expect.stringContaining('hopeless') } }]);
    const dead = await tenant.owner.get('/api/dead-letters');
    expect(dead.body.items).toMatchObject([{ id: sent.body.deliveries[0].run_id, kind: 'event', status: 'failed' }]);
    const replayed = await tenant.owner.post('/api/dead-letters/replay', { ids: [dead.body.items[0].id] });
    expect(replayed).toMatchObject({ status: 202, body: { replayed: 1, remaining: 0 } });
    const again = await until(() => runOf(tenant, replayed.body.runs[0].run_id), ended);
    expect(again.body).toMatchObject({ status: 'failed', replay_of: dead.body.items[0].id });
  });

  it.skipIf(leftOut)('ctx.emit goes ten deep and no deeper', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: { slug: 'echo', events: ['deep.**'] },
      code: `import { hook } from '@annex/sdk'\nhook('deep.**', async (ctx, event) => { await ctx.emit('deep.next', { level: event.data.level + 1 }); return event.data.level })`,
    });
    await tenant.owner.post('/api/events', { type: 'deep.start', data: { level: 0 } });
    const failed = await until(() => tenant.owner.get('/api/runs?kind=event&status=failed'), ({ body }) => body.items.length > 0);
    expect(failed.body.items).toMatchObject([{ error: { code: 'EMIT_DEPTH' } }]);
    const events = await tenant.owner.get('/api/events?limit=200&type=deep.**');
    expect(events.body.items).toHaveLength(11);
  });

  it.skipIf(leftOut)('a run under way can be cancelled, also one that never comes back by itself', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: { slug: 'stuck', jobs: [{ name: 'wait', schedule: '@yearly' }, { name: 'spin', schedule: '@yearly', timeout_ms: 60000 }] },
      code: `import { job } from '@annex/sdk'\njob('wait', () => new Promise(() => {}))\njob('spin', () => { for (;;); })`,
    });
    for (const name of ['wait', 'spin']) {
      const { body } = await tenant.owner.post(`/api/plugins/stuck/jobs/${name}/run-now`, {});
      expect(body).toMatchObject({ run_id: expect.stringMatching(/^run_/), status: 'queued' });
      await until(() => runOf(tenant, body.run_id), ({ body: run }) => run.status === 'running');
      expect((await tenant.owner.post(`/api/runs/${body.run_id}/cancel`)).status).toBe(202);
      expect((await until(() => runOf(tenant, body.run_id), ended)).body.status).toBe('cancelled');
    }
  });

  it.skipIf(leftOut)('a schedule fires each tick once; paused it rests; its next runs are shown', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: { slug: 'clock', jobs: [{ name: 'tick', schedule: '* * * * * *', overlap: 'allow' }] },
      code: `import { job } from '@annex/sdk'\njob('tick', async (ctx) => ctx.kv.incr('ticks'))`,
    });
    const ran = await until(() => tenant.owner.get('/api/runs?plugin=clock&kind=job&status=succeeded'), ({ body }) => body.items.length >= 3);
    expect((await tenant.owner.patch('/api/plugins/clock/jobs/tick', { paused: true })).body).toMatchObject({ name: 'tick', paused: true });
    const at = ran.body.items.map((run: { scheduled_for: string }) => run.scheduled_for);
    expect(new Set(at).size).toBe(at.length);
    expect(at.every((time: string) => time.endsWith('.000Z'))).toBe(true);
    await tenant.owner.patch('/api/plugins/clock/jobs/tick', { paused: false, schedule: '0 2 * * *', timezone: 'Europe/Berlin' });
    const { body } = await tenant.owner.get('/api/plugins/clock/jobs');
    expect(body.items[0]).toMatchObject({ name: 'tick', schedule: '0 2 * * *', timezone: 'Europe/Berlin', paused: false });
    expect(body.items[0].next_runs.length).toBeGreaterThanOrEqual(3);
  });

  it.skipIf(leftOut)('what the platform does is really emitted', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: { slug: 'witness', events: ['plugin.*', 'auth.user.*'] },
      code: `import { hook } from '@annex/sdk'\nhook('plugin.*', async (ctx, event) => ctx.kv.set('saw:' + event.type, true))\nhook('auth.user.*', async (ctx, event) => ctx.kv.set('saw:' + event.type, event.data.user.email))`,
    });
    await tenant.install({ manifest: { slug: 'other', routes: true }, code: `import { route } from '@annex/sdk'\nroute('/', () => 1)` });
    await tenant.install({ manifest: { slug: 'other', version: '1.1.0', routes: true }, code: `import { route } from '@annex/sdk'\nroute('/', () => 2)` });
    await tenant.owner.post('/api/plugins/other/disable');
    await tenant.owner.delete('/api/plugins/other');
    const user = await tenant.owner.post('/api/users', { email: `new@${tenant.slug}.test`, role: 'member' });
    await tenant.owner.patch(`/api/users/${user.body.id}`, { role: 'viewer' });
    await tenant.owner.delete(`/api/users/${user.body.id}`);
    const wanted = ['auth.user.created', 'auth.user.deleted', 'auth.user.updated', 'plugin.disabled', 'plugin.enabled', 'plugin.installed', 'plugin.uninstalled', 'plugin.upgraded'];
    const { body } = await tenant.owner.get('/api/events?limit=200');
    const types = new Set(body.items.map((event: { type: string }) => event.type));
    for (const type of wanted) expect(types).toContain(type);
  });
});
