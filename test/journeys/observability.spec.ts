import { verifyAuditChain } from '@annex/audit';
import type { Id } from '@annex/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  makeClient,
  packPlugin,
  patientMs,
  startTestAnnex,
  until,
  type Answer,
  type Client,
  type TestAnnex,
  type TestTenant,
} from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
let tenant: TestTenant;
const code = pluginCode('observability');
const plugin = {
  manifest: { slug: 'seen', routes: true, events: ['obs.*'], jobs: [{ name: 'count', schedule: '@yearly' }] },
  code,
};

beforeAll(async () => {
  annex = await startTestAnnex();
  tenant = await annex.makeTenant();
  expect((await tenant.install(plugin)).status).toBe(200);
});
afterAll(() => annex.stop());

/** Reads server-sent events until the reader has enough. */
async function followed(
  client: Client,
  path: string,
  {
    headers = {},
    url = annex.url,
    onOpen,
    enough,
  }: {
    headers?: Record<string, string>;
    url?: string;
    onOpen?: () => Promise<unknown>;
    enough: (events: Line[]) => boolean;
  },
): Promise<Line[]> {
  const leaving = new AbortController();
  const response = await fetch(`${url}${path}`, {
    headers: { authorization: `Bearer ${client.token}`, 'x-tenant-slug': tenant.slug, ...headers },
    signal: leaving.signal,
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  await onOpen?.();
  let text = '';
  const events: Line[] = [];
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    events.length = 0;
    for (const block of text.split('\n\n').slice(0, -1)) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) events.push({ ...(JSON.parse(data) as Line), eventId: /^id: (.*)$/m.exec(block)?.[1] });
    }
    if (enough(events)) break;
  }
  leaving.abort();
  return events;
}

interface Line {
  id: string;
  time: string;
  level: string;
  message: string;
  fields: Record<string, unknown> | null;
  run_id: string;
  plugin: string;
  eventId: string | undefined;
}

describe('runs', () => {
  it('tell what ran, how it ended, what it used of each limit, and what it logged', async () => {
    await tenant.owner.get('/ext/seen/talk/hello');
    const listed = await until(
      () => tenant.owner.get('/api/runs?plugin=seen&kind=route&limit=1'),
      ({ body }) => body.items.length === 1,
    );
    const { body: run } = await tenant.owner.get(`/api/runs/${listed.body.items[0].id}`);
    expect(run).toMatchObject({
      id: expect.stringMatching(/^run_/),
      plugin: 'seen',
      kind: 'route',
      name: expect.stringContaining('/talk/:word'),
      status: 'succeeded',
      release: '1.0.0',
      attempts: [{ number: 1, started_at: expect.stringMatching(/Z$/), finished_at: expect.stringMatching(/Z$/) }],
      error: null,
      limits: {
        wall_ms: { used: expect.any(Number), max: patientMs },
        cpu_ms: { used: expect.any(Number), max: 1000 },
        memory_mb: { used: expect.any(Number), max: 100 },
        result_bytes: { used: expect.any(Number), max: 5 * 1024 * 1024 },
        log_lines: { used: 4, max: 1000 },
        log_bytes: { used: expect.any(Number), max: 256 * 1024 },
        http_calls: { used: 0, max: 50 },
        emits: { used: 0, max: 100 },
        host_calls: { used: 1, max: expect.any(Number) },
      },
      queued_at: expect.stringMatching(/Z$/),
      started_at: expect.stringMatching(/Z$/),
      finished_at: expect.stringMatching(/Z$/),
    });
    expect(run.logs.map((line: Line) => [line.level, line.message.split('\n')[0], line.plugin, line.run_id])).toEqual([
      ['debug', 'debug hello', 'seen', run.id],
      ['info', expect.stringContaining('said hello'), 'seen', run.id],
      ['warn', 'warned', 'seen', run.id],
      ['error', expect.stringContaining('an error of hello'), 'seen', run.id],
    ]);
    expect(run.logs[2].fields).toEqual({ word: 'hello', deep: { list: [1, 2] } });
    expect(Object.keys(run.logs[0]).sort()).toEqual(['fields', 'id', 'level', 'message', 'plugin', 'run_id', 'time']);
  });

  it('are found by plugin, kind, status, event and time, page after page', async () => {
    const own = await annex.makeTenant();
    await own.install(plugin);
    for (let n = 0; n < 5; n += 1) await own.owner.get('/ext/seen/ping');
    await own.owner.get('/ext/seen/fail');
    await own.owner.post('/api/events', { type: 'obs.sent', id: 'the-event' });
    await own.owner.post('/api/plugins/seen/jobs/count/run-now?wait=30', { payload: 1 });
    const { body: everything } = await until(
      () => own.owner.get('/api/runs?limit=200'),
      ({ body }) =>
        body.items.length === 8 &&
        body.items.every((run: { status: string }) => ['succeeded', 'failed'].includes(run.status)),
    );
    const ids = (answer: Answer): string[] => answer.body.items.map((run: { id: string }) => run.id);
    const count = async (query: string): Promise<number> =>
      ids(await own.owner.get(`/api/runs?limit=200&${query}`)).length;
    expect(await count('plugin=seen')).toBe(8);
    expect(await count('plugin=other')).toBe(0);
    expect(await count('kind=route')).toBe(6);
    expect(await count('kind=route&status=failed')).toBe(1);
    expect(await count('kind=job')).toBe(1);
    expect(await count('event_id=the-event')).toBe(1);
    expect(await count('since=2999-01-01T00:00:00Z')).toBe(0);
    expect(await count('until=2999-01-01T00:00:00Z')).toBe(8);
    const total = async (query: string): Promise<number> =>
      (await own.owner.get(`/api/plugins/seen/metrics?${query}`)).body.runs.total;
    expect(await total('since=2000-01-01T00:00:00Z&until=2999-01-01T00:00:00Z')).toBe(8);
    expect(await total('until=2001-01-01T00:00:00Z')).toBe(0);
    expect(await total('until=0000-01-01T00:00:00Z')).toBe(0);
    expect(await own.owner.get('/api/runs?kind=nonsense&status=perhaps&since=yesterday')).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/kind' }, { pointer: '/status' }, { pointer: '/since' }] },
    });
    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Answer = await own.owner.get(`/api/runs?limit=3${cursor && `&cursor=${cursor}`}`);
      expect(page.body.items.length).toBeLessThanOrEqual(3);
      paged.push(...ids(page));
      cursor = page.body.next_cursor as string | null;
    }
    expect(paged).toEqual(ids({ body: everything } as Answer));
    const failed = (await own.owner.get('/api/runs?status=failed')).body.items[0];
    expect(failed).toMatchObject({
      error: { code: 'PLUGIN_ERROR', message: expect.stringContaining('the reason why') },
      attempts: [{ number: 1, error: { code: 'PLUGIN_ERROR' } }],
    });
    expect(await own.owner.get('/api/runs/run_nonsense')).toMatchObject({ status: 404 });
  });
});

