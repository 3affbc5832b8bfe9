/**
 * `secrets.ref`: a plugin sends a secret that its code never sees, and only to the hosts that the secret is meant for.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startTestAnnex, type TestAnnex, type TestTenant } from '../support/annex.js';
import { pluginCode } from '../support/plugin-code.js';

interface Received {
  host: string;
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

const received: Received[] = [];
const servers: Server[] = [];
let annex: TestAnnex;
let near: string;
let far: string;

/** A real server that keeps what arrives; `/to/<url>` redirects there. */
async function listen(): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({
        host: String(request.headers.host),
        method: String(request.method),
        url: String(request.url),
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      const to = /^\/to\/(.*?)(\?|$)/.exec(request.url ?? '')?.[1];
      if (to !== undefined) return response.writeHead(307, { location: decodeURIComponent(to) }).end();
      return response.end(JSON.stringify({ auth: request.headers.authorization ?? null }));
    });
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  [near, far] = [await listen(), await listen()];
  annex = await startTestAnnex({ ANNEX_EGRESS_ALLOW_PRIVATE: `${near},${far}` });
});
afterAll(async () => {
  await annex?.stop();
  for (const server of servers) server.close();
});
beforeEach(() => received.splice(0));

const sender = pluginCode('secrets-ref');

interface Sending {
  url: string;
  names?: string[];
  parts?: Record<string, unknown>;
  forged?: string;
}

async function install(
  secrets: Record<string, { value: string; allowed_hosts?: string[] }>,
): Promise<{ tenant: TestTenant; send: (sending: Sending) => Promise<Record<string, string>> }> {
  const tenant = await annex.makeTenant();
  await tenant.install({
    manifest: {
      slug: 'sender',
      routes: true,
      permissions: ['outbound_http'],
      http: { allow: [near, far] },
      secrets: ['API_KEY', 'OTHER', 'UNSET'],
    },
    code: sender,
  });
  for (const [name, secret] of Object.entries(secrets))
    await tenant.owner.put(`/api/plugins/sender/secrets/${name}`, secret);
  return {
    tenant,
    send: async (sending) =>
      (await tenant.owner.post('/ext/sender/send', { names: ['API_KEY'], ...sending })).body as Record<string, string>,
  };
}

it('is replaced in headers, Basic credentials, path, query and text bodies, each as the place wants it', async () => {
  const value = 'se"cret/ü?&=1';
  const { send } = await install({ API_KEY: { value } });
  const header = 'plain-value-1';
  const other = await install({ API_KEY: { value: header } });
  await other.send({ url: `http://${near}/`, parts: { headers: { authorization: 'Bearer <API_KEY>' } } });
  expect(received.at(-1)?.headers.authorization).toBe(`Bearer ${header}`);
  await send({ url: `http://${near}/`, parts: { basic: 'user:<API_KEY>' } });
  expect(Buffer.from(String(received.at(-1)?.headers.authorization).slice(6), 'base64').toString()).toBe(
    `user:${value}`,
  );
  await send({ url: `http://${near}/a/<API_KEY>/b?k=<API_KEY>`, parts: { query: { q: '<API_KEY>' } } });
  const url = new URL(String(received.at(-1)?.url), `http://${near}`);
  expect([decodeURIComponent(url.pathname), url.searchParams.get('k'), url.searchParams.get('q')]).toEqual([
    `/a/${value}/b`,
    value,
    value,
  ]);
  await send({ url: `http://${near}/`, parts: { method: 'POST', body: { key: '<API_KEY>' } } });
  expect(JSON.parse(String(received.at(-1)?.body))).toEqual({ key: value });
  await send({
    url: `http://${near}/`,
    parts: {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'a=1&key=<API_KEY>',
    },
  });
  expect(new URLSearchParams(received.at(-1)?.body).get('key')).toBe(value);
  await send({ url: `http://${near}/`, parts: { method: 'POST', body: 'text <API_KEY>' } });
  expect(received.at(-1)?.body).toBe(`text ${value}`);
  await send({ url: `http://${near}/f?k=<API_KEY>`, parts: { fetch: true, method: 'POST', body: '<API_KEY>' } });
  expect([
    new URL(String(received.at(-1)?.url), `http://${near}`).searchParams.get('k'),
    received.at(-1)?.body,
  ]).toEqual([value, value]);
});

