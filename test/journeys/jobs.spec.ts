/** Jobs over HTTP, once for each backend of the queue. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPlugin, startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';
import { mayLeaveOutRedis, startRedis, type RedisServer } from '../support/redis-server.js';
import { pluginCode } from '../support/plugin-code.js';

const ended = ({ body }: Answer): boolean => ['succeeded', 'failed', 'cancelled', 'skipped'].includes(body.status);

describe.each(['postgres', 'redis'] as const)('jobs on %s', (backend) => {
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

  const start = async (tenant: TestTenant, job: string, body: unknown = {}): Promise<string> =>
    (await tenant.owner.post(`/api/plugins/worker/jobs/${job}/run-now`, body)).body.run_id as string;
  const run = (tenant: TestTenant, id: string): Promise<Answer> => tenant.owner.get(`/api/runs/${id}`);
  const end = (tenant: TestTenant, id: string): Promise<Answer> => until(() => run(tenant, id), ended);
  const running = (tenant: TestTenant, id: string): Promise<Answer> =>
    until(
      () => run(tenant, id),
      ({ body }) => body.status === 'running',
    );
  const open = (tenant: TestTenant): Promise<unknown> => tenant.owner.get('/ext/worker/open');

  /** A job that ends when its gate is opened: `held` waits for the key `open`. */
  const gated = (jobs: object[], more = ''): Parameters<TestTenant['install']>[0] => ({
    manifest: { slug: 'worker', routes: true, jobs: jobs.map((job) => ({ schedule: '@yearly', ...job })) },
    code: `import { job, route } from '@annex/sdk'
      const gate = async (ctx) => {
      for (;;) {
        if (await ctx.kv.get('open')) return { attempt: ctx.run.attempt };
        await new Promise((done) => setTimeout(done, 25));
      }
    };
      route('/open', async (ctx) => { await ctx.kv.set('open', true); return {} })
      ${jobs.map((job) => `job('${(job as { name: string }).name}', gate);`).join('\n')} ${more}`,
  });

  describe('run-now', () => {
    it.skipIf(leftOut)('answers 202 with the run, or 200 with the finished one when it waits long enough', async () => {
      const tenant = await annex.makeTenant();
      await tenant.install({
        manifest: {
          slug: 'worker',
          jobs: [
            { name: 'echo', schedule: '@yearly' },
            { name: 'nap', schedule: '@yearly' },
          ],
        },
        code: `
          import { job } from '@annex/sdk';
          job('echo', (ctx, payload) => ({ payload, kind: typeof payload, tenant: ctx.tenantId, user: ctx.user }));
          job('nap', () => new Promise((done) => setTimeout(() => done('awake'), 2500)))
        `,
      });
      const now = (job: string, query: string, body?: unknown): Promise<Answer> =>
        tenant.owner.post(`/api/plugins/worker/jobs/${job}/run-now${query}`, body);
      const queued = await now('echo', '', { payload: 1 });
      expect(queued).toMatchObject({ status: 202 });
      expect(queued.body).toEqual({ run_id: expect.stringMatching(/^run_/), status: 'queued' });
      expect((await end(tenant, queued.body.run_id)).body).toMatchObject({
        status: 'succeeded',
        result: { payload: 1 },
      });
      for (const payload of [{ deep: [1, null, 'ü'] }, 'text', 0, false, [], null]) {
        expect(await now('echo', '?wait=30', { payload })).toMatchObject({
          status: 200,
          body: {
            kind: 'job',
            name: 'echo',
            plugin: 'worker',
            status: 'succeeded',
            result: { payload, tenant: tenant.slug, user: null },
            attempts: [{ number: 1 }],
            limits: { wall_ms: { max: 30_000 }, cpu_ms: { max: 10_000 } },
          },
        });
      }
      expect(await now('echo', '?wait=30', {})).toMatchObject({ status: 200, body: { status: 'succeeded' } });
      expect(await now('echo', '?wait=30')).toMatchObject({ status: 200, body: { status: 'succeeded' } });
      const brief = await now('nap', '?wait=0.2', {});
      expect(brief).toMatchObject({
        status: 202,
        body: { run_id: expect.any(String), kind: 'job', attempts: expect.any(Array) },
      });
      expect(brief.body.id).toBe(brief.body.run_id);
      expect((await end(tenant, brief.body.run_id)).body.result).toBe('awake');
    });

    it.skipIf(leftOut)('that fails and waits to be tried again answers the run, with its attempts so far', async () => {
      const tenant = await annex.makeTenant();
      await tenant.install({
        manifest: {
          slug: 'worker',
          jobs: [
            { name: 'again', schedule: '@yearly', retry: { max_attempts: 2, backoff: 'fixed', initial_delay_s: 3600 } },
          ],
        },
        code: `import { job } from '@annex/sdk'; job('again', () => { throw new Error('the very reason') })`,
      });
      const answer = await tenant.owner.post('/api/plugins/worker/jobs/again/run-now?wait=5', {});
      expect(answer).toMatchObject({
        status: 202,
        body: {
          status: 'retrying',
          attempts: [
            { number: 1, error: { code: 'PLUGIN_ERROR', message: expect.stringContaining('the very reason') } },
          ],
        },
      });
      expect(answer.body.id).toBe(answer.body.run_id);
    });

    it.skipIf(leftOut)('says what is wrong: no such job, no such plugin, not enabled, too much, no right', async () => {
      const tenant = await annex.makeTenant();
      await tenant.install(gated([{ name: 'tidy' }]));
      const now = (path: string, body: unknown = {}): Promise<Answer> =>
        tenant.owner.post(`/api/plugins/${path}/run-now`, body);
      expect(await now('worker/jobs/tydi')).toMatchObject({
        status: 404,
        body: { code: 'JOB_NOT_FOUND', detail: expect.stringContaining('tidy') },
      });
      expect(await now('nothing/jobs/tidy')).toMatchObject({ status: 404, body: { code: 'PLUGIN_NOT_FOUND' } });
      expect(await now('worker/jobs/tidy', { payload: 'x'.repeat(256 * 1024) })).toMatchObject({
        status: 413,
        body: { code: 'PAYLOAD_TOO_LARGE' },
      });
      expect(await now('worker/jobs/tidy', { pay: 1 })).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/pay' }] },
      });
      expect(await now('worker/jobs/tidy', 7)).toMatchObject({ status: 422 });
      expect(await tenant.owner.post('/api/plugins/worker/jobs/tidy/run-now?wait=forever', {})).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/wait' }] },
      });
      expect(await (await tenant.as('member')).post('/api/plugins/worker/jobs/tidy/run-now', {})).toMatchObject({
        status: 403,
      });
      await tenant.owner.post('/api/plugins/worker/disable');
      expect(await now('worker/jobs/tidy')).toMatchObject({ status: 409, body: { code: 'PLUGIN_DISABLED' } });
    });
  });

  describe('a run of a job', () => {
    it.skipIf(leftOut)(
      'ends as TIMEOUT at the job’s own limit, and as failed when it throws, with what it said',
      async () => {
        const tenant = await annex.makeTenant();
        await tenant.install({
          manifest: {
            slug: 'worker',
            jobs: [
              { name: 'hang', schedule: '@yearly', timeout_ms: 1000 },
              { name: 'fail', schedule: '@yearly' },
              { name: 'twice', schedule: '@yearly', retry: { max_attempts: 2, backoff: 'fixed', initial_delay_s: 1 } },
            ],
          },
          code: pluginCode('failing-jobs'),
        });
        const now = (job: string): Promise<Answer> =>
          tenant.owner.post(`/api/plugins/worker/jobs/${job}/run-now?wait=30`, {});
        expect((await now('fail')).body).toMatchObject({
          status: 'failed',
          error: { code: 'PLUGIN_ERROR', message: expect.stringContaining('the very reason') },
          attempts: [{ number: 1 }],
        });
        expect((await now('hang')).body).toMatchObject({
          status: 'failed',
          error: { code: 'TIMEOUT', message: expect.stringContaining('1000') },
          limits: { wall_ms: { max: 1000 } },
        });
        const twice = (await now('twice')).body;
        expect(twice).toMatchObject({
          status: 'failed',
          error: { code: 'PLUGIN_ERROR' },
          attempts: [
            { number: 1, error: { code: 'PLUGIN_ERROR' } },
            { number: 2, error: { code: 'PLUGIN_ERROR' } },
          ],
        });
        expect(
          twice.logs
            .filter((line: { message: string }) => line.message.startsWith('try'))
            .map((line: { message: string }) => line.message),
        ).toEqual(['try 1', 'try 2']);
        const dead = await tenant.owner.get('/api/dead-letters?kind=job');
        expect(dead.body.items.map((each: { name: string }) => each.name).sort()).toEqual(['fail', 'hang', 'twice']);
      },
    );

    it.skipIf(leftOut)('can be cancelled while it waits or runs, and replayed once it has ended', async () => {
      const tenant = await annex.makeTenant();
      await tenant.install(gated([{ name: 'held' }]));
      const first = await start(tenant, 'held');
      await running(tenant, first);
      const second = await start(tenant, 'held');
      expect((await run(tenant, second)).body).toMatchObject({ status: 'queued', waiting_for: 'overlap' });
      expect(await tenant.owner.post(`/api/runs/${second}/cancel`)).toMatchObject({
        status: 202,
        body: { status: 'cancelled' },
      });
      expect(await tenant.owner.post(`/api/runs/${first}/replay`, {})).toMatchObject({
        status: 409,
        body: { code: 'RUN_NOT_ENDED' },
      });
      expect((await tenant.owner.post(`/api/runs/${first}/cancel`)).status).toBe(202);
      expect((await end(tenant, first)).body).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED' } });
      await open(tenant);
      const { body: replay } = await tenant.owner.post(`/api/runs/${first}/replay`, {});
      expect((await end(tenant, replay.run_id)).body).toMatchObject({ status: 'succeeded', replay_of: first });
      expect(await tenant.owner.post(`/api/runs/${replay.run_id}/cancel`)).toMatchObject({
        status: 409,
        body: { code: 'RUN_ENDED' },
      });
    });
  });

  describe('a run that never comes back by itself', () => {
    it.skipIf(leftOut)('ends when it is cancelled, long before its own limit', async () => {
      const tenant = await annex.makeTenant();
      await tenant.install({
        manifest: {
          slug: 'worker',
          jobs: [
            { name: 'wait', schedule: '@yearly', timeout_ms: 600_000 },
            { name: 'spin', schedule: '@yearly', timeout_ms: 600_000 },
          ],
        },
        code: pluginCode('endless-jobs'),
      });
      for (const name of ['wait', 'spin']) {
        const id = await start(tenant, name);
        await running(tenant, id);
        expect((await tenant.owner.post(`/api/runs/${id}/cancel`)).status).toBe(202);
        expect((await end(tenant, id)).body, name).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED' } });
      }
    });
  });

  describe('two runs of one job', () => {
    it.skipIf(leftOut)('wait for each other, run together or replace one another, as the job says', async () => {
      const tenant = await annex.makeTenant();
      await tenant.install(
        gated([
          { name: 'queue', overlap: 'queue' },
          { name: 'allow', overlap: 'allow' },
          { name: 'replace', overlap: 'replace' },
        ]),
      );
      const queue = [await start(tenant, 'queue'), await start(tenant, 'queue')] as const;
      const allow = [await start(tenant, 'allow'), await start(tenant, 'allow')] as const;
      for (const id of [queue[0], ...allow]) await running(tenant, id);
      expect((await run(tenant, queue[1])).body).toMatchObject({ status: 'queued', waiting_for: 'overlap' });
      const replace = [await start(tenant, 'replace')];
      await running(tenant, replace[0] ?? '');
      replace.push(await start(tenant, 'replace'));
      expect((await end(tenant, replace[0] ?? '')).body).toMatchObject({ status: 'cancelled' });
      await running(tenant, replace[1] ?? '');
      await open(tenant);
      for (const id of [...queue, ...allow, replace[1] ?? ''])
        expect((await end(tenant, id)).body.status).toBe('succeeded');
    });

    it.skipIf(leftOut)('never overlap at a tick that says skip: the tick left out says why', async () => {
      const tenant = await annex.makeTenant();
      await tenant.install(gated([{ name: 'tick', schedule: '* * * * * *', overlap: 'skip' }]));
      const skipped = await until(
        () => tenant.owner.get('/api/runs?kind=job&status=skipped'),
        ({ body }) => body.items.length >= 2,
      );
      expect(skipped.body.items[0]).toMatchObject({
        name: 'tick',
        scheduled_for: expect.stringMatching(/\.000Z$/),
        error: { code: expect.any(String), message: expect.any(String) },
        attempts: [],
      });
      const { body: underWay } = await tenant.owner.get('/api/runs?kind=job&status=running');
      expect(underWay.items).toHaveLength(1);
      await open(tenant);
      await tenant.owner.post('/api/plugins/worker/disable');
    });
  });

  describe('a schedule', () => {
    it.skipIf(leftOut)(
      'is shown with its next runs and last run, is changed by admins, and goes back to the manifest’s',
      async () => {
        const tenant = await annex.makeTenant();
        await tenant.install(gated([{ name: 'daily', schedule: '0 2 * * *', timezone: 'Europe/Berlin' }]));
        await open(tenant);
        await end(tenant, await start(tenant, 'daily'));
        const { body: jobs } = await tenant.owner.get('/api/plugins/worker/jobs');
        const [job] = jobs.items;
        expect(jobs).toEqual({ items: [expect.any(Object)], next_cursor: null });
        expect(job).toMatchObject({
          name: 'daily',
          schedule: '0 2 * * *',
          timezone: 'Europe/Berlin',
          paused: false,
          overlap: 'skip',
          catch_up: 'latest',
          last_run: { status: 'succeeded' },
        });
        expect(job.next_runs).toHaveLength(10);
        expect(job.next_run_at).toBe(job.next_runs[0]);
        const hours = job.next_runs.map((at: string) =>
          new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' }).format(
            new Date(at),
          ),
        );
        expect(new Set(hours)).toEqual(new Set(['02:00']));
        const patch = (body: unknown): Promise<Answer> => tenant.owner.patch('/api/plugins/worker/jobs/daily', body);
        expect(await patch({ schedule: '30 4 * * MON', timezone: 'America/New_York' })).toMatchObject({
          status: 200,
          body: {
            schedule: '30 4 * * MON',
            timezone: 'America/New_York',
            overridden: true,
            manifest: { schedule: '0 2 * * *' },
          },
        });
        const preview = '/api/plugins/worker/jobs/daily/preview?schedule=0%202%20*%20*%20*&timezone=Europe/Berlin';
        const previewed = await tenant.owner.get(preview);
        expect(previewed).toMatchObject({ status: 200, body: { overridden: false, next_runs: job.next_runs } });
        expect(await tenant.owner.get('/api/plugins/worker/jobs/daily/preview?timezone=Mars')).toMatchObject({
          status: 422,
          body: { code: 'SCHEDULE_INVALID' },
        });
        const times = (query: string): Promise<Answer> => tenant.owner.get(`/api/jobs/calendar?${query}`);
        expect(await times('since=2027-01-03T00:00:00Z&until=2027-01-13T00:00:00Z')).toMatchObject({
          status: 200,
          body: {
            items: [
              {
                name: 'daily',
                resting: null,
                more: false,
                ticks: ['2027-01-04T09:30:00.000Z', '2027-01-11T09:30:00.000Z'],
              },
            ],
          },
        });
        expect(await times('since=2027-01-03T00:00:00Z&until=2027-03-13T00:00:00Z')).toMatchObject({ status: 422 });
        expect(await patch({ paused: true })).toMatchObject({
          status: 200,
          body: { paused: true, next_run_at: null, schedule: '30 4 * * MON' },
        });
        expect(await patch({ paused: false, schedule: null, timezone: null })).toMatchObject({
          status: 200,
          body: { paused: false, schedule: '0 2 * * *', timezone: 'Europe/Berlin', overridden: false },
        });
        for (const body of [{ schedule: 'nonsense' }, { schedule: '61 * * * *' }, { timezone: 'Mars/Olympus' }])
          expect(await patch(body), JSON.stringify(body)).toMatchObject({
            status: 422,
            body: { code: 'SCHEDULE_INVALID' },
          });
        expect(await patch({ paused: 'yes', colour: 1 })).toMatchObject({ status: 422 });
        expect(await tenant.owner.patch('/api/plugins/worker/jobs/nothing', { paused: true })).toMatchObject({
          status: 404,
          body: { code: 'JOB_NOT_FOUND' },
        });
        expect(
          await (await tenant.as('developer')).patch('/api/plugins/worker/jobs/daily', { paused: true }),
        ).toMatchObject({ status: 403 });
        await tenant.owner.post('/api/plugins/worker/disable');
        expect((await tenant.owner.get('/api/plugins/worker/jobs')).body.items[0]).toMatchObject({ next_run_at: null });
      },
    );

    it.skipIf(leftOut)(
      'that is paused says how many ticks pass, and when it goes on leaves one run that tells of them',
      async () => {
        const tenant = await annex.makeTenant();
        await tenant.install({
          manifest: { slug: 'worker', jobs: [{ name: 'tick', schedule: '* * * * * *', overlap: 'allow' }] },
          code: `import { job } from '@annex/sdk'; job('tick', () => 1)`,
        });
        const patch = (body: unknown): Promise<Answer> => tenant.owner.patch('/api/plugins/worker/jobs/tick', body);
        const jobs = (): Promise<Answer> => tenant.owner.get('/api/plugins/worker/jobs');
        await patch({ paused: true });
        const passing = await until(jobs, ({ body }) => body.items[0].passing?.ticks >= 3);
        expect(passing.body.items[0]).toMatchObject({
          paused: true,
          next_run_at: null,
          passing: { reason: 'paused', first: expect.any(String), last: expect.any(String) },
        });
        expect(await patch({ paused: false })).toMatchObject({
          status: 200,
          body: { paused: false, passing: null, next_run_at: expect.any(String) },
        });
        const told = await until(
          () => tenant.owner.get('/api/runs?kind=job&status=skipped'),
          ({ body }) => body.items.length > 0,
        );
        await patch({ paused: true });
        expect(told.body.items).toHaveLength(1);
        const [skipped] = told.body.items;
        expect(skipped).toMatchObject({
          name: 'tick',
          status: 'skipped',
          error: { code: 'PAUSED', message: expect.any(String) },
          scheduled_for: passing.body.items[0].passing.first,
        });
        const { ticks, first, last } = skipped.skipped;
        expect(ticks).toBeGreaterThanOrEqual(3);
        expect((Date.parse(last) - Date.parse(first)) / 1000 + 1).toBe(ticks);
      },
    );

    it.skipIf(leftOut)('loses no tick to a deployment: disabled, replaced and enabled again', async () => {
      const tenant = await annex.makeTenant();
      const worker = (version: string): Parameters<TestTenant['install']>[0] => ({
        manifest: {
          slug: 'worker',
          version,
          jobs: [{ name: 'tick', schedule: '* * * * * *', overlap: 'allow', catch_up: 'all', jitter_s: 1 }],
        },
        code: `import { job } from '@annex/sdk'; job('tick', (ctx) => ctx.kv.incr('ticks'))`,
      });
      const succeeded = (): Promise<Answer> => tenant.owner.get('/api/runs?kind=job&status=succeeded&limit=200');
      await tenant.install(worker('1.0.0'));
      await until(succeeded, ({ body }) => body.items.length >= 2);
      await tenant.owner.post('/api/plugins/worker/disable');
      await until(
        () => tenant.owner.get('/api/plugins/worker/jobs'),
        ({ body }) => body.items[0].passing?.ticks >= 2,
      );
      expect((await tenant.owner.upload(packPlugin(worker('1.0.1')))).status).toBe(201);
      await tenant.owner.post('/api/plugins/worker/enable');
      await until(
        succeeded,
        ({ body }) =>
          body.items.some((each: { release: string }) => each.release === '1.0.1') && body.items.length >= 7,
      );
      await tenant.owner.post('/api/plugins/worker/jobs/tick/run-now?wait=30');
      await tenant.owner.patch('/api/plugins/worker/jobs/tick', { paused: true });
      const { body } = await until(
        () => tenant.owner.get('/api/runs?kind=job&limit=200'),
        (answer) => answer.body.items.every((each: { status: string }) => each.status === 'succeeded'),
      );
      const ticks = body.items
        .flatMap((each: { scheduled_for: string | null }) =>
          each.scheduled_for ? [Date.parse(each.scheduled_for)] : [],
        )
        .sort();
      expect((ticks.at(-1) - ticks[0]) / 1000 + 1).toBe(ticks.length);
    });

    it.skipIf(leftOut)('fires each second once, with two workers on the same database', async () => {
      const tenant = await annex.makeTenant();
      const second = await annex.startSecondApi();
      await second.platform.dispatcher.start();
      await tenant.install({
        manifest: { slug: 'worker', jobs: [{ name: 'tick', schedule: '* * * * * *', overlap: 'allow' }] },
        code: `import { job } from '@annex/sdk'; job('tick', (ctx) => ctx.kv.incr('ticks'))`,
      });
      await until(
        () => tenant.owner.get('/api/runs?kind=job&status=succeeded&limit=200'),
        ({ body }) => body.items.length >= 4,
      );
      await tenant.owner.patch('/api/plugins/worker/jobs/tick', { paused: true });
      const { body } = await until(
        () => tenant.owner.get('/api/runs?kind=job&limit=200'),
        (answer) => answer.body.items.every((each: { status: string }) => each.status === 'succeeded'),
      );
      const ticks = body.items.map((each: { scheduled_for: string }) => each.scheduled_for);
      expect(new Set(ticks).size).toBe(ticks.length);
      const [latest, earliest] = [Date.parse(ticks[0]), Date.parse(ticks.at(-1))];
      expect((latest - earliest) / 1000 + 1).toBe(ticks.length);
      expect(new Set(body.items.map((each: { result: number }) => each.result)).size).toBe(ticks.length);
      await second.platform.dispatcher.stop();
    });
  });

  describe('a plugin', () => {
    it.skipIf(leftOut)('starts its own jobs from a route, and no other', async () => {
      const tenant = await annex.makeTenant();
      await tenant.install({
        manifest: { slug: 'worker', routes: true, jobs: [{ name: 'mine', schedule: '@yearly' }] },
        code: `
          import { job, route } from '@annex/sdk';
          route('/start', (ctx) => ctx.jobs.runNow('mine', { from: 'route' }));
          route('/other', (ctx) => ctx.jobs.runNow('theirs').catch((error) => ({ code: error.code })));
          job('mine', (ctx, payload) => payload)
        `,
      });
      const { body } = await tenant.owner.get('/ext/worker/start');
      expect(body).toMatchObject({ run_id: expect.stringMatching(/^run_/), status: 'queued' });
      expect((await end(tenant, body.run_id)).body).toMatchObject({ status: 'succeeded', result: { from: 'route' } });
      expect((await tenant.owner.get('/ext/worker/other')).body).toEqual({ code: 'JOB_UNKNOWN' });
    });

    it.skipIf(leftOut)('is told of its life: installed once, reloaded, shut down', async () => {
      const tenant = await annex.makeTenant();
      await tenant.install({
        manifest: { slug: 'worker', routes: true },
        code: pluginCode('lifecycle-counts'),
      });
      const told = (wanted: object): Promise<Answer> =>
        until(
          () => tenant.owner.get('/ext/worker/told'),
          ({ body }) => JSON.stringify(body) === JSON.stringify(wanted),
        );
      await told({ install: 1, reload: null, shutdown: null });
      await tenant.owner.post('/api/plugins/worker/reload');
      await told({ install: 1, reload: 1, shutdown: null });
      await tenant.owner.post('/api/plugins/worker/disable');
      await until(
        () => tenant.owner.get('/api/runs?kind=lifecycle'),
        ({ body }) =>
          body.items.some(
            (each: { name: string; status: string }) => each.name === 'shutdown' && each.status === 'succeeded',
          ),
      );
      await tenant.owner.post('/api/plugins/worker/enable', {});
      await told({ install: 1, reload: 1, shutdown: 1 });
    });
  });
});
