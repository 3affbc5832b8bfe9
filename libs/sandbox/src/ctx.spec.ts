import { describe, expect, it } from 'vitest';
import { getRequest, runOf, valueOf } from './testing/runs.js';
import { sandbox, respond, answer, openSandbox } from './testing/sandbox-bench.js';

openSandbox();

describe('ctx', () => {
  it('shows identity, settings and run at once', async () => {
    const seen = await answer(`(ctx) => ({
        tenantId: ctx.tenantId,
        tenant: ctx.tenant,
        user: ctx.user,
        plugin: ctx.plugin,
        config: ctx.config,
        attempt: ctx.run.attempt,
        kind: ctx.run.kind,
        deadline: ctx.run.deadline,
        can: ctx.permissions.has('db.read'),
        cannot: ctx.permissions.has('db.write'),
        aborted: ctx.run.signal.aborted,
        ref: ctx.secrets.ref('API_KEY'),
      })`);
    expect(seen).toEqual({
      tenantId: 'demo',
      tenant: { id: 'ten_1', slug: 'demo', name: 'Demo' },
      user: { id: 'usr_1', email: 'a@demo.test' },
      plugin: { id: 'plg_1', slug: 'probe', version: '1.2.3' },
      config: { channel: '#ops', list: [1] },
      attempt: 2,
      kind: 'job',
      deadline: new Date(1_900_000_000_000).toISOString(),
      can: true,
      cannot: false,
      aborted: false,
      ref: '{{secret:API_KEY}}',
    });
  });

  it('gives each run its own copy of the settings, so that a change stays in that run', async () => {
    const body = `job('change', (ctx) => {
        ctx.config.list.push(2);
        ctx.tenant.slug = 'x';
        return ctx.config.list;
      });
      job('look', (ctx) => [ctx.config.list, ctx.tenantId]);`;
    expect(valueOf(await sandbox.run(runOf(body)))).toEqual([1, 2]);
    expect(valueOf(await sandbox.run(runOf(body, { index: 1 })))).toEqual([[1], 'demo']);
  });

  it('notices changed settings in a warm isolate', async () => {
    const body = `job('j', (ctx) => ctx.config)`;
    const first = runOf(body);
    expect(valueOf(await sandbox.run(first))).toEqual({ channel: '#ops', list: [1] });
    expect(
      valueOf(await sandbox.run({ ...first, context: { ...first.context, config: { channel: '#dev' } } })),
    ).toEqual({ channel: '#dev' });
  });

  it('can be taken apart', async () => {
    expect(await answer(`async ({ kv: { get }, tenantId }) => [tenantId, await get('a')]`)).toEqual([
      'demo',
      { method: 'kv.get', args: ['a'] },
    ]);
  });

  it('shows the request of a route', async () => {
    const handler = `async (ctx) => ({
        method: ctx.request.method,
        url: ctx.request.url,
        type: ctx.request.headers.get('Content-Type'),
        body: await ctx.request.json(),
        params: ctx.params,
        query: ctx.query,
      })`;
    const request = {
      ...getRequest,
      method: 'POST',
      headers: [['content-type', 'application/json']] as [string, string][],
      params: { id: '7' },
      query: { a: '1', b: ['2', '3'] },
      body: { encoding: 'utf8' as const, data: '{"x":"ü"}' },
    };
    const response = (await respond(handler, { request })) as { body: { data: string } };
    expect(JSON.parse(response.body.data)).toEqual({
      method: 'POST',
      url: request.url,
      type: 'application/json',
      body: { x: 'ü' },
      params: { id: '7' },
      query: { a: '1', b: ['2', '3'] },
    });
  });

  it('hands a binary request body on as it came', async () => {
    const request = { ...getRequest, method: 'PUT', body: { encoding: 'base64' as const, data: 'AP+A' } };
    const response = (await respond(`async (ctx) => [...new Uint8Array(await ctx.request.arrayBuffer())]`, {
      request,
    })) as { body: { data: string } };
    expect(JSON.parse(response.body.data)).toEqual([0, 255, 128]);
  });

  it('has no request outside of a route', async () => {
    expect(await answer(`(ctx) => [ctx.request === undefined, ctx.params, ctx.query]`)).toEqual([true, {}, {}]);
  });

  it('holds only the namespaces of the host-call table, besides its own', async () => {
    expect(
      await answer(`(ctx) => [typeof ctx.kv.get, typeof ctx.jobs.runNow, typeof ctx.emit, typeof ctx.db]`),
    ).toEqual(['function', 'function', 'function', 'undefined']);
  });
});
