import { uuidFromId } from '@annex/kernel';
import { describe, expect, it } from 'vitest';
import { db, execution, tenantId, write, call, answer, openExecution } from '../../../test/support/execution-bench.js';

openExecution();

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
