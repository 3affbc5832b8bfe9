import { route } from '@annex/sdk';
const json = {
  object: { a: [1, 'é', null] },
  text: 'hello',
  number: 4.5,
  true: true,
  null: null,
  list: [{ a: 1 }, { a: 2 }],
  numbers: [1, 2],
  pair: ['a', 'b'],
  empty: [],
};
route('/json/:name', (ctx) => json[ctx.params.name]);
route('/nothing', () => {});
route('/created', () => [{ id: 7 }, 201]);
route('/teapot', () => [
  { error: 'short and stout' },
  418,
  { 'X-Kind': 'pot', 'Content-Type': 'application/vnd.tea+json' },
]);
route('/page', () => ['<h1>hi</h1>', 200, { 'content-type': 'text/html; charset=utf-8' }]);
route('/plain', () => ['just text', 200, { 'content-type': 'text/plain' }]);
route('/empty', () => [null, 204]);
route('/moved', () => [null, 302, { location: 'https://example.com/' }]);
route(
  '/response',
  () => new Response('from a response', { status: 202, headers: { 'x-a': '1', 'content-type': 'text/plain' } }),
);
route('/response-json', () => Response.json({ a: 1 }, { status: 201 }));
route('/response-empty', () => new Response(null, { status: 204 }));
route('/bytes', () => [Uint8Array.from({ length: 256 }, (_, index) => index), 200, { 'content-type': 'image/png' }]);
route('/bytes-response', () => new Response(Uint8Array.from({ length: 256 }, (_, index) => index)));
route('/hop', () => [
  { ok: true },
  200,
  {
    connection: 'close',
    'transfer-encoding': 'chunked',
    'keep-alive': 'timeout=9',
    upgrade: 'h2c',
    'set-cookie': 'session=stolen',
    'content-length': '1',
    date: 'never',
    'x-request-id': 'mine',
    'x-fine': 'yes',
  },
]);
route('/links', () => [{}, 200, { link: ['<a>; rel=next', '<b>; rel=prev'], 'X-Both': ['1', '2'] }]);
route('/pairs', () => [
  {},
  200,
  [
    ['link', '<a>'],
    ['Link', '<b>'],
    ['etag', '"1"'],
    ['etag', '"2"'],
  ],
]);
route('/appended', () => {
  const headers = new Headers({ link: '<a>' });
  headers.append('link', '<b>');
  return new Response('x', { headers });
});
route('/obeyed', () => [
  {},
  200,
  {
    'X-Accel-Redirect': '/etc/passwd',
    'X-Sendfile': '/etc/passwd',
    'Surrogate-Control': 'max-age=9',
    'CDN-Cache-Control': 'public',
    'WWW-Authenticate': 'Basic realm="evil"',
    'Set-Cookie2': 'a=b',
    'X-Fine': 'yes',
  },
]);
route('/accent/text', () => ['é', 200, { 'content-type': 'text/plain; charset=utf-8', 'x-name': 'café' }]);
route('/accent/json', () => [{ a: 'é' }, 200, { 'x-name': 'café' }]);
route('/accent/bytes', () => [new Uint8Array(3), 200, { 'x-name': 'café' }]);
route('/accent/none', () => [null, 204, { 'x-name': 'café' }]);
route('/cached', { auth: 'public' }, () => [
  {},
  200,
  { 'cache-control': 'public, max-age=60, s-maxage=600', vary: 'Accept' },
]);
route('/cached/member', () => [{}, 200, { 'cache-control': 'public, max-age=60, s-maxage=600' }]);
route('/large-bytes/:bytes', (ctx) => [new Uint8Array(Number(ctx.params.bytes)), 200]);
route('/large-response/:bytes', (ctx) => new Response(new Uint8Array(Number(ctx.params.bytes))));
route('/split', () => [{}, 200, { 'x-a': 'a\r\nset-cookie: b=c' }]);
route('/echo', { methods: ['POST', 'PUT', 'PATCH', 'DELETE'] }, async (ctx) => ({
  method: ctx.request.method,
  body: await ctx.request.text(),
  type: ctx.request.headers.get('content-type'),
}));
route('/json-in', { methods: ['POST'] }, async (ctx) => await ctx.request.json());
route('/bytes-in', { methods: ['POST'] }, async (ctx) => [
  new Uint8Array(await ctx.request.arrayBuffer()),
  200,
  { 'content-type': 'application/octet-stream' },
]);
route('/size', { methods: ['POST'] }, async (ctx) => ({ size: (await ctx.request.arrayBuffer()).byteLength }));
route('/params/:first/<second>/fixed', (ctx) => ctx.params);
route('/rest/*tail', (ctx) => ctx.params);
route('/both', { methods: ['GET', 'POST'] }, (ctx) => ({ method: ctx.request.method }));
route('/options', { methods: ['OPTIONS'] }, () => [null, 204, { 'x-options': 'mine' }]);
route('/query', (ctx) => ctx.query);
route('/headers', (ctx) => Object.fromEntries(ctx.request.headers));
route('/who', (ctx) => ({
  tenantId: ctx.tenantId,
  tenant: ctx.tenant,
  user: ctx.user,
  plugin: ctx.plugin,
  run: { id: ctx.run.id, attempt: ctx.run.attempt },
  url: ctx.request.url,
}));
route('/throws', () => {
  throw new Error('the words of the plugin at ' + new Error().stack);
});
route('/throws-text', () => {
  throw 'only text';
});
route('/rejects', () => Promise.reject(new TypeError('rejected')));
route('/cyclic', () => {
  const a = {};
  a.a = a;
  return a;
});
route('/function', () => () => 1);
route('/bigint', () => 10n);
route('/never', () => new Promise(() => {}));
route('/loop', () => {
  for (;;);
});
route('/hoard', () => {
  const all = [];
  // In a few large pieces, so that memory and not processor time comes to its end.
  for (;;) all.push(new Array(1e6).fill(all.length));
});
route('/large/:bytes', (ctx) => 'x'.repeat(Number(ctx.params.bytes)));
route('/slow', () => new Promise((done) => setTimeout(() => done({ slow: true }), 1500)));
route('/status/:code', (ctx) => [{ code: ctx.params.code }, Number(ctx.params.code)]);
route('/public', { auth: 'public' }, (ctx) => ({ user: ctx.user }));
route('/admins', { roles: ['admin'] }, () => ({ ok: true }));
route('/developers', { roles: ['owner', 'developer'] }, () => ({ ok: true }));
route(
  '/hmac/sha',
  { methods: ['POST'], auth: { hmac: { secret: 'SHA', header: 'X-Signature', scheme: 'sha256' } } },
  async (ctx) => ({ body: await ctx.request.text(), user: ctx.user }),
);
route('/hmac/github', { methods: ['POST'], auth: { hmac: { secret: 'GITHUB', scheme: 'github' } } }, async (ctx) => ({
  body: await ctx.request.text(),
}));
route('/hmac/stripe', { methods: ['POST'], auth: { hmac: { secret: 'STRIPE', scheme: 'stripe' } } }, async (ctx) => ({
  body: await ctx.request.text(),
}));
route(
  '/hmac/webhooks',
  { methods: ['POST'], auth: { hmac: { secret: 'WEBHOOKS', scheme: 'standard-webhooks' } } },
  async (ctx) => ({ body: await ctx.request.text() }),
);
route(
  '/hmac/plain',
  { methods: ['POST'], auth: { hmac: { secret: 'PLAIN', scheme: 'standard-webhooks' } } },
  async (ctx) => ({ body: await ctx.request.text() }),
);
route('/hmac/unset', { methods: ['POST'], auth: { hmac: { secret: 'UNSET', scheme: 'sha256' } } }, () => ({
  reached: true,
}));
