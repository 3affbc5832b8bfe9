// What a tenant, or somebody without any token, tries against the one thread of the api. `prepare` sets the stage as
// the attacker's admin,
// `strike` is repeated by `lanes` callers at once in a process of their own (default 4).
import { connect } from 'node:net';
import { packFiles } from '@annex/manifest';

const json = { 'content-type': 'application/json' };
const nested = `{"a":${'['.repeat(100)}${'[],'.repeat(330_000)}[]${']'.repeat(100)}}`;
const entry = (code) => ({ 'main.js': `import { route, job } from '@annex/sdk'\n${code}` });
const manifest = (more) => ({
  'plugin.json': JSON.stringify({
    slug: 'bad',
    name: 'Bad',
    version: `1.0.${Date.now()}`,
    entry: 'main.js',
    routes: true,
    ...more,
  }),
});

const strikeRoute = ({ base, headers }) => fetch(`${base}/ext/bad/go`, { headers });

/** A plugin whose route calls a hostile server six times at once. */
const towards = (path) => ({
  name: `ctx.http towards ${path.slice(1)}`,
  prepare: ({ attacker, sink }) =>
    attacker.upload({
      ...manifest({ permissions: ['outbound_http'], http: { allow: ['127.0.0.1'] } }),
      ...entry(
        `route('/go', async (ctx) => { await Promise.allSettled(Array.from({ length: 6 }, () => ` +
          `ctx.http.get('${sink}${path}'))); return {} })`,
      ),
    }),
  strike: strikeRoute,
});

const webhookTowards = (path) => ({
  name: `webhook towards ${path.slice(1)}`,
  prepare: ({ attacker, sink }) =>
    attacker.upload({
      ...manifest({ permissions: ['emit_webhook'], http: { allow: ['127.0.0.1'] } }),
      ...entry(`route('/go', () => ({}))`),
      'webhooks/w.yaml':
        'api_version: v1\non: ["flood.*"]\n' + `delivery:\n  url: "${sink}${path}"\nretry: { max_attempts: 1 }\n`,
    }),
  lanes: 2,
  strike: ({ base, headers }) =>
    fetch(`${base}/api/events`, {
      method: 'POST',
      headers: { ...headers, ...json },
      body: '{"type":"flood.x","data":{}}',
    }),
});

const post =
  (path, body, more = {}) =>
  ({ base, headers }) =>
    fetch(`${base}${path}`, {
      method: 'POST',
      headers: { ...headers, ...json, ...more },
      body: typeof body === 'function' ? body() : body,
    });

const validate =
  (files) =>
  async ({ base, headers }) => {
    const form = new FormData();
    form.append(
      'file',
      new Blob([packFiles(Object.entries(typeof files === 'function' ? files() : files))]),
      'plugin.zip',
    );
    return fetch(`${base}/api/plugins/validate`, { method: 'POST', headers, body: form });
  };

