import { createHmac, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  makeClient,
  packPlugin,
  startTestAnnex,
  until,
  type Client,
  type TestAnnex,
  type TestTenant,
} from '../support/annex.js';
import { rawRequest, type RawAnswer } from '../support/raw-http.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
let tenant: TestTenant;
const everyByte = Uint8Array.from({ length: 256 }, (_, index) => index);
const secrets = {
  SHA: 'a shared secret',
  GITHUB: 'a secret of github',
  STRIPE: 'whsec_of_stripe_as_text',
  WEBHOOKS: `whsec_${Buffer.from('thirty-two bytes of secret value').toString('base64')}`,
  PLAIN: 'a plain webhook secret',
};

const code = pluginCode('routes');
const page = '<!doctype html><title>static</title>';

beforeAll(async () => {
  annex = await startTestAnnex();
  tenant = await annex.makeTenant();
  const installed = await tenant.install(
    {
      manifest: { routes: true, secrets: [...Object.keys(secrets), 'UNSET'] },
      code,
      files: {
        'static/index.html': page,
        'static/deep/data.bin': everyByte,
        'static/app.js': 'export {}',
        'static/ü.txt': 'umlaut',
        'private.txt': 'not served',
      },
    },
    { secrets },
  );
  expect(installed.status).toBe(200);
});
afterAll(() => annex.stop());

const raw = (
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Uint8Array } = {},
): Promise<RawAnswer> =>
  rawRequest(`${annex.url}/ext/probe${path}`, {
    ...options,
    headers: { authorization: `Bearer ${tenant.owner.token}`, ...options.headers },
  });
const stranger = (): Client => makeClient(annex.url, '', tenant.slug);

