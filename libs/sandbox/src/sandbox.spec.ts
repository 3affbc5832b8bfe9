import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RunRequest, SandboxLog } from './index.js';
import { bundleOf, endOf, runOf, usualLimits, valueOf } from './testing/runs.js';
import { sandbox, answer, openSandbox } from './testing/sandbox-bench.js';

openSandbox();

describe('handlers', () => {
  it.each([
    ['hook gets the event', `hook('a.b', (ctx, event) => event.data)`, 'event', '{"data":{"x":1}}', { x: 1 }],
    ['job gets the payload', `job('j', (ctx, payload) => payload)`, 'job', '[1]', [1]],
    ['job without a payload', `job('j', (ctx, payload) => payload === undefined)`, 'job', undefined, true],
    [
      'filter gets and gives a value',
      `filter('f', (ctx, value) => ({ ...value, b: 2 }))`,
      'filter',
      '{"a":1}',
      { a: 1, b: 2 },
    ],
    [
      'onConfigChange gets key, value and operation',
      `onConfigChange((ctx, key, value, op) => [ctx.tenantId, key, value, op])`,
      'lifecycle',
      '{"key":"channel","value":"#x","op":"set"}',
      ['demo', 'channel', '#x', 'set'],
    ],
    ['onInstall gets ctx', `onInstall((ctx) => ctx.plugin.slug)`, 'lifecycle', undefined, 'probe'],
    ['health gets ctx', `health((ctx) => ({ ok: true }))`, 'health', undefined, { ok: true }],
  ] as const)('%s', async (_name, body, kind, payload, result) => {
    expect(valueOf(await sandbox.run(runOf(body, { kind, ...(payload === undefined ? {} : { payload }) })))).toEqual(
      result,
    );
  });

  it('that are not where the release said are PLUGIN_ERROR', async () => {
    expect(endOf(await sandbox.run(runOf(`job('j', () => 1)`, { index: 5 })))).toBe('PLUGIN_ERROR');
    expect(endOf(await sandbox.run(runOf(`job('j', () => 1)`, { kind: 'event' })))).toBe('PLUGIN_ERROR');
  });

  it('that throw end as PLUGIN_ERROR with message and stack', async () => {
    const outcome = await sandbox.run(runOf(`job('j', async () => { throw new TypeError('no such user'); })`));
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { code: 'PLUGIN_ERROR', message: 'no such user', stack: expect.stringContaining('plugin.js:1') as string },
    });
  });

  it.each([
    [`throw 'plain text'`, 'plain text'],
    [`throw null`, 'null'],
    [`throw { message: 'an object' }`, 'an object'],
    [`throw Symbol('s')`, 'Symbol(s)'],
  ])('that %s end as PLUGIN_ERROR with what can be shown', async (statement, message) => {
    expect(await sandbox.run(runOf(`job('j', () => { ${statement}; })`))).toMatchObject({
      error: { code: 'PLUGIN_ERROR', message },
    });
  });

  it('say that a failure must not be retried, or when', async () => {
    expect(await sandbox.run(runOf(`job('j', () => { throw new NonRetryable('gone'); })`))).toMatchObject({
      error: { code: 'NON_RETRYABLE', message: 'gone' },
    });
    expect(await sandbox.run(runOf(`job('j', () => { throw new RetryAfter(1500, 'busy'); })`))).toMatchObject({
      error: { code: 'RETRY_AFTER', message: 'busy', retryAfterMs: 1500 },
    });
    expect(await sandbox.run(runOf(`job('j', () => { throw new RetryAfter('busy', 1500); })`))).toMatchObject({
      error: { code: 'RETRY_AFTER', message: 'busy', retryAfterMs: 1500 },
    });
  });

  it('that keep buffers until none are left end as MEMORY_LIMIT, and the next run starts afresh', async () => {
    const body = `const kept = [];
      job('fill', () => {
        for (;;) kept.push(new ArrayBuffer(4_000_000));
      });
      job('few', () => new ArrayBuffer(8_000_000).byteLength);`;
    const limits = { ...usualLimits, memoryMb: 32 };
    const full = await sandbox.run(runOf(body, { limits }));
    expect(full).toMatchObject({
      status: 'failed',
      error: { code: 'MEMORY_LIMIT', message: expect.stringContaining('32 MB') as string },
    });
    expect(full.usage.memoryMb).toBeGreaterThanOrEqual(32);
    expect(await sandbox.run(runOf(body, { index: 1, limits }))).toMatchObject({
      status: 'succeeded',
      result: '8000000',
    });
  });

  it('share what the entry made, from run to run of one release', async () => {
    const body = `let count = 0; job('j', () => (count += 1))`;
    expect([
      await answer(`() => 0`),
      valueOf(await sandbox.run(runOf(body))),
      valueOf(await sandbox.run(runOf(body))),
    ]).toEqual([0, 1, 2]);
  });

  it('run side by side in one isolate', async () => {
    const body = `const open = {};
      job(
        'wait',
        (ctx, { id }) =>
          new Promise((resolve) => {
            open[id] = resolve;
          }),
      );
      job('open', (ctx, { id }) => {
        open[id](id);
      });`;
    const waiting = ['a', 'b'].map((id) => sandbox.run(runOf(body, { payload: JSON.stringify({ id }) })));
    // A promise that another run resolves settles in that run's turn; the result still belongs to the run that waits.
    for (const id of ['b', 'a']) await sandbox.run(runOf(body, { index: 1, payload: JSON.stringify({ id }) }));
    expect((await Promise.all(waiting)).map(valueOf)).toEqual(['a', 'b']);
  });
});

