/** Pages of other origins and `/api`: by the operator's setting. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, type TestAnnex, type TestTenant } from '../support/annex.js';
import { rawRequest } from '../support/raw-http.js';

const app = 'https://app.example.com';
let annex: TestAnnex;
let tenant: TestTenant;
beforeAll(async () => {
  annex = await startTestAnnex({ ANNEX_API_CORS_ORIGINS: `${app}, https://*.shop.example` });
  tenant = await annex.makeTenant();
});
afterAll(() => annex.stop());

const preflight = (path: string, origin: string) =>
  rawRequest(`${annex.url}${path}`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization,x-tenant-slug' } });

describe('a page of an origin that the operator names', () => {
  it.each(['/api/plugins/x/config', '/api/auth/login', '/api/nothing'])('may ask before it sends, without a token: %s', async (path) => {
    const answer = await preflight(path, 'https://a.shop.example');
    expect(answer).toMatchObject({ status: 204, text: '', headers: { 'access-control-allow-origin': 'https://a.shop.example', 'access-control-allow-methods': expect.stringContaining('PUT') } });
    expect(answer.headers['access-control-allow-headers']).toMatch(/authorization.*x-tenant-slug/);
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
  });

  it('may read answers and refusals, of whatever step', async () => {
    const read = await tenant.owner.get('/api/plugins/', { origin: app });
    expect([read.status, read.headers.get('access-control-allow-origin'), read.headers.get('vary')]).toEqual([200, app, 'Origin']);
    const refusals: [string, string, number][] = [['GET', '/api/runs', 401], ['GET', '/api/nothing', 404], ['PATCH', '/api/events', 405]];
    for (const [method, path, status] of refusals) {
      expect(await rawRequest(`${annex.url}${path}`, { method, headers: { origin: app } })).toMatchObject({ status, headers: { 'access-control-allow-origin': app } });
    }
    const broken = await tenant.owner.request('POST', '/api/events', { raw: '{', headers: { origin: app, 'content-type': 'application/json' } });
    expect([broken.status, broken.headers.get('access-control-allow-origin')]).toEqual([400, app]);
  });

  it('may follow a stream of logs', async () => {
    await tenant.install({ code: `import { job } from '@annex/sdk'; job('j', () => 1)`, manifest: { jobs: [{ name: 'j', schedule: '@yearly' }] } });
    const ends = new AbortController();
    const stream = await fetch(`${annex.url}/api/plugins/probe/logs/stream`, { headers: { origin: app, authorization: `Bearer ${tenant.owner.token}` }, signal: ends.signal });
    expect([stream.status, stream.headers.get('access-control-allow-origin'), stream.headers.get('content-type')]).toEqual([200, app, 'text/event-stream; charset=utf-8']);
    ends.abort();
  });
});

describe('a page of any other origin', () => {
  it('is allowed nothing', async () => {
    for (const origin of ['https://evil.example', `${app}.evil.example`, 'null']) {
      expect((await preflight('/api/plugins/', origin)).headers['access-control-allow-origin']).toBeUndefined();
      expect((await tenant.owner.get('/api/plugins/', { origin })).headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});

it('what is not /api does not hear of the setting', async () => {
  expect((await tenant.owner.get('/healthz', { origin: app })).headers.get('access-control-allow-origin')).toBeNull();
});
