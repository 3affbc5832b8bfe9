import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEgress } from '@annex/egress';
import { idFromUuid, newId, silentLogger, systemClock, uuidFromId, type Id, type Json } from '@annex/kernel';
import { emitEvent, enqueueRun, outcomeOf, type AttemptOutcome } from '@annex/runs';
import type { TenantTransaction } from '@annex/database';
import { createSandbox, type RunOutcome, type Sandbox } from '@annex/sandbox';
import { growingMasker } from '@annex/vault';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { writePlugin, type WrittenPlugin } from '../../../test/support/written-plugin.js';
import { atDepth } from './cause.js';
import { Execution, sandboxHostMethods, type AttemptRun, type RouteCall } from './index.js';

let db: TestDatabase;
let sandbox: Sandbox;
let execution: Execution;
let tenantId: Id<'tenant'>;
const secrets = new Map<string, string>();
const canary = 'canary-7f3a91c2';
/** Secrets and files of packages are asked of a database that ends the connection. */
let isAway = false;

async function unlessAway(): Promise<void> {
  if (!isAway) return;
  await inTenant(async (tx) => {
    const [self] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
    await db.sql('select pg_terminate_backend($1, 5000)', [self?.pid]);
    return tx.query('select 1');
  });
}

/** A real server outside the sandbox, which echoes what it was sent. */
const server = createServer((request, response) => {
  if (request.url === '/bytes') return response.end(Buffer.from([0xff, 0xfe, 0x00]));
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () =>
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ method: request.method, url: request.url, body: Buffer.concat(chunks).toString() })),
  );
});
let origin: string;

beforeAll(async () => {
  db = await openTestDatabase();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  origin = `127.0.0.1:${port}`;
  sandbox = await createSandbox({ hostMethods: [...sandboxHostMethods] });
  execution = new Execution({
    database: db.database,
    sandbox,
    secrets: {
      readForRun: async (_tenant, _installation, names) => {
        await unlessAway();
        return new Map([...secrets].filter(([name]) => names.includes(name)));
      },
      readForRef: async (_tenant, _installation, names) =>
        new Map(
          [...secrets]
            .filter(([name]) => names.includes(name))
            .map(([name, value]) => [name, { value, allowedHosts: [] }]),
        ),
    },
    createMasker: growingMasker,
    egress: createEgress({ allowPrivate: [origin] }),
    emit: emitEvent,
    startJob: async (tx, { installationId, plugin, job, payload, depth, runId }) => {
      await enqueueRun(tx, {
        id: runId,
        installationId,
        plugin,
        kind: 'job',
        name: job.name,
        ordinal: 0,
        payload,
        policy: {},
        depth,
      });
      return { status: 'queued' };
    },
    // A busy machine is to end no run here but those whose limit is the rule under test.
    ceilings: { wallMs: { route: 60_000, event: 60_000, lifecycle: 60_000 } },
    clock: systemClock,
    logger: silentLogger,
  });
  await execution.start();
});
afterAll(async () => {
  await execution?.stop();
  await sandbox?.stop();
  server.close();
  await db?.close();
});
beforeEach(async () => {
  tenantId = (await db.makeTenant()).id;
  secrets.clear();
  isAway = false;
});

const write = (plugin: WrittenPlugin) => writePlugin(db, sandbox, tenantId, plugin);
const inTenant = <T>(work: (tx: TenantTransaction) => Promise<T>): Promise<T> =>
  db.database.forTenant(tenantId).transaction(work);

async function call(
  slug: string,
  path = '/',
  over: Partial<RouteCall['request']> & { user?: Json; depth?: number; method?: string } = {},
): Promise<{ runId: Id<'run'>; outcome: RunOutcome }> {
  const snapshot = await execution.snapshots.get(tenantId, slug);
  if (!snapshot) throw new Error(`no plugin ${slug}`);
  const { user = null, depth, ...request } = over;
  const found = snapshot.routes.match(request.method ?? 'GET', path);
  if (!found?.route) throw new Error(`no route ${path}`);
  return execution.runRoute({
    snapshot,
    route: found.route,
    request: {
      method: 'GET',
      url: `http://annex.test/ext/${slug}${path}`,
      headers: [],
      params: found.params,
      query: {},
      body: null,
      ...request,
    },
    user,
    ...(depth !== undefined && { cause: atDepth(depth) }),
  });
}

