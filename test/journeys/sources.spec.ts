/** Sources of packages, on real executors: what they give becomes events once, with the cursor, or not at all. */
import { createHmac } from 'node:crypto';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPlugin, startTestAnnex, until, type Answer, type TestAnnex, type TestTenant } from '../support/annex.js';
import { rawRequest, type RawAnswer } from '../support/raw-http.js';

let annex: TestAnnex;
beforeAll(async () => {
  annex = await startTestAnnex();
});
afterAll(() => annex.stop());

const erp = {
  manifest: {
    slug: 'erp',
    events: ['erp.order'],
    jobs: [{ name: 'set' }],
    sources: [{ name: 'orders', type: 'poll', schedule: '* * * * * *', events: ['erp.*'], require: ['data.n'] }],
  },
  // What the origin holds stands in kv, so that a test can say what a poll finds.
  code: `import { hook, job, source } from '@annex/sdk'
    job('set', (ctx, rows) => ctx.kv.set('rows', rows))
    source('orders', {
      initialize: async (ctx) => { await ctx.kv.incr('initialized') },
      async poll(ctx, cursor) {
        const rows = await ctx.kv.get('rows') ?? []
        const from = cursor ?? 0
        if (rows[from] === 'throw') throw new Error('the origin is away')
        const page = rows.slice(from, from + 2)
        return {
          events: page.map((row, at) => ({ id: row.id ?? from + at, type: row.type ?? 'erp.order', data: row.data })),
          cursor: from + page.length,
          more: rows.length > from + 2,
        }
      },
      stop: async (ctx) => { await ctx.kv.incr('stopped') },
    })
    hook('erp.order', (ctx, event) => ctx.kv.incr('handled/' + event.data.n))`,
};

const kv = async (tenant: TestTenant, key: string): Promise<unknown> =>
  (await tenant.owner.get(`/api/plugins/erp/kv/${encodeURIComponent(key)}`)).body.value;
const setRows = (tenant: TestTenant, rows: unknown[]): Promise<Answer> =>
  tenant.owner.post('/api/plugins/erp/jobs/set/run-now?wait=30', { payload: rows });
const source = (tenant: TestTenant, name = 'erp.orders'): Promise<Answer> => tenant.owner.get(`/api/sources/${name}`);
const events = async (tenant: TestTenant, type: string): Promise<Answer['body'][]> =>
  (await tenant.owner.get(`/api/events?type=${type}&limit=100`)).body.items as Answer['body'][];

