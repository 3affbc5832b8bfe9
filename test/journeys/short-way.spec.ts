/**
 * The two ways through the door: each request goes to two doors of one platform, of which one has no short way, and the
 * answers are compared line by line. What a request is expected to take is said, too, so that the short way cannot fall
 * out of use, nor take what it should not.
 */
import { connect } from 'node:net';
import { startApi, type RunningApi } from '@annex-app/api';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOptions } from '../../apps/annex/src/api-options.js';
import { readSettings } from '../../apps/annex/src/config.js';
import { startTestAnnex, until, type Client, type TestAnnex, type TestTenant } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';
import { rawRequest } from '../support/raw-http.js';

let annex: TestAnnex;
let tenant: TestTenant;
let viewer: Client;
const apis: RunningApi[] = [];
let both: string;
let longOnly: string;
/** Requests that reached the framework of the door that has both ways. */
let toFramework = 0;
const host = 'plugins.example:8080';
const corsCode = pluginCode('cors-kinds');
const goingOnCode = pluginCode('going-on');

beforeAll(async () => {
  annex = await startTestAnnex({ ANNEX_BASE_DOMAIN: 'apps.example' });
  tenant = await annex.makeTenant();
  viewer = await tenant.as('viewer');
  const options = { ...apiOptions(readSettings({ PORT: '0' })), port: 0 };
  const extend = (server: FastifyInstance): void => {
    server.addHook('onRequest', (_request, _reply, done) => {
      toFramework += 1;
      done();
    });
  };
  apis.push(await startApi(annex.platform, { ...options, extend }));
  apis.push(await startApi(annex.platform, { ...options, shortWay: false }));
  [both = '', longOnly = ''] = apis.map(({ url }) => url);
  const installed = await tenant.install(
    {
      manifest: { routes: true, secrets: ['SHA', 'GITHUB', 'STRIPE', 'WEBHOOKS', 'PLAIN', 'UNSET'] },
      code: pluginCode('routes'),
      files: { 'static/index.html': '<!doctype html><title>static</title>' },
    },
    { secrets: { SHA: 's', GITHUB: 'g', STRIPE: 's', WEBHOOKS: 'whsec_AAAA', PLAIN: 'p' } },
  );
  expect(installed.status).toBe(200);
  for (const [slug, code, manifest] of [
    ['cors', corsCode, { cors: { origins: ['https://b.example'] } }],
    ['going-on', goingOnCode, {}],
    ['off', `import { route } from '@annex/sdk'\nroute('/', () => 1)`, {}],
  ] as const)
    expect((await tenant.install({ manifest: { slug, routes: true, ...manifest }, code })).status).toBe(200);
  expect((await tenant.owner.post('/api/plugins/off/disable')).status).toBe(200);
  // Both doors know the callers, and the route is warm.
  for (const token of [tenant.owner.token, viewer.token])
    for (const url of [both, longOnly]) await rawRequest(`${url}/ext/probe/who`, { headers: asMember(token) });
});
afterAll(async () => {
  for (const api of apis) await api.stop();
  await annex.stop();
});

const asMember = (token = tenant.owner.token): Record<string, string> => ({ host, authorization: `Bearer ${token}` });
const asStranger = (): Record<string, string> => ({ host, 'x-tenant-slug': tenant.slug });

