import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import {
  closeSandbox,
  HandlerFailed,
  httpFixtures,
  openPlugin,
  type OpenPluginOptions,
  type TestPlugin,
} from './testing.js';

const made: string[] = [];
const opened: TestPlugin[] = [];
afterEach(async () => {
  for (const plugin of opened.splice(0)) await plugin.close();
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
});
afterAll(closeSandbox);

async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'annex-sdk-'));
  made.push(folder);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

const base = { slug: 'probe', name: 'Probe', version: '1.0.0', entry: 'main.ts' };

/** A plugin with everything declared that its code may use. */
async function open(code: string, manifest: object = {}, options: OpenPluginOptions = {}): Promise<TestPlugin> {
  const head =
    'import { hook, route, job, filter, health, onInstall, onConfigChange, NonRetryable, RetryAfter } from ' +
    `'@annex/sdk'\n`;
  const plugin = await openPlugin(
    await folderOf({ 'plugin.json': JSON.stringify({ ...base, ...manifest }), 'main.ts': head + code }),
    options,
  );
  opened.push(plugin);
  return plugin;
}

const jobs = (...names: string[]) => ({ jobs: names.map((name) => ({ name, retry: { max_attempts: 3 } })) });
const http = { permissions: ['outbound_http'], http: { allow: ['api.test', '*.cdn.test'] }, ...jobs('go') };

async function failure(work: Promise<unknown>): Promise<HandlerFailed> {
  const thrown: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(thrown instanceof HandlerFailed)) throw new Error(`expected a failed handler, got ${String(thrown)}`);
  return thrown;
}

describe('opening a plugin', () => {
  it('lists every fault of a bad package, of manifest and code, as an upload does', async () => {
    const folder = await folderOf({
      'plugin.json': JSON.stringify({ ...base, version: 'one', permisions: [] }),
      'main.ts': `import fs from 'node:fs'`,
    });
    await expect(openPlugin(folder)).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      message: expect.stringMatching(/^(?=.*\/version )(?=.*\/permisions .*permissions)(?=.*node:fs)/s),
      errors: expect.arrayContaining([expect.objectContaining({ pointer: '/version' })]),
    });
  });

  it('refuses handlers that the manifest does not declare, which only running the entry tells', async () => {
    await expect(open(`job('tidy', async () => 1)`)).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      message: expect.stringContaining('tidy'),
    });
  });

  it('refuses a grant that the manifest does not ask for', async () => {
    await expect(open(`job('go', async () => 1)`, jobs('go'), { grants: ['db.read'] })).rejects.toMatchObject({
      code: 'GRANT_INVALID',
    });
  });

  it('refuses to be without required secrets, and names them all', async () => {
    const secrets = [{ name: 'ONE', required: true }, 'MAY', { name: 'TWO', required: true }];
    await expect(open('', { secrets })).rejects.toMatchObject({
      code: 'REQUIREMENTS_MISSING',
      message: expect.stringMatching(/ONE.*TWO/s),
    });
  });

  it('carries tests and anything else in the folder without running it', async () => {
    const folder = await folderOf({
      'plugin.json': JSON.stringify(base),
      'main.ts': '',
      'main.test.ts': `throw new Error('run')`,
      'notes/x.md': '',
    });
    opened.push(await openPlugin(folder));
  });
});

describe('a language model', () => {
  const llm = { permissions: ['llm.use'], ...jobs('go') };
  const code = `job('go', async (ctx) => {
      const { text, usage } = await ctx.llm.run('two words', { system: 'One.', maxTokens: 5 });
      return { text, total: usage.total_tokens };
    })`;

  it('is what the test says, and sees the whole conversation', async () => {
    const plugin = await open(code, llm, {
      llm: ({ messages }) => messages.map(({ role, content }) => `${role}: ${content}`).join(' / '),
    });
    expect(await plugin.job('go')).toEqual({ text: 'system: One. / user: two words', total: 9 });
  });

  it('is not there unless the test brings one, and not without the permission', async () => {
    expect((await failure((await open(code, llm)).job('go'))).message).toContain('openPlugin');
    expect(await failure((await open(code, jobs('go'), { llm: () => 'x' })).job('go'))).toMatchObject({
      code: 'PERMISSION_DENIED',
    });
  });
});