/** What a route answered, its JSON read. */
async function answer(slug: string, path?: string, over?: Parameters<typeof call>[2]): Promise<Json> {
  const { outcome } = await call(slug, path, over);
  if (outcome.status !== 'succeeded') throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
  return JSON.parse(outcome.response?.body?.data ?? 'null') as Json;
}

function attempt(
  installationId: Id<'installation'>,
  over: Partial<AttemptRun> = {},
  signal = new AbortController().signal,
): Promise<AttemptOutcome> {
  return execution.runAttempt(
    {
      id: newId('run'),
      tenantId,
      installationId,
      kind: 'job',
      name: 'work',
      ordinal: 0,
      payload: undefined,
      attempt: 1,
      depth: 0,
      policy: {},
      ...over,
    },
    signal,
  );
}

const jobs = (...names: string[]) =>
  names.map((name) => ({
    name,
    schedule: null,
    timezone: 'UTC',
    overlap: 'skip' as const,
    catchUp: 'latest' as const,
    misfireDeadlineS: null,
    timeoutMs: null,
    retry: null,
  }));

describe('a route', () => {
  it('sees who calls what for whom', async () => {
    const { id, slug } = await write({
      code: `route('/users/:user_id', (ctx) => ({
          tenant: ctx.tenant,
          tenantId: ctx.tenantId,
          user: ctx.user,
          plugin: ctx.plugin,
          kind: ctx.run.kind,
          attempt: ctx.run.attempt,
          params: ctx.params,
          config: ctx.config,
          write: ctx.permissions.has('db.write'),
          read: ctx.permissions.has('db.read'),
        }))`,
      version: '2.1.0',
      manifest: {
        permissions: [{ name: 'db.read' }, { name: 'db.write' }],
        secrets: [{ name: 'API_KEY', required: false, description: null }],
        config: { type: 'object', properties: { channel: { type: 'string', default: '#ops' } } },
      },
      granted: [{ name: 'db.read' }],
      config: { size: 3 },
    });
    const user = { id: 'usr_1', email: 'a@b.test', role: 'member' };
    const [tenant] = await db.sql<{ slug: string }>('select slug from tenants where id = $1', [uuidFromId(tenantId)]);
    expect(await answer(slug, '/users/7', { user })).toEqual({
      tenant: { id: tenantId, slug: tenant?.slug, name: tenant?.slug },
      tenantId: tenant?.slug,
      user,
      plugin: { id, slug, version: '2.1.0' },
      kind: 'route',
      attempt: 1,
      params: { user_id: '7' },
      config: { size: 3, channel: '#ops' },
      write: false,
      read: true,
    });
  });

  it('leaves a run behind, with what it used and logged', async () => {
    const { slug } = await write({
      code: `route('/log/:n', async (ctx) => {
          console.log('hello', { n: ctx.params.n });
          ctx.log.warn('careful');
          await ctx.kv.set('a', 1);
          return [{ ok: true }, 201];
        })`,
      version: '1.4.0',
    });
    const { runId, outcome } = await call(slug, '/log/1');
    expect(outcome).toMatchObject({ status: 'succeeded', response: { status: 201 } });
    expect(await execution.reader.run(tenantId, runId)).toMatchObject({
      id: runId,
      plugin: slug,
      kind: 'route',
      name: 'GET /log/:n',
      status: 'succeeded',
      release: '1.4.0',
      attempts: [{ number: 1 }],
      result: { status: 201 },
      error: null,
      limits: {
        wall_ms: { max: 60_000 },
        memory_mb: { max: 100 },
        log_lines: { used: 2, max: 1000 },
        host_calls: { used: 1 },
        http_calls: { used: 0, max: 50 },
      },
      logs: [
        { level: 'info', message: 'hello', fields: { n: '1' }, run_id: runId, plugin: slug },
        { level: 'warn', message: 'careful' },
      ],
    });
  });

  it('that throws fails with its message, its stack only in its log', async () => {
    const { slug } = await write({ code: `route('/', () => { throw new TypeError('no luck') })` });
    const { runId, outcome } = await call(slug);
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'PLUGIN_ERROR', message: 'no luck' } });
    const run = await execution.reader.run(tenantId, runId);
    expect(run).toMatchObject({
      status: 'failed',
      error: { code: 'PLUGIN_ERROR', message: 'no luck' },
      attempts: [{ error: { code: 'PLUGIN_ERROR' } }],
    });
    expect(JSON.stringify([run.error, run.attempts])).not.toContain('plugin.js');
    expect(run.logs?.[0]).toMatchObject({
      level: 'error',
      message: 'Uncaught: no luck',
      fields: { stack: expect.stringContaining('plugin.js') as string },
    });
  });

  it('is stopped at the limit that its manifest lowered', async () => {
    const { slug } = await write({
      code: `route('/', () => new Promise(() => {}))`,
      manifest: { limits: { memoryMb: null, timeoutMs: 1500 } },
    });
    // An executor that starts for longer than the run may take is no fault of the limit.
    let ended = await call(slug);
    while (ended.outcome.status === 'failed' && ended.outcome.error.code === 'OVERLOADED') ended = await call(slug);
    const { runId, outcome } = ended;
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' } });
    expect(await execution.reader.run(tenantId, runId)).toMatchObject({
      status: 'failed',
      error: { code: 'TIMEOUT' },
      limits: { wall_ms: { max: 1500 } },
    });
  });

  it('ends when its caller goes away', async () => {
    const { slug } = await write({
      code: `route('/', (ctx) => { console.log('here'); return new Promise(() => {}) })`,
    });
    const snapshot = await execution.snapshots.get(tenantId, slug);
    const route = snapshot?.routes.match('GET', '/')?.route;
    if (!snapshot || !route) throw new Error('no route');
    const gone = new AbortController();
    const running = execution.runRoute({
      snapshot,
      route,
      request: { method: 'GET', url: 'http://a.test/', headers: [], params: {}, query: {}, body: null },
      user: null,
      signal: gone.signal,
    });
    gone.abort();
    const { runId, outcome } = await running;
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'CANCELLED' } });
    expect(await execution.reader.run(tenantId, runId)).toMatchObject({ status: 'cancelled' });
  });

  it('names the cause when a host call that was refused made it fail', async () => {
    const { slug } = await write({
      code: `route('/http', (ctx) => ctx.http.get('http://a.test/'));
        route('/caught', async (ctx) => {
          try {
            await ctx.http.get('http://a.test/');
          } catch (error) {
            return { code: error.code };
          }
        });
        route('/other', async (ctx) => {
          try {
            await ctx.http.get('http://a.test/');
          } catch {}
          throw new Error('my own');
        });`,
      manifest: { permissions: [{ name: 'outbound_http' }], http: { allow: ['a.test'] } },
      granted: [],
    });
    expect((await call(slug, '/http')).outcome).toMatchObject({
      status: 'failed',
      error: { code: 'PERMISSION_DENIED', message: expect.stringContaining('outbound_http') as string },
    });
    expect(await answer(slug, '/caught')).toEqual({ code: 'PERMISSION_DENIED' });
    expect((await call(slug, '/other')).outcome).toMatchObject({ error: { code: 'PLUGIN_ERROR', message: 'my own' } });
  });
});