it('never enters the sandbox, not in the URL that answered; what a host echoes is masked', async () => {
  const value = `canary-${randomBytes(12).toString('hex')}`;
  const { tenant, send } = await install({ API_KEY: { value } });
  const told = await send({ url: `http://${near}/x?k=<API_KEY>`, parts: { headers: { authorization: '<API_KEY>' } } });
  expect(received.at(-1)?.headers.authorization).toBe(value);
  expect(told.url).toContain('{{secret:API_KEY}}');
  expect(JSON.stringify({ ...told, text: '' })).not.toContain(value);
  // The answer is the plugin's to read; the hosts that a secret may reach are the wall.
  expect(told.text).toContain(value);
  const kept = JSON.stringify([
    (await tenant.owner.get('/api/plugins/sender/logs')).body,
    (await tenant.owner.get('/api/runs')).body,
    (await tenant.owner.get('/api/audit')).body,
  ]);
  expect(kept).toContain('answered');
  expect(kept).not.toContain(value);
  expect(annex.log()).not.toContain(value);
});

it('goes to the secret’s allowed hosts only; elsewhere nothing is sent, and the error says why', async () => {
  const { send } = await install({
    API_KEY: { value: 'for-near-only', allowed_hosts: [near] },
    OTHER: { value: 'for-anywhere' },
  });
  expect(await send({ url: `http://${near}/`, parts: { headers: { a: '<API_KEY>' } } })).toMatchObject({ status: 200 });
  received.splice(0);
  expect(await send({ url: `http://${far}/`, parts: { headers: { a: '<API_KEY>' } } })).toMatchObject({
    code: 'SECRET_HOST_NOT_ALLOWED',
    message: expect.stringMatching(/API_KEY.*allowed_hosts/) as unknown,
  });
  expect(
    await send({
      url: `http://${far}/`,
      names: ['API_KEY', 'OTHER'],
      parts: { headers: { a: '<OTHER>', b: '<API_KEY>' } },
    }),
  ).toMatchObject({ code: 'SECRET_HOST_NOT_ALLOWED' });
  expect(received).toEqual([]);
  // Without a list of its own a secret may go where the plugin may go.
  expect(await send({ url: `http://${far}/`, names: ['OTHER'], parts: { headers: { a: '<OTHER>' } } })).toMatchObject({
    status: 200,
  });
});

it('is seen among the secrets that the plugin declares, with who set each and when it was last used', async () => {
  const { tenant, send } = await install({ API_KEY: { value: 'the-plugins-own' } });
  await tenant.owner.put('/api/secrets/OTHER', { value: 'the-tenants-value' });
  const declared = async (): Promise<unknown[]> =>
    (await tenant.owner.get('/api/plugins/sender/secrets/declared')).body.items;
  const shape = { required: false, description: null };
  expect(await declared()).toEqual([
    { name: 'API_KEY', ...shape, set_by: 'plugin', last_used_at: null },
    { name: 'OTHER', ...shape, set_by: 'tenant', last_used_at: null },
    { name: 'UNSET', ...shape, set_by: null, last_used_at: null },
  ]);
  await send({ url: `http://${near}/`, parts: { headers: { authorization: 'Bearer <API_KEY>' } } });
  expect(await declared()).toMatchObject([
    { name: 'API_KEY', last_used_at: expect.any(String) },
    { name: 'OTHER', last_used_at: null },
    { name: 'UNSET', last_used_at: null },
  ]);
  expect(await (await tenant.as('member')).get('/api/plugins/sender/secrets/declared')).toMatchObject({ status: 403 });
});