describe('logs', () => {
  it('are found by level, run, time and text, newest first', async () => {
    const own = await annex.makeTenant();
    await own.install(plugin);
    for (const word of ['alpha', 'beta']) await own.owner.get(`/ext/seen/talk/${word}`);
    const lines = async (query: string): Promise<Line[]> =>
      (await own.owner.get(`/api/plugins/seen/logs?limit=200&${query}`)).body.items as Line[];
    await until(
      () => lines(''),
      (all) => all.length === 8,
    );
    expect((await lines('level=error')).map((line) => line.level)).toEqual(['error', 'error']);
    expect(await lines('level=warn,error')).toHaveLength(4);
    expect((await lines('q=ALPHA')).every((line) => JSON.stringify(line).includes('alpha'))).toBe(true);
    expect(await lines('q=ALPHA')).toHaveLength(4);
    const run = (await lines('q=beta'))[0]?.run_id ?? '';
    expect(await lines(`run_id=${run}`)).toHaveLength(4);
    expect(await lines('since=2999-01-01T00:00:00Z')).toEqual([]);
    const times = (await lines('')).map((line) => line.time);
    expect(times).toEqual([...times].sort().reverse());
    expect(await own.owner.get('/api/plugins/seen/logs?level=loud')).toMatchObject({ status: 422 });
    expect(await own.owner.get('/api/plugins/other/logs')).toMatchObject({ status: 404 });
    const first = await own.owner.get('/api/plugins/seen/logs?limit=5');
    const second = await own.owner.get(`/api/plugins/seen/logs?limit=5&cursor=${first.body.next_cursor}`);
    expect([...first.body.items, ...second.body.items]).toHaveLength(8);
    expect(second.body.next_cursor).toBeNull();
  });

  it('stream as they are written, whichever process writes them, and go on after a break', async () => {
    const second = await annex.startSecondApi();
    const other = makeClient(second.url, tenant.owner.token, tenant.slug);
    // The run happens in one API, its lines are followed through the other.
    const heard = await followed(tenant.owner, '/api/plugins/seen/logs/stream?level=info,warn', {
      onOpen: () => other.get('/ext/seen/talk/streamed'),
      enough: (events) => events.length >= 2,
    });
    expect(heard).toMatchObject([
      {
        level: 'info',
        message: expect.stringContaining('said streamed'),
        plugin: 'seen',
        run_id: expect.stringMatching(/^run_/),
      },
      { level: 'warn', message: 'warned' },
    ]);
    expect(heard[0]?.eventId).toBe(heard[0]?.id);
    const back = await followed(tenant.owner, '/api/plugins/seen/logs/stream', {
      url: second.url,
      headers: { 'last-event-id': heard[0]?.id ?? '' },
      enough: (events) => events.length >= 2,
    });
    expect(back.map((line) => line.level)).toEqual(['warn', 'error']);
    const stream = (query: Record<string, string>) =>
      `/api/plugins/seen/logs/stream?${String(new URLSearchParams(query))}`;
    const since = await followed(tenant.owner, stream({ since: heard[0]?.time ?? '', q: 'WARNED' }), {
      enough: (events) => events.length >= 1,
    });
    expect(since).toMatchObject([{ id: heard[1]?.id, message: 'warned' }]);
    const found = await followed(tenant.owner, stream({ q: 'error of sought' }), {
      onOpen: () => other.get('/ext/seen/talk/sought'),
      enough: (events) => events.length >= 1,
    });
    expect(found).toMatchObject([{ level: 'error', message: expect.stringContaining('an error of sought') }]);
    const { token } = (await tenant.owner.post('/api/auth/stream-token')).body;
    const byAddress = (path: string): Promise<Response> =>
      fetch(`${annex.url}${path}${path.includes('?') ? '&' : '?'}stream_token=${token}`);
    const opened = await byAddress('/api/plugins/seen/logs/stream?level=info');
    expect([opened.status, opened.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    await opened.body?.cancel();
    expect((await byAddress('/api/plugins/other/logs/stream')).status).toBe(404);
    // It opens streams and nothing else, and a forged one nothing.
    expect((await byAddress('/api/plugins')).status).toBe(401);
    expect((await fetch(`${annex.url}/api/plugins/seen/logs/stream?stream_token=a.b.c.d.e`)).status).toBe(401);
    expect((await fetch(`${annex.url}/api/plugins/seen/logs/stream`)).status).toBe(401);
    expect((await tenant.owner.get('/api/plugins/other/logs/stream')).status).toBe(404);
  });
});

describe('several processes', () => {
  it('see each other’s changes: enable, disable, upgrade, secrets, roles, revoked tokens', async () => {
    const own = await annex.makeTenant();
    const { url } = await annex.startSecondApi();
    const there = makeClient(url, own.owner.token, own.slug);
    const pack = (version: string): Uint8Array =>
      packPlugin({
        manifest: { slug: 'twice', routes: true, version, secrets: ['KEY'] },
        code: `import { route } from '@annex/sdk';
          route('/', async (ctx) => ({ version: '${version}', key: await ctx.secrets.get('KEY', 'none') }))`,
      });
    await own.owner.upload(pack('1.0.0'), { enable: 'true' });
    const shows = (wanted: unknown): Promise<Answer> =>
      until(
        () => there.get('/ext/twice/'),
        ({ body }) => JSON.stringify(body) === JSON.stringify(wanted),
      );
    await shows({ version: '1.0.0', key: 'none' });
    await own.owner.put('/api/plugins/twice/secrets/KEY', { value: 'a new value' });
    await shows({ version: '1.0.0', key: 'a new value' });
    await own.owner.upload(pack('2.0.0'));
    await shows({ version: '2.0.0', key: 'a new value' });
    await own.owner.post('/api/plugins/twice/disable');
    await until(
      () => there.get('/ext/twice/'),
      ({ status }) => status === 409,
    );
    await there.post('/api/plugins/twice/enable', {});
    await until(
      () => own.owner.get('/ext/twice/'),
      ({ status }) => status === 200,
    );
    const { body: token } = await own.owner.post('/api/tokens', { name: 'short-lived', role: 'developer' });
    const held = makeClient(url, token.token, own.slug);
    expect((await held.get('/api/plugins')).status).toBe(200);
    await own.owner.delete(`/api/tokens/${token.id}`);
    await until(
      () => held.get('/api/plugins'),
      ({ status }) => status === 401,
    );
  });
});

describe('numbers', () => {
  it('of a plugin: runs by status, kind and error, times, days; and whether it is well', async () => {
    const own = await annex.makeTenant();
    await own.install(plugin);
    for (let n = 0; n < 3; n += 1) await own.owner.get('/ext/seen/ping');
    await own.owner.get('/ext/seen/fail');
    const metrics = await own.owner.get('/api/plugins/seen/metrics');
    expect(metrics).toMatchObject({
      status: 200,
      body: {
        runs: {
          total: 4,
          by_status: { succeeded: 3, failed: 1 },
          by_kind: { route: 4 },
          by_error: { PLUGIN_ERROR: 1 },
        },
        wall_ms: expect.any(Object),
        days: expect.any(Array),
      },
    });
    expect(await own.owner.get('/api/plugins/seen/health')).toMatchObject({
      status: 200,
      body: { status: 'healthy', result: { fine: true } },
    });
    await own.owner.get('/ext/seen/sick');
    expect(await own.owner.get('/api/plugins/seen/health')).toMatchObject({
      status: 200,
      body: { status: 'unhealthy', error: { code: 'PLUGIN_ERROR' } },
    });
    const usage = await until(
      () => own.owner.get('/api/usage'),
      ({ body }) => body.items.length > 0,
    );
    expect(usage.body.items[0]).toMatchObject({
      day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      plugin: 'seen',
      metrics: expect.any(Object),
    });
    expect(usage.body).toHaveProperty('next_cursor', null);
    expect((await (await annex.makeTenant()).owner.get('/api/usage')).body.items).toEqual([]);
  });

  it('of the process: it lives, it is ready, and what Prometheus reads names no tenant', async () => {
    const stranger = makeClient(annex.url, '');
    expect(await stranger.get('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await stranger.get('/readyz')).toMatchObject({
      status: 200,
      body: {
        status: 'ready',
        checks: { database: 'ok' },
        clock: { database_offset_s: 0 },
        sandbox: { tier: expect.stringMatching(/^T[0-3]$/), layers: { own_processes: expect.any(Boolean) } },
      },
    });
    const metrics = await stranger.get('/metrics');
    expect(metrics.status).toBe(200);
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const name of [
      'process_cpu_seconds_total',
      'nodejs_eventloop_lag_seconds',
      'annex_executor_isolation{layer="few_system_calls"}',
      'annex_executor_isolation_tier',
      'annex_agent_questions{state="approval"}',
      'annex_agent_questions{state="agent"}',
    ])
      expect(metrics.body).toContain(name);
    expect(metrics.body).not.toContain(tenant.slug);
    expect(metrics.body).not.toContain(tenant.id);
  });

  it('and its documents: OpenAPI, the page for people, the manifest’s schema', async () => {
    const stranger = makeClient(annex.url, '');
    const openapi = await stranger.get('/openapi.json');
    expect(openapi).toMatchObject({
      status: 200,
      body: { openapi: expect.stringMatching(/^3\./), paths: { '/api/plugins/upload': { post: expect.any(Object) } } },
    });
    expect((await stranger.get('/docs')).status).toBe(200);
    const schema = await stranger.get('/schemas/plugin.json');
    expect(schema).toMatchObject({
      status: 200,
      body: {
        $schema: expect.stringContaining('2020-12'),
        required: expect.arrayContaining(['slug', 'name', 'version', 'entry']),
      },
    });
  });
});

describe('the audit trail', () => {
  it('has a row for every change, who made it and in which request, in a chain that nobody broke', async () => {
    const own = await annex.makeTenant();
    const { owner } = own;
    const actor = (await owner.get('/api/auth/me')).body.user.id;
    const requests: string[] = [];
    const done = async (answer: Promise<Answer>): Promise<Answer> => {
      const given = await answer;
      expect(given.status, JSON.stringify(given.body)).toBeLessThan(300);
      requests.push(given.headers.get('x-request-id') ?? '');
      return given;
    };
    const actions = async (): Promise<string[]> =>
      (await owner.get('/api/audit?limit=200')).body.items.map((row: { action: string }) => row.action);
    const before = (await actions()).length;
    await done(
      owner.upload(
        packPlugin({
          manifest: { ...plugin.manifest, permissions: ['db.read'], secrets: ['KEY'], config: { type: 'object' } },
          code,
        }),
      ),
    );
    await done(owner.post('/api/plugins/seen/enable', { grant: 'all' }));
    await done(
      owner.upload(
        packPlugin({
          manifest: {
            ...plugin.manifest,
            version: '1.1.0',
            permissions: ['db.read'],
            secrets: ['KEY'],
            config: { type: 'object' },
          },
          code,
        }),
      ),
    );
    await done(owner.post('/api/plugins/seen/rollback', { version: '1.0.0' }));
    await done(owner.put('/api/plugins/seen/permissions', { granted: [] }));
    await done(owner.put('/api/plugins/seen/config', { a: 1 }));
    await done(owner.patch('/api/plugins/seen/config', { a: 2 }));
    await done(owner.put('/api/plugins/seen/secrets/KEY', { value: 'a value nobody sees' }));
    await done(owner.post('/api/plugins/seen/secrets', { key: 'KEY', value: 'another value nobody sees' }));
    await done(owner.delete('/api/plugins/seen/secrets/KEY'));
    await done(owner.put('/api/secrets/SHARED', { value: 'a shared value nobody sees' }));
    await done(owner.delete('/api/secrets/SHARED'));
    await done(owner.patch('/api/plugins/seen/jobs/count', { paused: true }));
    const { body: started } = await done(owner.post('/api/plugins/seen/jobs/count/run-now?wait=30', {}));
    await done(owner.post(`/api/runs/${started.id}/replay`, {}));
    await done(owner.post('/api/plugins/seen/reload'));
    const { body: user } = await done(owner.post('/api/users', { email: `new@${own.slug}.test`, role: 'viewer' }));
    await done(owner.patch(`/api/users/${user.id}`, { role: 'member' }));
    await done(owner.delete(`/api/users/${user.id}`));
    const { body: token } = await done(owner.post('/api/tokens', { name: 'ci' }));
    await done(owner.delete(`/api/tokens/${token.id}`));
    await done(owner.post('/api/dead-letters/replay', { all: true }));
    const { body: event } = await done(owner.post('/api/events', { type: 'obs.audited' }));
    await done(owner.post(`/api/events/${event.event_id}/replay`));
    await done(owner.post('/api/plugins/seen/disable'));
    await done(owner.delete('/api/plugins/seen'));
    await done(annex.operator.patch(`/api/tenants/${own.slug}`, { name: 'Renamed' }));

    const { body } = await owner.get('/api/audit?limit=200');
    const rows = body.items as {
      seq: number;
      at: string;
      actor: string;
      action: string;
      target: string;
      detail: object;
      request_id: string;
    }[];
    expect(rows[0]).toMatchObject({
      seq: expect.any(Number),
      at: expect.stringMatching(/Z$/),
      action: 'tenant.updated',
      request_id: requests.at(-1),
    });
    const traced = new Set(rows.map((row) => row.request_id));
    // Posting an event is work, not a change: the event itself is its trace.
    const untraced = requests.filter((id) => !traced.has(id));
    expect(untraced).toHaveLength(1);
    expect(rows.length - before).toBeGreaterThanOrEqual(requests.length - 1);
    expect(rows.filter((row) => row.actor === actor).length).toBeGreaterThanOrEqual(requests.length - 2);
    expect(JSON.stringify(rows)).not.toContain('nobody sees');
    const expected = [
      'plugin.installed',
      'plugin.enabled',
      'plugin.upgraded',
      'plugin.rolled_back',
      'secret.set',
      'secret.deleted',
      'job.run_now',
      'run.replayed',
      'plugin.reloaded',
      'user.created',
      'user.updated',
      'user.deleted',
      'token.created',
      'token.deleted',
      'dead_letters.replayed',
      'event.replayed',
      'plugin.disabled',
      'plugin.uninstalled',
      'tenant.updated',
    ];
    const names = rows.map((row) => row.action);
    for (const action of expected) expect(names).toContain(action);
    expect(await annex.db.database.forTenant(own.id as Id<'tenant'>).transaction(verifyAuditChain)).toBeNull();
    const page = await owner.get('/api/audit?limit=5');
    const next = await owner.get(`/api/audit?limit=5&cursor=${page.body.next_cursor}`);
    expect(next.body.items[0].seq).toBe(page.body.items[4].seq - 1);
  });

  it('has no row for what was refused', async () => {
    const own = await annex.makeTenant();
    const before = (await own.owner.get('/api/audit?limit=200')).body.items.length;
    const viewer = await own.as('viewer');
    const made = (await own.owner.get('/api/audit?limit=200')).body.items.length - before;
    await viewer.post('/api/users', { email: 'x@x.test', role: 'owner' });
    await own.owner.post('/api/plugins/nothing/enable', {});
    await own.owner.put('/api/plugins/nothing/secrets/KEY', { value: 'x'.repeat(20) });
    await own.owner.upload(new Uint8Array([1, 2, 3]));
    expect((await own.owner.get('/api/audit?limit=200')).body.items.length).toBe(before + made);
  });
});
