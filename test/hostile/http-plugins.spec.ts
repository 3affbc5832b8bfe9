/** Hostile plugins, over HTTP: what they write, call and leave behind harms nobody, themselves included. */
import { uuidFromId, type Id } from '@annex/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPlugin, startTestAnnex, until, type Answer, type TestAnnex } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex.stop());

const ended = ({ body }: Answer): boolean => ['succeeded', 'failed', 'cancelled', 'skipped'].includes(body.status);

describe('odd text', () => {
  /** U+0000, half a surrogate pair, a control character that turns text around, and one past the BMP. */
  const odd = `const odd = 'a\\u0000b\\ud800c\\u202ed\\u{1f4a9}'`;

  it('that a plugin logs, returns, throws, keeps or emits costs neither the run nor its neighbours', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: { slug: 'odd', routes: true, events: ['odd.*'], jobs: [{ name: 'odd_job', schedule: '@yearly' }] },
      code: `import { hook, job, route } from '@annex/sdk';
        ${odd};
        const tried = async (work) => {
          try {
            const value = await work();
            return value ?? 'done';
          } catch (error) {
            return error.code ?? error.name;
          }
        };
        route('/all', async (ctx) => {
          console.log(odd, { [odd]: odd });
          ctx.log.error(odd, { [odd]: [odd] });
          return {
            set: await tried(() => ctx.kv.set('k', { [odd]: odd })),
            key: await tried(() => ctx.kv.set(odd, 1)),
            got: await tried(() => ctx.kv.get(odd)),
            list: await tried(() => ctx.kv.list({ prefix: odd })),
            emit: await tried(() => ctx.emit('odd.data', { odd })),
            id: await tried(() => ctx.emit('odd.id', {}, { id: odd })),
            subject: await tried(() => ctx.emit('odd.subject', {}, { subject: odd })),
            type: await tried(() => ctx.emit(odd, {})),
            secret: await tried(() => ctx.secrets.get(odd)),
            job: await tried(() => ctx.jobs.runNow('odd_job', { odd })),
            jobName: await tried(() => ctx.jobs.runNow(odd, {})),
          };
        });
        route('/returns', () => ({ [odd]: [odd] }));
        route('/throws', () => {
          throw new Error(odd);
        });
        route('/header', () => [{}, 200, { 'x-odd': odd }]);
        hook('odd.*', () => ({ [odd]: odd }));
        job('odd_job', (ctx, payload) => {
          console.log(payload);
          throw Object.assign(new Error(odd), { code: odd });
        })`,
    });
    const all = await tenant.owner.get('/ext/odd/all');
    expect(all.status).toBe(200);
    for (const [what, answer] of Object.entries(all.body as Record<string, unknown>))
      expect(String(answer), what).not.toMatch(/PLATFORM_ERROR|INTERNAL/);
    expect((await tenant.owner.get('/ext/odd/returns')).status).toBe(200);
    expect(await tenant.owner.get('/ext/odd/throws')).toMatchObject({ status: 422, body: { code: 'PLUGIN_ERROR' } });
    expect((await tenant.owner.get('/ext/odd/header')).status).toBe(422);
    const job = await tenant.owner.post('/api/plugins/odd/jobs/odd_job/run-now?wait=30', {});
    expect(job.body).toMatchObject({ status: 'failed', error: { code: 'PLUGIN_ERROR' } });
    const event = await tenant.owner.post('/api/plugins/test-event', {
      event_type: 'odd.sent',
      event_data: { nul: 'a\u0000b' },
    });
    expect(event.body.deliveries).toMatchObject([{ status: 'succeeded' }]);
    const runs = await until(
      () => tenant.owner.get('/api/runs?plugin=odd&limit=200'),
      ({ body }) =>
        body.items.length >= 6 &&
        body.items.every((run: { status: string }) => !['queued', 'running'].includes(run.status)),
    );
    expect(
      runs.body.items.every((run: { error: { code: string } | null }) => run.error?.code !== 'PLATFORM_ERROR'),
    ).toBe(true);
    const logs = await until(
      () => tenant.owner.get('/api/plugins/odd/logs?limit=200'),
      ({ body }) => body.items.length >= 2,
    );
    expect(logs.status).toBe(200);
  });

  it('in a manifest is refused by name or kept, never a failure inside', async () => {
    const tenant = await annex.makeTenant();
    const text = 'a\u0000b\ud800c\u202ed';
    const manifests: Record<string, unknown>[] = [
      { name: text },
      { description: text },
      { author: text },
      { version: `1.0.0-${text}` },
      { entry: text },
      { slug: text },
      { repo_url: `https://example.com/${text}` },
      { permissions: [{ name: 'db.read', reason: text }] },
      { secrets: [{ name: 'KEY', description: text }] },
      { config: { type: 'object', properties: { [text]: { type: 'string', default: text, description: text } } } },
      { dependencies: { [text]: '^1.0.0' } },
      { dependencies: { other: text } },
      { http: { allow: [text] } },
      { [text]: text },
      JSON.parse('{"__proto__":{"x":1},"constructor":{"x":1}}') as Record<string, unknown>,
    ];
    for (const [index, manifest] of manifests.entries()) {
      const answer = await tenant.owner.upload(
        packPlugin({ manifest: { slug: `odd-${index}`, ...manifest }, code: '' }),
        { enable: 'true', grant: 'all' },
      );
      expect([201, 422], `${JSON.stringify(manifest)} → ${JSON.stringify(answer.body).slice(0, 300)}`).toContain(
        answer.status,
      );
    }
    expect((await tenant.owner.get('/api/plugins')).status).toBe(200);
    expect((await tenant.owner.get('/api/audit')).status).toBe(200);
  });
});

