import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { uuidFromId, type Id } from '@annex/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  makeClient,
  startTestAnnex,
  until,
  type Answer,
  type Client,
  type TestAnnex,
  type TestTenant,
} from '../support/annex.js';
import { rawRequest } from '../support/raw-http.js';

const audience = 'annex-of-this-suite';
const domain = 'annex.example';
const password = 'correct horse battery';
let annex: TestAnnex;
let provider: Server;
let issuer: string;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let names = 0;

beforeAll(async () => {
  keys = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  provider = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(request.url === '/keys' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` }));
  });
  await new Promise<void>((done) => provider.listen(0, '127.0.0.1', done));
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  annex = await startTestAnnex({ ANNEX_OIDC_ISSUER: issuer, ANNEX_OIDC_AUDIENCE: audience, ANNEX_BASE_DOMAIN: domain });
});
afterAll(async () => {
  await annex.stop();
  await new Promise((done) => provider.close(done));
});

const freshEmail = (): string => `person-${(names += 1)}@journey.test`;
const anybody = (): Client => makeClient(annex.url, '');

/**
 * What two answers must share so that nobody can tell them apart: everything but the request's id and the name that was
 * asked for.
 */
const alike = ({ status, body, headers }: Answer, asked: string): unknown => ({
  status,
  body: JSON.parse(JSON.stringify({ ...body, request_id: null }).replaceAll(asked, 'NAME')) as unknown,
  challenge: headers.get('www-authenticate'),
});

const pingPlugin = {
  code: `
    import { route } from '@annex/sdk';
    route('/ping', (ctx) => ({ tenant: ctx.tenantId, user: ctx.user }));
    route('/open', { auth: 'public' }, (ctx) => ({ tenant: ctx.tenant.slug, user: ctx.user }))
  `,
  manifest: { routes: true },
};

describe('signing in', () => {
  it('answers a token, how long it lasts, who it is and where it leads', async () => {
    const { owner, slug, id } = await annex.makeTenant();
    const email = freshEmail();
    const made = await owner.post('/api/users', { email, password, role: 'developer' });
    expect(made).toMatchObject({
      status: 201,
      body: { id: expect.stringMatching(/^usr_/), email, role: 'developer', has_password: true },
    });
    const login = await anybody().post('/api/auth/login', { email, password });
    expect(login.status).toBe(200);
    expect(login.body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: 3600,
      user: { id: made.body.id, email, operator: false },
      tenants: [{ id, slug, name: slug, role: 'developer' }],
    });
    const me = await makeClient(annex.url, login.body.access_token).get('/api/auth/me');
    expect(me).toMatchObject({
      status: 200,
      body: {
        actor: made.body.id,
        user: { id: made.body.id, email, operator: false },
        tenants: [{ slug, role: 'developer' }],
        expires_at: expect.any(String),
      },
    });
  });

  it('refuses a wrong password and an unknown address with one and the same problem', async () => {
    const { owner } = await annex.makeTenant();
    const email = freshEmail();
    await owner.post('/api/users', { email, password, role: 'member' });
    const wrong = await anybody().post('/api/auth/login', { email, password: 'not the password' });
    const unknown = await anybody().post('/api/auth/login', { email: freshEmail(), password });
    expect(wrong).toMatchObject({
      status: 401,
      body: {
        type: 'about:blank',
        status: 401,
        code: 'INVALID_CREDENTIALS',
        request_id: expect.stringMatching(/^req_/),
      },
    });
    expect(wrong.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(wrong.headers.get('x-request-id')).toBe(wrong.body.request_id);
    expect(alike(wrong, email)).toEqual(alike(unknown, email));
  });

  it('names every fault of a body that is not one', async () => {
    const faults = await anybody().post('/api/auth/login', { password: 7, extra: true });
    expect(faults.status).toBe(422);
    expect(faults.body.errors.map((fault: { pointer: string }) => fault.pointer).sort()).toEqual([
      '/email',
      '/extra',
      '/password',
    ]);
    expect(
      await anybody().request('POST', '/api/auth/login', { raw: 'email=x', headers: { 'content-type': 'text/csv' } }),
    ).toMatchObject({ status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
  });
});

describe('a request without right', () => {
  it('gets 401 and a challenge for no token, a forged one, a mangled one, and one of another scheme', async () => {
    const { owner, slug } = await annex.makeTenant();
    const [header = '', payload = '', signature = ''] = owner.token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const promoted = Buffer.from(JSON.stringify({ ...claims, op: claims['sub'], opv: 1 })).toString('base64url');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const headers: Record<string, string>[] = [
      {},
      { authorization: `Bearer ${header}.${promoted}.${signature}` },
      { authorization: `Bearer ${none}.${payload}.` },
      { authorization: `Bearer annex_${'A'.repeat(43)}` },
      { authorization: 'Bearer' },
      { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` },
      { authorization: `Bearer ${'x'.repeat(20_000 - 9000)}` },
    ];
    for (const path of ['/api/plugins', '/api/auth/me', '/api/runs', '/ext/probe/ping']) {
      for (const each of headers) {
        const answer = await anybody().get(path, { 'x-tenant-slug': slug, ...each });
        expect(answer, `${path} ${JSON.stringify(each).slice(0, 60)}`).toMatchObject({
          status: 401,
          body: { code: 'UNAUTHENTICATED' },
        });
        expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
      }
    }
  });

  it('cannot tell a tenant that is not its own from one that does not exist', async () => {
    const [mine, theirs] = [await annex.makeTenant(), await annex.makeTenant()];
    await theirs.install(pingPlugin);
    const client = makeClient(annex.url, mine.owner.token);
    for (const path of [
      '/api/plugins',
      '/api/plugins/probe',
      '/api/users',
      '/api/secrets',
      '/ext/probe/ping',
      '/ext/nothing/x',
    ]) {
      const foreign = await client.get(path, { 'x-tenant-slug': theirs.slug });
      const missing = await client.get(path, { 'x-tenant-slug': 'no-such-tenant' });
      expect(foreign, path).toMatchObject({ status: 403, body: { code: 'TENANT_FORBIDDEN' } });
      expect(alike(foreign, theirs.slug), path).toEqual(alike(missing, 'no-such-tenant'));
    }
    expect(await client.get(`/t/${theirs.slug}/ext/probe/ping`)).toMatchObject({ status: 403 });
    const [stranger, nobody] = [
      await anybody().get(`/t/${theirs.slug}/ext/probe/ping`),
      await anybody().get('/t/no-such-tenant/ext/probe/ping'),
    ];
    expect(alike(stranger, theirs.slug)).toEqual(alike(nobody, 'no-such-tenant'));
  });

  it('finds another tenant’s plugins, runs, events, users and tokens exactly as absent as what never was', async () => {
    const [mine, theirs] = [await annex.makeTenant(), await annex.makeTenant()];
    const installed = await theirs.install(pingPlugin);
    await theirs.owner.get('/ext/probe/ping');
    const run = (
      await until(
        () => theirs.owner.get('/api/runs?kind=route'),
        ({ body }) => body.items.length > 0,
      )
    ).body.items[0];
    const user = (await theirs.owner.get('/api/users')).body.items[0];
    const token = (await theirs.owner.post('/api/tokens', { name: 'x' })).body;
    const event = (await theirs.owner.post('/api/events', { type: 'a.b', id: 'their-event' })).body;
    const absent = (id: string): string => `${id.slice(0, 4)}${'0'.repeat(id.length - 4)}`;
    const asks: [string, string, string][] = [
      ['GET', '/api/plugins/', installed.body.id],
      ['DELETE', '/api/plugins/', installed.body.id],
      ['GET', '/api/runs/', run.id],
      ['POST', '/api/runs/?/cancel', run.id],
      ['POST', '/api/runs/?/replay', run.id],
      ['GET', '/api/users/', user.id],
      ['DELETE', '/api/users/', user.id],
      ['DELETE', '/api/tokens/', token.id],
      ['GET', '/api/events/', event.event_id],
      ['POST', '/api/events/?/replay', event.event_id],
      ['GET', '/api/plugins/?/logs', installed.body.id],
      ['GET', '/api/plugins/?/secrets', installed.body.id],
      ['GET', '/api/plugins/?/metrics', installed.body.id],
    ];
    for (const [method, pattern, id] of asks) {
      const path = (which: string): string =>
        pattern.includes('?') ? pattern.replace('?', which) : `${pattern}${which}`;
      const foreign = await mine.owner.request(method, path(id));
      const missing = await mine.owner.request(method, path(absent(id)));
      expect(foreign.status, `${method} ${pattern}`).toBe(404);
      expect(alike(foreign, id), `${method} ${pattern}`).toEqual(alike(missing, absent(id)));
    }
    expect((await theirs.owner.get('/api/plugins/probe')).status).toBe(200);
  });

  it('gets 403 with the role it lacks, at every step of the ladder', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(pingPlugin);
    const ladder = ['viewer', 'member', 'developer', 'admin', 'owner'];
    const clients = new Map<string, Client>();
    for (const role of ladder) clients.set(role, role === 'owner' ? tenant.owner : await tenant.as(role));
    const needs: [string, string, string, unknown?][] = [
      ['viewer', 'GET', '/api/plugins'],
      ['viewer', 'GET', '/api/runs'],
      ['viewer', 'GET', '/api/plugins/probe/logs'],
      ['viewer', 'GET', '/api/events'],
      ['viewer', 'GET', '/api/dead-letters'],
      ['member', 'GET', '/api/users'],
      ['member', 'GET', '/api/tokens'],
      ['developer', 'GET', '/api/secrets'],
      ['developer', 'POST', '/api/events', { type: 'ladder.climbed' }],
      ['developer', 'POST', '/api/plugins/test-event', { event_type: 'ladder.climbed' }],
      ['developer', 'POST', '/api/dead-letters/replay', { all: true }],
      ['developer', 'POST', '/api/dead-letters/discard', { all: true }],
      ['admin', 'GET', '/api/audit'],
      ['admin', 'GET', '/api/invitations'],
      ['admin', 'PUT', '/api/secrets/LADDER', { value: 'a value of no consequence' }],
      ['admin', 'PUT', '/api/plugins/probe/config', {}],
      ['admin', 'POST', '/api/plugins/probe/disable'],
      ['admin', 'POST', '/api/plugins/probe/enable', {}],
    ];
    for (const [needed, method, path, body] of needs) {
      for (const role of ladder) {
        const answer = await clients.get(role)?.request(method, path, { body });
        const mayPass = ladder.indexOf(role) >= ladder.indexOf(needed);
        expect(answer?.status, `${role} ${method} ${path}`)[mayPass ? 'toBeLessThan' : 'toBe'](mayPass ? 300 : 403);
        if (!mayPass) expect(answer?.body.code).toBe('FORBIDDEN');
      }
    }
    for (const role of ladder)
      expect(await clients.get(role)?.get('/api/tenants')).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
  });
});