describe('ctx.kv', () => {
  it('keeps values between runs, apart from every other installation', async () => {
    const code = `route('/set', async (ctx) => {
        await ctx.kv.set('k', { deep: [1, null] }, { ttl: 60 });
        await ctx.kv.set('k2', 2);
        return { n: await ctx.kv.incr('n'), gone: await ctx.kv.delete('nothing') };
      });
      route('/get', async (ctx) => ({
        k: await ctx.kv.get('k'),
        none: await ctx.kv.get('none'),
        list: await ctx.kv.list({ prefix: 'k', limit: 1 }),
      }));
      route('/bad', async (ctx) => {
        const codes = [];
        for (const f of [
          () => ctx.kv.incr('k'),
          () => ctx.kv.list({ cursor: '!!' }),
          () => ctx.kv.set('big', 'x'.repeat(140000)),
          () => ctx.kv.set('', 1),
          () => ctx.kv.list({ prefix: '\\0' }),
        ])
          codes.push(
            await f().then(
              (v) => v,
              (e) => e.code,
            ),
          );
        return codes;
      });`;
    const { slug } = await write({ code });
    const { slug: neighbour } = await write({ code });
    expect(await answer(slug, '/set')).toEqual({ n: 1, gone: false });
    expect(await answer(slug, '/get')).toEqual({
      k: { deep: [1, null] },
      none: null,
      list: {
        keys: [{ key: 'k', expires_at: expect.any(String) as string }],
        next_cursor: expect.any(String) as string,
      },
    });
    expect(await answer(neighbour, '/get')).toEqual({ k: null, none: null, list: { keys: [], next_cursor: null } });
    expect(await answer(slug, '/bad')).toEqual([
      'KV_NOT_A_NUMBER',
      'CURSOR_INVALID',
      'PAYLOAD_TOO_LARGE',
      'INVALID_ARGUMENTS',
      { keys: [], next_cursor: null },
    ]);
  });
});