describe('a long turn', () => {
  it('of a job holds up no other run of its plugin', async () => {
    const body = `job('spin', () => { for (;;); }); job('ping', () => 'pong');`;
    const controller = new AbortController();
    const spin = sandbox.run(
      runOf(body, { signal: controller.signal, limits: { ...usualLimits, wallMs: 60_000, cpuMs: 60_000 } }),
    );
    expect(valueOf(await sandbox.run(runOf(body, { index: 1 })))).toBe('pong');
    controller.abort();
    expect(endOf(await spin)).toBe('CANCELLED');
  });
});

describe('a run of many turns', () => {
  it.runIf(process.platform === 'linux')('starts no thread for each, however much it computes', async () => {
    const tenantId = 'ten_of_many_turns';
    const threads: number[] = [];
    // Less time is left for each turn than for the one before, by more than has gone by.
    const body = `job('j', async (ctx) => {
      for (let turn = 1; ; turn += 1) {
        for (const until = Date.now() + 3; Date.now() < until; );
        await (turn % 20 === 0 ? ctx.kv.get('threads') : new Promise((resolve) => setTimeout(resolve, 0)));
      }
    })`;
    const hostCall: RunRequest['hostCall'] = () => {
      const executor = sandbox.stats().executors.find((each) => each.tenantId === tenantId);
      threads.push(readdirSync(`/proc/${executor?.pid}/task`).length);
      return Promise.resolve({ ok: true, value: '1' });
    };
    const outcome = await sandbox.run(runOf(body, { tenantId, hostCall, limits: { ...usualLimits, cpuMs: 500 } }));
    expect(endOf(outcome)).toBe('CPU_LIMIT');
    expect(threads).not.toEqual([]);
    expect(Math.max(...threads)).toBeLessThan(40);
  });
});

describe('logs', () => {
  it('come line by line, with level and fields', async () => {
    const lines: SandboxLog[] = [];
    await answer(`(ctx) => { console.log('hello', 1); console.error('bad'); ctx.log.warn('careful', { a: 1 }); }`, {
      log: (line) => lines.push(line),
    });
    expect(lines).toMatchObject([
      { level: 'info', message: 'hello 1' },
      { level: 'error', message: 'bad' },
      { level: 'warn', message: 'careful', fields: { a: 1 } },
    ]);
  });

  it('show errors with their stack, and whatever JSON cannot say, and never throw', async () => {
    const lines: SandboxLog[] = [];
    const handler = `(ctx) => {
      const circle = { name: 'c' }; circle.self = circle;
      ctx.log.error(new TypeError('alone'));
      ctx.log.error('failed', new RangeError('why'));
      ctx.log.warn('failed', { error: new Error('inside'), n: 10n, nan: NaN });
      ctx.log.info('round', circle);
      ctx.log.info(circle);
      ctx.log.info('thrower', { get a() { throw new Error('x'); } });
      ctx.log.debug('list', [1, 2]);
      return 'done';
    }`;
    expect(await answer(handler, { log: (line) => lines.push(line) })).toBe('done');
    expect(lines).toMatchObject([
      { level: 'error', message: expect.stringMatching(/TypeError: alone/) as string },
      {
        level: 'error',
        message: 'failed',
        fields: { name: 'RangeError', message: 'why', stack: expect.stringContaining('RangeError: why') as string },
      },
      { level: 'warn', message: 'failed', fields: { error: { message: 'inside' }, n: '10', nan: 'NaN' } },
      { level: 'info', message: 'round', fields: { name: 'c', self: '[Circular]' } },
      { level: 'info', message: expect.stringContaining("name: 'c'") as string },
      { level: 'info', message: 'thrower', fields: { a: '[Getter]' } },
      { level: 'debug', message: 'list', fields: { value: [1, 2] } },
    ]);
  });

  it('tell of a rejection that nobody handled, and the run goes on', async () => {
    const lines: SandboxLog[] = [];
    const handler = `async (ctx) => {
        void Promise.reject(new Error('forgotten'));
        await ctx.kv.get('a');
        return 'done';
      }`;
    expect(await answer(handler, { log: (line) => lines.push(line) })).toBe('done');
    expect(lines).toMatchObject([{ level: 'error', message: 'Uncaught (in promise): forgotten' }]);
  });
});