interface Exchange {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** An answer without what differs from call to call. */
async function exchange(url: string, { method = 'GET', headers = {}, body }: Exchange): Promise<unknown> {
  const answer = await rawRequest(url, { method, headers, ...(body !== undefined && { body }) });
  const same = (text: string): string =>
    text
      .replaceAll(/\b(req|run)_[0-9a-hjkmnp-tv-z]{26}/g, '$1_…')
      .replaceAll(/\b\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/g, 'date');
  return { status: answer.status, lines: answer.rawHeaders.map(same), text: same(answer.text) };
}

/** The path, how it is called, and whether the short way takes it. */
type Case = [path: string, way: 'short' | 'long', exchange?: () => Exchange];

const member =
  (headers: Record<string, string> = {}, rest: Exchange = {}): (() => Exchange) =>
  () => ({ ...rest, headers: { ...asMember(), ...headers } });
const stranger =
  (headers: Record<string, string> = {}): (() => Exchange) =>
  () => ({ headers: { ...asStranger(), ...headers } });
const asViewer = (): Exchange => ({ headers: asMember(viewer.token) });

const cases: Case[] = [
  ...['object', 'text', 'number', 'true', 'null', 'list', 'numbers', 'pair', 'empty', 'undefined'].map((name): Case => [
    `/ext/probe/json/${name}`,
    'short',
  ]),
  ...['nothing', 'created', 'teapot', 'page', 'plain', 'empty', 'moved', 'response', 'response-json'].map(
    (name): Case => [`/ext/probe/${name}`, 'short'],
  ),
  ...['response-empty', 'bytes', 'bytes-response', 'hop', 'links', 'pairs', 'appended', 'obeyed', 'split'].map(
    (name): Case => [`/ext/probe/${name}`, 'short'],
  ),
  ...['accent/text', 'accent/json', 'accent/bytes', 'accent/none', 'cached', 'cached/member'].map((name): Case => [
    `/ext/probe/${name}`,
    'short',
  ]),
  ...['throws', 'throws-text', 'rejects', 'cyclic', 'function', 'bigint', 'large/5242880', 'large/5242881'].map(
    (name): Case => [`/ext/probe/${name}`, 'short'],
  ),
  ...[200, 201, 203, 204, 205, 206, 299, 302, 304, 400, 404, 418, 500, 503, 599, 600, 199].map((code): Case => [
    `/ext/probe/status/${code}`,
    'short',
  ]),
  ['/ext/probe/query?a=1&b=&a=2&__proto__=x&c', 'short'],
  ['/ext/probe/query?', 'short'],
  ['/ext/probe/query?a=%C3%BC&b=%zz', 'short'],
  ['/ext/probe/headers', 'short', member({ cookie: 'a=b', accept: 'x/y', 'x-own': '1', 'annex-caller': 'me' })],
  ['/ext/probe/headers', 'short', member({ 'content-type': 'text/x-odd' })],
  ['/ext/probe/who', 'short'],
  ['/ext/probe/who', 'short', asViewer],
  ['/ext/probe/params/one/two/fixed', 'short'],
  ['/ext/probe/rest/a/b/c/', 'short'],
  ['/ext/probe/rest/a//b', 'short'],
  ['/ext/probe/both', 'short'],
  ['/ext/probe/public', 'short', stranger()],
  ['/ext/probe/public', 'short'],
  ['/ext/probe/cached', 'short', stranger()],
  ['/ext/probe/admins', 'short'],
  ['/ext/cors/own', 'short', stranger()],
  ['/ext/cors/any', 'short', stranger()],
  ['/ext/cors/none', 'short', stranger()],
  ['/ext/going-on/stream', 'short', stranger()],
  ['/ext/going-on/later', 'short', stranger()],
  // What asks for more than an answer, or is refused.
  ['/ext/probe/admins', 'long', asViewer],
  ['/ext/probe/developers', 'long', asViewer],
  ['/ext/probe/params/%C3%BC/b%2Fc/fixed', 'long'],
  ['/ext/probe/rest/%zz', 'long'],
  ['/ext/pr%6Fbe/who', 'long'],
  ['/ext/probe', 'long'],
  ['/ext/probe/', 'long'],
  ['/ext/probe/unknown', 'long'],
  ['/ext/probe/echo', 'long'],
  ['/ext/probe/query#a', 'long'],
  ['/ext/PROBE/who', 'long'],
  ['/ext/nobody/who', 'long'],
  ['/ext/off/', 'long'],
  ['/ext/off/', 'long', stranger()],
  ['/ext/', 'long'],
  ['/ext//who', 'long'],
  ['/t/nobody/ext/probe/public', 'long', (): Exchange => ({ headers: { host } })],
  ['/ext/probe/who', 'long', (): Exchange => ({ headers: { host } })],
  ['/ext/probe/who', 'long', stranger()],
  ['/ext/probe/who', 'long', (): Exchange => ({ headers: asMember('annex_none') })],
  ['/ext/probe/who', 'long', member({ 'x-tenant-slug': 'nobody' })],
  ['/ext/probe/who', 'long', (): Exchange => ({ headers: { ...asMember(), host: 'a b' } })],
  ['/ext/probe/who', 'long', (): Exchange => ({ headers: { ...asMember(), host: '[::1]:80' } })],
  ['/ext/probe/static/index.html', 'long'],
  ['/ext/probe/static/none', 'long'],
  ['/ext/cors/own', 'long', stranger({ origin: 'https://a.example' })],
  ['/ext/cors/own', 'long', stranger({ origin: 'https://c.example' })],
  ['/ext/probe/who', 'long', member({ origin: 'https://a.example' })],
  ['/ext/probe/who', 'long', member({}, { method: 'HEAD' })],
  ['/ext/probe/both', 'long', member({ 'content-type': 'text/plain' }, { method: 'POST', body: 'x' })],
  ['/ext/probe/both', 'long', member({}, { method: 'DELETE' })],
  ['/ext/probe/options', 'long', member({}, { method: 'OPTIONS' })],
  ['/ext/probe/who', 'long', member({ 'content-length': '0' })],
  ['/ext/probe/who', 'long', member({}, { body: 'a body' })],
];

describe('the short way answers as the long way does', () => {
  it.each(cases)('%s (%s)', async (path, way, make = member()) => {
    const asked = make();
    const before = toFramework;
    const short = await exchange(`${both}${path}`, asked);
    const framework = toFramework - before;
    expect(short).toEqual(await exchange(`${longOnly}${path}`, asked));
    // An answer that the short way could not give itself has passed the framework too, with its run done.
    // A path that cannot be decoded is refused before any hook.
    if (way === 'long') expect(framework).toBe(path.includes('%zz') ? 0 : 1);
    else expect(await runsOf(path)).toBeGreaterThan(0);
  });

  it('by the path, a header or the host that names the tenant', async () => {
    for (const [path, headers] of [
      [`/t/${tenant.slug}/ext/probe/public`, { host }],
      ['/ext/probe/public', { host: `${tenant.slug}.apps.example` }],
      [`/t/${tenant.slug}/ext/probe/who`, asMember()],
      [`/t/${tenant.slug}/ext/probe/who`, { ...asMember(), 'x-tenant-slug': 'other' }],
    ] satisfies [string, Record<string, string>][]) {
      const asked = { headers };
      const short = await exchange(`${both}${path}`, asked);
      expect(short).toEqual(await exchange(`${longOnly}${path}`, asked));
    }
  });

  it('and plain answers never reach the framework', async () => {
    const before = toFramework;
    for (const path of ['/ext/probe/json/object', '/ext/probe/who?a=1', '/ext/probe/status/418', '/ext/probe/page'])
      await exchange(`${both}${path}`, { headers: asMember() });
    expect(toFramework).toBe(before);
  });
});

/** How many runs of a path's plugin are written down. */
async function runsOf(path: string): Promise<number> {
  const [, , slug = ''] = path.split('/');
  const { body } = await tenant.owner.get(`/api/runs?plugin=${slug}&kind=route&limit=1`);
  return (body as { items: unknown[] }).items.length;
}

describe('one connection', () => {
  /** Everything that a server says to these bytes until it says as often `HTTP/1.1`. */
  function talk(bytes: string, answers: number): Promise<string[]> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(both).port), '127.0.0.1', () => void socket.write(bytes));
      let said = '';
      socket.on('data', (chunk: Buffer) => {
        said += chunk.toString('latin1');
        const parts = said.split(/(?=HTTP\/1\.1 )/);
        if (parts.length < answers || !/"[^"]*"\}$|\}$/.test(said)) return;
        socket.destroy();
        resolve(parts);
      });
      socket.once('error', reject);
    });
  }
  const ask = (path: string, token: string, more = ''): string =>
    `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${token}\r\n${more}\r\n`;

  it('may carry requests of several callers, each answered as itself and in its turn', async () => {
    const [first = '', second = '', third = '', fourth = ''] = await talk(
      ask('/ext/probe/who?n=1', tenant.owner.token) +
        ask('/ext/probe/who?n=2', viewer.token) +
        ask('/ext/probe/admins', viewer.token) +
        ask('/ext/probe/who?n=4', tenant.owner.token),
      4,
    );
    expect(first).toContain('n=1');
    expect(first).toContain('"role":"owner"');
    expect(second).toContain('n=2');
    expect(second).toContain('"role":"viewer"');
    expect(third).toMatch(/^HTTP\/1\.1 403 /);
    expect(fourth).toContain('n=4');
    expect(fourth).toContain('"role":"owner"');
  });

  it('sees a change at once: a plugin switched off, a token ended', async () => {
    const made = await tenant.owner.post('/api/tokens', { name: 'short', role: 'member' });
    const { id, token } = made.body as { id: string; token: string };
    const headers = asMember(token);
    expect(await exchange(`${both}/ext/probe/who`, { headers })).toMatchObject({ status: 200 });
    expect((await tenant.owner.delete(`/api/tokens/${id}`)).status).toBe(204);
    expect(await exchange(`${both}/ext/probe/who`, { headers })).toMatchObject({ status: 401 });
    await tenant.owner.post('/api/plugins/cors/disable');
    expect(await exchange(`${both}/ext/cors/any`, { headers: asStranger() })).toMatchObject({ status: 409 });
    await tenant.owner.post('/api/plugins/cors/enable', {});
    expect(await exchange(`${both}/ext/cors/any`, { headers: asStranger() })).toMatchObject({ status: 200 });
  });

  it('that is left cancels its run, and what a run does after its answer goes on', async () => {
    const socket = connect(Number(new URL(both).port), '127.0.0.1', () => {
      socket.write(`GET /t/${tenant.slug}/ext/going-on/hang HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
      setTimeout(() => socket.destroy(), 300);
    });
    const cancelled = await until(
      () => tenant.owner.get('/api/runs?plugin=going-on&status=cancelled'),
      ({ body }) => (body as { items: unknown[] }).items.length > 0,
    );
    expect(cancelled.body.items[0].name).toBe('GET /hang');
    await exchange(`${both}/ext/going-on/later`, { headers: asStranger() });
    await until(
      () => rawRequest(`${both}/ext/going-on/kept`, { headers: asStranger() }),
      ({ text }) => text === '{"later":true}',
    );
  });
});
