import { createEgress } from '@annex/egress';
import { silentLogger, systemClock, type Id, type Json } from '@annex/kernel';
import { emitEvent } from '@annex/runs';
import { createSandbox, type RunOutcome, type Sandbox } from '@annex/sandbox';
import { growingMasker } from '@annex/vault';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { writePlugin, type WrittenPlugin } from '../../../../test/support/written-plugin.js';
import { Execution, sandboxHostMethods } from '../index.js';

let db: TestDatabase;
let sandbox: Sandbox;
let execution: Execution;
let tenantId: Id<'tenant'>;
const secrets = new Map<string, string>();

beforeAll(async () => {
  db = await openTestDatabase();
  sandbox = await createSandbox({ hostMethods: [...sandboxHostMethods], maxExecutorsPerTenant: 1 });
  execution = new Execution({
    database: db.database,
    sandbox,
    secrets: {
      readForRun: async (_tenant, _installation, names) =>
        new Map([...secrets].filter(([name]) => names.includes(name))),
      readForRef: async (_tenant, _installation, names) =>
        new Map(
          [...secrets]
            .filter(([name]) => names.includes(name))
            .map(([name, value]) => [name, { value, allowedHosts: [] }]),
        ),
    },
    createMasker: growingMasker,
    egress: createEgress(),
    emit: emitEvent,
    startJob: async () => ({ status: 'queued' }),
    clock: systemClock,
    logger: silentLogger,
  });
  await execution.start();
});
afterAll(async () => {
  await execution?.stop();
  await sandbox?.stop();
  await db?.close();
});
beforeEach(async () => {
  tenantId = (await db.makeTenant()).id;
  secrets.clear();
});

const secretNamed = (name: string) => ({ name, required: false, description: null });
const write = (slug: string, dependencies: string[], code: string, more: WrittenPlugin['manifest'] = {}) =>
  writePlugin(db, sandbox, tenantId, {
    slug,
    code,
    manifest: { dependencies: Object.fromEntries(dependencies.map((each) => [each, '*'])), ...more },
  });

async function call(
  slug: string,
  path = '/',
  { user = null, signal }: { user?: Json; signal?: AbortSignal } = {},
): Promise<RunOutcome> {
  const snapshot = await execution.snapshots.get(tenantId, slug);
  const found = snapshot?.routes.match('GET', path);
  if (!snapshot || !found?.route) throw new Error(`no route ${path} of ${slug}`);
  const request = {
    method: 'GET',
    url: `http://annex.test/ext/${slug}${path}`,
    headers: [],
    params: found.params,
    query: {},
    body: null,
  };
  return (await execution.runRoute({ snapshot, route: found.route, request, user, ...(signal && { signal }) })).outcome;
}

async function answer(...args: Parameters<typeof call>): Promise<Json> {
  const outcome = await call(...args);
  if (outcome.status !== 'succeeded') throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
  return JSON.parse(outcome.response?.body?.data ?? 'null') as Json;
}

const tried = `const tried = async (work) => {
    try {
      const r = await work();
      return { status: r.status, text: await r.text() };
    } catch (error) {
      return { code: error.code, message: error.message };
    }
  };`;