describe('a handler', () => {
  it('sees who and what it runs for', async () => {
    const plugin = await open(
      `job('go', async (ctx) => [
          ctx.tenantId,
          ctx.tenant.name,
          ctx.user,
          ctx.plugin.slug,
          ctx.run.kind,
          ctx.run.attempt,
          ctx.permissions.has('outbound_http'),
          ctx.config,
          await ctx.secrets.has('KEY'),
          await ctx.secrets.has('OTHER'),
        ])`,
      { ...http, secrets: ['KEY'], config: { type: 'object', properties: { a: { type: 'number', default: 7 } } } },
      { tenant: { slug: 'acme', name: 'Acme' }, secrets: { KEY: 'k' } },
    );
    expect(await plugin.job('go', null, { attempt: 2 })).toEqual([
      'acme',
      'Acme',
      null,
      'probe',
      'job',
      2,
      true,
      { a: 7 },
      true,
      false,
    ]);
  });

  it('that throws rejects with its message, its stack and the next attempt', async () => {
    const plugin = await open(`job('go', async () => { throw new RangeError('seven is too many') })`, jobs('go'));
    const failed = await failure(plugin.job('go'));
    expect(failed).toMatchObject({
      code: 'PLUGIN_ERROR',
      message: 'seven is too many',
      handler: 'job go',
      next: { then: 'retry', delayMs: 5000, countsAsAttempt: true },
    });
    expect(failed.stack).toContain('RangeError');
    expect((await failure(plugin.job('go', null, { attempt: 3 }))).next).toEqual({
      then: 'dead',
      reason: 'attempts_spent',
    });
  });

  it.each([
    [`throw new NonRetryable('no')`, 'NON_RETRYABLE', { then: 'dead', reason: 'not_retryable' }],
    [`throw new RetryAfter(1234)`, 'RETRY_AFTER', { then: 'retry', delayMs: 1234, countsAsAttempt: true }],
    // Which of the two limits is met first depends on how busy the machine is.
    [`for (;;) ;`, expect.stringMatching(/^(CPU_LIMIT|TIMEOUT)$/) as string, { then: 'retry' }],
    [`await new Promise(() => {})`, 'TIMEOUT', { then: 'retry' }],
    [`return 'x'.repeat(1_100_000)`, 'OUTPUT_LIMIT', { then: 'dead', reason: 'not_retryable' }],
  ])('that does %s ends as in production, with %s', async (body, code, next) => {
    const plugin = await open(`hook('go', async (ctx) => { ${body} })`, {
      events: ['go'],
      limits: { timeout_ms: 1500 },
    });
    expect(await failure(plugin.event('go'))).toMatchObject({ code, next });
  });

  it('that lets a refused host call through ends with that call’s code', async () => {
    const plugin = await open(`job('go', async (ctx) => { await ctx.http.get('https://api.test/') })`, http, {
      grants: [],
    });
    expect(await failure(plugin.job('go'))).toMatchObject({ code: 'PERMISSION_DENIED', next: { then: 'dead' } });
    expect(plugin.requests).toEqual([]);
  });

  it.each([
    [`ctx.db.query('orders')`, 'PERMISSION_DENIED'],
    [`ctx.webhooks.send('a', {})`, 'PERMISSION_DENIED'],
    [`ctx.templates.render('a.liquid')`, 'TEMPLATE_NOT_FOUND'],
    [`ctx.kv.set('k', 'x'.repeat(140000))`, 'PAYLOAD_TOO_LARGE'],
    [`ctx.kv.set('', 1)`, 'INVALID_ARGUMENTS'],
    [`ctx.secrets.get('OTHER')`, 'PERMISSION_DENIED'],
    [`ctx.emit('Not A Name', {})`, 'EVENT_REFUSED'],
    [`ctx.emit('auth.user.created', {})`, 'EVENT_REFUSED'],
    [`ctx.jobs.runNow('other')`, 'JOB_UNKNOWN'],
    [`ctx.kv.set('t', 'text').then(() => ctx.kv.incr('t'))`, 'KV_NOT_A_NUMBER'],
    [`ctx.kv.list({ cursor: '!' })`, 'CURSOR_INVALID'],
  ])('that calls %s is told %s', async (call, code) => {
    const plugin = await open(`job('go', (ctx) => ${call}.then(() => 'OK', (error) => error.code))`, jobs('go'));
    expect(await plugin.job('go')).toBe(code);
  });
});