describe('a source that polls', () => {
  it('gives each event once, and its cursor goes with them', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(erp);
    await setRows(
      tenant,
      [1, 2, 3, 4, 5].map((n) => ({ data: { n } })),
    );
    const { body } = await until(
      () => source(tenant),
      (answer) => answer.body.cursor === 5,
    );
    expect(body).toMatchObject({
      name: 'erp.orders',
      plugin: 'erp',
      type: 'poll',
      state: 'running',
      counts: { events: 5, duplicates: 0, rejected: 0 },
      last_error: null,
    });
    const given = await events(tenant, 'erp.order');
    expect(given.map(({ data }) => data.n).toSorted()).toEqual([1, 2, 3, 4, 5]);
    expect(given[0].source).toBe('annex:source/erp.orders');
    expect(await kv(tenant, 'initialized')).toBe(1);
    await until(
      async () => Promise.all([1, 2, 3, 4, 5].map((n) => kv(tenant, `handled/${n}`))),
      (handled) => handled.every((count) => Number(count) >= 1),
    );

    const moved = await tenant.owner.put('/api/sources/erp.orders/cursor', { cursor: null });
    expect(moved.status).toBe(200);
    const again = await until(
      () => source(tenant),
      (answer) => answer.body.cursor === 5,
    );
    expect(again.body.counts).toEqual({ events: 5, duplicates: 5, rejected: 0 });
    expect(await events(tenant, 'erp.order')).toHaveLength(5);
  });

  it('writes nothing of a poll that throws, or gives one event that it may not', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(erp);
    await setRows(tenant, [{ data: { n: 1 } }, { data: { n: 2 }, type: 'shop.order' }]);
    const refused = await until(
      () => source(tenant),
      ({ body }) => body.last_error !== null,
    );
    expect(refused.body).toMatchObject({ state: 'backoff', cursor: refused.body.cursor, counts: { events: 0 } });
    expect(refused.body.last_error).toMatchObject({
      code: 'SOURCE_REFUSED',
      message: 'events[1]: "shop.order" is none of the source\'s events ("erp.*").',
    });
    expect(await events(tenant, 'erp.order')).toEqual([]);
    await setRows(tenant, ['throw']);
    await until(
      () => source(tenant),
      ({ body }) => body.last_error?.code === 'PLUGIN_ERROR',
    );
    await setRows(tenant, [{ data: { n: 1 } }]);
    await tenant.owner.post('/api/sources/erp.orders/restart');
    const well = await until(
      () => source(tenant),
      ({ body }) => body.cursor === 1 && body.state === 'running',
    );
    expect(well.body).toMatchObject({ last_error: null, counts: { events: 1 } });
  });

  it('keeps an event that lacks what is required, and gives it to nobody', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(erp);
    await setRows(tenant, [{ data: {} }, { data: { n: 7 } }]);
    await until(
      () => source(tenant),
      ({ body }) => body.counts.rejected === 1 && body.counts.events === 1,
    );
    const { body } = await tenant.owner.get('/api/events?status=rejected');
    expect(body.items).toMatchObject([{ type: 'erp.order', rejected: { missing: ['data.n'] }, deliveries: [] }]);
  });

  it('rests while it is paused, and its stop is called; a test emits nothing', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(erp);
    await until(
      () => source(tenant),
      ({ body }) => body.state === 'running',
    );
    expect((await tenant.owner.post('/api/sources/erp.orders/pause')).body).toMatchObject({ state: 'paused' });
    await setRows(tenant, [{ data: { n: 1 } }]);
    await until(
      () => kv(tenant, 'stopped'),
      (stopped) => stopped === 1,
    );
    const tried = await tenant.owner.post('/api/sources/erp.orders/test');
    expect(tried.body).toMatchObject({ ok: true, event_count: 1, cursor: 1, events: [{ type: 'erp.order', id: '0' }] });
    expect((await source(tenant)).body).toMatchObject({ cursor: 0, counts: { events: 0 } });
    expect((await tenant.owner.post('/api/sources/erp.orders/resume')).status).toBe(200);
    await until(
      () => source(tenant),
      ({ body }) => body.counts.events === 1,
    );
    const viewer = await tenant.as('viewer');
    expect((await viewer.post('/api/sources/erp.orders/pause')).status).toBe(403);
    expect((await viewer.get('/api/sources')).body.items).toHaveLength(1);
    expect((await source(tenant, 'erp.other')).body.code).toBe('SOURCE_NOT_FOUND');
    const other = await annex.makeTenant();
    expect((await source(other)).status).toBe(404);
    await tenant.owner.post('/api/plugins/erp/disable');
    expect((await source(tenant)).body).toMatchObject({ state: 'paused', enabled: false });
  });

  it('is not written when its cursor was moved while it polled', async () => {
    const tenant = await annex.makeTenant();
    const code = `import { source } from '@annex/sdk'
      source('orders', { async poll(ctx, cursor) {
        if (cursor === null) await ctx.kv.set('began', true)
        while (cursor === null && !(await ctx.kv.get('go'))) await new Promise((done) => setTimeout(done, 20))
        return { events: [{ id: 'x' + cursor, type: 'erp.order', data: { n: 1 } }], cursor: (cursor ?? 0) + 1000 }
      } })
      import { job } from '@annex/sdk'
      job('set', (ctx, value) => ctx.kv.set('go', value))`;
    const manifest = { ...erp.manifest, events: [], sources: [{ ...erp.manifest.sources[0], schedule: '@yearly' }] };
    await tenant.install({ manifest, code });
    await until(
      () => kv(tenant, 'began'),
      (began) => began === true,
    );
    await tenant.owner.put('/api/sources/erp.orders/cursor', { cursor: 7 });
    await setRows(tenant, [true]);
    const { body } = await until(
      () => source(tenant),
      (answer) => answer.body.cursor === 1007,
    );
    expect(body.counts).toEqual({ events: 1, duplicates: 0, rejected: 0 });
    expect(await events(tenant, 'erp.order')).toHaveLength(1);
  });
});

