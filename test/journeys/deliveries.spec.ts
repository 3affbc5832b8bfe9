/**
 * What becomes of work that fails: retries, dead letters, replays, a plugin that fails again and again; and who caused
 * what.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mayLeaveOutRedis, startRedis, type RedisServer } from '../support/redis-server.js';
import { startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

for (const backend of ['postgres', 'redis'] as const) {
  const leftOut = backend === 'redis' && mayLeaveOutRedis;
  describe.skipIf(leftOut)(`deliveries, with the queue on ${backend}`, () => {
    let annex: TestAnnex;
    let redis: RedisServer | undefined;
    beforeAll(async () => {
      if (leftOut) return;
      redis = backend === 'redis' ? await startRedis() : undefined;
      annex = await startTestAnnex({ ANNEX_DISABLE_AFTER_FAILURES: '5', ...(redis && { REDIS_URL: redis.url }) });
    });
    afterAll(async () => {
      await annex?.stop();
      await redis?.close();
    });

    const run = (tenant: TestTenant, id: string): Promise<Answer> => tenant.owner.get(`/api/runs/${id}`);
    const ended = (tenant: TestTenant, id: string): Promise<Answer> =>
      until(
        () => run(tenant, id),
        ({ body }) => ['succeeded', 'failed', 'cancelled', 'skipped'].includes(body.status),
      );
    const post = async (tenant: TestTenant, type: string, data: unknown = {}): Promise<string> => {
      const { status, body } = await tenant.owner.post('/api/events', { type, data });
      expect(status).toBe(202);
      return body.event_id;
    };
    const event = (tenant: TestTenant, id: string): Promise<Answer> => tenant.owner.get(`/api/events/${id}`);
    const settled = (tenant: TestTenant, id: string): Promise<Answer> =>
      until(
        () => event(tenant, id),
        ({ body }) =>
          body.deliveries.every(({ status }: { status: string }) => ['succeeded', 'failed'].includes(status)),
      );

    describe('a handler that fails', () => {
      const code = pluginCode('deliveries');
      const jobs = ['never', 'later', 'at', 'far', 'spent'].map((name) => ({
        name,
        retry: { max_attempts: 2, backoff: 'fixed', initial_delay_s: 60 },
      }));
      const start = async (tenant: TestTenant, job: string): Promise<string> =>
        (await tenant.owner.post(`/api/plugins/probe/jobs/${job}/run-now`, {})).body.run_id;

      it('is not tried again after NonRetryable, and when RetryAfter says so, by duration or instant', async () => {
        const tenant = await annex.makeTenant();
        await tenant.install({ manifest: { jobs }, code });
        const never = await ended(tenant, await start(tenant, 'never'));
        expect(never.body).toMatchObject({
          status: 'failed',
          error: { code: 'NON_RETRYABLE', message: 'the address is gone' },
          attempts: [{ number: 1 }],
        });
        // The policy alone would wait for a minute.
        for (const name of ['later', 'at'])
          expect((await ended(tenant, await start(tenant, name))).body).toMatchObject({
            status: 'succeeded',
            result: 2,
            attempts: [{ error: { code: 'RETRY_AFTER' } }, { number: 2 }],
          });
        const far = await start(tenant, 'far');
        const waiting = await until(
          () => run(tenant, far),
          ({ body }) => body.status === 'retrying',
        );
        expect(waiting.body.waiting_for).toBe('retry');
        expect(Date.parse(waiting.body.next_attempt_at) - Date.now()).toBeGreaterThan(3_000_000);
        // Asking for time does not buy attempts.
        expect((await ended(tenant, await start(tenant, 'spent'))).body).toMatchObject({
          status: 'failed',
          attempts: [{ number: 1 }, { number: 2 }],
        });
      });
    });

    describe('dead letters', () => {
      const picky = {
        manifest: { events: ['order.*'] },
        code: pluginCode('deliveries-deliveries'),
      };

      it('are replayed one by one with another payload, or as they are', async () => {
        const tenant = await annex.makeTenant();
        await tenant.install(picky);
        const { body } = await settled(tenant, await post(tenant, 'order.paid', { ok: false, n: 1 }));
        const dead = body.deliveries[0].run_id;
        expect((await tenant.owner.get('/api/dead-letters')).body.items.map(({ id }: { id: string }) => id)).toEqual([
          dead,
        ]);
        const again = await tenant.owner.post(`/api/runs/${dead}/replay`, {});
        expect((await ended(tenant, again.body.run_id)).body).toMatchObject({ status: 'failed', replay_of: dead });
        const edited = await tenant.owner.post(`/api/runs/${again.body.run_id}/replay`, {
          payload: { ok: true, n: 2 },
        });
        expect((await ended(tenant, edited.body.run_id)).body).toMatchObject({
          status: 'succeeded',
          result: { n: 2 },
          replay_of: again.body.run_id,
        });
        expect((await tenant.owner.get('/api/dead-letters')).body.items).toEqual([]);
        const whole = await tenant.owner.post(`/api/events/${body.id}/replay`, { data: { ok: true, n: 3 } });
        expect((await ended(tenant, whole.body.deliveries[0].run_id)).body).toMatchObject({
          status: 'succeeded',
          result: { n: 3 },
        });
        expect(
          (await tenant.owner.post(`/api/events/${body.id}/replay`, { plugins: ['nobody'] })).body.deliveries,
        ).toEqual([]);
        expect(await tenant.owner.post(`/api/events/${body.id}/replay`, { payload: 1 })).toMatchObject({
          status: 422,
          body: { errors: [{ pointer: '/payload' }] },
        });
      });

      it('are replayed in bulk, and the caller can follow how far that has come', async () => {
        const tenant = await annex.makeTenant();
        await tenant.install({
          manifest: { slug: 'bulk', jobs: [{ name: 'one', overlap: 'allow' }] },
          code: `import { job } from '@annex/sdk'; job('one', () => 1)`,
        });
        // More than one transaction replays, as if they had failed.
        await annex.db.sql(
          `insert into runs (tenant_id, id, installation_id, plugin, kind, name, status, policy, error, finished_at)
           select i.tenant_id, (substr(to_char(extract(epoch from now()) * 1000 - 5000, 'FM000000000000000'), 1,
             0) || lpad(to_hex((extract(epoch from now()) * 1000)::bigint - 60000), 12, '0') || '7' || lpad(to_hex(n),
             3, '0') || '8' || lpad(to_hex(n), 15, '0'))::uuid,
             i.id, i.slug, 'job', 'one', 'failed', '{}', '{"code":"PLUGIN_ERROR","message":"x"}', now()
           from installations i cross join generate_series(1, 1200) n
           where i.slug = 'bulk' and i.tenant_id = (select id from tenants where slug = $1)`,
          [tenant.slug],
        );
        const asked = await tenant.owner.post('/api/dead-letters/replay', { plugin: 'bulk' });
        expect(asked).toMatchObject({
          status: 202,
          body: {
            replay_id: expect.stringMatching(/^rpl_/),
            total: 1200,
            replayed: 500,
            remaining: 700,
            status: 'running',
          },
        });
        const done = await until(
          () => tenant.owner.get(`/api/dead-letters/replays/${asked.body.replay_id}`),
          ({ body }) => body.status !== 'running',
        );
        expect(done.body).toMatchObject({
          total: 1200,
          replayed: 1200,
          failed: 0,
          remaining: 0,
          status: 'done',
          finished_at: expect.any(String),
        });
        expect((await tenant.owner.get('/api/dead-letters/replays')).body.items).toHaveLength(1);
        expect((await tenant.owner.get('/api/dead-letters?plugin=bulk')).body.items).toEqual([]);
        const stranger = await annex.makeTenant();
        expect(await stranger.owner.get(`/api/dead-letters/replays/${asked.body.replay_id}`)).toMatchObject({
          status: 404,
          body: { code: 'REPLAY_NOT_FOUND' },
        });
        await until(
          () =>
            annex.db.sql<{ n: number }>(
              `select count(*)::int as n from runs
               where name = 'one' and status = 'succeeded' and tenant_id = (select id from tenants where slug = $1)`,
              [tenant.slug],
            ),
          ([row]) => row?.n === 1200,
        );
      });
    });

    describe('a plugin that fails again and again', () => {
      const fragile = {
        manifest: { slug: 'fragile', events: ['ask.*'] },
        code: pluginCode('fragile'),
      };

      it('shows as degraded, is disabled with a reason, and what comes runs when it is enabled again', async () => {
        const tenant = await annex.makeTenant();
        await tenant.install(fragile);
        const plugin = (): Promise<Answer> => tenant.owner.get('/api/plugins/fragile');
        for (let n = 0; n < 3; n += 1) await settled(tenant, await post(tenant, 'ask.it'));
        expect((await plugin()).body).toMatchObject({
          status: 'enabled',
          degraded: { failed_attempts: 3, failed_runs: 3, last_error: { code: 'NON_RETRYABLE', message: 'broken' } },
        });
        expect((await tenant.owner.get('/api/plugins/fragile/health')).body).toMatchObject({ status: 'degraded' });
        // One that goes well ends the row.
        await settled(tenant, await post(tenant, 'ask.it', { ok: true }));
        expect((await plugin()).body).toMatchObject({ status: 'enabled', degraded: null });

        for (let n = 0; n < 5; n += 1) await settled(tenant, await post(tenant, 'ask.it'));
        const off = await until(plugin, ({ body }) => body.status !== 'enabled');
        expect(off.body).toMatchObject({
          status: 'disabled',
          status_reason: expect.stringContaining('5 runs in a row failed'),
        });
        const told = await tenant.owner.get('/api/events?type=plugin.disabled');
        expect(told.body.items[0].data).toMatchObject({
          plugin: { slug: 'fragile' },
          reason: expect.stringContaining('NON_RETRYABLE'),
        });
        const audit = await tenant.owner.get('/api/audit');
        expect(audit.body.items.find(({ action }: { action: string }) => action === 'plugin.disabled')).toMatchObject({
          actor: 'system',
          detail: { reason: expect.any(String) },
        });

        const parked = await post(tenant, 'ask.it', { ok: true });
        const { body } = await event(tenant, parked);
        const waiting = await until(
          () => run(tenant, body.deliveries[0].run_id),
          (answer) => answer.body.waiting_for === 'plugin_disabled',
        );
        expect(waiting.body.status).toBe('queued');
        expect((await tenant.owner.post('/api/plugins/fragile/enable', {})).body).toMatchObject({
          status: 'enabled',
          status_reason: null,
          degraded: null,
        });
        expect((await ended(tenant, body.deliveries[0].run_id)).body).toMatchObject({
          status: 'succeeded',
          result: 'fine',
        });

        // An admin who disables it wants nothing kept.
        await tenant.owner.post('/api/plugins/fragile/disable');
        expect((await event(tenant, await post(tenant, 'ask.it'))).body.deliveries).toEqual([]);
      });

      it('is not blamed for what the tenant or the platform did', async () => {
        const tenant = await annex.makeTenant();
        await tenant.install({
          manifest: { slug: 'patient', jobs: [{ name: 'wait', overlap: 'allow' }] },
          code: `import { job } from '@annex/sdk'; job('wait', () => new Promise(() => {}))`,
        });
        for (let n = 0; n < 6; n += 1) {
          const { body } = await tenant.owner.post('/api/plugins/patient/jobs/wait/run-now', {});
          await until(
            () => run(tenant, body.run_id),
            (answer) => answer.body.status === 'running',
          );
          await tenant.owner.post(`/api/runs/${body.run_id}/cancel`);
          expect((await ended(tenant, body.run_id)).body.status).toBe('cancelled');
        }
        expect((await tenant.owner.get('/api/plugins/patient')).body).toMatchObject({
          status: 'enabled',
          degraded: null,
        });
      });
    });

    it('shows the tree of an event: its runs, the events they emitted, their runs, and what caused each', async () => {
      const tenant = await annex.makeTenant();
      await tenant.install({
        manifest: { slug: 'chain', events: ['a.start', 'b.next', 'c.last'] },
        code: pluginCode('chain'),
      });
      const root = await post(tenant, 'a.start');
      const tree = await until(
        () => event(tenant, root),
        ({ body }) =>
          body.deliveries[0]?.emitted?.find((each: { type: string }) => each.type === 'b.next')?.deliveries[0]
            ?.emitted[0]?.deliveries[0]?.status === 'succeeded',
      );
      expect(tree.body).toMatchObject({
        caused_by: null,
        tree_truncated: false,
        deliveries: [{ plugin: 'chain', status: 'succeeded' }],
      });
      const emitted = tree.body.deliveries[0].emitted;
      expect(emitted.map(({ type }: { type: string }) => type).sort()).toEqual(['b.next', 'b.unheard']);
      const last = emitted.find(({ type }: { type: string }) => type === 'b.next').deliveries[0].emitted[0];
      expect(last).toMatchObject({ type: 'c.last', deliveries: [{ status: 'succeeded', emitted: [] }] });
      expect((await event(tenant, last.id)).body.caused_by).toMatchObject({
        plugin: 'chain',
        kind: 'event',
        name: 'b.next',
        event_type: 'b.next',
      });
    });

    it('lets operators say how much of the background work a tenant gets', async () => {
      const tenant = await annex.makeTenant();
      const path = `/api/tenants/${tenant.slug}`;
      expect((await annex.operator.get(path)).body).toMatchObject({ weight: 1, background_concurrency: 5 });
      expect((await annex.operator.patch(path, { weight: 3, background_concurrency: 20 })).body).toMatchObject({
        slug: tenant.slug,
        weight: 3,
        background_concurrency: 20,
      });
      expect(await annex.operator.patch(path, { weight: 0 })).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/weight' }] },
      });
      expect((await tenant.owner.patch(path, { weight: 5 })).status).toBe(403);
    });
  });
}