describe('floods', () => {
  it('of events by one run end at a hundred, of host calls at a thousand, and the limit is named', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: { slug: 'flood', routes: true },
      code: pluginCode('flood'),
    });
    expect((await tenant.owner.get('/ext/flood/emit')).body).toEqual({ n: 100, code: 'RATE_LIMITED' });
    expect((await tenant.owner.get('/ext/flood/kv')).body).toEqual({ n: 1000, code: 'RATE_LIMITED' });
    expect((await tenant.owner.get('/ext/flood/large-value')).body).toMatchObject({
      n: 0,
      code: expect.stringMatching(/TOO_LARGE|LIMIT|INVALID/),
    });
    expect((await tenant.owner.get('/ext/flood/large-event')).body).toMatchObject({ n: 0, code: 'PAYLOAD_TOO_LARGE' });
    const uncaught = await tenant.owner.get('/ext/flood/uncaught');
    expect(uncaught.status).toBeGreaterThanOrEqual(422);
    expect(['RATE_LIMITED', 'PLUGIN_ERROR']).toContain(uncaught.body.code);
  });

  it('of log lines end the run at its limit and keep what came before', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: { slug: 'wordy', jobs: [{ name: 'talk', schedule: '@yearly' }] },
      code: `
        import { job } from '@annex/sdk';
        job('talk', () => {
          for (let n = 0; n < 5000; n += 1) console.log('line', n);
        })
      `,
    });
    const talk = await tenant.owner.post('/api/plugins/wordy/jobs/talk/run-now?wait=30', {});
    expect(talk.body).toMatchObject({
      status: 'failed',
      error: { code: 'LOG_LIMIT' },
      limits: { log_lines: { max: 1000 } },
    });
    expect(talk.body.logs.length).toBeGreaterThanOrEqual(1000);
  });
});