describe('a package whose sources and handlers disagree', () => {
  it('is refused, with every fault and its pointer', async () => {
    const tenant = await annex.makeTenant();
    const one = { type: 'poll', events: ['a.b'] };
    const zip = packPlugin({
      manifest: {
        slug: 'odd',
        sources: [
          { ...one, name: 'unscheduled', auth: 'public' },
          { ...one, name: 'open', type: 'receive', auth: { hmac: { secret: 'NONE' } }, events: ['plugin.enabled'] },
          { ...one, name: 'silly', schedule: 'often', require: ['nowhere'] },
        ],
      },
      code: `import { source } from '@annex/sdk'; source('x', { poll() {} })`,
    });
    const { status, body } = await tenant.owner.upload(zip);
    expect(status).toBe(422);
    const at = (pointer: string): string =>
      body.errors.find((fault: Answer['body']) => fault.pointer === pointer)?.detail;
    expect(at('/sources/0/schedule')).toContain('is required');
    expect(at('/sources/0/auth')).toContain('is not for a source of type "poll"');
    expect(at('/sources/1/auth')).toContain('which the manifest does not declare');
    expect(at('/sources/1/events/0')).toContain("platform's own");
    expect(at('/sources/2/schedule')).toBeDefined();
    expect(at('/sources/2/require/0')).toContain('neither "subject"');
    const sources = [
      { ...one, name: 'declared', schedule: '@daily' },
      { ...one, name: 'wrong', type: 'receive', auth: 'public' },
    ];
    const code = `import { source } from '@annex/sdk'
      source('other', { poll() {} })
      source('wrong', { poll() {} })`;
    const disagreeing = await tenant.owner.upload(packPlugin({ manifest: { slug: 'odd', sources }, code }));
    expect(disagreeing.body.errors.map(({ pointer, code: fault }: Answer['body']) => `${pointer} ${fault}`)).toEqual([
      '/handlers/0 HANDLER_UNDECLARED',
      '/handlers/1 HANDLER_MISSING',
      '/handlers/1 HANDLER_UNDECLARED',
      '/sources/0/name HANDLER_MISSING',
    ]);
  });
});