describe('ctx.http and fetch', () => {
  it('reach the hosts of the manifest and no others', async () => {
    const { slug } = await write({
      code: `route('/post', async (ctx) => {
          const r = await ctx.http.post('http://${origin}/p?a=1', { x: 1 }, { query: { b: [2, 3] } });
          return { status: r.status, ok: r.ok, json: await r.json() };
        });
        route('/bytes', async () =>
          Array.from(new Uint8Array(await (await fetch('http://${origin}/bytes')).arrayBuffer())),
        );
        route('/elsewhere', (ctx) =>
          ctx.http.get('http://elsewhere.test/').then(
            () => 'reached',
            (e) => e.code,
          ),
        );
        route('/local', (ctx) =>
          ctx.http.get('http://127.0.0.1:1/').then(
            () => 'reached',
            (e) => e.code,
          ),
        );`,
      manifest: { permissions: [{ name: 'outbound_http' }], http: { allow: [origin, '127.0.0.1:1'] } },
    });
    expect(await answer(slug, '/post')).toEqual({
      status: 200,
      ok: true,
      json: { method: 'POST', url: '/p?a=1&b=2&b=3', body: '{"x":1}' },
    });
    expect(await answer(slug, '/bytes')).toEqual([0xff, 0xfe, 0]);
    expect(await answer(slug, '/elsewhere')).toBe('EGRESS_HOST_NOT_ALLOWED');
    expect(await answer(slug, '/local')).toBe('EGRESS_PRIVATE_ADDRESS');
  });
});

describe('secrets', () => {
  const declared = { secrets: [{ name: 'API_KEY', required: true, description: null }] };

  it('are there for a plugin when they are declared and set', async () => {
    secrets.set('API_KEY', canary);
    const code = `route('/', (ctx) => Promise.all(['API_KEY', 'OTHER'].map((name) => ctx.secrets.has(name))))`;
    expect(await answer((await write({ code, manifest: declared })).slug)).toEqual([true, false]);
    expect(await answer((await write({ code })).slug)).toEqual([false, false]);
    secrets.delete('API_KEY');
    expect(await answer((await write({ code, manifest: declared })).slug)).toEqual([false, false]);
  });

  it('are plaintext for the plugin whose manifest names them, and for no other', async () => {
    secrets.set('API_KEY', canary);
    const code = `route('/', async (ctx) => ({ length: (await ctx.secrets.get('API_KEY'))?.length ?? null }))`;
    const { slug } = await write({ code, manifest: declared });
    const { slug: other } = await write({ code });
    expect(await answer(slug)).toEqual({ length: canary.length });
    expect((await call(other)).outcome).toMatchObject({ status: 'failed', error: { code: 'PERMISSION_DENIED' } });
    secrets.clear();
    expect(await answer(slug)).toEqual({ length: null });
  });

  it('appear nowhere in what is kept, however the plugin turns them', async () => {
    secrets.set('API_KEY', canary);
    const { id, slug } = await write({
      code: `let warm;
        route('/leak', async (ctx) => {
          const s = (warm ??= await ctx.secrets.get('API_KEY'));
          console.log(s, { s, list: [btoa(s)] });
          ctx.log.error('x' + s + 'y');
          console.log(encodeURIComponent(s + '&'));
          await ctx.kv.set('k', { s });
          await ctx.emit('leak.done', { s });
          for (const f of [
            () => ctx.kv.set(s, 1),
            () => ctx.kv.incr('n' + s),
            () => ctx.emit('leak.' + s, {}),
            () => ctx.emit('leak.a', {}, { id: s }),
          ])
            console.log(
              await f().then(
                () => 'done',
                (e) => e.code,
              ),
            );
          await ctx.emit('leak.b', {}, { subject: s, source: 'x:' + s });
          throw new Error('bad key ' + s);
        });
        job('work', async (ctx) => ({
          s: await ctx.secrets.get('API_KEY'),
          hex: Array.from(new TextEncoder().encode(await ctx.secrets.get('API_KEY')))
            .map((b) => b.toString(16).padStart(2, '0'))
            .join(''),
        }))`,
      manifest: { ...declared, jobs: jobs('work') },
    });
    for (let round = 0; round < 2; round += 1) {
      const { runId, outcome } = await call(slug, '/leak');
      expect(outcome).toMatchObject({ status: 'failed', error: { code: 'PLUGIN_ERROR' } });
      const shown = JSON.stringify([
        outcome.status === 'failed' && outcome.error.message,
        await execution.reader.run(tenantId, runId),
      ]);
      expect(shown).not.toContain(canary);
      expect(shown).not.toContain(Buffer.from(canary).toString('base64'));
      expect(shown).toContain('held a secret');
      expect(shown.match(/SECRET_EXPOSED/g)).toHaveLength(4);
    }
    const done = await attempt(id);
    expect(done).toMatchObject({ status: 'succeeded' });
    expect(JSON.stringify(done)).not.toContain(canary);
    expect(JSON.stringify(done)).not.toContain(Buffer.from(canary).toString('hex'));
    for (const table of ['kv', 'events', 'runs', 'run_logs', 'usage']) {
      expect(await db.sql(`select 1 from ${table} t where t::text like $1`, [`%${canary}%`]), table).toEqual([]);
    }
  });
});

