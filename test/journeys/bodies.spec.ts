/** Whose body is read, and how much of it: judged by what is answered before a body was sent. */
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestAnnex, until, type TestAnnex, type TestTenant } from '../support/annex.js';
import { HalfRequest as HalfRequestTo } from '../support/half-request.js';

let annex: TestAnnex;
let tenant: TestTenant;
let viewer: string;
beforeAll(async () => {
  annex = await startTestAnnex({
    ANNEX_BODY_MEMORY_BYTES: String(16 * 1024 * 1024),
    ANNEX_CONNECTIONS_PER_ADDRESS: '40',
    ANNEX_TENANT_CALL_POINTS: '180',
    ANNEX_TENANT_EVENT_POINTS: '120',
  });
  tenant = await annex.makeTenant();
  viewer = (await tenant.as('viewer')).token;
  expect(
    (
      await tenant.install({
        code: `
          import { route } from '@annex/sdk';
          route('/x', { methods: ['POST'] }, () => 1);
          route('/admins', { methods: ['POST'], roles: ['admin'] }, () => 1);
          route('/signed', { methods: ['POST'], auth: { hmac: { secret: 'KEY' } } }, () => 1)
        `,
        manifest: { routes: true, secrets: ['KEY'] },
      })
    ).status,
  ).toBe(200);
});
afterAll(() => annex.stop());

class HalfRequest extends HalfRequestTo {
  constructor(method: string, path: string, options?: ConstructorParameters<typeof HalfRequestTo>[3]) {
    super(annex.url, method, path, options);
  }
}

const authorization = (token: string) => ({ authorization: `Bearer ${token}` });

describe('a body is not waited for', () => {
  it.each([
    ['POST', '/api/events'],
    ['PUT', '/api/plugins/probe/config'],
    ['POST', '/api/plugins/upload'],
    ['PUT', '/api/files/a/b.bin'],
    ['PATCH', '/api/data/things/x'],
    ['POST', '/api/tenants'],
  ])('of somebody without a token: %s %s', async (method, path) => {
    const half = new HalfRequest(method, path);
    expect(await half.status()).toBe(401);
    half.socket.destroy();
  });

  it.each([
    ['POST', '/api/events', 403],
    ['PUT', '/api/plugins/probe/config', 403],
    ['PUT', '/api/files/a/b.bin', 403],
    ['POST', '/api/tenants', 403],
    ['POST', '/api/nothing', 404],
    ['PATCH', '/api/events', 405],
  ])('of somebody who may not send it: %s %s is %i', async (method, path, status) => {
    const half = new HalfRequest(method, path, { headers: authorization(viewer) });
    expect(await half.status()).toBe(status);
    half.socket.destroy();
  });

  it.each([
    ['POST', '/ext/probe/x', {}, 401],
    ['POST', '/ext/none/x', {}, 401],
    ['POST', '/ext/probe/nothing', 'viewer', 404],
    ['PUT', '/ext/probe/x', 'viewer', 405],
    ['POST', '/ext/probe/admins', 'viewer', 403],
    ['POST', '/hooks/nobody/nothing', {}, 404],
  ])('of a call of a plugin or a webhook that nobody may send: %s %s %j is %i', async (method, path, who, status) => {
    const half = new HalfRequest(method, path, {
      headers: { 'x-tenant-slug': tenant.slug, ...(who === 'viewer' && authorization(viewer)) },
    });
    expect(await half.status()).toBe(status);
    half.socket.destroy();
  });

  it('whose signature proves who sends it is read first', async () => {
    const half = new HalfRequest('POST', '/ext/probe/signed', {
      headers: { 'x-tenant-slug': tenant.slug },
      length: 10,
    });
    half.socket.write('x'.repeat(10));
    expect(await half.status()).toBe(401);
    expect(half.text).toContain('INVALID_SIGNATURE');
    half.socket.destroy();
  });

  it('of a webhook beyond its limit', async () => {
    expect((await tenant.owner.put('/api/hooks/open', { preset: 'none' })).status).toBe(201);
    const half = new HalfRequest('POST', `/hooks/${tenant.slug}/open`, { length: 1_100_000 });
    expect(await half.status()).toBe(413);
    half.socket.destroy();
    expect(
      (
        await tenant.owner.request('POST', `/hooks/${tenant.slug}/open`, {
          raw: `{"a":1}${' '.repeat(600_000)}`,
          headers: { 'content-type': 'application/json' },
        })
      ).status,
    ).toBe(202);
  });

  it.each([
    ['/api/auth/login', 17_000],
    ['/api/tokens', 70_000],
    ['/api/events', 1_100_000],
  ])('that is said to be larger than its endpoint takes: %s', async (path, length) => {
    const half = new HalfRequest('POST', path, { headers: authorization(tenant.owner.token), length });
    expect(await half.status()).toBe(413);
    half.socket.destroy();
  });
});

