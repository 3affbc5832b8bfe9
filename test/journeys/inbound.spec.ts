import { createHmac } from 'node:crypto';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, type TestAnnex, type TestTenant } from '../support/annex.js';
import { rawRequest, type RawAnswer } from '../support/raw-http.js';
import { pluginCode } from '../support/plugin-code.js';

let annex: TestAnnex;
let tenant: TestTenant;
const code = pluginCode('inbound');
const key = 'annex_of-both-sides.1';

beforeAll(async () => {
  annex = await startTestAnnex();
  tenant = await annex.makeTenant();
  expect(
    (
      await tenant.install(
        { manifest: { routes: true, secrets: ['KEY', 'LOGIN'] }, code },
        { secrets: { KEY: key, LOGIN: 'alerts:pass' } },
      )
    ).status,
  ).toBe(200);
});
afterAll(() => annex.stop());

const put = async (source: string, body: Record<string, unknown>): Promise<void> => {
  const answer = await tenant.owner.put(`/api/hooks/${source}`, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
};
const hook = (
  target: string,
  { method = 'POST', ...options }: Parameters<typeof rawRequest>[1] = {},
): Promise<RawAnswer> => rawRequest(`${annex.url}/hooks/${tenant.slug}/${target}`, { method, ...options });
const mac = (algorithm: string, encoding: 'hex' | 'base64', ...parts: string[]): string =>
  createHmac(algorithm, key).update(parts.join('')).digest(encoding);
// What an event holds, as handlers get it.
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- every test looks at another shape
const dataOf = async (answer: RawAnswer): Promise<any> => {
  expect(answer.status, answer.text).toBe(202);
  const { event_id: id } = JSON.parse(answer.text) as { event_id: string };
  return (await tenant.owner.get(`/api/events/${id}`)).body.data;
};

describe('a sender', () => {
  it('Meta asks with a token, and then signs', async () => {
    await put('meta', { preset: 'meta', secret: key, verify_token: 'my token' });
    const asked = (token: string): Promise<RawAnswer> =>
      hook(`meta?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${token}`, { method: 'GET' });
    expect(await asked('my+token')).toMatchObject({
      status: 200,
      text: '1158201444',
      headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    });
    expect(await asked('another')).toMatchObject({ status: 403 });
    expect(await hook('meta?hub.mode=subscribe&hub.challenge=1', { method: 'GET' })).toMatchObject({ status: 403 });
    const body = '{"object":"page","entry":[{"id":1610521604143693813}]}';
    expect(
      await dataOf(
        await hook('meta', { body, headers: { 'x-hub-signature-256': `sha256=${mac('sha256', 'hex', body)}` } }),
      ),
    ).toMatchObject({
      event_type: 'page',
      body: { entry: [{ id: '1610521604143693813' }] },
      numbers_as_text: ['/entry/0/id'],
    });
    expect(
      await hook('meta', {
        body: `${body} `,
        headers: { 'x-hub-signature-256': `sha256=${mac('sha256', 'hex', body)}` },
      }),
    ).toMatchObject({ status: 401 });
    expect((await tenant.owner.get('/api/hooks/meta')).body).toMatchObject({ has_verify_token: true });
  });

  it('Trello looks with HEAD, and signs body and address', async () => {
    const url = 'https://public.example/hooks/demo/trello';
    await put('trello', { preset: 'trello', secret: key, url });
    expect(await hook('trello', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
    const body = '{"action":{"id":"a1","type":"updateCard"}}';
    expect(
      await dataOf(await hook('trello', { body, headers: { 'x-trello-webhook': mac('sha1', 'base64', body, url) } })),
    ).toMatchObject({ event_type: 'updateCard', delivery_id: 'a1', headers: {} });
    expect(await hook('trello', { body, headers: { 'x-trello-webhook': mac('sha1', 'base64', body) } })).toMatchObject({
      status: 401,
    });
    // Without an address of its own it is the one that was called.
    await put('trello-here', { preset: 'trello', secret: key });
    expect(
      await hook('trello-here', {
        body,
        headers: { 'x-trello-webhook': mac('sha1', 'base64', body, `${annex.url}/hooks/${tenant.slug}/trello-here`) },
      }),
    ).toMatchObject({ status: 202 });
  });

  it('Shopify signs in base64', async () => {
    await put('shopify', { preset: 'shopify', secret: key });
    const body = '{"id":820982911946154508}';
    const headers = {
      'content-type': 'application/json',
      'x-shopify-hmac-sha256': mac('sha256', 'base64', body),
      'x-shopify-topic': 'orders/create',
      'x-shopify-webhook-id': 'w1',
    };
    const answer = await hook('shopify', { body, headers });
    expect(await dataOf(answer)).toMatchObject({
      event_type: 'orders/create',
      delivery_id: 'w1',
      body: { id: '820982911946154508' },
      headers: { 'content-type': 'application/json', 'x-shopify-topic': 'orders/create' },
    });
    expect(JSON.stringify(await dataOf(answer))).not.toContain(headers['x-shopify-hmac-sha256']);
    expect(await hook('shopify', { body, headers })).toMatchObject({
      status: 200,
      text: expect.stringContaining('"duplicate":true'),
    });
    expect(
      await hook('shopify', { body, headers: { ...headers, 'x-shopify-hmac-sha256': mac('sha256', 'hex', body) } }),
    ).toMatchObject({ status: 401 });
  });

  it('Square signs address and body', async () => {
    const url = 'https://public.example/hooks/demo/square';
    await put('square', { preset: 'square', secret: key, url });
    const body = '{"type":"payment.updated","event_id":"e1"}';
    expect(
      await dataOf(
        await hook('square', {
          body,
          headers: { 'x-square-hmacsha256-signature': mac('sha256', 'base64', url, body) },
        }),
      ),
    ).toMatchObject({ event_type: 'payment.updated', delivery_id: 'e1' });
    expect(
      await hook('square', { body, headers: { 'x-square-hmacsha256-signature': mac('sha256', 'base64', body) } }),
    ).toMatchObject({ status: 401 });
  });

  it('GitLab sends a token along', async () => {
    await put('gitlab', { preset: 'gitlab', secret: key });
    const data = await dataOf(
      await hook('gitlab', {
        body: '{"object_kind":"push"}',
        headers: { 'x-gitlab-token': key, 'x-gitlab-event': 'Push Hook' },
      }),
    );
    expect(data).toMatchObject({ event_type: 'Push Hook', headers: { 'x-gitlab-event': 'Push Hook' } });
    expect(JSON.stringify(data)).not.toContain(key);
    expect(await hook('gitlab', { body: '{}', headers: { 'x-gitlab-token': 'another' } })).toMatchObject({
      status: 401,
    });
  });

  it('Resend signs as Svix does', async () => {
    const secret = `whsec_${Buffer.from(key).toString('base64')}`;
    await put('resend', { preset: 'resend', secret });
    const body = '{"type":"email.delivered"}';
    const headers = (time: number): Record<string, string> => ({
      'svix-id': 'msg_1',
      'svix-timestamp': String(time),
      'svix-signature': `v1,${mac('sha256', 'base64', `msg_1.${time}.`, body)}`,
    });
    const now = Math.floor(Date.now() / 1000);
    expect(await dataOf(await hook('resend', { body, headers: headers(now) }))).toMatchObject({
      event_type: 'email.delivered',
      delivery_id: 'msg_1',
    });
    expect(await hook('resend', { body, headers: headers(now - 400) })).toMatchObject({ status: 401 });
  });

  it('Alertmanager signs in, by bearer or with name and password', async () => {
    await put('alerts', { preset: 'bearer', secret: key });
    await put('alerts-basic', { preset: 'basic', secret: 'alerts:pass' });
    const body = '{"status":"firing","alerts":[]}';
    const data = await dataOf(await hook('alerts', { body, headers: { authorization: `Bearer ${key}` } }));
    expect(data).toMatchObject({ body: { status: 'firing', alerts: [] } });
    expect(JSON.stringify(data)).not.toContain(key);
    expect(await dataOf(await hook(`alerts?access_token=${encodeURIComponent(key)}&order=1`, { body }))).toMatchObject({
      query: { order: '1' },
    });
    expect(await hook('alerts', { body, headers: { authorization: 'Bearer x' } })).toMatchObject({ status: 401 });
    expect(
      await hook('alerts-basic', { body, headers: { authorization: `Basic ${btoa('alerts:pass')}` } }),
    ).toMatchObject({ status: 202 });
    expect(
      await hook('alerts-basic', { body, headers: { authorization: `Basic ${btoa('alerts:wrong')}` } }),
    ).toMatchObject({ status: 401 });
  });

  it('Microsoft Graph asks with a token, and puts the secret into each notification', async () => {
    await put('graph', { preset: 'microsoft-graph', secret: key });
    expect(
      await hook('graph?validationToken=Validation%3A%20Testing%20%3Cb%3E', {
        headers: { 'content-type': 'text/plain' },
      }),
    ).toMatchObject({
      status: 200,
      text: 'Validation: Testing <b>',
      headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    });
    const data = await dataOf(
      await hook('graph', {
        body: JSON.stringify({ value: [{ clientState: key, changeType: 'created', resource: 'r' }] }),
      }),
    );
    expect(data.body).toEqual({ value: [{ changeType: 'created', resource: 'r' }] });
    // What would be kept as text would keep the secret.
    expect(
      await hook('graph', { body: JSON.stringify({ value: [{ clientState: key, resource: '\0' }] }) }),
    ).toMatchObject({ status: 400, text: expect.stringContaining('HOOK_BODY') });
    for (const value of [[{ clientState: 'x' }], [{ clientState: key }, {}], [], undefined])
      expect(await hook('graph', { body: JSON.stringify({ value }) })).toMatchObject({ status: 401 });
    await put('no-graph', { preset: 'none' });
    expect(await hook('no-graph?validationToken=x', { body: '{}' })).toMatchObject({ status: 202 });
  });

  it('of CloudEvents asks for consent; a hub of WebSub asks, and signs as it likes', async () => {
    await put('cloud', { preset: 'bearer', secret: key });
    expect(
      await hook('cloud', {
        method: 'OPTIONS',
        headers: { 'webhook-request-origin': 'events.example.com', 'webhook-request-rate': '120' },
      }),
    ).toMatchObject({
      status: 200,
      headers: { 'webhook-allowed-origin': 'events.example.com', 'webhook-allowed-rate': '120', allow: 'POST' },
    });
    expect(
      (await hook('nowhere', { method: 'OPTIONS', headers: { 'webhook-request-origin': 'events.example.com' } }))
        .status,
    ).toBe(404);
    await put('feed', { preset: 'websub', secret: key });
    const ask = (mode: string): Promise<RawAnswer> =>
      hook(`feed?hub.mode=${mode}&hub.topic=https%3A%2F%2Fx.example%2F&hub.challenge=abc`, { method: 'GET' });
    expect(await ask('subscribe')).toMatchObject({ status: 200, text: 'abc' });
    expect(await ask('unsubscribe')).toMatchObject({ status: 403 });
    expect(
      await dataOf(
        await hook('feed', {
          body: '<feed/>',
          headers: {
            'content-type': 'application/atom+xml',
            'x-hub-signature': `sha1=${mac('sha1', 'hex', '<feed/>')}`,
          },
        }),
      ),
    ).toMatchObject({ body: '<feed/>', body_encoding: 'text' });
    expect(
      await hook('feed', { body: '<feed/>', headers: { 'x-hub-signature': `md5=${mac('md5', 'hex', '<feed/>')}` } }),
    ).toMatchObject({ status: 401 });
  });

  it('that asks for what its source does not answer is told which method is taken', async () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT'])
      expect(await hook('cloud', { method }), method).toMatchObject({
        status: 405,
        headers: { allow: expect.stringContaining('POST') },
      });
  });

  it('that only brings a token when it asks has no secret yet', async () => {
    await put('asks', { preset: 'none', verify_token: 'my token' });
    expect(await tenant.owner.put('/api/hooks/asks', { preset: 'meta' })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/secret', code: 'REQUIRED' }] },
    });
    expect((await tenant.owner.put('/api/hooks/asks', { preset: 'meta', secret: key })).status).toBe(200);
    expect((await tenant.owner.put('/api/hooks/asks', { preset: 'meta' })).status).toBe(200);
  });

  it('whose ways are its own is described', async () => {
    await put('own', {
      preset: 'hmac',
      secret: key,
      header: 'X-Mac',
      signature: { algorithm: 'sha1', encoding: 'base64', prefix: 'v=', signs: 'body+url' },
      url: 'https://public.example/own',
    });
    expect(
      await hook('own', {
        body: 'x',
        headers: { 'x-mac': `v=${mac('sha1', 'base64', 'x', 'https://public.example/own')}` },
      }),
    ).toMatchObject({ status: 202 });
    expect((await tenant.owner.get('/api/hooks/own')).body).toMatchObject({
      url: 'https://public.example/own',
      signature: { algorithm: 'sha1', encoding: 'base64', prefix: 'v=', signs: 'body+url' },
    });
    for (const [wrong, pointer] of [
      [{ preset: 'basic', secret: 'no colon' }, '/secret'],
      [{ preset: 'github', secret: key, signature: { algorithm: 'sha1' } }, '/signature'],
      [{ preset: 'github', secret: key, url: 'https://x.example' }, '/url'],
      [{ preset: 'trello', secret: key, url: 'nowhere' }, '/url'],
      [{ preset: 'resend', secret: 'whsec_!' }, '/secret'],
      [{ preset: 'none', cors: ['x'] }, '/cors'],
    ] as const) {
      expect(await tenant.owner.put('/api/hooks/wrong', wrong)).toMatchObject({
        status: 422,
        body: { errors: [{ pointer }] },
      });
    }
  });
});

describe('what was sent', () => {
  it('brings its query, and a body that was packed for the way', async () => {
    await put('packed', { preset: 'none' });
    const json = { 'content-type': 'application/json' };
    for (const [encoding, body] of [
      ['gzip', gzipSync('{"a":1}')],
      ['deflate', deflateSync('{"a":1}')],
      ['br', brotliCompressSync('{"a":1}')],
      ['identity', '{"a":1}'],
    ] as const) {
      expect(
        await dataOf(
          await hook('packed?order=77&tag=a&tag=b', { body, headers: { ...json, 'content-encoding': encoding } }),
        ),
        encoding,
      ).toMatchObject({ body: { a: 1 }, body_encoding: 'json', query: { order: '77', tag: ['a', 'b'] } });
    }
    expect(await hook('packed', { body: gzipSync('{}'), headers: { 'content-encoding': 'zstd' } })).toMatchObject({
      status: 415,
      text: expect.stringContaining('HOOK_ENCODING'),
    });
    expect(await hook('packed', { body: 'no gzip', headers: { 'content-encoding': 'gzip' } })).toMatchObject({
      status: 400,
      text: expect.stringContaining('HOOK_BODY'),
    });
    expect(await hook('packed?a=%00', { body: '{}' })).toMatchObject({ status: 400 });
  });

  it('is counted while it is unpacked: a small body never becomes a large one', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(70_000);
    expect(await hook('packed', { body: bomb, headers: { 'content-encoding': 'gzip' } })).toMatchObject({
      status: 413,
      text: expect.stringContaining('PAYLOAD_TOO_LARGE'),
    });
  });

  it('is not unpacked for whoever does not bring the secret, where that stands outside of the body', async () => {
    for (const [preset, secret, header, proof] of [
      ['token', key, 'x-webhook-token', key],
      ['bearer', key, 'authorization', `Bearer ${key}`],
      ['basic', 'a:b', 'authorization', `Basic ${btoa('a:b')}`],
      ['gitlab', key, 'x-gitlab-token', key],
    ] as const) {
      await put(`late-${preset}`, { preset, secret });
      const send = (value: string): Promise<RawAnswer> =>
        hook(`late-${preset}`, { body: 'no gzip', headers: { 'content-encoding': 'gzip', [header]: value } });
      expect(await send('wrong'), preset).toMatchObject({
        status: 401,
        text: expect.stringContaining('INVALID_SIGNATURE'),
      });
      expect(await send(proof), preset).toMatchObject({ status: 400, text: expect.stringContaining('HOOK_BODY') });
    }
  });

  it('may be signed as it was sent, or before it was packed', async () => {
    await put('packed-signed', { preset: 'hmac', secret: key });
    const packed = gzipSync('{"a":1}');
    for (const signed of [packed, '{"a":1}']) {
      const signature = createHmac('sha256', key).update(signed).digest('hex');
      expect(
        await dataOf(
          await hook('packed-signed', {
            body: packed,
            headers: { 'content-encoding': 'gzip', 'x-signature': signature },
          }),
        ),
      ).toMatchObject({ body: { a: 1 } });
    }
    expect(
      await hook('packed-signed', {
        body: packed,
        headers: { 'content-encoding': 'gzip', 'x-signature': mac('sha256', 'hex', '{"a":2}') },
      }),
    ).toMatchObject({ status: 401 });
  });

  it('may come from a page of another origin, if its source says so; refusals are readable too', async () => {
    const shop = 'https://shop.example';
    await put('page', { preset: 'bearer', secret: key, cors: [shop] });
    const asked = await hook('page', {
      method: 'OPTIONS',
      headers: {
        origin: shop,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });
    expect(asked).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': shop,
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'content-type',
      },
    });
    expect(await hook('page', { body: '{}', headers: { origin: shop } })).toMatchObject({
      status: 401,
      headers: { 'access-control-allow-origin': shop },
    });
    expect(await hook('page', { body: Buffer.alloc(1024 * 1024 + 1), headers: { origin: shop } })).toMatchObject({
      status: 413,
      headers: { 'access-control-allow-origin': shop },
    });
    expect(
      (await hook('page', { body: '{}', headers: { origin: 'https://evil.example', authorization: `Bearer ${key}` } }))
        .headers,
    ).not.toHaveProperty('access-control-allow-origin');
    expect(
      await hook('packed', { method: 'OPTIONS', headers: { origin: shop, 'access-control-request-method': 'POST' } }),
    ).toMatchObject({ status: 405 });
  });
});