describe('ctx.emit and ctx.jobs.runNow', () => {
  const code = `const act = async (ctx) => {
      const { event_id } = await ctx.emit('build.done', { n: 1 }, { id: 'build-1', subject: 's' });
      const started = await ctx.jobs.runNow('work', { full: true });
      return { event_id, started };
    };
    route('/act', act);
    job('work', act);
    job('fails', async (ctx) => {
      await act(ctx);
      throw new Error('late');
    });
    route('/refused', async (ctx) => {
      const codes = [];
      for (const f of [
        () => ctx.emit('auth.user.created', {}),
        () => ctx.emit('Bad Name', {}),
        () => ctx.emit('a.b', {}, { source: 'annex:platform' }),
        () => ctx.jobs.runNow('wrok'),
      ])
        codes.push(
          await f().then(
            () => 'done',
            (e) => e.code,
          ),
        );
      return codes;
    });
    route('/deep', (ctx) => ctx.emit('a.b', {}));`;
  const manifest = { jobs: jobs('work', 'fails') };
  const events = () =>
    db.sql<{ id: string; type: string; source: string; depth: number; run_id: string }>(
      'select id, type, source, depth, run_id from events where tenant_id = $1',
      [uuidFromId(tenantId)],
    );
  const queued = () =>
    db.sql<{ id: string; name: string; payload: Json }>(
      `select id, name, payload from runs where tenant_id = $1 and status = 'queued'`,
      [uuidFromId(tenantId)],
    );

  it('take place at once where somebody waits', async () => {
    const { slug } = await write({ code, manifest });
    const { runId, outcome } = await call(slug, '/act');
    const said = JSON.parse((outcome.status === 'succeeded' && outcome.response?.body?.data) || 'null') as {
      event_id: string;
      started: { run_id: Id<'run'>; status: string };
    };
    expect(await events()).toEqual([
      { id: 'build-1', type: 'build.done', source: `annex:plugin/${slug}`, depth: 1, run_id: uuidFromId(runId) },
    ]);
    expect(await queued()).toEqual([{ id: uuidFromId(said.started.run_id), name: 'work', payload: { full: true } }]);
    expect(said).toMatchObject({ event_id: 'build-1', started: { status: 'queued' } });
  });

  it('of a background run take place with its success, together or not at all', async () => {
    const { id } = await write({ code, manifest });
    const failed = await attempt(id, { name: 'fails' });
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'PLUGIN_ERROR', message: 'late' } });
    expect(failed).not.toHaveProperty('commit');
    const done = await attempt(id, { depth: 3 });
    if (done.status !== 'succeeded' || !done.commit) throw new Error('nothing to commit');
    const { commit } = done;
    expect(await events()).toEqual([]);
    await expect(
      inTenant(async (tx) => commit(tx).then(() => Promise.reject(new Error('fenced off')))),
    ).rejects.toThrow('fenced off');
    expect([await events(), await queued()]).toEqual([[], []]);
    await inTenant(commit);
    expect(await events()).toMatchObject([{ id: 'build-1', depth: 4 }]);
    expect((await queued()).map((run) => idFromUuid('run', run.id))).toEqual([
      (done.result as { started: { run_id: string } }).started.run_id,
    ]);
  });

  it('speak only in the plugin’s own name', async () => {
    const { slug } = await write({ code, manifest });
    expect(await answer(slug, '/refused')).toEqual(['EVENT_REFUSED', 'EVENT_REFUSED', 'EVENT_REFUSED', 'JOB_UNKNOWN']);
    expect(await events()).toEqual([]);
  });

  it('end a chain of events that cause each other', async () => {
    const { slug } = await write({ code, manifest });
    expect((await call(slug, '/deep', { depth: 9 })).outcome).toMatchObject({ status: 'succeeded' });
    expect((await call(slug, '/deep', { depth: 10 })).outcome).toMatchObject({
      status: 'failed',
      error: { code: 'EMIT_DEPTH' },
    });
  });
});