it('a refused body is dropped as it comes, and the connection goes on', async () => {
  const half = new HalfRequest('POST', '/api/events', { length: 300_000, body: 'x'.repeat(1000) });
  expect(await half.status()).toBe(401);
  half.socket.write('x'.repeat(299_000));
  half.socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
  await expect.poll(() => half.text).toContain('{"status":"ok"}');
  half.socket.destroy();
});

it('a refused body that is too large to be dropped is not read: its sender gets the answer, then the end', async () => {
  const half = new HalfRequest('POST', '/api/events', { length: 17 * 1024 * 1024, body: 'x'.repeat(1000) });
  expect(await half.status()).toBe(401);
  expect(half.text.toLowerCase()).toContain('connection: close');
  await expect.poll(() => half.socket.closed, { timeout: 10_000 }).toBe(true);
});

describe('a sender that asks before it sends', () => {
  it('is told to go on only when it may send', async () => {
    const refused = new HalfRequest('POST', '/api/events', { headers: { expect: '100-continue' } });
    expect(await refused.status()).toBe(401);
    expect(refused.text).not.toContain('100 Continue');
    expect(refused.text.toLowerCase()).toContain('connection: close');
    refused.socket.destroy();

    const body = '{"type":"asks.first"}';
    const taken = new HalfRequest('POST', '/api/events', {
      headers: { expect: '100-continue', ...authorization(tenant.owner.token) },
      length: body.length,
    });
    await expect.poll(() => taken.text).toContain('HTTP/1.1 100 Continue');
    taken.socket.write(body);
    expect(await taken.status()).toBe(202);
    taken.socket.destroy();
  });
});

describe('bodies that are half sent', () => {
  it('hold no more memory than there is for all: one that stands still gives way, a whole one is read', async () => {
    const halves = Array.from(
      { length: 24 },
      () =>
        new HalfRequest('POST', '/api/data/things', {
          headers: authorization(tenant.owner.token),
          length: 1_000_000,
          body: `{"text":"${'x'.repeat(600_000)}`,
        }),
    );
    await expect
      .poll(() => halves.filter(({ text }) => / 503 [^]*OVERLOADED/.test(text)).length, { timeout: 10_000 })
      .toBeGreaterThan(4);
    await until(
      () => tenant.owner.post('/api/data/things', { text: 'x'.repeat(200_000) }),
      ({ status }) => status === 201,
    );
    for (const { socket } of halves) socket.destroy();
  });

  it('or that come byte by byte take no more than their bytes', async () => {
    const text = `{"text":"${'y'.repeat(3000)}"}`;
    const { hostname, port } = new URL(annex.url);
    const socket = connect(Number(port), hostname).setEncoding('utf8');
    let answer = '';
    socket.on('data', (chunk: string) => (answer += chunk));
    socket.write(
      `POST /api/data/things HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${tenant.owner.token}\r\ncontent-type: ` +
        `application/json\r\ntransfer-encoding: chunked\r\n\r\n`,
    );
    for (const letter of text) socket.write(`1\r\n${letter}\r\n`);
    socket.write('0\r\n\r\n');
    await expect.poll(() => answer, { timeout: 10_000 }).toContain('HTTP/1.1 201');
    socket.destroy();
  });
});

describe('a body of a megabyte', () => {
  it.each([
    ['nested without end', '['.repeat(500_000) + ']'.repeat(500_000), 'TOO_DEEP'],
    ['of empty lists', `[${'[],'.repeat(340_000)}[]]`, 'TOO_MANY_VALUES'],
    ['of members', `{${Array.from({ length: 60_000 }, (_, index) => `"${index}":1`).join()}}`, 'TOO_MANY_VALUES'],
  ])('%s is refused by its bytes, before anything is made of it', async (_name, raw, code) => {
    const { owner } = await annex.makeTenant();
    expect(
      await owner.request('POST', '/api/events', { raw, headers: { 'content-type': 'application/json' } }),
    ).toMatchObject({ status: 422, body: { code: 'INVALID_INPUT', errors: [{ code }] } });
  });
});