describe('a source that receives', () => {
  const shop = {
    manifest: {
      slug: 'shop',
      secrets: ['S'],
      sources: [{ name: 'in', type: 'receive', auth: { hmac: { secret: 'S', scheme: 'github' } }, events: ['shop.*'] }],
    },
    code: `import { source } from '@annex/sdk'
      source('in', { async receive(ctx) {
        const body = await ctx.request.json()
        if (body.bad) throw new Error('no')
        return { events: body.orders.map((id) => ({ id, type: body.type ?? 'shop.order', data: { id } })) }
      } })`,
  };
  const send = (tenant: TestTenant, body: object, secret = 'hush'): Promise<Answer> => {
    const raw = JSON.stringify(body);
    const signature = `sha256=${createHmac('sha256', secret).update(raw).digest('hex')}`;
    return annex.operator.request('POST', `/hooks/${tenant.slug}/shop.in`, {
      raw,
      headers: { 'x-hub-signature-256': signature, 'content-type': 'application/json' },
    });
  };

  it('answers when its events are written, and takes the same request once', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(shop, { secrets: { S: 'hush' } });
    const taken = await send(tenant, { orders: [1, 2] });
    expect(taken).toMatchObject({ status: 202, body: { events: 2, duplicates: 0, rejected: 0 } });
    expect(await send(tenant, { orders: [1, 2] })).toMatchObject({ status: 200, body: { events: 0, duplicates: 2 } });
    const given = await events(tenant, 'shop.order');
    expect(given.map(({ id }) => id).toSorted()).toEqual(taken.body.event_ids.toSorted());
    expect(await send(tenant, { orders: [3] }, 'wrong')).toMatchObject({
      status: 401,
      body: { code: 'INVALID_SIGNATURE' },
    });
    expect(await send(tenant, { bad: true })).toMatchObject({ status: 422, body: { code: 'PLUGIN_ERROR' } });
    const other = await send(tenant, { orders: [4, 5], type: 'other.order' });
    expect(other).toMatchObject({ status: 422, body: { code: 'SOURCE_REFUSED' } });
    expect(await events(tenant, 'shop.order')).toHaveLength(2);
  });

  it('unpacks what was packed for the way, signed before or after', async () => {
    const tenant = await annex.makeTenant();
    const code = `import { source } from '@annex/sdk'
      source('in', { async receive(ctx) {
        const { id } = await ctx.request.json()
        const encoding = ctx.request.headers['content-encoding'] ?? null
        return { events: [{ id, type: 'shop.order', data: { encoding } }] }
      } })`;
    await tenant.install({ manifest: shop.manifest, code }, { secrets: { S: 'hush' } });
    const post = (body: Buffer, encoding: string, signed: Buffer | string): Promise<RawAnswer> =>
      rawRequest(`${annex.url}/hooks/${tenant.slug}/shop.in`, {
        method: 'POST',
        body,
        headers: {
          'content-encoding': encoding,
          'x-hub-signature-256': `sha256=${createHmac('sha256', 'hush').update(signed).digest('hex')}`,
        },
      });
    const pack = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };
    for (const [encoding, packed] of Object.entries(pack)) {
      const [sent, plain] = [`{"id":"${encoding}"}`, `{"id":"${encoding}-plain"}`];
      expect(await post(packed(sent), encoding, packed(sent)), encoding).toMatchObject({ status: 202 });
      expect(await post(packed(plain), encoding, plain), encoding).toMatchObject({ status: 202 });
    }
    const given = await events(tenant, 'shop.order');
    expect(given.map(({ data }) => data)).toEqual(Array.from({ length: 6 }, () => ({ encoding: null })));

    const refusals = [
      [gzipSync('{"id":1}'), 'gzip', 'something else', 401, 'INVALID_SIGNATURE'],
      [Buffer.from('no gzip'), 'gzip', 'no gzip', 400, 'HOOK_BODY'],
      [Buffer.from('{}'), 'zstd', '{}', 415, 'HOOK_ENCODING'],
      [gzipSync(Buffer.alloc(64 * 1024 * 1024)), 'gzip', 'unsigned', 413, 'PAYLOAD_TOO_LARGE'],
    ] as const;
    for (const [body, encoding, signed, status, problem] of refusals)
      expect(await post(body, encoding, signed), problem).toMatchObject({
        status,
        text: expect.stringContaining(problem),
      });
    expect(await events(tenant, 'shop.order')).toHaveLength(6);
  });

  it('says yes to a sender that asks first and brings the agreed text along', async () => {
    const tenant = await annex.makeTenant();
    const [asked, silent] = [
      { ...shop.manifest.sources[0], verify_token: 'V' },
      { ...shop.manifest.sources[0], name: 'other' },
    ];
    const manifest = { ...shop.manifest, secrets: ['S', 'V'], sources: [asked, silent] };
    const code = `${shop.code}; source('other', { receive: () => ({ events: [] }) })`;
    await tenant.install({ manifest, code }, { secrets: { S: 'hush', V: 'agreed' } });
    const ask = (source: string, token: string): Promise<RawAnswer> =>
      rawRequest(
        `${annex.url}/hooks/${tenant.slug}/shop.${source}` +
          `?hub.mode=subscribe&hub.challenge=4711&hub.verify_token=${token}`,
      );
    expect(await ask('in', 'agreed')).toMatchObject({ status: 200, text: '4711' });
    expect(await ask('in', 'guessed')).toMatchObject({ status: 403, text: expect.stringContaining('HOOK_UNVERIFIED') });
    expect(await ask('other', 'agreed')).toMatchObject({
      status: 403,
      text: expect.stringContaining('HOOK_UNVERIFIED'),
    });
    expect((await send(tenant, { orders: [1] })).status).toBe(202);

    const undeclared = packPlugin({ manifest: { ...manifest, secrets: ['S'] }, code });
    expect((await tenant.owner.upload(undeclared)).body.errors).toMatchObject([
      { pointer: '/sources/0/verify_token', code: 'SECRET_UNDECLARED' },
    ]);
  });
});