describe('an attempt at a background run', () => {
  it('gives the handler its payload and answers its result', async () => {
    const { id } = await write({
      code: `hook('a.*', (ctx, event) => ({ first: event.data }));
        hook('a.*', (ctx, event) => ({
          second: event.type,
          attempt: ctx.run.attempt,
          name: ctx.run.name,
          user: ctx.user,
        }));
        job('work', (ctx, payload) => payload);
        onConfigChange((ctx, key, value, op) => [key, value, op]);`,
      manifest: { events: ['a.*'], jobs: jobs('work') },
    });
    const event = {
      id: 'evt_1',
      type: 'a.b',
      source: 's',
      subject: null,
      data: { x: 1 },
      time: '2026-01-01T00:00:00.000Z',
    };
    expect(await attempt(id, { kind: 'event', name: 'a.*', payload: event })).toMatchObject({
      status: 'succeeded',
      result: { first: { x: 1 } },
      release: '1.0.0',
      limits: { wall_ms: { max: 60_000 } },
    });
    expect(await attempt(id, { kind: 'event', name: 'a.*', ordinal: 1, payload: event, attempt: 3 })).toMatchObject({
      result: { second: 'a.b', attempt: 3, name: 'a.*', user: null },
    });
    expect(await attempt(id, { payload: { b: [1, '2'] } })).toMatchObject({
      result: { b: [1, '2'] },
      limits: { wall_ms: { max: 30_000 } },
    });
    expect(
      await attempt(id, { kind: 'lifecycle', name: 'config_change', payload: { key: 'k', value: 2, op: 'set' } }),
    ).toMatchObject({ result: ['k', 2, 'set'] });
  });

  it('finds its log written when it is over', async () => {
    const { id } = await write({
      code: `job('work', () => { console.log('one'); console.error('two') })`,
      manifest: { jobs: jobs('work') },
    });
    const runId = newId('run');
    expect(await attempt(id, { id: runId })).toMatchObject({ status: 'succeeded', result: undefined });
    expect(
      (await db.sql('select message from run_logs where run_id = $1 order by id', [uuidFromId(runId)])).map(
        ({ message }) => message,
      ),
    ).toEqual(['one', 'two']);
  });

  it('is tried again without spending an attempt when the database was away for one of its calls', async () => {
    const { id, slug } = await write({
      code: `job('work', (ctx) => ctx.secrets.has('KEY'))
        route('/', async (ctx) => ({ has: await ctx.secrets.has('KEY') }))
        route('/caught', (ctx) => ctx.secrets.has('KEY').catch(({ code }) => ({ code })))`,
      manifest: { routes: true, jobs: jobs('work'), secrets: [{ name: 'KEY', required: false, description: null }] },
    });
    isAway = true;
    const away = {
      status: 'failed',
      error: { code: 'OVERLOADED', message: expect.stringContaining('does not answer') as string },
    };
    expect(await attempt(id)).toMatchObject(away);
    expect(outcomeOf('OVERLOADED')).toMatchObject({ status: 503, retry: 'platform' });
    expect((await call(slug)).outcome).toMatchObject(away);
    expect(await answer(slug, '/caught')).toEqual({ code: 'OVERLOADED' });
    isAway = false;
    expect(await answer(slug)).toEqual({ has: false });
  });

  it('carries on what the handler asked of its retries', async () => {
    const { id } = await write({
      code: `job('never', () => {
          throw new NonRetryable('give up');
        });
        job('later', () => {
          throw new RetryAfter(90_000);
        });
        job('slow', () => new Promise(() => {}))`,
      manifest: { jobs: jobs('never', 'later', 'slow') },
    });
    expect(await attempt(id, { name: 'never' })).toMatchObject({
      status: 'failed',
      error: { code: 'NON_RETRYABLE', message: 'give up' },
    });
    expect(await attempt(id, { name: 'later' })).toMatchObject({
      status: 'failed',
      error: { code: 'RETRY_AFTER' },
      retryAfterMs: 90_000,
    });
    expect(await attempt(id, { name: 'slow', policy: { timeoutMs: 150 } })).toMatchObject({
      status: 'failed',
      error: { code: 'TIMEOUT' },
      limits: { wall_ms: { max: 150 } },
    });
    const cancel = new AbortController();
    const running = attempt(id, { name: 'slow' }, cancel.signal);
    cancel.abort();
    expect(await running).toMatchObject({ status: 'cancelled' });
  });

  it('does not run what is not enabled, not there, or another tenant’s', async () => {
    const code = `job('work', () => 1); onShutdown(() => 'bye')`;
    const { id: disabled } = await write({ code, manifest: { jobs: jobs('work') }, status: 'disabled' });
    const { id: suspended } = await write({ code, manifest: { jobs: jobs('work') }, status: 'suspended' });
    expect(await attempt(disabled)).toMatchObject({ status: 'failed', error: { code: 'PLUGIN_DISABLED' } });
    expect(await attempt(suspended)).toMatchObject({ status: 'failed', error: { code: 'PLUGIN_SUSPENDED' } });
    expect(await attempt(disabled, { kind: 'lifecycle', name: 'shutdown' })).toMatchObject({
      status: 'succeeded',
      result: 'bye',
    });
    expect(await attempt(newId('installation'))).toMatchObject({ error: { code: 'PLUGIN_DISABLED' } });
    const { id } = await write({ code, manifest: { jobs: jobs('work') } });
    expect(await attempt(id, { name: 'gone' })).toMatchObject({ error: { code: 'HANDLER_MISSING' } });
    expect(await attempt(id, { ordinal: 1 })).toMatchObject({ error: { code: 'HANDLER_MISSING' } });
    expect(await attempt(id, { tenantId: (await db.makeTenant()).id })).toMatchObject({
      error: { code: 'PLUGIN_DISABLED' },
    });
  });

  it('refuses a result too deep to be kept', async () => {
    const { id } = await write({
      code: `job('work', () => { let v = 1; for (let i = 0; i < 500; i++) v = [v]; return v })`,
      manifest: { jobs: jobs('work') },
    });
    expect(await attempt(id)).toMatchObject({ status: 'failed', error: { code: 'OUTPUT_LIMIT' } });
  });
});

describe('filters and health checks', () => {
  // A filter has one second, which a machine under load may need to start an executor.
  it('answer a value and leave a run', { retry: 3 }, async () => {
    const { slug } = await write({
      code: `filter('price', { priority: 5 }, (ctx, value) => ({ ...value, net: value.gross / 2 }));
        health((ctx) => ({ status: 'ok' }))`,
      manifest: { filters: ['price'], health: { intervalS: 60 } },
    });
    const snapshot = await execution.snapshots.get(tenantId, slug);
    if (!snapshot) throw new Error('no snapshot');
    expect((await execution.checkHealth(snapshot))?.outcome).toMatchObject({
      status: 'succeeded',
      result: '{"status":"ok"}',
    });
    const { value, runs } = await execution.passThroughFilters({
      tenantId,
      name: 'price',
      value: { gross: 10 },
      user: null,
    });
    expect(value).toEqual({ gross: 10, net: 5 });
    expect(await execution.reader.run(tenantId, String(runs[0]?.run_id))).toMatchObject({
      kind: 'filter',
      name: 'price',
      result: { gross: 10, net: 5 },
      limits: { wall_ms: { max: 1000 } },
    });
  });
});