it('headers of a webhook are counted before they are looked at', async () => {
  const headers = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`x-${index}`, 'v']));
  const own = await annex.makeTenant();
  const answer = await own.owner.post('/api/webhooks', {
    name: 'many',
    url: 'https://x.example/',
    events: ['a.b'],
    headers,
  });
  expect(answer).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/headers', detail: 'must have at most 50 members' }] },
  });
  expect(JSON.stringify(answer.body).length).toBeLessThan(2000);
});

it('costly calls of one tenant have a rate, and another tenant does not feel it', async () => {
  const [busy, other] = [await annex.makeTenant(), await annex.makeTenant()];
  const test = (who: TestTenant) => who.owner.post('/api/plugins/test-event', { event_type: 'a.b', event_data: {} });
  const answers = [];
  for (let call = 0; call < 5; call += 1) answers.push(await test(busy));
  const refused = answers.filter(({ status }) => status === 429);
  expect(answers[0]?.status).toBe(200);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]).toMatchObject({ body: { code: 'RATE_LIMITED' } });
  expect(refused[0]?.headers.get('retry-after')).toMatch(/^\d+$/);
  expect((await test(other)).status).toBe(200);
  // Bodies of calls that cost nothing are not charged; this one would be more than a tenant has at once.
  const quiet = await annex.makeTenant();
  const raw = `{"text":"x"}${' '.repeat(900_000)}`;
  expect(
    (await quiet.owner.request('POST', '/api/data/things', { raw, headers: { 'content-type': 'application/json' } }))
      .status,
  ).toBe(201);
  expect((await test(quiet)).status).toBe(200);
  expect((await busy.owner.get('/api/runs')).status).toBe(200);
});

it('large events of one tenant have a rate; its small ones and those of another tenant do not feel it', async () => {
  const [busy, other] = [await annex.makeTenant(), await annex.makeTenant()];
  const event = (who: TestTenant, spaces: number) =>
    who.owner.request('POST', '/api/events', {
      raw: `{"type":"a.b","data":{}}${' '.repeat(spaces)}`,
      headers: { 'content-type': 'application/json' },
    });
  // Fifteen points each, of which twenty are there and two come in a second.
  const answers = await Promise.all(Array.from({ length: 12 }, () => event(busy, 1_000_000)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 429]));
  const refused = answers.find(({ status }) => status === 429);
  expect(refused).toMatchObject({ body: { code: 'RATE_LIMITED' } });
  expect(refused?.headers.get('retry-after')).toMatch(/^\d+$/);
  expect([(await event(busy, 60_000)).status, (await event(other, 1_000_000)).status]).toEqual([202, 202]);
});

it('connections of one address are counted: one too many is told so, other addresses go on', async () => {
  const { hostname, port } = new URL(annex.url);
  const open: Socket[] = [];
  const dial = (localAddress: string): { socket: Socket; answer: Promise<string> } => {
    const socket = connect({ host: hostname, port: Number(port), localAddress }).setEncoding('utf8');
    open.push(socket);
    const answer = new Promise<string>((resolve) => {
      let text = '';
      socket
        .on('data', (chunk: string) => (text += chunk))
        .on('error', () => {})
        .once('close', () => resolve(text));
    });
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    return { socket, answer };
  };
  const idle = Array.from({ length: 40 }, () => {
    const socket = connect({ host: hostname, port: Number(port), localAddress: '127.0.0.9' });
    open.push(socket);
    return new Promise((done) => socket.once('connect', done));
  });
  await Promise.all(idle);
  expect(await dial('127.0.0.9').answer).toMatch(/^HTTP\/1\.1 429 [^]*"code":"RATE_LIMITED"[^]*the limit is 40/);
  expect(await dial('127.0.0.10').answer).toContain('HTTP/1.1 200');
  open[0]?.destroy();
  await expect.poll(() => dial('127.0.0.9').answer).toContain('HTTP/1.1 200');
  for (const socket of open) socket.destroy();
});