describe('API tokens', () => {
  it('are shown once, act with their role, and end when they are revoked or expire', async () => {
    const { owner, slug } = await annex.makeTenant();
    const made = await owner.post('/api/tokens', { name: 'ci', role: 'developer' });
    expect(made).toMatchObject({
      status: 201,
      body: {
        id: expect.stringMatching(/^tok_/),
        token: expect.stringMatching(/^annex_[\w-]{43}$/),
        name: 'ci',
        role: 'developer',
        operator: false,
        expires_at: null,
      },
    });
    const client = makeClient(annex.url, made.body.token);
    expect(await client.get('/api/plugins')).toMatchObject({ status: 200 });
    expect(await client.get('/api/audit')).toMatchObject({ status: 403 });
    expect((await client.get('/api/auth/me')).body).toMatchObject({
      actor: made.body.id,
      tenants: [{ slug, role: 'developer' }],
    });
    const listed = await owner.get('/api/tokens');
    expect(listed.body.items).toMatchObject([{ id: made.body.id, name: 'ci' }]);
    expect(JSON.stringify(listed.body)).not.toContain('annex_');
    expect(await client.post('/api/tokens', { name: 'above', role: 'admin' })).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN' },
    });
    expect((await owner.delete(`/api/tokens/${made.body.id}`)).status).toBe(204);
    expect(await client.get('/api/plugins')).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
    expect((await owner.delete(`/api/tokens/${made.body.id}`)).status).toBe(404);

    const brief = await owner.post('/api/tokens', { name: 'brief', expires_in_s: 1 });
    expect(brief.body.expires_at).toEqual(expect.any(String));
    await until(
      () => makeClient(annex.url, brief.body.token).get('/api/plugins'),
      ({ status }) => status === 401,
    );
  });

  it('appear nowhere in the database, not even when the request had an idempotency key', async () => {
    const { owner } = await annex.makeTenant();
    const made = await owner.post('/api/tokens', { name: 'once' }, { 'idempotency-key': 'make-a-token' });
    expect(made.status).toBe(201);
    const again = await owner.post('/api/tokens', { name: 'once' }, { 'idempotency-key': 'make-a-token' });
    expect(
      (await owner.get('/api/tokens')).body.items.filter((token: { name: string }) => token.name === 'once'),
    ).toHaveLength(1);
    expect(again).toMatchObject({ status: 201, body: { id: made.body.id } });
    expect(again.body).not.toHaveProperty('token');
    const [row] = await annex.db.sql<{ found: number }>(
      `select count(*)::int as found from idempotency_keys where body like '%annex\\_%'`,
    );
    expect(row?.found).toBe(0);
  });

  it('refuse a body that is not one, naming each fault', async () => {
    const { owner } = await annex.makeTenant();
    const faults = await owner.post('/api/tokens', { role: 'king', expires_in_s: 0, colour: 'red' });
    expect(faults.status).toBe(422);
    expect(faults.body.errors.map((fault: { pointer: string }) => fault.pointer).sort()).toEqual([
      '/colour',
      '/expires_in_s',
      '/name',
      '/role',
    ]);
  });

  it('of an operator that asks for it act in every tenant, so that a backend can provision them', async () => {
    const [home, other] = [await annex.makeTenant(), await annex.makeTenant()];
    const made = await annex.operator.post(
      '/api/tokens',
      { name: 'backend', operator: true },
      { 'x-tenant-slug': home.slug },
    );
    expect(made).toMatchObject({ status: 201, body: { operator: true, role: 'owner' } });
    const backend = makeClient(annex.url, made.body.token);
    expect((await backend.get('/api/auth/me')).body).toMatchObject({
      actor: made.body.id,
      user: { operator: true },
      tenants: [{ slug: home.slug, role: 'owner' }],
    });
    const slug = `${home.slug}-customer`;
    expect(await backend.post('/api/tenants', { slug, name: 'Customer' })).toMatchObject({
      status: 201,
      body: { id: expect.stringMatching(/^ten_/), slug, name: 'Customer' },
    });
    expect(
      await backend.post('/api/users', { email: freshEmail(), password, role: 'owner' }, { 'x-tenant-slug': slug }),
    ).toMatchObject({ status: 201 });
    expect(await backend.get('/api/users', { 'x-tenant-slug': other.slug })).toMatchObject({ status: 200 });
    expect(await backend.get('/api/users', { 'x-tenant-slug': 'no-such-tenant' })).toMatchObject({ status: 404 });
    for (const client of [home.owner, await home.as('admin')]) {
      expect(await client.post('/api/tokens', { name: 'x', operator: true })).toMatchObject({
        status: 403,
        body: { code: 'FORBIDDEN' },
      });
    }
    const plain = await annex.operator.post('/api/tokens', { name: 'plain' }, { 'x-tenant-slug': home.slug });
    expect(await makeClient(annex.url, plain.body.token).get('/api/tenants')).toMatchObject({ status: 403 });
    expect((await home.owner.delete(`/api/tokens/${made.body.id}`)).status).toBe(204);
    expect(await backend.get('/api/tenants')).toMatchObject({ status: 401 });
  });
});