describe('what a handler returns', () => {
  it.each<[string, unknown]>([
    ['object', { a: [1, 'é', null] }],
    ['text', 'hello'],
    ['number', 4.5],
    ['true', true],
    ['null', null],
    ['list', [{ a: 1 }, { a: 2 }]],
    ['numbers', [1, 2]],
    ['pair', ['a', 'b']],
    ['empty', []],
  ])('is JSON with 200: %s', async (name, expected) => {
    const { status, headers, text } = await raw(`/json/${name}`);
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/json; charset=utf-8' });
    expect(JSON.parse(text)).toEqual(expected);
  });

  it.each<[string, number, string, Record<string, string>]>([
    ['/nothing', 204, '', {}],
    ['/json/undefined', 204, '', {}],
    ['/created', 201, '{"id":7}', { 'content-type': 'application/json; charset=utf-8' }],
    ['/teapot', 418, '{"error":"short and stout"}', { 'x-kind': 'pot', 'content-type': 'application/vnd.tea+json' }],
    [
      '/page',
      200,
      '<h1>hi</h1>',
      {
        'content-type': 'text/html; charset=utf-8',
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringContaining('sandbox') as string,
      },
    ],
    ['/plain', 200, 'just text', { 'content-type': 'text/plain' }],
    ['/empty', 204, '', {}],
    ['/moved', 302, '', { location: 'https://example.com/' }],
    ['/response', 202, 'from a response', { 'x-a': '1', 'content-type': 'text/plain' }],
    ['/response-json', 201, '{"a":1}', { 'content-type': expect.stringMatching(/^application\/json/) as string }],
    ['/response-empty', 204, '', {}],
  ])('%s answers %i', async (path, status, text, headers) => {
    const answer = await raw(path);
    expect({ status: answer.status, text: answer.text }).toEqual({ status, text });
    expect(answer.headers).toMatchObject({
      ...headers,
      'annex-run-id': expect.stringMatching(/^run_/),
      'x-request-id': expect.stringMatching(/^req_/),
    });
  });

  it('may be any bytes, and any bytes may come in', async () => {
    const out = await raw('/bytes');
    expect(out.headers).toMatchObject({ 'content-type': 'image/png', 'content-length': '256' });
    expect(Buffer.compare(out.bytes, everyByte)).toBe(0);
    expect(Buffer.compare((await raw('/bytes-response')).bytes, everyByte)).toBe(0);
    const noise = randomBytes(100_000);
    const echoed = await raw('/bytes-in', {
      method: 'POST',
      body: noise,
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(Buffer.compare(echoed.bytes, noise)).toBe(0);
    const bom = Buffer.from('\ufeffhallo, Welt é 🎉');
    expect(Buffer.compare((await raw('/bytes-in', { method: 'POST', body: bom })).bytes, bom)).toBe(0);
  });

  it('cannot change the connection, plant a cookie, or speak for Annex', async () => {
    const { status, headers, text } = await raw('/hop');
    expect({ status, text }).toEqual({ status: 200, text: '{"ok":true}' });
    expect(headers['x-fine']).toBe('yes');
    for (const name of ['set-cookie', 'upgrade', 'transfer-encoding']) expect(headers).not.toHaveProperty(name);
    expect(headers['content-length']).toBe('11');
    expect(headers['x-request-id']).toMatch(/^req_/);
    expect(headers['date']).not.toBe('never');
    expect(await raw('/split')).toMatchObject({ status: 422 });
  });

  it('only standard headers and own ones pass, and the run’s log names the others, once', async () => {
    const { headers } = await raw('/obeyed');
    expect(headers['x-fine']).toBe('yes');
    for (const name of [
      'x-accel-redirect',
      'x-sendfile',
      'surrogate-control',
      'cdn-cache-control',
      'www-authenticate',
      'set-cookie2',
    ])
      expect(headers).not.toHaveProperty(name);
    const run = (
      await until(
        () => tenant.owner.get(`/api/runs/${String(headers['annex-run-id'])}`),
        ({ body }) => body.logs?.length > 0,
      )
    ).body;
    expect(run.logs).toEqual([
      expect.objectContaining({
        level: 'warn',
        message: expect.stringContaining(
          'x-accel-redirect, x-sendfile, surrogate-control, cdn-cache-control, www-authenticate, set-cookie2',
        ),
      }),
    ]);
  });

  it('keeps every header that was given more than once, where HTTP allows it', async () => {
    const lines = async (path: string, name: string): Promise<string[]> => {
      const { rawHeaders } = await raw(path);
      return rawHeaders.flatMap((each, index) =>
        index % 2 === 0 && each.toLowerCase() === name ? [rawHeaders[index + 1] ?? ''] : [],
      );
    };
    expect(await lines('/links', 'link')).toEqual(['<a>; rel=next', '<b>; rel=prev']);
    expect(await lines('/links', 'x-both')).toEqual(['1', '2']);
    expect(await lines('/pairs', 'link')).toEqual(['<a>', '<b>']);
    expect(await lines('/pairs', 'etag')).toEqual(['"2"']);
    expect(await lines('/appended', 'link')).toEqual(['<a>, <b>']);
  });

  it('sends the same bytes in a header whatever the body is', async () => {
    for (const body of ['text', 'json', 'bytes', 'none'])
      expect((await raw(`/accent/${body}`)).headers['x-name'], body).toBe('café');
    expect((await raw('/accent/text')).text).toBe('é');
  });

  it('tells caches whose it is', async () => {
    expect((await raw('/cached')).headers).toMatchObject({
      vary: 'Accept, Authorization, X-Tenant-Slug',
      'cache-control': 'private, max-age=60',
    });
    expect((await rawRequest(`${annex.url}/t/${tenant.slug}/ext/probe/cached`)).headers).toMatchObject({
      vary: 'Accept, Authorization',
      'cache-control': 'public, max-age=60, s-maxage=600',
    });
    expect((await raw('/cached/member')).headers).toMatchObject({
      vary: 'Authorization, X-Tenant-Slug',
      'cache-control': 'private, max-age=60',
    });
    expect((await raw('/created')).headers['cache-control']).toBe('private');
    expect((await raw('/static/index.html')).headers['vary']).toBe('Authorization, X-Tenant-Slug');
  });

  it('counts bytes as bytes: the limit’s worth is sent, one more is not', async () => {
    const limit = 5 * 1024 * 1024;
    for (const path of ['/large-bytes', '/large-response']) {
      expect((await raw(`${path}/${4 * 1024 * 1024}`)).bytes.length, path).toBe(4 * 1024 * 1024);
      expect((await raw(`${path}/${limit}`)).bytes.length, path).toBe(limit);
      expect(await raw(`${path}/${limit + 1}`), path).toMatchObject({ status: 422 });
    }
  });

  it('may have any final status, and a body only where HTTP lets it', async () => {
    for (const status of [200, 203, 299, 307, 400, 404, 451, 500, 503, 599]) {
      expect(await raw(`/status/${status}`)).toMatchObject({ status, text: JSON.stringify({ code: String(status) }) });
    }
    for (const status of [204, 205, 304]) expect((await raw(`/status/${status}`)).status).toBe(status);
    for (const status of [100, 101, 103]) expect((await raw(`/status/${status}`)).status).toBe(422);
    // No status at all: the list is a value like any other.
    for (const status of [600, 0, 99])
      expect(await raw(`/status/${status}`)).toMatchObject({
        status: 200,
        text: JSON.stringify([{ code: String(status) }, status]),
      });
  });
});

describe('what a handler is given', () => {
  it('is the path in parameters, each decoded once', async () => {
    expect(JSON.parse((await raw('/params/a%2Fb/%C3%A9%2520/fixed')).text)).toEqual({ first: 'a/b', second: 'é%20' });
    expect(JSON.parse((await raw('/rest/a/b/c.txt')).text)).toEqual({ tail: 'a/b/c.txt' });
    expect(JSON.parse((await raw('/params/__proto__/constructor/fixed')).text)).toEqual({
      first: '__proto__',
      second: 'constructor',
    });
    for (const path of ['/params/a/b', '/params/a/b/other', '/rest', '/rest/', '/%2e%2e/x', '/unknown'])
      expect((await raw(path)).status, path).toBe(404);
  });

  it('is the query as a plain object and the body in whatever type it came', async () => {
    expect(JSON.parse((await raw('/query?a=1&b=%20x&a=2&empty=')).text)).toEqual({ a: ['1', '2'], b: ' x', empty: '' });
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect(
        JSON.parse(
          (await raw('/echo', { method, body: '<xml/>', headers: { 'content-type': 'application/xml' } })).text,
        ),
      ).toEqual({ method, body: '<xml/>', type: 'application/xml' });
    }
    for (const type of ['garbage', ';', 'text/plain; charset', '']) {
      expect(
        JSON.parse((await raw('/echo', { method: 'POST', body: 'as it is', headers: { 'content-type': type } })).text),
        type,
      ).toEqual({ method: 'POST', body: 'as it is', type });
    }
    expect(
      JSON.parse(
        (await raw('/json-in', { method: 'POST', body: '{"a":[1]}', headers: { 'content-type': 'application/json' } }))
          .text,
      ),
    ).toEqual({ a: [1] });
    expect(
      await raw('/json-in', { method: 'POST', body: '{broken', headers: { 'content-type': 'application/json' } }),
    ).toMatchObject({ status: 422 });
    expect(JSON.parse((await raw('/echo', { method: 'POST' })).text)).toMatchObject({ body: '' });
  });

  it('names tenant, caller, plugin and run, and never the caller’s token', async () => {
    const { body } = await tenant.owner.get('/ext/probe/who?x=1');
    const me = (await tenant.owner.get('/api/auth/me')).body.user;
    expect(body).toEqual({
      tenantId: tenant.slug,
      tenant: { id: tenant.id, slug: tenant.slug, name: tenant.slug },
      user: { id: me.id, email: me.email, role: 'owner' },
      plugin: expect.objectContaining({ slug: 'probe', version: '1.0.0' }),
      run: { id: expect.stringMatching(/^run_/), attempt: 1 },
      url: expect.stringContaining('/ext/probe/who?x=1'),
    });
    const seen = JSON.parse(
      (await raw('/headers', { headers: { cookie: 'a=b', 'x-mine': 'yes', 'proxy-authorization': 'x' } })).text,
    ) as Record<string, string>;
    expect(seen['x-mine']).toBe('yes');
    for (const name of ['authorization', 'cookie', 'proxy-authorization', 'connection'])
      expect(seen).not.toHaveProperty(name);
    expect(JSON.stringify(seen)).not.toContain(tenant.owner.token);
  });
});

describe('methods', () => {
  it('that a route does not name get 405 with those it does', async () => {
    const refused = await raw('/both', { method: 'DELETE' });
    expect(refused).toMatchObject({ status: 405, headers: { allow: expect.stringMatching(/^GET, HEAD, POST$/) } });
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
    expect(await raw('/echo')).toMatchObject({ status: 405, headers: { allow: 'DELETE, PATCH, POST, PUT' } });
    for (const method of ['OPTIONS', 'TRACE'])
      expect(await raw('/both', { method })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD, POST' } });
    expect(await raw('/options', { method: 'OPTIONS' })).toMatchObject({
      status: 204,
      headers: { 'x-options': 'mine' },
    });
    expect((await raw('/unknown', { method: 'DELETE' })).status).toBe(404);
  });

  it('HEAD is answered by GET routes, with headers and no body', async () => {
    const [get, head] = [await raw('/bytes'), await raw('/bytes', { method: 'HEAD' })];
    expect(head).toMatchObject({
      status: 200,
      text: '',
      headers: { 'content-type': 'image/png', 'content-length': get.headers['content-length'] },
    });
    expect(await raw('/echo', { method: 'HEAD' })).toMatchObject({ status: 405 });
  });
});

describe('what goes wrong', () => {
  const problem = async (
    path: string,
    options: Parameters<typeof raw>[1] = {},
  ): Promise<{ status: number; code: string; text: string; type: string | undefined }> => {
    const { status, text, headers } = await raw(path, options);
    return { status, code: (JSON.parse(text) as { code: string }).code, text, type: headers['content-type'] };
  };

  it.each([
    ['/throws', 422, 'PLUGIN_ERROR'],
    ['/throws-text', 422, 'PLUGIN_ERROR'],
    ['/rejects', 422, 'PLUGIN_ERROR'],
    ['/cyclic', 422, 'PLUGIN_ERROR'],
    ['/function', 422, 'PLUGIN_ERROR'],
    ['/bigint', 422, 'PLUGIN_ERROR'],
    ['/split', 422, 'PLUGIN_ERROR'],
    ['/never', 504, 'TIMEOUT'],
    ['/loop', 504, 'CPU_LIMIT'],
    ['/hoard', 422, 'MEMORY_LIMIT'],
    ['/large/5300000', 422, 'OUTPUT_LIMIT'],
  ])('%s is %i %s, with a run to quote and no word or stack of the plugin', async (path, usual, expected) => {
    const answer = await problem(path);
    // A busy machine may not give the plugin its second of processor time before its five seconds have passed.
    const late = expected.endsWith('_LIMIT') && answer.code === 'TIMEOUT';
    const [status, named] = late ? [504, 'TIMEOUT'] : [usual, expected];
    expect(answer).toMatchObject({ status, code: named, type: expect.stringMatching(/^application\/problem\+json/) });
    const body = JSON.parse(answer.text) as Record<string, unknown>;
    expect(body).toMatchObject({
      type: 'about:blank',
      title: expect.any(String),
      status,
      detail: expect.any(String),
      request_id: expect.stringMatching(/^req_/),
      run_id: expect.stringMatching(/^run_/),
    });
    expect(answer.text).not.toMatch(/the words of the plugin|only text|rejected|main\.ts|\bat \w+ \(|node:|\.js:\d/);
    const run = (
      await until(
        () => tenant.owner.get(`/api/runs/${String(body['run_id'])}`),
        ({ status: found }) => found === 200,
      )
    ).body;
    expect(run).toMatchObject({ kind: 'route', status: 'failed', error: { code: named, message: expect.any(String) } });
    if (late) expect(run.limits.wall_ms.used).toBeGreaterThanOrEqual(run.limits.wall_ms.max);
  });

  it('serves the largest response and request that the limits allow, and refuses the next byte', async () => {
    expect((await raw(`/large/${5 * 1024 * 1024 - 2}`)).status).toBe(200);
    expect(await problem(`/large/${5 * 1024 * 1024}`)).toMatchObject({ status: 422, code: 'OUTPUT_LIMIT' });
    expect(JSON.parse((await raw('/size', { method: 'POST', body: randomBytes(1024 * 1024) })).text)).toEqual({
      size: 1024 * 1024,
    });
    expect(await problem('/size', { method: 'POST', body: randomBytes(1024 * 1024 + 1) })).toMatchObject({
      status: 413,
      code: 'PAYLOAD_TOO_LARGE',
    });
  });

  it('says 404 for a plugin or path that is not there, 401 without a token, 403 with too small a role', async () => {
    expect(await tenant.owner.get('/ext/nothing/x')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await problem('/unknown')).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    for (const path of ['/ext/probe/who', '/ext/probe/unknown', '/ext/nothing/x']) {
      expect(await stranger().get(path), path).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
    }
    expect(await (await tenant.as('viewer')).get('/ext/probe/admins')).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN' },
    });
    expect(await (await tenant.as('admin')).get('/ext/probe/admins')).toMatchObject({ status: 200 });
    expect(await tenant.owner.get('/ext/probe/admins')).toMatchObject({ status: 200 });
    expect(await (await tenant.as('developer')).get('/ext/probe/developers')).toMatchObject({ status: 200 });
    expect(await (await tenant.as('member')).get('/ext/probe/developers')).toMatchObject({ status: 403 });
  });

  it('says 429 to the tenant that has 200 calls in flight, and to nobody else', async () => {
    const [busy, calm] = [await annex.makeTenant(), await annex.makeTenant()];
    const slow = {
      manifest: { routes: true },
      code: `
        import { route } from '@annex/sdk';
        route('/slow', () => new Promise((done) => setTimeout(() => done(1), 3000)));
        route('/quick', () => 1)
      `,
    };
    await busy.install(slow);
    await calm.install(slow);
    await Promise.all([busy.owner.get('/ext/probe/quick'), calm.owner.get('/ext/probe/quick')]);
    const flood = Array.from({ length: 220 }, () => busy.owner.get('/ext/probe/slow'));
    const refused = await Promise.race(
      flood.map(async (call) => ((await call).status === 429 ? call : new Promise<never>(() => {}))),
    );
    expect(refused).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await calm.owner.get('/ext/probe/quick')).toMatchObject({ status: 200 });
    const statuses = (await Promise.all(flood)).map((answer) => answer.status);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(1);
    expect(statuses.every((status) => [200, 429, 503, 504].includes(status))).toBe(true);
  });
});