export const attacks = [
  ...['/one-byte-chunks', '/one-byte-writes', '/endless-103', '/chunk-extensions', '/one-byte-a-second'].map(towards),
  ...['/one-byte-chunks', '/endless-103', '/chunk-extensions'].map(webhookTowards),
  {
    name: 'nested arrays without a token',
    lanes: 4,
    strike: ({ base }) =>
      fetch(`${base}/api/events`, { method: 'POST', headers: json, body: nested.slice(0, 1_000_000) }),
  },
  {
    name: 'nested arrays to login',
    lanes: 4,
    strike: ({ base }) =>
      fetch(`${base}/api/auth/login`, { method: 'POST', headers: json, body: nested.slice(0, 1_000_000) }),
  },
  {
    name: 'nested arrays to /hooks',
    lanes: 4,
    strike: ({ base }) =>
      fetch(`${base}/hooks/attacker/x`, { method: 'POST', headers: json, body: nested.slice(0, 1_000_000) }),
  },
  {
    name: 'nested arrays with a token',
    lanes: 4,
    strike: post('/api/events', () => `{"type":"a.b","data":${nested}}`.slice(0, 1_040_000)),
  },
  {
    name: 'test-event, 200 KiB',
    lanes: 8,
    strike: post(
      '/api/plugins/test-event',
      JSON.stringify({
        event_type: 'flood.x',
        event_data: { list: Array.from({ length: 30_000 }, (_, index) => index) },
      }),
    ),
  },
  {
    name: 'a filter over 1 MB',
    lanes: 8,
    strike: post('/api/filters/none', JSON.stringify({ value: Array.from({ length: 100_000 }, (_, index) => index) })),
  },
  {
    name: 'sign-ins with a wrong password, 50 at once',
    lanes: 50,
    strike: ({ base, round, lane }) =>
      fetch(`${base}/api/auth/login`, {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ email: `u${lane}-${round}@example.com`, password: 'wrong-password' }),
      }),
  },
  {
    name: 'bodies half sent, 400 connections',
    lanes: 400,
    strike: ({ base }) =>
      new Promise((done) => {
        const socket = connect(Number(new URL(base).port), '127.0.0.1', () =>
          socket.write(
            `POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ` +
              `1000000\r\n\r\n${'x'.repeat(900_000)}`,
          ),
        );
        socket.on('error', done).on('close', done);
        socket.resume();
      }),
  },
  {
    name: 'settings judged by ^(a+)+$',
    prepare: async ({ attacker }) => {
      await attacker.upload({
        ...manifest({ config: { type: 'object', properties: { x: { type: 'string', pattern: '^(a+)+$' } } } }),
        ...entry(`route('/go', () => ({}))`),
      });
    },
    strike: ({ base, headers }) =>
      fetch(`${base}/api/plugins/bad/config`, {
        method: 'PUT',
        headers: { ...headers, ...json },
        body: JSON.stringify({ x: `${'a'.repeat(40)}!` }),
      }),
  },
  {
    name: 'logs masked for 20 secrets of 60 KiB',
    prepare: async ({ attacker }) => {
      const secrets = Array.from({ length: 20 }, (_, index) => `S${index}`);
      await attacker.upload({
        ...manifest({ secrets }),
        ...entry(
          `route('/go', async (ctx) => { for (const n of ${JSON.stringify(secrets)}) await ctx.secrets.get(n, ''); ` +
            `for (let i = 0; i < 100; i += 1) console.log('x'.repeat(2000)); return {} })`,
        ),
      });
      for (const name of secrets)
        await attacker.call('PUT', `/api/plugins/bad/secrets/${name}`, {
          value: Array.from({ length: 60_000 }, () => Math.random().toString(36)[2] ?? 'a').join(''),
        });
    },
    strike: strikeRoute,
  },
  {
    name: 'secrets.ref in a body of 8 MB',
    prepare: async ({ attacker, sink }) => {
      await attacker.upload({
        ...manifest({ secrets: ['KEY'], permissions: ['outbound_http'], http: { allow: ['127.0.0.1'] } }),
        ...entry(
          `route('/go', async (ctx) => { const body = ('{{' + ctx.secrets.ref('KEY')).repeat(100) + ` +
            `'x{'.repeat(4e6); await ctx.http.post('${sink}/takes-all', body).catch(() => 0); return {} })`,
        ),
      });
      await attacker.call('PUT', '/api/plugins/bad/secrets/KEY', { value: 'k'.repeat(30) });
    },
    strike: strikeRoute,
  },
  {
    name: 'a package of 8 MB of script',
    lanes: 3,
    strike: validate(() => ({
      ...manifest(),
      ...entry(`route('/go', () => ({}));${'var a = [(b) => c => d, {e: f}];'.repeat(240_000)}`),
    })),
  },
  {
    name: 'a package nested without end',
    lanes: 3,
    strike: validate(() => ({ ...manifest(), ...entry(`route('/go', () => ({}));${'x=>'.repeat(100_000)}1`) })),
  },
  {
    name: 'a package with an evil pattern',
    lanes: 3,
    strike: validate(() => ({
      ...manifest({
        config: {
          type: 'object',
          properties: { x: { type: 'string', pattern: '^(a+)+$', default: `${'a'.repeat(40)}!` } },
        },
      }),
      ...entry(`route('/go', () => ({}))`),
    })),
  },
  {
    name: 'a package with 60,000 headers',
    lanes: 3,
    strike: validate(() => ({
      ...manifest({ permissions: ['emit_webhook'] }),
      ...entry(`route('/go', () => ({}))`),
      'webhooks/w.yaml':
        `api_version: v1\non: ["a.b"]\ndelivery:\n  url: "https://example.com"\n  headers: { ` +
        `${Array.from({ length: 60_000 }, (_, index) => `x${index}: "a"`).join(', ')} }\n`,
    })),
  },
];