describe('users', () => {
  it('are added, listed in pages, changed and removed, and their events say so', async () => {
    const tenant = await annex.makeTenant();
    const { owner } = tenant;
    const email = freshEmail();
    const { body: user } = await owner.post('/api/users', { email, password, role: 'member' });
    expect(await owner.get(`/api/users/${user.id}`)).toMatchObject({
      status: 200,
      body: { id: user.id, email, role: 'member' },
    });
    expect(await owner.patch(`/api/users/${user.id}`, { role: 'admin' })).toMatchObject({
      status: 200,
      body: { role: 'admin' },
    });
    expect((await owner.delete(`/api/users/${user.id}`)).status).toBe(204);
    expect(await owner.get(`/api/users/${user.id}`)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    for (const client of [0, 1, 2])
      await owner.post('/api/users', { email: freshEmail(), role: 'viewer', ...(client === 0 && { password }) });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await owner.get(`/api/users?limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
      expect(page.status).toBe(200);
      expect(page.body.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.body.items.map((each: { id: string }) => each.id));
      cursor = page.body.next_cursor as string | null;
    } while (cursor);
    expect(new Set(seen).size).toBe(4);
    expect(JSON.stringify((await owner.get('/api/users')).body)).not.toMatch(/argon2|hash/i);
    const { body: events } = await owner.get('/api/events?type=auth.user.*');
    const about = events.items
      .filter((event: { subject: string }) => event.subject === user.id)
      .map((event: { type: string }) => event.type);
    expect(about.sort()).toEqual(['auth.user.created', 'auth.user.deleted', 'auth.user.updated']);
    expect(events.items[0]).toMatchObject({ data: { user: { id: expect.any(String), email: expect.any(String) } } });
  });

  it('keep the rules: one address once, nobody above oneself, the last owner stays', async () => {
    const tenant = await annex.makeTenant();
    const { owner } = tenant;
    const admin = await tenant.as('admin');
    const email = freshEmail();
    await owner.post('/api/users', { email, password, role: 'member' });
    expect(await owner.post('/api/users', { email: email.toUpperCase(), password, role: 'member' })).toMatchObject({
      status: 409,
      body: { code: 'EMAIL_TAKEN' },
    });
    expect(await admin.post('/api/users', { email: freshEmail(), password, role: 'owner' })).toMatchObject({
      status: 403,
    });
    const self = (await owner.get('/api/auth/me')).body.user.id;
    expect(await owner.delete(`/api/users/${self}`)).toMatchObject({ status: 409, body: { code: 'LAST_OWNER' } });
    expect(await owner.patch(`/api/users/${self}`, { role: 'viewer' })).toMatchObject({
      status: 409,
      body: { code: 'LAST_OWNER' },
    });
    expect(await admin.delete(`/api/users/${self}`)).toMatchObject({ status: 403 });
    const faults = await owner.post('/api/users', { email: 'nobody', password: 'short', role: 'member' });
    expect(faults.body.errors.map((fault: { pointer: string }) => fault.pointer).sort()).toEqual([
      '/email',
      '/password',
    ]);
  });

  it('that are removed or get a new password are signed out at once', async () => {
    const { owner } = await annex.makeTenant();
    const signIn = async (email: string, secret: string): Promise<Client> =>
      makeClient(annex.url, (await anybody().post('/api/auth/login', { email, password: secret })).body.access_token);
    const email = freshEmail();
    const { body: user } = await owner.post('/api/users', { email, password, role: 'developer' });
    const before = await signIn(email, password);
    expect((await before.get('/api/plugins')).status).toBe(200);
    await owner.patch(`/api/users/${user.id}`, { password: 'another good password' });
    expect((await before.get('/api/plugins')).status).toBe(401);
    const after = await signIn(email, 'another good password');
    expect((await after.get('/api/plugins')).status).toBe(200);
    await owner.delete(`/api/users/${user.id}`);
    expect((await after.get('/api/plugins')).status).toBe(401);
  });

  it('may change their own password and nothing else of themselves', async () => {
    const tenant = await annex.makeTenant();
    const member = await tenant.as('member');
    const { id } = (await member.get('/api/auth/me')).body.user;
    expect(await member.patch(`/api/users/${id}`, { role: 'owner' })).toMatchObject({ status: 403 });
    expect(await member.patch(`/api/users/${id}`, { password: 'my own new password' })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/current_password', code: 'REQUIRED' }] },
    });
    expect(
      await member.patch(`/api/users/${id}`, { password: 'my own new password', current_password: 'guessed wrong' }),
    ).toMatchObject({ status: 422, body: { errors: [{ pointer: '/current_password', code: 'WRONG_PASSWORD' }] } });
    expect(
      await member.patch(`/api/users/${id}`, { password: 'my own new password', current_password: 'a-long-password' }),
    ).toMatchObject({ status: 200 });
    expect((await member.get('/api/auth/me')).status).toBe(401);
  });

  it('get no new password by an API token, whoever it belongs to', async () => {
    const { owner, as } = await annex.makeTenant();
    const member = await as('member');
    const { id } = (await member.get('/api/auth/me')).body.user;
    const { body: token } = await owner.post('/api/tokens', { name: 'leaked' });
    const leaked = makeClient(annex.url, token.token);
    const own = (await owner.get('/api/auth/me')).body.user.id;
    for (const [user, body] of [
      [id, { password: 'taken over now' }],
      [own, { password: 'taken over now', current_password: 'a-long-password' }],
    ] as const) {
      expect(await leaked.patch(`/api/users/${user}`, body)).toMatchObject({
        status: 403,
        body: { code: 'FORBIDDEN' },
      });
    }
    for (const [method, path, body] of [
      ['POST', '/api/auth/password', { current_password: 'a-long-password', new_password: 'taken over now' }],
      ['GET', '/api/auth/sessions'],
      ['DELETE', '/api/auth/sessions'],
      ['DELETE', '/api/auth/sessions/current'],
    ] as const) {
      expect(await leaked.request(method, path, { body })).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    }
    expect((await owner.patch(`/api/users/${id}`, { password: 'by an admin now' })).status).toBe(200);
  });
});

describe('a password', () => {
  const change = (client: Client, current: string, next: string, more = {}) =>
    client.post('/api/auth/password', { current_password: current, new_password: next, ...more });

  it('changes with the present one: old sessions end, API tokens too if that is asked for', async () => {
    const tenant = await annex.makeTenant();
    const email = freshEmail();
    await tenant.owner.post('/api/users', { email, password, role: 'developer' });
    const signIn = async (secret: string): Promise<Client> =>
      makeClient(annex.url, (await anybody().post('/api/auth/login', { email, password: secret })).body.access_token);
    const [here, elsewhere] = [await signIn(password), await signIn(password)];
    const token = makeClient(annex.url, (await here.post('/api/tokens', { name: 'ci' })).body.token);

    const changed = await change(here, password, 'a second password');
    expect(changed).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', users: [expect.stringMatching(/^usr_/)], tokens_ended: 0 },
    });
    for (const old of [here, elsewhere]) expect((await old.get('/api/plugins')).status).toBe(401);
    const next = makeClient(annex.url, changed.body.access_token);
    expect((await next.get('/api/plugins')).status).toBe(200);
    expect((await token.get('/api/plugins')).status).toBe(200);

    expect(await change(next, 'a second password', 'a third password', { end_tokens: true })).toMatchObject({
      status: 200,
      body: { tokens_ended: 1 },
    });
    expect((await token.get('/api/plugins')).status).toBe(401);
    expect((await anybody().post('/api/auth/login', { email, password })).status).toBe(401);
    expect((await anybody().post('/api/auth/login', { email, password: 'a third password' })).status).toBe(200);
    expect((await tenant.owner.get('/api/audit?action=user.updated')).body.items).toHaveLength(2);
  });

  it('changes in every tenant where it is the same, and in no other', async () => {
    const [one, two, three] = [await annex.makeTenant(), await annex.makeTenant(), await annex.makeTenant()];
    const email = freshEmail();
    for (const { owner } of [one, two]) await owner.post('/api/users', { email, password, role: 'member' });
    await three.owner.post('/api/users', { email, password: 'another of theirs', role: 'member' });
    const client = makeClient(
      annex.url,
      (await anybody().post('/api/auth/login', { email, password })).body.access_token,
    );
    expect((await change(client, password, 'one for both of them')).body.users).toHaveLength(2);
    const places = async (secret: string): Promise<string[]> =>
      (await anybody().post('/api/auth/login', { email, password: secret })).body.tenants
        ?.map(({ slug }: { slug: string }) => slug)
        .sort() ?? [];
    expect(await places('one for both of them')).toEqual([one.slug, two.slug].sort());
    expect(await places('another of theirs')).toEqual([three.slug]);
  });

  it('is not guessed with a session that was left open', async () => {
    const { as } = await annex.makeTenant();
    const client = await as('member');
    expect(await change(client, 'a-long-password', 'short')).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/new_password' }] },
    });
    const guesses = await Promise.all(
      Array.from({ length: 14 }, (_, index) => change(client, `guess ${index}`, 'taken over now')),
    );
    expect(guesses.filter(({ body }) => body.errors?.[0].code === 'WRONG_PASSWORD')).toHaveLength(10);
    expect(guesses.filter(({ status }) => status === 429)).toHaveLength(4);
  });

  it('of an operator stays a setting', async () => {
    expect(await change(annex.operator, 'operator-password', 'another password')).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('ANNEX_ADMIN_PASSWORD') },
    });
  });
});

describe('sessions', () => {
  it('are seen and ended by whom they belong to, in every process at once', async () => {
    const tenant = await annex.makeTenant();
    const email = freshEmail();
    await tenant.owner.post('/api/users', { email, password, role: 'member' });
    const signIn = async (agent: string): Promise<Client> =>
      makeClient(
        annex.url,
        (await makeClient(annex.url, '').post('/api/auth/login', { email, password }, { 'user-agent': agent })).body
          .access_token,
      );
    const [here, phone, old] = [await signIn('here'), await signIn('phone'), await signIn('old')];
    const { body } = await here.get('/api/auth/sessions');
    expect(body.items).toMatchObject([
      { id: expect.stringMatching(/^ses_/), user_agent: 'old', current: false },
      { user_agent: 'phone' },
      { user_agent: 'here', current: true, address: '127.0.0.1' },
    ]);

    const second = await annex.startSecondApi();
    const phoneThere = makeClient(second.url, phone.token);
    expect((await phoneThere.get('/api/auth/me')).status).toBe(200);
    expect((await here.delete(`/api/auth/sessions/${body.items[1].id}`)).status).toBe(204);
    expect((await phone.get('/api/auth/me')).status).toBe(401);
    await until(
      () => phoneThere.get('/api/auth/me'),
      ({ status }) => status === 401,
    );
    expect((await old.get('/api/auth/me')).status).toBe(200);

    expect(await here.delete('/api/auth/sessions')).toMatchObject({ status: 200, body: { ended: 1 } });
    expect((await old.get('/api/auth/me')).status).toBe(401);
    expect((await here.delete('/api/auth/sessions/current')).status).toBe(204);
    expect((await here.get('/api/auth/me')).status).toBe(401);
  });

  it('of others are neither seen nor ended, also when another tenant has the same person', async () => {
    const [mine, theirs] = [await annex.makeTenant(), await annex.makeTenant()];
    const email = freshEmail();
    await mine.owner.post('/api/users', { email, password, role: 'member' });
    const { body: row } = await theirs.owner.post('/api/users', { email, password, role: 'member' });
    // One session for both tenants; then the other tenant's admin takes the row in that tenant over.
    const both = makeClient(
      annex.url,
      (await anybody().post('/api/auth/login', { email, password })).body.access_token,
    );
    const { body: listed } = await both.get('/api/auth/sessions');
    await theirs.owner.patch(`/api/users/${row.id}`, { password: 'of the other admin' });
    const intruder = makeClient(
      annex.url,
      (await anybody().post('/api/auth/login', { email, password: 'of the other admin' })).body.access_token,
    );
    expect((await intruder.get('/api/auth/sessions')).body.items).toHaveLength(1);
    for (const id of [listed.items[0].id, 'ses_nonsense', '\u0000'])
      expect((await intruder.delete(`/api/auth/sessions/${encodeURIComponent(id)}`)).status).toBe(404);
    expect((await intruder.delete('/api/auth/sessions')).body).toEqual({ ended: 0 });
    expect((await both.get('/api/auth/me')).status).toBe(200);
  });
});

describe('the sign-ins of a user', () => {
  it('are ended by an admin, in their tenant alone', async () => {
    const [one, two] = [await annex.makeTenant(), await annex.makeTenant()];
    const email = freshEmail();
    const { body: user } = await one.owner.post('/api/users', { email, password, role: 'developer' });
    await two.owner.post('/api/users', { email, password, role: 'member' });
    const signIn = async (): Promise<Client> =>
      makeClient(annex.url, (await anybody().post('/api/auth/login', { email, password })).body.access_token, one.slug);
    const [here, phone] = [await signIn(), await signIn()];
    const { body: token } = await here.post('/api/tokens', { name: 'ci' });
    const path = `/api/users/${user.id}/sessions`;
    for (const role of ['viewer', 'member', 'developer'] as const)
      expect((await (await one.as(role)).delete(path)).status, role).toBe(403);
    expect((await two.owner.delete(path)).status).toBe(404);
    expect((await here.get('/api/plugins')).status).toBe(200);
    const admin = await one.as('admin');
    expect(
      (await makeClient(annex.url, (await admin.post('/api/tokens', { name: 'leaked' })).body.token).delete(path))
        .status,
    ).toBe(403);

    expect((await admin.delete(path)).status).toBe(204);
    for (const client of [here, phone]) {
      expect((await client.get('/api/plugins')).status).toBe(403);
      expect((await makeClient(annex.url, client.token, two.slug).get('/api/plugins')).status).toBe(200);
    }
    expect((await makeClient(annex.url, token.token).get('/api/plugins')).status).toBe(200);
    expect((await (await signIn()).get('/api/plugins')).status).toBe(200);
    expect((await one.owner.get('/api/audit?action=user.sessions_ended')).body.items).toMatchObject([
      { target: user.id },
    ]);

    const { id: owner } = (await one.owner.get('/api/auth/me')).body.user;
    expect((await admin.delete(`/api/users/${owner}/sessions`)).status).toBe(403);
    expect((await makeClient(annex.url, annex.operator.token, one.slug).delete(path)).status).toBe(204);
  });
});

describe('tenants', () => {
  it('are made, renamed and erased by operators only', async () => {
    const { owner } = await annex.makeTenant();
    const slug = `made-${Date.now().toString(36)}`;
    for (const [method, path, body] of [
      ['POST', '/api/tenants', { slug, name: 'X' }],
      ['GET', '/api/tenants'],
      ['GET', `/api/tenants/${slug}`],
      ['PATCH', `/api/tenants/${slug}`, { name: 'Y' }],
      ['DELETE', `/api/tenants/${slug}?confirm=${slug}`],
      ['POST', `/api/tenants/${slug}/restore`],
      ['GET', '/api/audit/platform'],
    ] as const) {
      expect(await owner.request(method, path, { body })).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    }
    expect(await annex.operator.post('/api/tenants', { slug, name: 'X' })).toMatchObject({
      status: 201,
      body: { slug, name: 'X' },
    });
    expect(await annex.operator.post('/api/tenants', { slug, name: 'X' })).toMatchObject({
      status: 409,
      body: { code: 'SLUG_TAKEN' },
    });
    expect(await annex.operator.patch(`/api/tenants/${slug}`, { name: 'Y' })).toMatchObject({
      status: 200,
      body: { name: 'Y' },
    });
    expect((await annex.operator.get(`/api/tenants/${slug}`)).body).toMatchObject({
      slug,
      name: 'Y',
      created_at: expect.any(String),
    });
    for (const bad of ['', 'UPPER', '../x', 'a b', '-x', 'x'.repeat(64)]) {
      expect(await annex.operator.post('/api/tenants', { slug: bad, name: 'X' }), bad).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/slug' }] },
      });
    }
    const inside = makeClient(annex.url, annex.operator.token, slug);
    expect(await inside.post('/api/users', { email: freshEmail(), password, role: 'owner' })).toMatchObject({
      status: 201,
    });
    expect((await annex.operator.delete(`/api/tenants/${slug}?now=true&confirm=${slug}`)).status).toBe(204);
    expect(await inside.get('/api/users')).toMatchObject({ status: 404 });
    expect(await annex.operator.get(`/api/tenants/${slug}`)).toMatchObject({ status: 404 });
  });

  it('are seen by their own people, and given a name and a zone by their admins', async () => {
    const tenant = await annex.makeTenant();
    const [viewer, admin] = [await tenant.as('viewer'), await tenant.as('admin')];
    expect((await viewer.get('/api/tenant')).body).toMatchObject({ id: tenant.id, slug: tenant.slug, timezone: 'UTC' });
    expect(await viewer.patch('/api/tenant', { name: 'Mine' })).toMatchObject({ status: 403 });
    expect(await admin.patch('/api/tenant', { name: 'Ours', timezone: 'Europe/Berlin' })).toMatchObject({
      status: 200,
      body: { slug: tenant.slug, name: 'Ours', timezone: 'Europe/Berlin' },
    });
    expect((await annex.operator.get(`/api/tenants/${tenant.slug}`)).body).toMatchObject({ timezone: 'Europe/Berlin' });
    for (const [change, pointer] of [
      [{ timezone: 'PST' }, '/timezone'],
      [{ name: '  ' }, '/name'],
      [{ slug: 'another' }, '/slug'],
      [{ weight: 100 }, '/weight'],
    ] as const)
      expect(await admin.patch('/api/tenant', change)).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
    expect((await tenant.owner.get('/api/audit?limit=1')).body.items).toMatchObject([
      { action: 'tenant.updated', detail: { name: 'Ours', timezone: 'Europe/Berlin' } },
    ]);
  });

  it('that are erased stop answering and leave no row behind', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(
      {
        ...pingPlugin,
        manifest: { routes: true, secrets: ['KEY'], events: ['a.*'] },
        code:
          `${pingPlugin.code}\nimport { hook } from '@annex/sdk'; hook('a.*', async (ctx) => { await ctx.kv.set('x', ` +
          '1) })',
      },
      { secrets: { KEY: 'a value of the tenant' } },
    );
    expect((await tenant.owner.get('/ext/probe/ping')).status).toBe(200);
    await tenant.owner.post('/api/plugins/test-event', { event_type: 'a.b' });
    expect((await annex.operator.delete(`/api/tenants/${tenant.slug}?now=true&confirm=${tenant.slug}`)).status).toBe(
      204,
    );
    expect((await tenant.owner.get('/ext/probe/ping')).status).toBe(401);
    expect((await anybody().get(`/t/${tenant.slug}/ext/probe/open`)).status).toBe(401);
    const tables = await annex.db.sql<{ name: string }>(
      `select table_name as name from information_schema.columns
       where table_schema = 'public' and column_name = 'tenant_id'`,
    );
    expect(tables.length).toBeGreaterThan(10);
    for (const { name } of tables) {
      const count = async (): Promise<number | undefined> =>
        (
          await annex.db.sql<{ rows: number }>(`select count(*)::int as rows from ${name} where tenant_id = $1`, [
            uuidFromId(tenant.id as Id<'tenant'>),
          ])
        )[0]?.rows;
      expect(await count(), name).toBe(0);
    }
  });
});

describe('passwords and tokens', () => {
  it('are in no line of the programs’ logs, down to the finest level, and in no row', async () => {
    const { owner } = await annex.makeTenant();
    const email = freshEmail();
    const secret = 'a password that nobody logs';
    await owner.post('/api/users', { email, password: secret, role: 'member' });
    const { body } = await anybody().post('/api/auth/login', { email, password: secret });
    const { body: token } = await owner.post('/api/tokens', { name: 'x' });
    await anybody().get('/api/plugins', { authorization: `Bearer ${body.access_token}x` });
    await anybody().post('/api/auth/login', { email, password: `${secret}, wrongly` });
    for (const text of [secret, body.access_token as string, token.token as string, owner.token])
      expect(annex.log()).not.toContain(text);
    expect(annex.log()).toContain('INVALID_CREDENTIALS');
    const tables = await annex.db.sql<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    );
    for (const { name } of tables) {
      for (const text of [secret, token.token as string])
        expect(
          await annex.db.sql(`select 1 from "${name}" as t where position($1 in t::text) > 0 limit 1`, [text]),
          name,
        ).toEqual([]);
    }
  });
});

describe('the tenant of a request', () => {
  let tenant: TestTenant;
  let other: TestTenant;
  beforeAll(async () => {
    [tenant, other] = [await annex.makeTenant(), await annex.makeTenant()];
    await tenant.install(pingPlugin);
    await other.install(pingPlugin);
  });

  it('may be left out by a token that belongs to one, and must be named by an operator', async () => {
    expect(await makeClient(annex.url, tenant.owner.token).get('/ext/probe/ping')).toMatchObject({
      status: 200,
      body: { tenant: tenant.slug },
    });
    expect(await annex.operator.get('/api/plugins')).toMatchObject({ status: 400, body: { code: 'TENANT_REQUIRED' } });
    expect(await annex.operator.get('/ext/probe/ping', { 'x-tenant-slug': other.slug })).toMatchObject({
      status: 200,
      body: { tenant: other.slug },
    });
  });

  it('comes from X-Tenant-Slug, else from the host, and for /t/ from the path', async () => {
    const at = async (
      host: string,
      path = '/ext/probe/ping',
      headers: Record<string, string> = {},
    ): Promise<[number, { tenant?: string; code?: string }]> => {
      const { status, text } = await rawRequest(`${annex.url}${path}`, {
        headers: { host, authorization: `Bearer ${annex.operator.token}`, ...headers },
      });
      return [status, JSON.parse(text) as { tenant?: string; code?: string }];
    };
    expect(await at(`${tenant.slug}.${domain}`)).toMatchObject([200, { tenant: tenant.slug }]);
    expect(await at(`${tenant.slug}.${domain}:3000`)).toMatchObject([200, { tenant: tenant.slug }]);
    expect(await at(`${tenant.slug}.${domain}`, '/ext/probe/ping', { 'x-tenant-slug': other.slug })).toMatchObject([
      200,
      { tenant: other.slug },
    ]);
    expect(await at(`${tenant.slug}.elsewhere.example`)).toMatchObject([400, { code: 'TENANT_REQUIRED' }]);
    expect(await at('x', `/t/${other.slug}/ext/probe/ping`)).toMatchObject([200, { tenant: other.slug }]);
    expect(await at('x', `/t/${other.slug}/ext/probe/ping`, { 'x-tenant-slug': tenant.slug })).toMatchObject([
      400,
      { code: 'TENANT_CONFLICT' },
    ]);
    expect(await at(`${tenant.slug}.${domain}`, '/api/plugins')).toMatchObject([200, { items: [{ slug: 'probe' }] }]);
  });

  it('is found for strangers too, so that public routes work by path, host and header', async () => {
    expect(await anybody().get(`/t/${tenant.slug}/ext/probe/open`)).toMatchObject({
      status: 200,
      body: { tenant: tenant.slug, user: null },
    });
    expect(await anybody().get('/ext/probe/open', { 'x-tenant-slug': tenant.slug })).toMatchObject({
      status: 200,
      body: { tenant: tenant.slug },
    });
    expect(
      (await rawRequest(`${annex.url}/ext/probe/open`, { headers: { host: `${tenant.slug}.${domain}` } })).status,
    ).toBe(200);
    expect(await anybody().get('/ext/probe/open')).toMatchObject({ status: 401 });
  });
});

describe('tokens of the identity provider', () => {
  const sign = (claims: JWTPayload, key = keys.privateKey): Promise<string> =>
    new SignJWT({ iss: issuer, aud: audience, sub: 'somebody', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(key);

  it('open the tenants whose user has their verified address', async () => {
    const tenant = await annex.makeTenant();
    await tenant.install(pingPlugin);
    const email = freshEmail();
    const { body: user } = await tenant.owner.post('/api/users', { email, role: 'developer' });
    expect(user.has_password).toBe(false);
    const client = makeClient(annex.url, await sign({ email, email_verified: true }));
    expect(await client.get('/ext/probe/ping')).toMatchObject({
      status: 200,
      body: { user: { id: user.id, email, role: 'developer' } },
    });
    expect(await client.get('/api/auth/me')).toMatchObject({
      status: 200,
      body: { user: { id: user.id, operator: false } },
    });
    await tenant.owner.delete(`/api/users/${user.id}`);
    expect((await client.get('/ext/probe/ping')).status).toBe(403);
  });

  it('open nothing when unverified, expired, for another audience or signed by another', async () => {
    const tenant = await annex.makeTenant();
    const email = freshEmail();
    await tenant.owner.post('/api/users', { email, role: 'owner' });
    expect(await makeClient(annex.url, await sign({ email, email_verified: false })).get('/api/plugins')).toMatchObject(
      { status: 403 },
    );
    const stranger = await generateKeyPair('ES256');
    const refused = [
      sign({ email, email_verified: true, aud: 'elsewhere' }),
      sign({ email, email_verified: true, iss: 'https://elsewhere.example' }),
      sign({ email, email_verified: true }, stranger.privateKey),
    ];
    for (const token of refused)
      expect(await makeClient(annex.url, await token).get('/api/plugins')).toMatchObject({
        status: 401,
        body: { code: 'UNAUTHENTICATED' },
      });
  });
});