describe('a public or signed route', () => {
  const sign = (secret: string | Buffer, text: string): string =>
    createHmac('sha256', secret).update(text).digest('hex');
  const post = (path: string, body: string, headers: Record<string, string>): Promise<RawAnswer> =>
    rawRequest(`${annex.url}/t/${tenant.slug}/ext/probe${path}`, { method: 'POST', body, headers });
  const now = (): number => Math.floor(Date.now() / 1000);
  const body = '{"amount":1,  "text":"é"}';

  it('lets strangers in when it is public, and knows those who are none', async () => {
    expect(await stranger().get('/ext/probe/public')).toMatchObject({ status: 200, body: { user: null } });
    expect((await tenant.owner.get('/ext/probe/public')).body.user).toMatchObject({ role: 'owner' });
    expect(await makeClient(annex.url, 'annex_forged').get(`/t/${tenant.slug}/ext/probe/public`)).toMatchObject({
      status: 401,
    });
  });

  it('takes sha256 over the exact bytes, in the header it names', async () => {
    expect(await post('/hmac/sha', body, { 'x-signature': `sha256=${sign(secrets.SHA, body)}` })).toMatchObject({
      status: 200,
      text: JSON.stringify({ body, user: null }),
    });
    expect((await post('/hmac/sha', body, { 'x-signature': sign(secrets.SHA, body) })).status).toBe(200);
    const refused: [string, Record<string, string>][] = [
      [`${body} `, { 'x-signature': `sha256=${sign(secrets.SHA, body)}` }],
      [body, {}],
      [body, { 'x-signature': '' }],
      [body, { 'x-signature': `sha256=${sign('another secret', body)}` }],
      [body, { 'x-signature': `sha256=${sign(secrets.SHA, body).slice(0, 62)}` }],
      [body, { 'x-signature': `sha1=${sign(secrets.SHA, body)}` }],
      [body, { 'x-hub-signature-256': `sha256=${sign(secrets.SHA, body)}` }],
    ];
    for (const [text, headers] of refused) {
      const answer = await post('/hmac/sha', text, headers);
      expect(answer.status, JSON.stringify(headers)).toBe(401);
      expect(JSON.parse(answer.text)).toMatchObject({ code: 'INVALID_SIGNATURE' });
    }
  });

  it('takes GitHub’s header', async () => {
    expect(
      (await post('/hmac/github', body, { 'x-hub-signature-256': `sha256=${sign(secrets.GITHUB, body)}` })).status,
    ).toBe(200);
    expect((await post('/hmac/github', body, { 'x-hub-signature-256': sign(secrets.GITHUB, body) })).status).toBe(401);
    expect(
      (await post('/hmac/github', `${body}x`, { 'x-hub-signature-256': `sha256=${sign(secrets.GITHUB, body)}` }))
        .status,
    ).toBe(401);
  });

  it('takes Stripe’s header while it is fresh, also among others while keys change', async () => {
    const at = (time: number, secret: string = secrets.STRIPE): string => sign(secret, `${time}.${body}`);
    const time = now();
    expect((await post('/hmac/stripe', body, { 'stripe-signature': `t=${time},v1=${at(time)}` })).status).toBe(200);
    expect(
      (
        await post('/hmac/stripe', body, {
          'stripe-signature': `t=${time},v1=${at(time, 'old')},v1=${at(time)},v0=abc`,
        })
      ).status,
    ).toBe(200);
    for (const signature of [
      `t=${time - 400},v1=${at(time - 400)}`,
      `t=${time + 400},v1=${at(time + 400)}`,
      `t=${time},v1=${at(time - 1)}`,
      `v1=${at(time)}`,
      `t=${time}`,
      `t=${time},v0=${at(time)}`,
      '',
    ]) {
      expect((await post('/hmac/stripe', body, { 'stripe-signature': signature })).status, signature).toBe(401);
    }
  });

  it('takes Standard Webhooks, with a whsec_ secret or a plain one, and refuses old ones', async () => {
    const signed = (secret: string, time = now(), id = 'msg_1'): Record<string, string> => {
      const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
      return {
        'webhook-id': id,
        'webhook-timestamp': String(time),
        'webhook-signature': `v1,${createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')}`,
      };
    };
    expect((await post('/hmac/webhooks', body, signed(secrets.WEBHOOKS))).status).toBe(200);
    expect((await post('/hmac/plain', body, signed(secrets.PLAIN))).status).toBe(200);
    const good = signed(secrets.WEBHOOKS);
    expect(
      (await post('/hmac/webhooks', body, { ...good, 'webhook-signature': `v1,AAAA ${good['webhook-signature']}` }))
        .status,
    ).toBe(200);
    for (const headers of [
      signed(secrets.WEBHOOKS, now() - 400),
      signed(secrets.WEBHOOKS, now() + 400),
      signed(secrets.PLAIN),
      { ...good, 'webhook-id': 'msg_2' },
      { ...good, 'webhook-timestamp': String(now() - 5) },
      {},
    ]) {
      expect((await post('/hmac/webhooks', body, headers)).status).toBe(401);
    }
    expect((await post('/hmac/webhooks', `${body} `, good)).status).toBe(401);
  });

  it('tells a sender that can set no header where to send: the tenant stands in the path', async () => {
    const answer = await rawRequest(`${annex.url}/ext/probe/hmac/sha`, {
      method: 'POST',
      body,
      headers: { 'x-signature': `sha256=${sign(secrets.SHA, body)}` },
    });
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.text)).toMatchObject({
      code: 'UNAUTHENTICATED',
      detail: expect.stringContaining('/t/<tenant>/ext/'),
    });
  });

  it('lets nobody in while its secret is not set', async () => {
    expect((await post('/hmac/unset', body, { 'x-signature': `sha256=${sign('', body)}` })).status).toBe(401);
    expect((await post('/hmac/unset', body, { 'x-signature': `sha256=${sign('undefined', body)}` })).status).toBe(401);
  });
});

