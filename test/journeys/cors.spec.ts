import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, type TestAnnex, type TestTenant } from '../support/annex.js';
import { rawRequest, type RawAnswer } from '../support/raw-http.js';

let annex: TestAnnex;
let tenant: TestTenant;
const shop = 'https://shop.example';
const code = `
  import { route } from '@annex/sdk';
  route(
    '/prices',
    {
      auth: 'public',
      methods: ['GET', 'POST'],
      cors: { origins: ['${shop}', 'https://*.example.org'], exposed_headers: ['x-total'], max_age_s: 30 },
    },
    () => [{ ok: true }, 200, { 'x-total': '1', 'access-control-allow-origin': '*' }],
  );
  route('/members', { methods: ['PUT'], roles: ['owner'] }, () => ({ ok: true }));
  route('/closed', { auth: 'public', cors: false }, () => [
    {},
    200,
    { 'access-control-allow-origin': 'https://by-hand.example' },
  ]);
  route('/closed', { auth: 'public', cors: false, methods: ['OPTIONS'] }, () => [null, 204, { 'x-by-hand': 'yes' }]);
  route('/throws', { auth: 'public' }, () => {
    throw new Error('x');
  })
`;

beforeAll(async () => {
  annex = await startTestAnnex();
  tenant = await annex.makeTenant();
  expect((await tenant.install({ manifest: { routes: true, cors: '*' }, code })).status).toBe(200);
});
afterAll(() => annex.stop());

const ask = (path: string, options: Parameters<typeof rawRequest>[1] = {}): Promise<RawAnswer> =>
  rawRequest(`${annex.url}/t/${tenant.slug}/ext/probe${path}`, options);
const preflight = (path: string, method: string, origin = shop): Promise<RawAnswer> =>
  ask(path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type',
    },
  });

describe('a preflight', () => {
  it('is answered for a route before anybody signs in', async () => {
    const { status, text, headers } = await preflight('/prices', 'POST');
    expect({ status, text }).toEqual({ status: 204, text: '' });
    expect(headers).toMatchObject({
      'access-control-allow-origin': shop,
      'access-control-allow-methods': 'GET, HEAD, POST',
      'access-control-allow-headers': 'authorization,content-type',
      'access-control-max-age': '30',
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    });
    expect((await preflight('/prices', 'POST', 'https://a.example.org')).headers['access-control-allow-origin']).toBe(
      'https://a.example.org',
    );
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it('for a page that the route does not name lets nothing through', async () => {
    const { status, headers } = await preflight('/prices', 'POST', 'https://evil.example');
    expect(status).toBe(204);
    for (const name of Object.keys(headers)) expect(name).not.toMatch(/^access-control-/);
  });

  it('falls back on the manifest, also for members’ routes', async () => {
    expect((await preflight('/members', 'PUT')).headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'PUT',
    });
  });

  it('is a request like others where a route has no policy', async () => {
    expect(await preflight('/closed', 'GET')).toMatchObject({ status: 204, headers: { 'x-by-hand': 'yes' } });
  });

  it('without a tenant in the path is told where the tenant goes', async () => {
    const answer = await rawRequest(`${annex.url}/ext/probe/prices`, {
      method: 'OPTIONS',
      headers: { origin: shop, 'access-control-request-method': 'GET' },
    });
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.text).detail).toContain('/t/<tenant>/ext/');
    expect(
      await rawRequest(`${annex.url}/ext/probe/prices`, {
        method: 'OPTIONS',
        headers: { origin: shop, 'access-control-request-method': 'GET', 'x-tenant-slug': tenant.slug },
      }),
    ).toMatchObject({ status: 204 });
  });
});

describe('an answer', () => {
  it('carries the route’s policy in place of what the plugin wrote by hand', async () => {
    const { status, headers } = await ask('/prices', { headers: { origin: shop } });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'access-control-allow-origin': shop,
      'access-control-expose-headers': 'x-total',
      'x-total': '1',
      vary: 'Origin, Authorization',
    });
    expect((await ask('/prices', { headers: { origin: 'https://evil.example' } })).headers).not.toHaveProperty(
      'access-control-allow-origin',
    );
    expect((await ask('/prices')).headers.vary).toBe('Authorization, Origin');
    expect((await ask('/closed', { headers: { origin: shop } })).headers['access-control-allow-origin']).toBe(
      'https://by-hand.example',
    );
  });

  it('that refuses carries it too: 401, 403, 404, 405, 413, 422, 429', async () => {
    const origin = { origin: shop };
    const owner = { authorization: `Bearer ${tenant.owner.token}` };
    const viewer = { authorization: `Bearer ${(await tenant.as('viewer')).token}` };
    const stranger = { authorization: `Bearer ${(await annex.makeTenant()).owner.token}` };
    const refusals: [number, Promise<RawAnswer>][] = [
      [401, ask('/members', { method: 'PUT', headers: origin })],
      [401, ask('/members', { method: 'PUT', headers: { ...origin, authorization: 'Bearer annex_forged' } })],
      [403, ask('/members', { method: 'PUT', headers: { ...origin, ...viewer } })],
      [403, ask('/members', { method: 'PUT', headers: { ...origin, ...stranger } })],
      [404, ask('/nothing', { headers: { ...origin, ...owner } })],
      [405, ask('/members', { method: 'DELETE', headers: { ...origin, ...owner } })],
      [413, ask('/members', { method: 'PUT', headers: { ...origin, ...owner }, body: Buffer.alloc(1024 * 1024 + 1) })],
      [422, ask('/throws', { headers: origin })],
    ];
    for (const [status, answer] of refusals)
      expect(await answer, String(status)).toMatchObject({
        status,
        headers: { 'access-control-allow-origin': '*', 'access-control-expose-headers': '*' },
      });
    const own = await annex.makeTenant();
    await own.install({
      manifest: { routes: true, cors: [shop] },
      code: `
        import { route } from '@annex/sdk';
        route('/slow', { auth: 'public' }, () => new Promise((done) => setTimeout(done, 3000)))
      `,
    });
    const flood = Array.from({ length: 215 }, () =>
      rawRequest(`${annex.url}/t/${own.slug}/ext/probe/slow`, { headers: origin }),
    );
    const refused = await Promise.race(
      flood.map(async (call) => ((await call).status === 429 ? call : new Promise<never>(() => {}))),
    );
    expect(refused.headers['access-control-allow-origin']).toBe(shop);
    await Promise.all(flood);
  });

  it('and a package whose cors is none is refused with its place', async () => {
    const own = await annex.makeTenant();
    expect(await own.install({ manifest: { routes: true, cors: ['https://a.example/x'] }, code })).toMatchObject({
      status: 422,
      body: { errors: [expect.objectContaining({ pointer: '/cors', code: 'CORS' })] },
    });
    const route = `import { route } from '@annex/sdk'; route('/', { cors: ['nowhere'] }, () => 1)`;
    expect(await own.install({ manifest: { routes: true }, code: route })).toMatchObject({
      status: 422,
      body: { errors: [expect.objectContaining({ pointer: '/handlers/0', code: 'ROUTE_CORS' })] },
    });
  });
});