describe('another tenant', () => {
  it('cannot be reached by anything a plugin names: its keys, its plugins, its jobs, its events', async () => {
    const [spy, victim] = [await annex.makeTenant(), await annex.makeTenant()];
    await victim.install(
      {
        manifest: {
          slug: 'target',
          routes: true,
          events: ['**'],
          jobs: [{ name: 'secret_job', schedule: '@yearly' }],
          secrets: ['KEY'],
        },
        code: pluginCode('target'),
      },
      { secrets: { KEY: 'a secret of the victim' } },
    );
    await victim.owner.get('/ext/target/');
    const [{ body: target }, { body: before }] = [
      await victim.owner.get('/api/plugins/target'),
      await victim.owner.get('/api/events?limit=200'),
    ];
    await spy.install({
      manifest: { slug: 'target', routes: true, events: ['probe.*'], jobs: [{ name: 'own', schedule: '@yearly' }] },
      code: `import { hook, job, route } from '@annex/sdk';
        const code = (promise) =>
          promise.then(
            (value) => value ?? null,
            (error) => error.code,
          );
        route('/spy', async (ctx) => ({
          key: await code(ctx.kv.get('kept')),
          secret: await code(ctx.secrets.get('KEY')),
          job: await code(ctx.jobs.runNow('secret_job')),
          emitted: await code(
            ctx.emit('probe.sent', {
              tenant: '${victim.slug}', tenantId: '${victim.id}', installation_id: '${target.id}',
            }),
          ),
          self: await code(ctx.http.get('${annex.url}/t/${victim.slug}/ext/target/')),
          ctx: ctx.tenantId,
        }));
        route('/forge', (ctx) => {
          const forged = [];
          for (const [key, value] of [
            ['tenantId', '${victim.slug}'],
            ['tenant', { id: '${victim.id}' }],
            ['user', { role: 'owner' }],
          ]) {
            try {
              ctx[key] = value;
            } catch (error) {
              forged.push(key);
            }
          }
          return ctx.kv.get('kept').then((kept) => ({ kept, tenant: ctx.tenantId }));
        });
        hook('probe.*', () => 1);
        job('own', () => 1)`,
    });
    const { body } = await spy.owner.get('/ext/target/spy');
    expect(body).toMatchObject({
      key: null,
      secret: 'PERMISSION_DENIED',
      job: expect.stringMatching(/JOB/),
      self: 'PERMISSION_DENIED',
      ctx: spy.slug,
    });
    expect((await spy.owner.get('/ext/target/forge')).body).toEqual({ kept: null, tenant: spy.slug });
    await until(
      () => spy.owner.get('/api/runs?kind=event'),
      ({ body: runs }) =>
        runs.items.length > 0 && runs.items.every((run: { status: string }) => run.status === 'succeeded'),
    );
    expect((await victim.owner.get('/api/events?limit=200')).body.items).toHaveLength(before.items.length);
    expect((await victim.owner.get('/api/runs?kind=job')).body.items).toEqual([]);
  });
});

describe('a run', () => {
  it('that is abandoned by its caller ends, and the plugin serves on', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: { slug: 'left', routes: true },
      code: `import { route } from '@annex/sdk'; route('/wait', () => new Promise(() => {})); route('/ping', () => 1)`,
    });
    expect((await tenant.owner.get('/ext/left/ping')).status).toBe(200);
    const leaving = new AbortController();
    const call = fetch(`${annex.url}/ext/left/wait`, {
      headers: { authorization: `Bearer ${tenant.owner.token}` },
      signal: leaving.signal,
    }).catch(() => 'left');
    await until(
      async () => annex.platform.sandboxStats().executors.find(({ tenantId }) => tenantId === tenant.id)?.runs ?? 0,
      (runs) => runs > 0,
    );
    leaving.abort();
    expect(await call).toBe('left');
    const runs = await until(
      () => tenant.owner.get('/api/runs?plugin=left'),
      ({ body }) => body.items.length >= 2,
    );
    expect(runs.body.items[0]).toMatchObject({ status: 'cancelled' });
    expect((await tenant.owner.get('/ext/left/ping')).status).toBe(200);
  });

  it('in the background that loses its executor is tried again without being asked, and ends well', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install({
      manifest: { slug: 'lost', jobs: [{ name: 'long', schedule: '@yearly', timeout_ms: 60_000 }] },
      code: pluginCode('lost'),
    });
    const { body } = await tenant.owner.post('/api/plugins/lost/jobs/long/run-now', {});
    const { pid } = await until(
      async () =>
        annex.platform.sandboxStats().executors.find(({ tenantId, runs }) => tenantId === tenant.id && runs > 0) ?? {
          pid: 0,
        },
      (executor) => executor.pid !== 0,
    );
    await until(
      () =>
        annex.db.sql(`select 1 from kv where tenant_id = $1 and key = 'starts'`, [
          uuidFromId(tenant.id as Id<'tenant'>),
        ]),
      (rows) => rows.length > 0,
    );
    process.kill(pid, 'SIGKILL');
    const run = await until(() => tenant.owner.get(`/api/runs/${body.run_id}`), ended);
    expect(run.body).toMatchObject({ status: 'succeeded' });
    expect(run.body.attempts[0]).toMatchObject({ error: { code: 'EXECUTOR_LOST' } });
  });
});