describe('a route of a plugin', () => {
  const call = (path: string, headers: Record<string, string>, body = '{"a":1}'): Promise<RawAnswer> =>
    rawRequest(`${annex.url}/t/${tenant.slug}/ext/probe${path}`, { method: 'POST', body, headers });
  const body = '{"a":1}';

  it.each<[string, () => Record<string, string>, () => Record<string, string>]>([
    [
      '/shopify',
      () => ({ 'x-shopify-hmac-sha256': mac('sha256', 'base64', body) }),
      () => ({ 'x-shopify-hmac-sha256': mac('sha1', 'base64', body) }),
    ],
    [
      '/trello',
      () => ({ 'x-trello-webhook': mac('sha1', 'base64', body, `${annex.url}/t/${tenant.slug}/ext/probe/trello`) }),
      () => ({ 'x-trello-webhook': mac('sha1', 'base64', body) }),
    ],
    [
      '/square',
      () => ({ 'x-square-hmacsha256-signature': mac('sha256', 'base64', 'https://public.example/square', body) }),
      () => ({
        'x-square-hmacsha256-signature': mac(
          'sha256',
          'base64',
          `${annex.url}/t/${tenant.slug}/ext/probe/square`,
          body,
        ),
      }),
    ],
    [
      '/sha1',
      () => ({ 'x-mac': `v=${mac('sha1', 'base64', body)}` }),
      () => ({ 'x-mac': mac('sha1', 'base64', body) }),
    ],
    ['/bearer', () => ({ authorization: `Bearer ${key}` }), () => ({ authorization: 'Bearer another' })],
    [
      '/basic',
      () => ({ authorization: `Basic ${btoa('alerts:pass')}` }),
      () => ({ authorization: `Basic ${btoa('alerts:other')}` }),
    ],
    ['/gitlab', () => ({ 'x-gitlab-token': key }), () => ({ 'x-gitlab-token': `${key}.` })],
    ['/token', () => ({ 'x-own': key }), () => ({ 'x-webhook-token': key })],
  ])('%s lets in who knows the secret, and nobody else', async (path, good, bad) => {
    expect(await call(path, good())).toMatchObject({
      status: 200,
      text: JSON.stringify({ body, authorization: null }),
    });
    expect(await call(path, bad())).toMatchObject({ status: 401, text: expect.stringContaining('INVALID_SIGNATURE') });
    expect(await call(path, {})).toMatchObject({ status: 401, text: expect.stringContaining('INVALID_SIGNATURE') });
  });

  it('that asks for no bearer of its own still refuses one that is none of Annex’s', async () => {
    for (const path of ['/member', '/gitlab', '/nothing'])
      expect(await call(path, { authorization: 'Bearer annex_forged', 'x-gitlab-token': key }), path).toMatchObject({
        status: 401,
        text: expect.stringContaining('UNAUTHENTICATED'),
      });
  });
});
