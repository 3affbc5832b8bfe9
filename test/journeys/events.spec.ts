/** The tenant's bus over HTTP, once for each backend of the queue. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';
import { mayLeaveOutRedis, startRedis, type RedisServer } from '../support/redis-server.js';
import { pluginCode } from '../support/plugin-code.js';

const ended = ({ body }: Answer): boolean => ['succeeded', 'failed', 'cancelled', 'skipped'].includes(body.status);
const pointers = ({ body }: Answer): string[] => body.errors.map((fault: { pointer: string }) => fault.pointer).sort();

describe.each(['postgres', 'redis'] as const)('events on %s', (backend) => {
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

  const settled = (tenant: TestTenant, id: string): Promise<Answer> =>
    until(
      () => tenant.owner.get(`/api/events/${id}`),
      ({ body }) =>
        body.deliveries.every((delivery: { status: string }) => ['succeeded', 'failed'].includes(delivery.status)),
    );
  const run = (tenant: TestTenant, id: string): Promise<Answer> =>
    until(() => tenant.owner.get(`/api/runs/${id}`), ended);

  describe('an event', () => {
    it.skipIf(leftOut)(
      'that is not one is refused with every fault by its pointer, and one that is too large as such',
      async () => {
        const { owner } = await annex.makeTenant();
        const faults = await owner.post('/api/events', {
          type: 'Not A Type',
          id: '',
          source: 'annex:platform',
          time: 'yesterday',
          subject: 7,
          payload: {},
        });
        expect(faults.status).toBe(422);
        expect(pointers(faults)).toEqual(['/id', '/payload', '/source', '/subject', '/time', '/type']);
        expect(pointers(await owner.post('/api/events', { type: 'build.*' }))).toEqual(['/type']);
        expect(
          pointers(await owner.post('/api/events', { specversion: '0.3', type: 'a.b', 'Bad-Extension': 1 })),
        ).toEqual(['/Bad-Extension', '/id', '/source', '/specversion']);
        for (const body of [null, [], 'text', 7])
          expect((await owner.post('/api/events', body)).status).toBeGreaterThanOrEqual(400);
        const large = 'x'.repeat(256 * 1024);
        expect(await owner.post('/api/events', { type: 'a.b', data: large })).toMatchObject({
          status: 413,
          body: { code: 'PAYLOAD_TOO_LARGE' },
        });
        expect(await owner.post('/api/plugins/test-event', { event_type: 'a.b', event_data: large })).toMatchObject({
          status: 413,
          body: { code: 'PAYLOAD_TOO_LARGE' },
        });
        expect((await owner.post('/api/events', { type: 'a.b', data: large.slice(2) })).status).toBe(202);
        expect(pointers(await owner.post('/api/plugins/test-event', { event_type: 'a b', extra: 1 }))).toEqual([
          '/event_type',
          '/extra',
        ]);
        expect((await owner.get('/api/events?type=build.*')).body.items).toEqual([]);
      },
    );

    it.skipIf(leftOut)('gets an id, a source and a time when it brings none, and keeps what it brings', async () => {
      const { owner } = await annex.makeTenant();
      const { body: sent } = await owner.post('/api/events', { type: 'plain.sent' });
      expect(sent.event_id).toMatch(/^evt_/);
      expect((await owner.get(`/api/events/${sent.event_id}`)).body).toEqual({
        id: sent.event_id,
        type: 'plain.sent',
        source: expect.stringMatching(/./),
        subject: null,
        data: {},
        time: expect.stringMatching(/Z$/),
        severity: 'info',
        tags: [],
        attributes: {},
        deliveries: [],
        caused_by: null,
        tree_truncated: false,
        passed_over: [],
      });
      const body = {
        type: 'full.sent',
        id: 'order 7/ü',
        source: '/shop',
        subject: 'order 7',
        time: '2026-01-31T12:00:00+01:00',
        data: [null, { deep: true }],
      };
      expect(await owner.post('/api/events', body)).toMatchObject({ status: 202, body: { event_id: body.id } });
      expect((await owner.get(`/api/events/${encodeURIComponent(body.id)}`)).body).toMatchObject({
        ...body,
        time: '2026-01-31T11:00:00.000Z',
      });
    });

    it.skipIf(leftOut)('may come as a CloudEvent in JSON', async () => {
      const { owner } = await annex.makeTenant();
      const cloud = {
        specversion: '1.0',
        id: 'ce-1',
        source: '/shop',
        type: 'order.paid',
        subject: 'o1',
        time: '2026-01-31T12:00:00Z',
        datacontenttype: 'application/json',
        data: { total: 3 },
        traceparent: '00-x',
      };
      for (const type of ['application/cloudevents+json', 'application/json']) {
        expect(
          await owner.request('POST', '/api/events', {
            raw: JSON.stringify({ ...cloud, id: type }),
            headers: { 'content-type': type },
          }),
        ).toMatchObject({ status: 202, body: { event_id: type } });
        expect((await owner.get(`/api/events/${encodeURIComponent(type)}`)).body).toMatchObject({
          type: 'order.paid',
          source: '/shop',
          subject: 'o1',
          time: '2026-01-31T12:00:00.000Z',
          data: { total: 3 },
        });
      }
      const { id: _, ...without } = cloud;
      expect(pointers(await owner.post('/api/events', without))).toEqual(['/id']);
    });

    it.skipIf(leftOut)(
      'with the same id is the same event: the first stays, and another tenant’s is another',
      async () => {
        const [tenant, other] = [await annex.makeTenant(), await annex.makeTenant()];
        for (const each of [tenant, other])
          await each.install({
            manifest: { slug: 'counter', events: ['same.sent'] },
            code: `import { hook } from '@annex/sdk'; hook('same.sent', (ctx) => ctx.kv.incr('n'))`,
          });
        const answers = await Promise.all(
          [0, 1, 2, 3, 4].map((n) => tenant.owner.post('/api/events', { type: 'same.sent', id: 'same', data: { n } })),
        );
        expect(answers.map(({ status, body }) => [status, body.event_id])).toEqual(
          Array.from({ length: 5 }, () => [202, 'same']),
        );
        await other.owner.post('/api/events', { type: 'same.sent', id: 'same' });
        for (const each of [tenant, other])
          expect((await settled(each, 'same')).body.deliveries).toMatchObject([
            { plugin: 'counter', status: 'succeeded', attempts: 1 },
          ]);
        expect((await tenant.owner.get('/api/runs?event_id=same')).body.items).toMatchObject([{ result: 1 }]);
      },
    );

    it.skipIf(leftOut)('is found by type, pattern and time, in pages', async () => {
      const { owner } = await annex.makeTenant();
      for (const type of ['build.done', 'build.failed', 'build.step.done', 'order.paid'])
        await owner.post('/api/events', { type });
      const types = async (query: string): Promise<string[]> =>
        (await owner.get(`/api/events?${query}`)).body.items.map((event: { type: string }) => event.type);
      expect(await types('type=order.paid')).toEqual(['order.paid']);
      expect((await types('type=build.*')).sort()).toEqual(['build.done', 'build.failed']);
      expect((await types('type=build.**')).sort()).toEqual(['build.done', 'build.failed', 'build.step.done']);
      expect(await types('type=order.paid&until=2020-01-01T00:00:00Z')).toEqual([]);
      const first = await owner.get('/api/events?type=build.**&limit=2');
      const second = await owner.get(
        `/api/events?type=build.**&limit=2&cursor=${encodeURIComponent(first.body.next_cursor)}`,
      );
      expect(new Set([...first.body.items, ...second.body.items].map((event: { id: string }) => event.id)).size).toBe(
        3,
      );
      expect(second.body.next_cursor).toBeNull();
      expect((await owner.get('/api/events/nothing')).status).toBe(404);
    });

    it.skipIf(leftOut)(
      'reaches the handlers whose pattern matches and no other, and none of a disabled plugin',
      async () => {
        const tenant = await annex.makeTenant();
        const patterns = ['deep.**', 'deep.*', 'deep.*.done', '**.done', 'deep.a.done', 'other.*'];
        await tenant.install({
          manifest: { slug: 'ears', events: patterns },
          code: `import { hook } from '@annex/sdk';
            ${patterns.map((pattern) => `hook('${pattern}', () => '${pattern}')`).join(';')}`,
        });
        const matching = async (type: string): Promise<string[]> => {
          const { body } = await tenant.owner.post('/api/plugins/test-event', { event_type: type, event_data: {} });
          return body.deliveries.map((delivery: { result: string }) => delivery.result).sort();
        };
        expect(await matching('deep.a.done')).toEqual(['**.done', 'deep.**', 'deep.*.done', 'deep.a.done'].sort());
        expect(await matching('deep.a')).toEqual(['deep.*', 'deep.**']);
        expect(await matching('deep')).toEqual(['deep.**']);
        expect(await matching('unheard.of')).toEqual([]);
        await tenant.owner.post('/api/plugins/ears/disable');
        expect(await matching('deep.a.done')).toEqual([]);
        await tenant.owner.post('/api/plugins/ears/enable', {});
        expect(await matching('other.x')).toEqual(['other.*']);
      },
    );

    it.skipIf(leftOut)('under a name of the platform is for admins to post, and for no plugin to emit', async () => {
      const tenant = await annex.makeTenant();
      const developer = await tenant.as('developer');
      await tenant.install({
        manifest: { slug: 'liar', routes: true },
        code: pluginCode('liar'),
      });
      for (const type of ['auth.user.created', 'plugin.enabled', 'files.uploaded']) {
        expect(await developer.post('/api/events', { type }), type).toMatchObject({
          status: 403,
          body: { code: 'FORBIDDEN' },
        });
        expect((await tenant.owner.post('/api/events', { type })).status, type).toBe(202);
      }
      expect((await tenant.owner.get('/ext/liar/')).body).toEqual(Array.from({ length: 5 }, () => 'EVENT_REFUSED'));
      expect((await tenant.owner.get('/api/events?type=fine.sent')).body.items).toEqual([]);
    });
  });

  describe('test-event', () => {
    it.skipIf(leftOut)('answers what each plugin made of it: results, errors, and none for nobody', async () => {
      const tenant = await annex.makeTenant();
      await tenant.install({
        manifest: { slug: 'good', events: ['try.it'] },
        code: `
          import { hook } from '@annex/sdk';
          hook('try.it', (ctx, event) => ({ ...event, user: ctx.user, attempt: ctx.run.attempt }))
        `,
      });
      await tenant.install({
        manifest: { slug: 'bad', events: ['try.it'] },
        code: `
          import { hook, NonRetryable } from '@annex/sdk';
          hook('try.it', () => {
            throw new NonRetryable('no good');
          })
        `,
      });
      const answer = await tenant.owner.post('/api/plugins/test-event', { event_type: 'try.it', event_data: { a: 1 } });
      expect(answer.status).toBe(200);
      const sorted = answer.body.deliveries.sort((a: { plugin: string }, b: { plugin: string }) =>
        a.plugin.localeCompare(b.plugin),
      );
      expect(sorted).toEqual([
        {
          plugin: 'bad',
          run_id: expect.stringMatching(/^run_/),
          status: 'failed',
          result: null,
          error: { code: 'NON_RETRYABLE', message: expect.stringContaining('no good') },
        },
        {
          plugin: 'good',
          run_id: expect.stringMatching(/^run_/),
          status: 'succeeded',
          result: {
            id: answer.body.event_id,
            type: 'try.it',
            source: expect.any(String),
            subject: null,
            data: { a: 1 },
            time: expect.stringMatching(/Z$/),
            severity: 'info',
            tags: [],
            attributes: {},
            user: null,
            attempt: 1,
          },
          error: null,
        },
      ]);
      expect(
        await tenant.owner.post('/api/plugins/test-event', { event_type: 'nobody.cares', event_data: {} }),
      ).toMatchObject({ status: 200, body: { event_id: expect.any(String), deliveries: [] } });
    });
  });

  describe('what plugins emit', () => {
    it.skipIf(leftOut)(
      'names its source and run, reaches other plugins, and an id given twice is one event',
      async () => {
        const tenant = await annex.makeTenant();
        await tenant.install({
          manifest: { slug: 'speaker', routes: true },
          code: pluginCode('speaker'),
        });
        await tenant.install({
          manifest: { slug: 'listener', events: ['said.*'] },
          code: `import { hook } from '@annex/sdk'; hook('said.*', (ctx, event) => event)`,
        });
        const [one, two, runId] = (await tenant.owner.get('/ext/speaker/say')).body;
        expect([one, two]).toEqual([{ event_id: 'the-word' }, { event_id: 'the-word' }]);
        const event = await settled(tenant, 'the-word');
        expect(event.body).toMatchObject({
          type: 'said.once',
          source: 'annex:plugin/speaker',
          subject: 'word',
          run_id: runId,
          data: { by: expect.stringContaining('owner') },
          deliveries: [{ plugin: 'listener', status: 'succeeded', attempts: 1 }],
        });
        expect((await run(tenant, event.body.deliveries[0].run_id)).body.result).toMatchObject({
          id: 'the-word',
          source: 'annex:plugin/speaker',
          subject: 'word',
        });
      },
    );

    it.skipIf(leftOut)('goes ten deep and no deeper', async () => {
      const tenant = await annex.makeTenant();
      await tenant.install({
        manifest: { slug: 'echo', events: ['deep.**'] },
        code: pluginCode('echo'),
      });
      await tenant.owner.post('/api/events', { type: 'deep.start', data: { level: 0 } });
      const failed = await until(
        () => tenant.owner.get('/api/runs?kind=event&status=failed'),
        ({ body }) => body.items.length > 0,
      );
      expect(failed.body.items).toMatchObject([{ error: { code: 'EMIT_DEPTH' } }]);
      expect((await tenant.owner.get('/api/events?limit=200&type=deep.**')).body.items).toHaveLength(11);
    });

    it.skipIf(leftOut)(
      'in the background counts only when the run ends well: a failed attempt has emitted nothing',
      async () => {
        const tenant = await annex.makeTenant();
        await tenant.install({
          manifest: { slug: 'careful', events: ['go.now'], jobs: [{ name: 'side', schedule: '@yearly' }] },
          code: pluginCode('careful'),
        });
        const { body } = await tenant.owner.post('/api/events', { type: 'go.now' });
        await settled(tenant, body.event_id);
        expect((await tenant.owner.get('/api/events?type=effect.done')).body.items).toMatchObject([
          { data: { attempt: 3 } },
        ]);
        const jobs = await until(
          () => tenant.owner.get('/api/runs?kind=job'),
          (answer) =>
            answer.body.items.length > 0 &&
            answer.body.items.every((each: { status: string }) => each.status === 'succeeded'),
        );
        expect(jobs.body.items).toMatchObject([{ name: 'side', result: { attempt: 3 } }]);
      },
    );
  });

  describe('a delivery that fails', () => {
    it.skipIf(leftOut)(
      'is tried as often as it asks for, shows each attempt, and is found again as a dead letter by every filter',
      async () => {
        const tenant = await annex.makeTenant();
        const install = (mended: boolean): Promise<Answer> =>
          tenant.install({
            manifest: { slug: 'fragile', version: mended ? '1.0.1' : '1.0.0', events: ['break.*'] },
            code: `import { hook, NonRetryable } from '@annex/sdk';
              hook('break.*', (ctx, event) => {
                ${mended ? '' : `throw new NonRetryable('broken by ' + event.data.n)`};
                return { mended: event.data.n };
              })`,
          });
        await install(false);
        for (const n of [1, 2, 3])
          await tenant.owner.post('/api/events', { type: `break.n${n}`, id: `break-${n}`, data: { n } });
        const dead = await until(
          () => tenant.owner.get('/api/dead-letters'),
          ({ body }) => body.items.length === 3,
        );
        expect(dead.body).toMatchObject({
          items: [{ kind: 'event', status: 'failed', plugin: 'fragile', error: { code: 'NON_RETRYABLE' } }, {}, {}],
          next_cursor: null,
        });
        for (const [query, count] of [
          ['plugin=fragile', 3],
          ['plugin=other', 0],
          ['kind=event', 3],
          ['kind=job', 0],
          ['event_id=break-2', 1],
          ['since=2999-01-01T00:00:00Z', 0],
        ] as const) {
          expect((await tenant.owner.get(`/api/dead-letters?${query}`)).body.items, query).toHaveLength(count);
        }
        await install(true);
        const one = await tenant.owner.post('/api/dead-letters/replay', { event_id: 'break-2' });
        expect(one).toMatchObject({
          status: 202,
          body: {
            replayed: 1,
            remaining: 0,
            runs: [{ run_id: expect.stringMatching(/^run_/), replay_of: expect.stringMatching(/^run_/) }],
          },
        });
        expect((await run(tenant, one.body.runs[0].run_id)).body).toMatchObject({
          status: 'succeeded',
          result: { mended: 2 },
          release: '1.0.1',
        });
        expect((await tenant.owner.get('/api/dead-letters')).body.items).toHaveLength(2);
        const rest = await tenant.owner.post('/api/dead-letters/replay', { plugin: 'fragile' });
        expect(rest.body).toMatchObject({ replayed: 2, remaining: 0 });
        expect((await tenant.owner.get('/api/dead-letters')).body.items).toEqual([]);
        expect((await tenant.owner.post('/api/dead-letters/replay', { ids: ['nonsense'] })).status).toBe(404);
      },
    );

    it.skipIf(leftOut)('shows while it waits for its next attempt, and can be cancelled then', async () => {
      const tenant = await annex.makeTenant();
      await tenant.install({
        manifest: { slug: 'slow-retry', events: ['wait.now'] },
        code: `
          import { hook, RetryAfter } from '@annex/sdk';
          hook('wait.now', () => {
            throw new RetryAfter(3_600_000, 'come back in an hour');
          })
        `,
      });
      const { body } = await tenant.owner.post('/api/events', { type: 'wait.now' });
      const waiting = await until(
        () => tenant.owner.get(`/api/runs?event_id=${body.event_id}`),
        (answer) => answer.body.items[0]?.status === 'retrying',
      );
      expect(waiting.body.items[0]).toMatchObject({
        attempts: [{ number: 1, error: { code: 'RETRY_AFTER' } }],
        next_attempt_at: expect.any(String),
        finished_at: null,
      });
      expect(Date.parse(waiting.body.items[0].next_attempt_at) - Date.now()).toBeGreaterThan(3_000_000);
      expect(await tenant.owner.post(`/api/runs/${waiting.body.items[0].id}/cancel`)).toMatchObject({
        status: 202,
        body: { status: 'cancelled' },
      });
      expect(await tenant.owner.post(`/api/runs/${waiting.body.items[0].id}/cancel`)).toMatchObject({
        status: 202,
        body: { status: 'cancelled' },
      });
    });
  });

  describe('a replay', () => {
    it.skipIf(leftOut)(
      'of an event goes to whoever wants it now, and of a run to its handler, with other data if it is given',
      async () => {
        const tenant = await annex.makeTenant();
        const plugin = (slug: string): Parameters<TestTenant['install']>[0] => ({
          manifest: { slug, events: ['again.*'] },
          code: `
            import { hook } from '@annex/sdk';
            hook('again.*', (ctx, event) => ({ id: event.id, data: event.data }))
          `,
        });
        await tenant.install(plugin('first'));
        const sent = await tenant.owner.post('/api/plugins/test-event', {
          event_type: 'again.sent',
          event_data: { n: 1 },
        });
        await tenant.install(plugin('second'));
        const replay = await tenant.owner.post(`/api/events/${sent.body.event_id}/replay`);
        expect(replay.status).toBe(202);
        expect(replay.body.deliveries.map((delivery: { plugin: string }) => delivery.plugin).sort()).toEqual([
          'first',
          'second',
        ]);
        for (const delivery of replay.body.deliveries)
          expect((await run(tenant, delivery.run_id)).body).toMatchObject({
            status: 'succeeded',
            result: { id: sent.body.event_id, data: { n: 1 } },
          });
        expect((await tenant.owner.get(`/api/events/${sent.body.event_id}`)).body.deliveries).toHaveLength(3);
        const edited = await tenant.owner.post(`/api/runs/${sent.body.deliveries[0].run_id}/replay`, {
          payload: { n: 2 },
        });
        expect(edited).toMatchObject({
          status: 202,
          body: { run_id: expect.stringMatching(/^run_/), status: 'queued' },
        });
        expect((await run(tenant, edited.body.run_id)).body).toMatchObject({
          status: 'succeeded',
          result: { id: sent.body.event_id, data: { n: 2 } },
          replay_of: sent.body.deliveries[0].run_id,
        });
        expect((await tenant.owner.post('/api/events/nothing/replay')).status).toBe(404);
      },
    );
  });

  describe('the platform’s own events', () => {
    it.skipIf(leftOut)('reach the plugins that ask for them, with who and what', async () => {
      const tenant = await annex.makeTenant();
      await tenant.install({
        manifest: { slug: 'witness', routes: true, events: ['plugin.*', 'auth.user.*'] },
        code: pluginCode('witness'),
      });
      const other = { manifest: { slug: 'other' }, code: '' };
      await tenant.install(other);
      await tenant.install({ ...other, manifest: { slug: 'other', version: '1.1.0' } });
      await tenant.owner.post('/api/plugins/other/disable');
      await tenant.owner.delete('/api/plugins/other');
      const { body: user } = await tenant.owner.post('/api/users', {
        email: `seen@${tenant.slug}.test`,
        role: 'member',
      });
      await tenant.owner.patch(`/api/users/${user.id}`, { role: 'viewer' });
      await tenant.owner.delete(`/api/users/${user.id}`);
      const saw = async (type: string): Promise<Answer['body']> =>
        (
          await until(
            () => tenant.owner.get(`/ext/witness/saw/${type}`),
            ({ body }) => body !== null,
          )
        ).body;
      for (const type of [
        'plugin.installed',
        'plugin.enabled',
        'plugin.disabled',
        'plugin.upgraded',
        'plugin.uninstalled',
      ]) {
        expect(await saw(type), type).toMatchObject({
          type,
          source: 'annex:platform',
          subject: 'other',
          data: { plugin: { id: expect.stringMatching(/^plg_/), slug: 'other', version: expect.any(String) } },
        });
      }
      for (const type of ['auth.user.created', 'auth.user.updated', 'auth.user.deleted']) {
        expect(await saw(type), type).toMatchObject({
          type,
          source: 'annex:platform',
          subject: user.id,
          data: { user: { id: user.id, email: `seen@${tenant.slug}.test`, role: expect.any(String) } },
        });
      }
    });
  });
});