describe('usage', () => {
  it('counts what the run used', async () => {
    const outcome = await sandbox.run(
      runOf(
        `job('j', async (ctx) => { console.log('x'); await ctx.kv.get('a'); await ctx.kv.get('b'); return 'four'; })`,
      ),
    );
    expect(outcome.usage).toMatchObject({ logLines: 1, logBytes: 1, hostCalls: 2, resultBytes: 6 });
    expect(outcome.usage.cpuMs).toBeGreaterThan(0);
    expect(outcome.usage.wallMs).toBeGreaterThan(0);
  });
});

describe('inspection', () => {
  const inspect = (body: string, limits: { wallMs?: number; memoryMb?: number } = {}) =>
    sandbox.inspect(bundleOf(body), { wallMs: 60_000, ...limits });

  it('answers what the entry registers, in order', async () => {
    const body = `
      route(
        '/users/:id',
        {
          methods: ['get', 'POST'],
          auth: { hmac: { secret: 'S', header: 'X-Signature', scheme: 'github' } },
          roles: ['admin'],
        },
        () => 1,
      );
      hook('auth.user.*', () => 1);
      job('daily', () => 1);
      filter('price.quote', { priority: 5, timeout_ms: 200, on_error: 'fail' }, () => 1);
      health(() => 1);
      onInstall(() => 1);
      onConfigChange(() => 1);
      route('/', () => 1);
    `;
    expect(await inspect(body)).toEqual({
      ok: true,
      warnings: [],
      registrations: [
        {
          kind: 'route',
          path: '/users/:id',
          methods: ['GET', 'POST'],
          auth: { hmac: { secret: 'S', header: 'X-Signature', scheme: 'github' } },
          roles: ['admin'],
        },
        { kind: 'event', name: 'auth.user.*' },
        { kind: 'job', name: 'daily' },
        { kind: 'filter', name: 'price.quote', priority: 5, timeoutMs: 200, onError: 'fail' },
        { kind: 'health', name: 'health' },
        { kind: 'lifecycle', name: 'install' },
        { kind: 'lifecycle', name: 'config_change' },
        { kind: 'route', path: '/', methods: ['GET'], auth: 'member', roles: null },
      ],
    });
  });

  it.each([
    ['throws', `throw new Error('broken at the top')`, 'PLUGIN_ERROR', 'broken at the top'],
    ['registers no function', `route('/', 5)`, 'PLUGIN_ERROR', 'the handler must be a function'],
    ['registers no path', `route('', () => 1)`, 'PLUGIN_ERROR', 'path must be'],
    [
      'gives a route an option that nothing reads',
      `route('/a', { method: 'POST' }, () => 1)`,
      'PLUGIN_ERROR',
      'route /a has no option "method"; there are: methods, auth, roles',
    ],
    [
      'gives a filter an option that nothing reads',
      `filter('a.b', { order: 1 }, () => 1)`,
      'PLUGIN_ERROR',
      'filter a.b has no option "order"',
    ],
    ['gives a job options', `job('j', { schedule: '@daily' }, () => 1)`, 'PLUGIN_ERROR', 'declared in the manifest'],
    ['uses too much memory', `const a = []; for (;;) a.push(new Array(10000).fill(1));`, 'MEMORY_LIMIT', ''],
  ])('fails for an entry that %s', async (_name, body, code, message) => {
    const found = await inspect(body, { memoryMb: 32 });
    expect(found).toMatchObject({ ok: false, error: { code, message: expect.stringContaining(message) as string } });
  });

  it('fails for an entry that never ends', async () => {
    const found = await inspect(`for (;;);`, { wallMs: 500 });
    expect(found).toMatchObject({ ok: false, error: { code: 'TIMEOUT' } });
  });

  it('warns of host calls while the entry loads', async () => {
    const found = await inspect(`fetch('https://a.test/').catch(() => 0); job('j', () => 1);`);
    expect(found).toMatchObject({
      ok: true,
      registrations: [{ kind: 'job' }],
      warnings: [expect.stringContaining('http.request') as string],
    });
  });

  it('leaves nothing behind for the next one', async () => {
    await inspect(`globalThis.left = 1; job('j', () => 1);`);
    expect(await inspect(`if (globalThis.left) throw new Error('left'); job('j', () => 1);`)).toMatchObject({
      ok: true,
    });
  });
});