describe('events', () => {
  it('reach every hook whose pattern fits, in order, as an event of the bus', async () => {
    const plugin = await open(
      `hook('build.*', async (ctx, event) => event);
        hook('build.done', async () => {});
        hook('build.other', async () => 'never')`,
      { events: ['build.*'] },
      { now: () => Date.UTC(2026, 0, 31) },
    );
    expect(await plugin.event('build.done', { n: 1 }, { id: 'e1', subject: 's', source: '/ci' })).toEqual([
      {
        id: 'e1',
        type: 'build.done',
        source: '/ci',
        subject: 's',
        data: { n: 1 },
        time: '2026-01-31T00:00:00.000Z',
        severity: 'info',
        tags: [],
        attributes: {},
      },
      undefined,
    ]);
    expect(await plugin.event('nobody.cares')).toEqual([]);
  });

  it('that do not pass the filter of a hook are not handed to it', async () => {
    const plugin = await open(
      `hook('pod.*', { where: { 'data.n': { $gte: 2 }, 'alert.status': 'firing' } }, () => 'picky');
        hook('pod.*', () => 'all'); hook('pod-restart', () => 'raw')`,
      { events: ['pod.*', 'pod-restart'] },
    );
    const alert = { id: 'alr_1', status: 'firing', count: 1, first_at: '2026-01-31T00:00:00.000Z' } as const;
    expect(await plugin.event('pod.restart', { n: 2 }, { alert })).toEqual(['picky', 'all']);
    expect(await plugin.event('pod.restart', { n: 1 }, { alert })).toEqual(['all']);
    expect(await plugin.event('pod.restart', { n: 2 }, { rawType: 'pod-restart' })).toEqual(['all', 'raw']);
  });

  it("are mapped by the package's mappings, in the time of the test", async () => {
    const mapping = `api_version: v1
mappings:
  - type: pod-restart
    to: pod.restart
    severity: error
    dedupe: { key: "{{ subject }}", window_s: 60, resolve_after_s: 120 }
correlations:
  - { emit: pod.stuck, all: [pod.restart], absent: [pod.ready], by: "{{ subject }}", within_s: 90 }
`;
    const manifest = { ...base, events: ['pod.*'] };
    const plugin = await openPlugin(
      await folderOf({
        'plugin.json': JSON.stringify(manifest),
        'main.ts': `import { hook } from '@annex/sdk'\nhook('pod.*', () => {})`,
        'mappings/pods.yaml': mapping,
      }),
      { clock: '2026-01-31' },
    );
    opened.push(plugin);
    const restart = { type: 'pod-restart', subject: 'web-1' };
    expect(plugin.map(restart)).toMatchObject({
      ...{ type: 'pod.restart', rawType: 'pod-restart', severity: 'error', mappedFrom: 'probe.pods/pod.restart' },
      ...{ suppressedBy: null, alert: { status: 'firing', count: 1 }, makes: [] },
    });
    expect(plugin.map(restart)).toMatchObject({ suppressedBy: { reason: 'window' }, alert: { count: 2 } });
    plugin.clock.advance(120_000);
    const { makes, suppressedBy } = plugin.map(restart);
    expect(suppressedBy).toBeNull();
    expect(makes).toMatchObject([{ type: 'pod.restart', alert: { status: 'resolved' } }, { type: 'pod.stuck' }]);
    expect(plugin.map({ type: 'other' })).toMatchObject({ type: 'other', mappedFrom: null, rawType: null });
    expect(() => plugin.map({ type: 'Not one' })).toThrow('Not one');
  });

  it('run every hook before the first failure rejects', async () => {
    const plugin = await open(
      `hook('a', async () => { throw new Error('first') }); hook('a', async (ctx) => { await ctx.kv.incr('ran') })`,
      { events: ['a'] },
    );
    expect(await failure(plugin.event('a'))).toMatchObject({ message: 'first', handler: 'event a' });
    expect(plugin.kv.get('ran')).toBe(1);
  });

  it('that no event may be are refused', async () => {
    const plugin = await open('');
    await expect(plugin.event('Not A Name')).rejects.toMatchObject({ code: 'EVENT_INVALID' });
    await expect(plugin.event('big', { text: 'x'.repeat(300_000) })).rejects.toMatchObject({ code: 'EVENT_INVALID' });
  });

  it('emitted by an attempt that fails are not emitted', async () => {
    const plugin = await open(
      `hook('a', async (ctx, event) => {
          await ctx.emit('b', {}, { id: 'b1', severity: event.severity, tags: event.tags, attributes: { n: 1 } });
          if (event.data.fail) throw new Error('late');
        })`,
      { events: ['a'] },
    );
    await failure(plugin.event('a', { fail: true }));
    expect(plugin.emitted).toEqual([]);
    await plugin.event('a', {}, { severity: 'error', tags: ['t'] });
    await plugin.event('a');
    expect(plugin.emitted).toEqual([
      {
        id: 'b1',
        type: 'b',
        source: 'annex:plugin/probe',
        subject: null,
        data: {},
        severity: 'error',
        tags: ['t'],
        attributes: { n: 1 },
      },
    ]);
  });

  it('that the operator reserves are not emitted', async () => {
    const code = `hook('a', async (ctx, event) => { await ctx.emit(event.data.type) })`;
    const plugin = await open(code, { events: ['a'] }, { reservedEvents: ['payments.**'] });
    await expect(plugin.event('a', { type: 'payments.made' })).rejects.toThrow('ANNEX_RESERVED_EVENTS');
    await plugin.event('a', { type: 'paid' });
    expect(plugin.emitted).toMatchObject([{ type: 'paid' }]);
    const seen = `hook('a', async (ctx) => { await ctx.emit('payments.made') })`;
    await expect(open(seen, { events: ['a'] }, { reservedEvents: ['payments.**'] })).rejects.toThrow(
      'EVENT_TYPE_RESERVED',
    );
  });

  it('too deep in a chain are not emitted', async () => {
    const plugin = await open(`hook('a', async (ctx) => { await ctx.emit('b') })`, { events: ['a'] });
    await plugin.event('a', {}, { depth: 9 });
    expect(await failure(plugin.event('a', {}, { depth: 10 }))).toMatchObject({
      code: 'EMIT_DEPTH',
      next: { then: 'dead' },
    });
  });
});