describe('ctx.plugins.call', () => {
  it('runs a route of a dependency as a run of its own, and answers like HTTP', async () => {
    await write(
      'prices',
      [],
      `route('/prices/:sku', { methods: ['GET', 'POST'] }, async (ctx) => [
          {
            sku: ctx.params.sku,
            q: ctx.query,
            user: ctx.user,
            caller: ctx.request.headers.get('x-annex-caller'),
            own: ctx.request.headers.get('x-own'),
            token: ctx.request.headers.get('authorization'),
            method: ctx.request.method,
            type: ctx.request.headers.get('content-type'),
            body: await ctx.request.text(),
            plugin: ctx.plugin.slug,
            kind: ctx.run.kind,
          },
          201,
          { 'x-price': '7' },
        ]);
        route(
          '/bytes',
          { methods: ['POST'] },
          async (ctx) => new Response(new Uint8Array(await ctx.request.arrayBuffer()).map((b) => b + 1)),
        )`,
    );
    await write(
      'shop',
      ['prices'],
      `route('/', async (ctx) => {
          const r = await ctx.plugins.call('prices', '/prices/a%20b?x=1', {
            method: 'post',
            headers: { 'X-Own': 'yes', Authorization: 'Bearer x', 'x-annex-caller': 'forged' },
            query: { y: [2, 3], z: null },
            body: { n: 1 },
          });
          const plain = await ctx.plugins.call('prices', '/prices/c');
          const bytes = await ctx.plugins.call('prices', '/bytes', { method: 'POST', body: new Uint8Array([1, 254]) });
          return {
            status: r.status,
            ok: r.ok,
            price: r.headers.get('x-price'),
            json: await r.json(),
            plain: [plain.ok, (await plain.json()).method],
            bytes: [...new Uint8Array(await bytes.arrayBuffer())],
          };
        })`,
    );
    const user = { id: 'usr_1', email: 'a@b.test', role: 'member' };
    expect(await answer('shop', '/', { user })).toEqual({
      status: 201,
      ok: true,
      price: '7',
      json: {
        sku: 'a b',
        q: { x: '1', y: ['2', '3'] },
        user,
        caller: 'shop',
        own: 'yes',
        token: null,
        method: 'POST',
        type: 'application/json',
        body: '{"n":1}',
        plugin: 'prices',
        kind: 'route',
      },
      plain: [true, 'GET'],
      bytes: [2, 255],
    });
    const { items } = await execution.reader.runs(tenantId, { plugin: 'prices' }, { limit: 10 });
    expect(items.map((run) => [run.kind, run.name, run.status])).toHaveLength(3);
    const [caller] = (await execution.reader.runs(tenantId, { plugin: 'shop' }, { limit: 10 })).items;
    expect(caller?.limits).toMatchObject({ plugin_calls: { used: 3, max: 50 } });
  });

  it('reaches declared and enabled plugins of the tenant only; the rest is refused by name', async () => {
    await write('named', [], `route('/', () => 1)`);
    await write('unnamed', [], `route('/', () => 1)`);
    await writePlugin(db, sandbox, tenantId, { slug: 'off', code: `route('/', () => 1)`, status: 'disabled' });
    await write(
      'caller',
      ['named', 'off', 'absent'],
      `${tried}
        const calls = [
          ['unnamed', '/'],
          ['off', '/'],
          ['absent', '/'],
          ['toString', '/'],
          ['named', '/../caller/'],
          ['named', '/', { headers: { 'a b': 'x' } }],
          ['named', 'x'],
          ['named', '/', { body: 'x'.repeat(1024 * 1024 + 1) }],
          ['named', '/nope'],
          ['named', '/', { method: 'DELETE' }],
          ['named', '//evil.test/'],
        ];
        route('/', (ctx) => Promise.all(calls.map((args) => tried(() => ctx.plugins.call(...args)))))`,
    );
    const answers = (await answer('caller')) as { code?: string; status?: number; text?: string }[];
    expect(answers.map(({ code, status }) => code ?? status)).toEqual([
      'PERMISSION_DENIED',
      'PLUGIN_DISABLED',
      'PLUGIN_DISABLED',
      'INVALID_ARGUMENTS',
      'CALL_REFUSED',
      'INVALID_ARGUMENTS',
      'INVALID_ARGUMENTS',
      'CALL_TOO_LARGE',
      404,
      405,
      404,
    ]);
    expect(JSON.parse(answers[8]?.text ?? '')).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('opens members’ routes to plugins, roles to a person who has them, and signed routes to nobody', async () => {
    await write(
      'guarded',
      [],
      `route('/member', () => 'in');
        route('/public', { auth: 'public' }, () => 'in');
        route('/admin', { roles: ['admin'] }, () => 'in');
        route('/signed', { auth: { hmac: { secret: 'K' } } }, () => 'in')`,
      { secrets: [secretNamed('K')] },
    );
    await write(
      'visitor',
      ['guarded'],
      `${tried} route('/', { auth: 'public' }, (ctx) => Promise.all(['/member', '/public', '/admin', ` +
        `'/signed'].map((path) => tried(() => ctx.plugins.call('guarded', path)))))`,
    );
    const reached = async (user: Json): Promise<unknown[]> =>
      ((await answer('visitor', '/', { user })) as { code?: string; status?: number }[]).map(
        ({ code, status }) => code ?? status,
      );
    expect(await reached(null)).toEqual([200, 200, 'CALL_REFUSED', 'CALL_REFUSED']);
    expect(await reached({ id: 'usr_1', email: null, role: 'developer' })).toEqual([
      200,
      200,
      'CALL_REFUSED',
      'CALL_REFUSED',
    ]);
    expect(await reached({ id: 'usr_1', email: null, role: 'owner' })).toEqual([200, 200, 200, 'CALL_REFUSED']);
  });

  it('answers a failure of the other plugin with its status and code, and keeps its words', async () => {
    await write(
      'broken',
      [],
      `route('/', () => { throw new Error('the inner words') }); route('/loop', () => { for (;;); })`,
    );
    await write('asker', ['broken'], `${tried} route('/', (ctx) => tried(() => ctx.plugins.call('broken', '/')))`);
    const { status, text } = (await answer('asker')) as { status: number; text: string };
    expect(status).toBe(422);
    expect(JSON.parse(text)).toMatchObject({ code: 'PLUGIN_ERROR', run_id: expect.stringMatching(/^run_/) as unknown });
    expect(text).not.toContain('inner words');
  });

  it('refuses circles and more than five levels, by name, with the way out', async () => {
    await write('a', ['b'], `route('/', async (ctx) => (await ctx.plugins.call('b', '/')).json())`);
    await write('b', ['a'], `${tried} route('/', (ctx) => tried(() => ctx.plugins.call('a', '/')))`);
    expect(await answer('a')).toMatchObject({
      code: 'CALL_CYCLE',
      message: expect.stringContaining('a → b → a') as unknown,
    });

    for (let level = 0; level <= 6; level += 1) {
      await write(
        `l${level}`,
        [`l${level + 1}`],
        `${tried} route('/', async (ctx) => { const r = await tried(() => ctx.plugins.call('l${level + 1}', '/')); ` +
          'return r.code ? r : JSON.parse(r.text) })',
      );
    }
    expect(await answer('l0')).toEqual({
      code: 'CALL_DEPTH',
      message: expect.stringMatching(/would be 6 deep.*the limit is 5/) as unknown,
    });
  });

  it('is counted: at most fifty in a run', async () => {
    await write('target', [], `route('/', () => 1)`);
    await write(
      'many',
      ['target'],
      `${tried} route('/', async (ctx) => { for (let i = 0; i < 50; i += 1) await ctx.plugins.call('target', '/'); ` +
        `return tried(() => ctx.plugins.call('target', '/')) })`,
    );
    expect(await answer('many')).toMatchObject({
      code: 'RATE_LIMITED',
      message: expect.stringContaining('50 calls of other plugins') as unknown,
    });
  });

  it('nests five deep from many callers at once without anyone waiting for a place that a caller holds', async () => {
    await write('n5', [], `route('/', () => ({ depth: 5 }))`);
    for (let level = 4; level >= 0; level -= 1)
      await write(
        `n${level}`,
        [`n${level + 1}`],
        `route('/', async (ctx) => (await ctx.plugins.call('n${level + 1}', '/')).json())`,
      );
    await answer('n0');
    const answers = await Promise.all(Array.from({ length: 20 }, () => answer('n0')));
    expect(answers).toEqual(Array.from({ length: 20 }, () => ({ depth: 5 })));
  });

  it('ends with its caller: the deadline is the caller’s, and a cancelled caller cancels the callee', async () => {
    await write(
      'slow',
      [],
      `const wait = () => new Promise((done) => setTimeout(done, 60_000));
        route('/', wait);
        route('/told', async (ctx) => {
          await ctx.kv.set('started', true);
          await wait();
        });
        route('/left', (ctx) => ctx.run.deadline.getTime())`,
    );
    await write(
      'hasty',
      ['slow'],
      `${tried};
        route('/', async (ctx) => (await ctx.plugins.call('slow', '/told')).status);
        route(
          '/left',
          async (ctx) => (await (await ctx.plugins.call('slow', '/left')).json()) <= ctx.run.deadline.getTime(),
        );
        route('/short', async (ctx) => {
          const r = await ctx.plugins.call('slow', '/', { timeoutMs: 30 });
          return { status: r.status, code: (await r.json()).code };
        })`,
    );
    expect(await answer('hasty', '/left')).toBe(true);
    expect(await answer('hasty', '/short')).toEqual({ status: 504, code: 'TIMEOUT' });

    const leaving = new AbortController();
    const under = call('hasty', '/', { signal: leaving.signal });
    const runs = () =>
      execution.reader
        .runs(tenantId, { plugin: 'slow' }, { limit: 10 })
        .then(({ items }) => items.filter((run) => run.name === 'GET /told'));
    await expect.poll(() => db.sql(`select 1 from kv where key = 'started'`), { timeout: 20_000 }).not.toEqual([]);
    leaving.abort();
    expect(await under).toMatchObject({ status: 'failed', error: { code: 'CANCELLED' } });
    await expect.poll(async () => (await runs()).map((run) => run.status), { timeout: 20_000 }).toEqual(['cancelled']);
  });

  it('lets no secret cross, in either direction', async () => {
    secrets.set('MINE', 'canary-of-the-caller').set('THEIRS', 'canary-of-the-callee');
    await write(
      'keeper',
      [],
      `route('/', { methods: ['GET', 'POST'] }, async (ctx) => ({
          heard: await ctx.request.text(),
          q: ctx.query,
          told: await ctx.secrets.get('THEIRS'),
        }));
        route(
          '/bytes',
          async (ctx) =>
            new Response(new Uint8Array([255, ...new TextEncoder().encode(await ctx.secrets.get('THEIRS'))])),
        )`,
      { secrets: [secretNamed('THEIRS')] },
    );
    await write(
      'teller',
      ['keeper'],
      `${tried}
        route('/', async (ctx) => {
          const mine = await ctx.secrets.get('MINE');
          const bytes = new Uint8Array([255, ...new TextEncoder().encode(mine)]);
          const call = (path, init) => tried(() => ctx.plugins.call('keeper', path, init));
          return [
            await call('/', { method: 'POST', body: { mine }, query: { mine } }),
            await call('/', { method: 'POST', body: bytes }),
            await call('/bytes'),
          ];
        });`,
      { secrets: [secretNamed('MINE')] },
    );
    const [text, sent, bytes] = (await answer('teller')) as { status?: number; text: string; code?: string }[];
    expect(JSON.parse(text?.text ?? '')).toEqual({ heard: '{"mine":"***"}', q: { mine: '***' }, told: '***' });
    expect([sent?.code, bytes?.code]).toEqual(['SECRET_EXPOSED', 'SECRET_EXPOSED']);
  });
});