describe('static files', () => {
  it('are served with their type and a strong ETag, to strangers too, and nothing outside static/ is', async () => {
    const { status, headers, text } = await raw('/static/index.html');
    expect({ status, text }).toEqual({ status: 200, text: page });
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      etag: expect.stringMatching(/^"[0-9a-f]{64}"$/),
      'accept-ranges': 'bytes',
      'content-length': String(page.length),
      'x-content-type-options': 'nosniff',
    });
    expect((await stranger().get('/ext/probe/static/app.js')).headers.get('content-type')).toMatch(/^text\/javascript/);
    expect((await raw('/static/%C3%BC.txt')).text).toBe('umlaut');
    for (const path of [
      '/static/../private.txt',
      '/static/..%2fprivate.txt',
      '/static/%2e%2e/private.txt',
      '/static/deep',
      '/static/',
      '/static',
      '/private.txt',
      '/static//index.html',
      '/static/INDEX.html',
    ]) {
      expect((await raw(path)).status, path).toBe(404);
    }
    expect(await raw('/static/index.html', { method: 'POST' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
    expect(await raw('/static/index.html', { method: 'HEAD' })).toMatchObject({
      status: 200,
      text: '',
      headers: { 'content-length': String(page.length) },
    });
  });

  it('answer conditions with 304', async () => {
    const etag = (await raw('/static/index.html')).headers.etag ?? '';
    for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, '*'])
      expect(await raw('/static/index.html', { headers: { 'if-none-match': condition } }), condition).toMatchObject({
        status: 304,
        text: '',
      });
    expect((await raw('/static/index.html', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it('answer ranges with 206, impossible ones with 416, and what they do not understand with all', async () => {
    const part = async (
      range: string,
      headers: Record<string, string> = {},
    ): Promise<[number, string | undefined, number]> => {
      const answer = await raw('/static/deep/data.bin', { headers: { range, ...headers } });
      return [answer.status, answer.headers['content-range'], answer.bytes.length];
    };
    expect(await part('bytes=0-9')).toEqual([206, 'bytes 0-9/256', 10]);
    expect(await part('bytes=250-')).toEqual([206, 'bytes 250-255/256', 6]);
    expect(await part('bytes=-3')).toEqual([206, 'bytes 253-255/256', 3]);
    expect(await part('bytes=0-9999')).toEqual([206, 'bytes 0-255/256', 256]);
    expect(await part('bytes=256-')).toEqual([416, 'bytes */256', 0]);
    expect((await part('lines=1-2'))[0]).toBe(200);
    expect((await part('bytes=0-1,5-6'))[0]).toBe(200);
    expect((await part('bytes=0-9', { 'if-range': '"other"' }))[0]).toBe(200);
    const { bytes } = await raw('/static/deep/data.bin', { headers: { range: 'bytes=10-19' } });
    expect([...bytes]).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });
});

describe('what is no request', () => {
  it('is a problem like any other: a broken escape, a broken head, too much of it', async () => {
    for (const path of ['/params/%ff/b/fixed', '/static/%ff', '/%zz']) {
      const answer = await raw(path);
      expect(answer, path).toMatchObject({
        status: 400,
        headers: { 'content-type': expect.stringMatching(/^application\/problem\+json/) },
      });
      expect(JSON.parse(answer.text)).toMatchObject({
        code: 'BAD_REQUEST',
        request_id: expect.stringMatching(/^req_/),
      });
    }
    const talk = (text: string): Promise<string> =>
      new Promise((done) => {
        const { hostname, port } = new URL(annex.url);
        const socket = connect(Number(port), hostname, () => socket.write(text));
        let heard = '';
        socket.on('data', (chunk) => (heard += chunk.toString()));
        socket.on('error', () => undefined);
        socket.on('close', () => done(heard));
      });
    expect(await talk('NONSENSE\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"code":"BAD_REQUEST"/,
    );
    expect(await talk(`GET / HTTP/1.1\r\nhost: x\r\nx-large: ${'x'.repeat(70_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 [^]*"status":431/,
    );
    expect((await raw('/json/object')).status).toBe(200);
  });
});

describe('mounting', () => {
  it('follows install, disable, enable, upgrade and uninstall at once', async () => {
    const own = await annex.makeTenant();
    const { owner } = own;
    const pack = (path: string, version: string): Uint8Array =>
      packPlugin({
        manifest: { routes: true, version },
        code: `import { route } from '@annex/sdk'; route('${path}', () => '${version}')`,
      });
    const statuses = async (...paths: string[]): Promise<number[]> =>
      Promise.all(paths.map(async (path) => (await owner.get(`/ext/probe${path}`)).status));
    expect(await statuses('/one')).toEqual([404]);
    await owner.upload(pack('/one', '1.0.0'));
    expect(await statuses('/one', '/two')).toEqual([409, 409]);
    await owner.post('/api/plugins/probe/enable');
    expect(await statuses('/one', '/two')).toEqual([200, 404]);
    await owner.upload(pack('/two', '2.0.0'));
    expect(await statuses('/one', '/two')).toEqual([404, 200]);
    await owner.post('/api/plugins/probe/disable');
    const disabled = await owner.get('/ext/probe/two');
    expect(disabled).toMatchObject({
      status: 409,
      body: { code: 'PLUGIN_DISABLED', detail: expect.stringContaining('/enable') },
    });
    await owner.post('/api/plugins/probe/enable');
    expect(await statuses('/two')).toEqual([200]);
    await owner.post('/api/plugins/probe/rollback', { version: '1.0.0' });
    expect(await statuses('/one', '/two')).toEqual([200, 404]);
    await owner.delete('/api/plugins/probe');
    expect(await statuses('/one')).toEqual([404]);
  });

  it('starts afresh what was warm, on reload', async () => {
    const own = await annex.makeTenant();
    await own.install({
      manifest: { routes: true },
      code: pluginCode('reloads'),
    });
    expect((await own.owner.get('/ext/probe/')).body).toBe(1);
    expect((await own.owner.get('/ext/probe/')).body).toBe(2);
    expect(await own.owner.post('/api/plugins/probe/reload')).toMatchObject({ status: 200 });
    await until(
      () => own.owner.get('/ext/probe/reloaded'),
      ({ body }) => body === true,
    );
    expect((await own.owner.get('/ext/probe/')).body).toBe(1);
  });
});