it('is the only way to use a secret that is bound to hosts: secrets.get is refused with the way out', async () => {
  const tenant = await annex.makeTenant();
  const code = pluginCode('secrets-ref-health');
  await tenant.install({ manifest: { slug: 'reader', routes: true, secrets: ['BOUND', 'OPEN'] }, code });
  await tenant.owner.put('/api/plugins/reader/secrets/BOUND', {
    value: 'bound-to-one-host',
    allowed_hosts: ['api.example.com'],
  });
  await tenant.owner.put('/api/plugins/reader/secrets/OPEN', { value: 'open-to-the-code-ü' });
  expect((await tenant.owner.get('/ext/reader/get/BOUND')).body).toEqual({
    code: 'SECRET_BOUND',
    message: expect.stringMatching(/"api\.example\.com" only.*ctx\.secrets\.ref\("BOUND"\)/),
  });
  expect((await tenant.owner.get('/ext/reader/has/BOUND')).body).toBe(true);
  expect((await tenant.owner.get('/ext/reader/get/OPEN')).body).toEqual({ value: 'open-to-the-code-ü' });
  // What the health handler answers is shown to viewers, who may not read secrets.
  const { body } = await tenant.owner.get('/api/plugins/reader/health');
  expect(body).toMatchObject({
    status: 'healthy',
    result: { plain: '***', hex: '***', basic: expect.stringContaining('***') },
  });
});

it('of a name that is undeclared, unset or in the wrong place is refused by name; nothing is sent', async () => {
  const { send } = await install({ API_KEY: { value: 'some-value' } });
  const cases: [Sending, string][] = [
    [{ url: `http://${near}/`, names: ['NOT_MINE'], parts: { headers: { a: '<NOT_MINE>' } } }, 'PERMISSION_DENIED'],
    [{ url: `http://${near}/`, names: ['UNSET'], parts: { headers: { a: '<UNSET>' } } }, 'SECRET_NOT_SET'],
    [{ url: `http://${near}/`, parts: { headers: { '<API_KEY>': 'a' } } }, 'INVALID_ARGUMENTS'],
    [{ url: `http://${near}/`, parts: { method: 'POST', bytes: '<API_KEY>' } }, 'SECRET_REF_INVALID'],
    [{ url: 'http://<API_KEY>/', parts: {} }, 'EGRESS_URL'],
    [{ url: `http://${near}/`, parts: { method: 'POST', body: '<API_KEY>'.repeat(101) } }, 'SECRET_REF_LIMIT'],
  ];
  for (const [sending, code] of cases) {
    expect(await send(sending), code).toMatchObject({ code });
  }
  expect(received).toEqual([]);
});

it('cannot be forged by text from elsewhere: without the token of the run it is only text', async () => {
  const { send } = await install({ API_KEY: { value: 'some-value' }, OTHER: { value: 'other-value' } });
  await send({ url: `http://${near}/`, forged: '{{secret:NAME}}', parts: { method: 'POST', body: '<OTHER>' } });
  expect(received.at(-1)?.body).toBe('{{secret:OTHER}}');
  await send({
    url: `http://${near}/`,
    forged: '{{secret:NAME:000000000000000000000000}}',
    parts: { method: 'POST', body: '<OTHER>' },
  });
  expect(received.at(-1)?.body).toBe('{{secret:OTHER:000000000000000000000000}}');
});

it('does not follow a redirect to another origin', async () => {
  const { send } = await install({ API_KEY: { value: 'some-value' } });
  const away = encodeURIComponent(`http://${far}/taken`);
  for (const parts of [{ headers: { 'user-agent': '<API_KEY>' } }, { method: 'POST', body: '<API_KEY>' }]) {
    received.splice(0);
    expect(await send({ url: `http://${near}/to/${away}`, parts })).toMatchObject({ code: 'EGRESS_REDIRECTS' });
    expect(received.map(({ host }) => host)).toEqual([near]);
  }
  expect(
    await send({ url: `http://${near}/to/${encodeURIComponent('/here')}`, parts: { headers: { a: '<API_KEY>' } } }),
  ).toMatchObject({ status: 200 });
  expect(received.at(-1)).toMatchObject({ url: '/here', headers: { a: 'some-value' } });
});