describe('routes', () => {
  const code = `
    route('/items/:id', async (ctx) => ({
      id: ctx.params.id,
      query: ctx.query,
      user: ctx.user?.id ?? null,
      cookie: ctx.request.headers.get('cookie'),
      url: ctx.request.url,
    }));
    route('/items', { methods: ['POST'], roles: ['developer'] }, async (ctx) => [
      await ctx.request.json(),
      201,
      { 'x-made': 'yes' },
    ]);
    route(
      '/bytes',
      { methods: ['POST'], auth: 'public' },
      async (ctx) => new Response(await ctx.request.arrayBuffer(), { headers: { 'content-type': 'image/png' } }),
    );
    route('/none', { auth: 'public' }, async () => {});
    route('/bad', async () => {
      throw new Error('inside');
    })
  `;

  it('answer what the handler answers', async () => {
    const plugin = await open(code, { routes: true });
    const item = await plugin.request('GET', '/items/a%20b?tag=1&tag=2&x=y', { headers: { Cookie: 'session=1' } });
    expect(await item.json()).toEqual({
      id: 'a b',
      query: { tag: ['1', '2'], x: 'y' },
      user: 'usr_test',
      cookie: null,
      url: 'http://annex.test/ext/probe/items/a%20b?tag=1&tag=2&x=y',
    });
    const posted = await plugin.request('POST', '/items', { body: { n: 1 } });
    expect([posted.status, posted.headers.get('x-made'), await posted.json()]).toEqual([201, 'yes', { n: 1 }]);
    const bytes = await plugin.request('POST', '/bytes', { body: Uint8Array.of(0, 255, 128), user: null });
    expect([bytes.headers.get('content-type'), new Uint8Array(await bytes.arrayBuffer())]).toEqual([
      'image/png',
      Uint8Array.of(0, 255, 128),
    ]);
    expect((await plugin.request('GET', '/none', { user: null })).status).toBe(204);
  });

  it('turn away whom and what the platform turns away', async () => {
    const plugin = await open(code, { routes: true }, { user: { id: 'usr_1', email: null, role: 'member' } });
    const statuses = await Promise.all([
      plugin.request('GET', '/nowhere'),
      plugin.request('DELETE', '/items/1'),
      plugin.request('GET', '/items/1', { user: null }),
      plugin.request('POST', '/items', { body: {} }),
      plugin.request('POST', '/bytes', { body: 'x'.repeat(1_100_000) }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([404, 405, 401, 403, 413]);
    expect(statuses[1]?.headers.get('allow')).toBe('GET, HEAD');
    expect(await statuses[3]?.json()).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('reject when the handler fails', async () => {
    const plugin = await open(code, { routes: true });
    expect(await failure(plugin.request('GET', '/bad'))).toMatchObject({
      code: 'PLUGIN_ERROR',
      message: 'inside',
      handler: 'route GET /bad',
      next: { then: 'dead' },
    });
  });
});

describe('outbound requests', () => {
  it('are answered by the test, after the checks of the platform', async () => {
    const plugin = await open(
      `job('go', async (ctx, payload) => {
          const answer = await ctx.http.post(
            'https://api.test/v1?a=1',
            { payload },
            { query: { b: 2 }, headers: { 'X-Key': 'k' } },
          );
          return [answer.status, answer.headers.get('x-a'), await answer.json()];
        })`,
      http,
      {
        http: (request) => ({
          status: 201,
          headers: { 'X-A': 'b' },
          body: { got: request.json(), key: request.headers['x-key'] },
        }),
      },
    );
    expect(await plugin.job('go', 7)).toEqual([201, 'b', { got: { payload: 7 }, key: 'k' }]);
    expect(plugin.requests).toMatchObject([
      { method: 'POST', url: 'https://api.test/v1?a=1&b=2', body: '{"payload":7}' },
    ]);
  });

  it.each([
    ['https://other.test/', 'PERMISSION_DENIED'],
    ['https://api.test:8443/', 'EGRESS_PORT'],
    ['ftp://api.test/', 'EGRESS_SCHEME'],
    ['https://cdn.test/', 'PERMISSION_DENIED'],
    ['https://a.cdn.test/', 'OK'],
  ])('to %s end with %s', async (url, code) => {
    const plugin = await open(
      `job('go', (ctx, url) => ctx.http.get(url).then(() => 'OK', (error) => error.code))`,
      http,
      { http: () => ({}) },
    );
    expect(await plugin.job('go', url)).toBe(code);
    expect(plugin.requests).toHaveLength(code === 'OK' ? 1 : 0);
  });

  it.each([
    [undefined, 'EGRESS_CONNECT'],
    [() => Promise.reject(new Error('reset')), 'EGRESS_CONNECT'],
    [() => new Promise<never>(() => {}), 'EGRESS_TIMEOUT'],
    [() => ({ body: new Uint8Array(11 * 2 ** 20) }), 'HTTP_LIMIT'],
  ])('fail as the network does: %s', async (answer, code) => {
    const plugin = await open(
      `job('go', (ctx) =>
          ctx.http.get('https://api.test/', { timeoutMs: 50 }).then(
            () => 'OK',
            (error) => error.code,
          ),
        )`,
      http,
      { http: answer },
    );
    expect(await plugin.job('go')).toBe(code);
  });

  it('are limited to 50 a run', async () => {
    const plugin = await open(
      `job('go', async (ctx) => { for (let n = 0; n < 51; n += 1) await ctx.http.get('https://api.test/' + n) })`,
      http,
      { http: () => ({}) },
    );
    expect(await failure(plugin.job('go'))).toMatchObject({ code: 'HTTP_LIMIT', next: { then: 'retry' } });
    expect(plugin.requests).toHaveLength(50);
  });
});

describe('what a plugin leaves behind', () => {
  it('stays in kv until it runs out, and can be looked at and set', async () => {
    let now = 1_000_000;
    const plugin = await open(
      `job('go', async (ctx) => {
          await ctx.kv.set('a', { n: await ctx.kv.get('given') }, { ttl: 60 });
          await ctx.kv.incr('b', 2, { ttl: 10 });
          await ctx.kv.incr('b', 1, { ttl: 1000 });
          return ctx.kv.list({ limit: 2 });
        })`,
      jobs('go'),
      { now: () => now },
    );
    plugin.kv.set('given', [1]);
    const page = (await plugin.job('go')) as { keys: object[]; next_cursor: string };
    expect(page.keys).toEqual([
      { key: 'a', expires_at: new Date(now + 60_000).toISOString() },
      { key: 'b', expires_at: new Date(now + 10_000).toISOString() },
    ]);
    expect(page.next_cursor).toBe(Buffer.from('b').toString('base64url'));
    expect(plugin.kv.get('b')).toBe(3);
    now += 10_000;
    expect(plugin.kv.get('b')).toBeUndefined();
    expect(plugin.kv.get('a')).toEqual({ n: [1] });
    now += 50_000;
    expect(plugin.kv.keys()).toEqual(['given']);
  });

  it('stays in tables with the rules of the platform, and can be looked at and set', async () => {
    const plugin = await open(
      `job('go', async (ctx) => {
          const row = await ctx.db.insert('orders', { total: 12, tags: ['a'] });
          await ctx.db.insert('orders', { total: 3 });
          const changed = await ctx.db.update('orders', row.id, { total: 13, $unset: ['tags'] });
          const found = await ctx.db.query('orders', { total: { $gt: 5 } }, { orderBy: '-total' });
          const refused = [];
          for (const call of [
            () => ctx.db.insert('users', {}),
            () => ctx.db.query('orders', { total: { $gtt: 1 } }),
            () => ctx.db.insert('orders', { id: 'x' }),
            () => ctx.db.insert('annex_x', {}),
          ]) {
            await call().catch((error) => refused.push(error.code));
          }
          return {
            changed,
            found,
            refused,
            gone: await ctx.db.delete('orders', row.id),
            left: await ctx.db.count('orders'),
            user: await ctx.db.getById('users', 'usr_1'),
          };
        })`,
      { ...jobs('go'), permissions: ['db.read', 'db.write'] },
    );
    plugin.tables.insert('users', { id: 'usr_1', email: 'ada@a.test' });
    const result = (await plugin.job('go')) as { changed: object; found: object[] };
    expect(result).toMatchObject({
      changed: { total: 13 },
      refused: ['TABLE_READ_ONLY', 'INVALID_ARGUMENTS', 'INVALID_ARGUMENTS', 'TABLE_NAME_RESERVED'],
      gone: true,
      left: 1,
      user: { id: 'usr_1', email: 'ada@a.test' },
    });
    expect(result.found).toEqual([result.changed]);
    expect(result.changed).not.toHaveProperty('tags');
    expect(plugin.tables.rows('orders')).toMatchObject([{ total: 3 }]);
  });

  it('shows no secret that the plugin read', async () => {
    const plugin = await open(
      `job('go', async (ctx) => {
          const key = await ctx.secrets.get('KEY');
          console.log('key is ' + key);
          await ctx.emit('told', { key });
          await ctx.kv.set('k', key);
          return { key };
        })`,
      { ...jobs('go'), secrets: ['KEY'] },
      { secrets: { KEY: 'tellnobody-123' } },
    );
    expect(await plugin.job('go')).toEqual({ key: '***' });
    expect(plugin.emitted).toMatchObject([{ data: { key: '***' } }]);
    expect(JSON.stringify([plugin.logs, plugin.kv.get('k')])).not.toContain('tellnobody');
    expect(plugin.logs).toContainEqual({ level: 'info', message: 'key is ***', fields: null });
  });

  it('is nothing of another plugin under test', async () => {
    const code = `job('go', async (ctx) => ctx.kv.incr('n'))`;
    const [one, two] = await Promise.all([open(code, jobs('go')), open(code, jobs('go'))]);
    expect([await one.job('go'), await one.job('go'), await two.job('go')]).toEqual([1, 2, 1]);
  });

  it('lists what it counted', async () => {
    const plugin = await open(
      `job('a', async (ctx) => { await ctx.analytics.track('made', { rows: 2 }); await ctx.analytics.track('seen') })`,
      jobs('a'),
    );
    await plugin.job('a');
    expect(plugin.tracked).toEqual([
      { name: 'made', props: { rows: 2 } },
      { name: 'seen', props: {} },
    ]);
  });

  it('lists the jobs it started without running them', async () => {
    const plugin = await open(
      `job('a', async (ctx) => ctx.jobs.runNow('b', { n: 1 })); job('b', async (ctx, payload) => payload)`,
      jobs('a', 'b'),
    );
    expect(await plugin.job('a')).toEqual({ run_id: plugin.startedJobs[0]?.runId, status: 'queued' });
    expect(plugin.startedJobs).toMatchObject([{ name: 'b', payload: { n: 1 } }]);
    await expect(plugin.job('c')).rejects.toThrow('no job c');
  });
});

describe('the other handlers', () => {
  it('run too: filters, lifecycle hooks, the health check', async () => {
    const plugin = await open(
      `filter('price', (ctx, value) => ({ n: value.n * 2 }))
       filter('lenient', () => { throw new Error('passed over') })
       filter('strict', { on_error: 'fail' }, () => { throw new Error('no') })
       onInstall(async (ctx) => ctx.kv.set('installed', true))
       onConfigChange(async (ctx, key, value, op, change) => ctx.kv.set('change', [key, value, op, change]))
       health(async () => ({ ok: true }))`,
      { filters: ['price', 'lenient', 'strict'] },
    );
    expect(await plugin.filter('price', { n: 1 })).toEqual({ n: 2 });
    expect(await plugin.filter('lenient', { n: 1 })).toEqual({ n: 1 });
    expect(await plugin.filter('unknown', { n: 1 })).toEqual({ n: 1 });
    expect(await failure(plugin.filter('strict', 1))).toMatchObject({ message: 'no', handler: 'filter strict' });
    await plugin.lifecycle('install');
    await plugin.lifecycle('uninstall');
    const change = { revision: 3, previous: '#dev' };
    await plugin.lifecycle('config_change', { key: 'channel', value: '#ops', op: 'set', ...change });
    expect([plugin.kv.get('installed'), plugin.kv.get('change')]).toEqual([true, ['channel', '#ops', 'set', change]]);
    expect(await plugin.health()).toEqual({ ok: true });
  });
});

describe('shared state', () => {
  const code = `
    route('/:key', async (ctx) => ({ found: await ctx.shared('zones').get(ctx.params.key, { version: true }) }))
    job('write', async (ctx, [key, value, ifVersion]) => ctx.shared('zones').set(key, value, { ifVersion }))
    job('kv', async (ctx) => {
      const first = await ctx.kv.set('n', 1, { ifVersion: 0 })
      await ctx.kv.set('n', 2)
      const late = await ctx.kv.set('n', 3, { ifVersion: first }).catch((thrown) => thrown.code)
      return [first, await ctx.kv.get('n', { version: true }), late]
    })`;
  const manifest = { routes: true, jobs: [{ name: 'write' }, { name: 'kv' }] };

  it('is changed by its owner, when it is what the owner read', async () => {
    const plugin = await open(code, { ...manifest, shared: [{ name: 'zones', access: 'write' }] });
    const version = await plugin.job('write', ['a', 1, 0]);
    expect(plugin.shared('zones').get('a')).toBe(1);
    expect(await failure(plugin.job('write', ['a', 2, 0]))).toMatchObject({
      message: expect.stringContaining('is there already'),
    });
    await plugin.job('write', ['a', 2, version ?? 0]);
    expect(await (await plugin.request('GET', '/a')).json()).toEqual({ found: { value: 2, version: 2 } });
    expect(await plugin.job('kv')).toEqual([1, { value: 2, version: 2 }, 'KV_CHANGED']);
  });

  it('is read, and never changed, by those that depend on its owner', async () => {
    const shared = [{ name: 'zones', access: 'read' }];
    const plugin = await open(code, { ...manifest, shared, dependencies: { dns: '*' } });
    plugin.shared('zones').set('a', 7);
    expect(await (await plugin.request('GET', '/a')).json()).toEqual({ found: { value: 7, version: 1 } });
    expect(await failure(plugin.job('write', ['a', 2, 1]))).toMatchObject({
      message: expect.stringContaining('may only read'),
    });
    expect(() => plugin.shared('others')).toThrow(TypeError);
  });
});

describe('settings of the tenant', () => {
  const code = `onConfigChange(async (ctx, key, value, op, change) => {
    if (value === 'bad') throw new Error('no')
    await ctx.kv.set(key, [value, op, change])
  })`;

  it('are told as far as the plugin watches them, and refused by it', async () => {
    const plugin = await open(code, { watch: ['dns/**'] });
    await plugin.settings.put('mail/x', 1);
    await plugin.settings.put('dns/a', 1);
    await plugin.settings.put('dns/a', 1);
    expect(plugin.kv.get('dns/a')).toEqual([
      1,
      'put',
      { revision: 2, previous: null, scope: 'tenant', firstSync: false },
    ]);
    expect(await failure(plugin.settings.put('dns/a', 'bad'))).toMatchObject({ message: 'no' });
    expect(await plugin.settings.delete('dns/a')).toBe(true);
    expect(plugin.kv.get('dns/a')).toEqual([
      null,
      'delete',
      { revision: 4, previous: 'bad', scope: 'tenant', firstSync: false },
    ]);
    expect(await plugin.settings.delete('dns/a')).toBe(false);
    expect(plugin.kv.keys()).toEqual(['dns/a']);
    await plugin.settings.put('dns/b', 2);
    await plugin.settings.sync();
    expect(plugin.kv.get('dns/b')).toMatchObject([2, 'put', { firstSync: true }]);
    await expect(plugin.settings.put('a//b', 1)).rejects.toThrow('empty segment');
  });
});

describe('closing', () => {
  it('ends a plugin for good, twice if need be, and leaves the others running', async () => {
    const code = `job('go', async () => 1)`;
    const [one, two] = [await open(code, jobs('go')), await open(code, jobs('go'))];
    await one.close();
    await one.close();
    await expect(one.job('go')).rejects.toThrow('closed');
    expect(await two.job('go')).toBe(1);
  });

  it('ends the sandbox, and the next plugin gets a new one', async () => {
    await closeSandbox();
    await closeSandbox();
    const plugin = await open(`job('go', async () => 'again')`, jobs('go'));
    expect(await plugin.job('go')).toBe('again');
  });
});

describe('files and mail', () => {
  it('are kept in memory, under the platform’s rules, and open to the test', async () => {
    const plugin = await open(
      `job('go', async (ctx) => {
          await ctx.files.upload('made/today.csv', 'a,b');
          const given = new TextDecoder().decode(await ctx.files.read('given.txt'));
          await ctx.email.send({
            to: 'Ada <ada@example.com>',
            subject: 'Report',
            text: given,
            attachments: [{ file: 'made/today.csv' }],
          });
          return [
            (await ctx.files.list('made/')).items.map(({ key, content_type }) => [key, content_type]),
            await ctx.files.stat('none'),
            await ctx.files.upload('../x', '').catch(({ code }) => code),
            await ctx.email.send({ to: 'nobody', subject: 's', text: 't' }).catch(({ code }) => code),
          ];
        })`,
      { permissions: ['files.read', 'files.write', 'send_email'], ...jobs('go') },
    );
    plugin.files.set('given.txt', 'laid ready');
    expect(await plugin.job('go')).toEqual([
      [['made/today.csv', 'text/csv']],
      null,
      'FILE_KEY_INVALID',
      'MAIL_ADDRESS_INVALID',
    ]);
    expect(plugin.files.text('made/today.csv')).toBe('a,b');
    expect(plugin.mails).toMatchObject([
      {
        to: ['Ada <ada@example.com>'],
        text: 'laid ready',
        attachments: [{ filename: 'today.csv', contentType: 'text/csv' }],
      },
    ]);
    expect(plugin.emitted).toMatchObject([
      { type: 'files.uploaded', data: { file: { key: 'made/today.csv', size: 3 } } },
    ]);
  });

  it('render the templates that lie in the plugin’s folder', async () => {
    const folder = await folderOf({
      'plugin.json': JSON.stringify({ ...base, ...jobs('go') }),
      'main.ts': `import { job } from '@annex/sdk';
        job('go', (ctx) => ctx.templates.render('hello', { name: '<Ada>' }))`,
      'templates/hello.html': '<b>{{ name }}</b>',
    });
    await using plugin = await openPlugin(folder);
    expect(await plugin.job('go')).toBe('<b>&lt;Ada&gt;</b>');
  });
});

describe('a clock of the test’s own', () => {
  const code = `
    const loaded = Date.now()
    job('go', async (ctx) => {
      await ctx.kv.set('seen', 1, { ttl: 60 })
      const made = new Date()
      return {
        loaded, now: Date.now(), iso: made.toISOString(), text: Date().slice(11, 15),
        day: new Date(2020, 0, 2).getDate(),
        is: made instanceof Date && made.constructor === Date && {}.toString.call(made) === '[object Date]',
        parsed: Date.parse('2020-01-01T00:00:00Z'), utc: Date.UTC(2020, 0, 1),
        temporal: Temporal.Now.instant().toString(), today: Temporal.Now.plainDateISO('UTC').toString(),
      }
    })
    hook('x.y', (ctx, event) => [event.time, new (class Later extends Date {})().getTime()])
    route('/', () => { throw new Error('on line 17') })`;

  it('stands still in plugin code, and moves when the test says so', async () => {
    const plugin = await open(
      code,
      { ...jobs('go'), events: ['x.y'], routes: true },
      { clock: '2026-01-31T23:59:59Z' },
    );
    const at = Date.parse('2026-01-31T23:59:59Z');
    const first = await plugin.job('go');
    expect(first).toEqual({
      loaded: at,
      now: at,
      iso: '2026-01-31T23:59:59.000Z',
      text: expect.stringMatching(/^202[67]$/),
      day: 2,
      is: true,
      parsed: 1_577_836_800_000,
      utc: 1_577_836_800_000,
      temporal: '2026-01-31T23:59:59Z',
      today: '2026-01-31',
    });
    await new Promise((done) => setTimeout(done, 5));
    expect(await plugin.job('go')).toEqual(first);
    expect(plugin.kv.get('seen')).toBe(1);
    plugin.clock.advance(61_000);
    expect(plugin.kv.get('seen')).toBeUndefined();
    expect(await plugin.job('go')).toMatchObject({ now: at + 61_000, today: '2026-02-01' });
    plugin.clock.set('2030-01-01');
    expect(await plugin.event('x.y')).toEqual([['2030-01-01T00:00:00.000Z', Date.parse('2030-01-01')]]);
    const failed = await failure(plugin.request('GET', '/'));
    expect(failed.stack).toMatch(/at .*main\.ts:1[0-9]:\d+/);
  });

  it('is refused where it is no time, and is not there unless it was asked for', async () => {
    await expect(open(code, { ...jobs('go'), events: ['x.y'], routes: true }, { clock: 'soon' })).rejects.toThrow(
      /"soon" is no time/,
    );
    const plugin = await open(`job('go', () => Date.now())`, jobs('go'));
    expect(() => plugin.clock).toThrow(/Give openPlugin a clock/);
    expect(Math.abs(Number(await plugin.job('go')) - Date.now())).toBeLessThan(600_000);
  });
});

describe('what a plugin asked of ctx', () => {
  it('is recorded with what it was answered, refused calls too', async () => {
    const plugin = await open(
      `job('go', async (ctx) => {
        await ctx.kv.set('a', { b: 1 })
        await ctx.http.post('https://api.test/x', 'y'.repeat(100_000))
        await ctx.kv.get('a')
        await ctx.db.query('t').catch(() => undefined)
        await ctx.kv.get(7).catch(() => undefined)
      })`,
      http,
      { http: () => ({ status: 201, body: { ok: true } }) },
    );
    await plugin.job('go');
    expect(plugin.calls).toMatchObject([
      { method: 'kv.set', args: ['a', { b: 1 }], result: null },
      { method: 'http.request', args: [{ method: 'POST', url: 'https://api.test/x' }], result: { status: 201 } },
      { method: 'kv.get', args: ['a'], result: { b: 1 } },
      { method: 'db.query', args: ['t'], error: { code: 'PERMISSION_DENIED' } },
      { method: 'kv.get', args: [7], error: { code: 'INVALID_ARGUMENTS' } },
    ]);
    expect(JSON.stringify(plugin.calls[1]?.args)).toContain('yyyy');
  });
});

describe('answers that are written down', () => {
  const code = `job('go', async (ctx, url) => {
    const answer = await ctx.http.get(url)
    return [answer.status, await answer.text()]
  })`;

  it('are found by method and address, the rest by a star', async () => {
    const answers = [
      { method: 'POST', url: 'https://api.test/a', status: 500 },
      { method: 'get', url: 'https://api.test/a', status: 203, body: { a: 1 } },
      { url: 'https://api.test/b/*', headers: { 'content-type': 'text/plain' }, body: 'b' },
    ];
    const plugin = await open(code, http, { http: httpFixtures(answers) });
    expect(await plugin.job('go', 'https://api.test/a')).toEqual([203, '{"a":1}']);
    expect(await plugin.job('go', 'https://api.test/b/c?d=1')).toEqual([200, 'b']);
    const failed = await failure(plugin.job('go', 'https://api.test/aa'));
    expect(failed.message).toContain('no answer to GET https://api.test/aa. Did you mean https://api.test/a?');
  });

  it('come from a file, which must be a list of them', async () => {
    const folder = await folderOf({
      'http.json': '[{ "url": "https://api.test/*", "body": "c" }]',
      'object.json': '{}',
      'broken.json': '[',
    });
    const plugin = await open(code, http, { http: httpFixtures(join(folder, 'http.json')) });
    expect(await plugin.job('go', 'https://api.test/a')).toEqual([200, 'c']);
    for (const [file, says] of [
      ['object.json', /is a list of/],
      ['broken.json', /cannot be read as JSON/],
      ['none.json', /none.json/],
    ] as const)
      expect(() => httpFixtures(join(folder, file))).toThrow(says);
  });
});
