import { describe, expect, it } from 'vitest';
import { makeClient, until, type Answer, type Client } from '../../support/annex.js';
import { password, annex, freshEmail, anybody, pingPlugin } from './access-bench.js';

/**
 * What two answers must share so that nobody can tell them apart: everything but the request's id and the name that was
 * asked for.
 */
const alike = ({ status, body, headers }: Answer, asked: string): unknown => ({
  status,
  body: JSON.parse(JSON.stringify({ ...body, request_id: null }).replaceAll(asked, 'NAME')) as unknown,
  challenge: headers.get('www-authenticate'),
});

export function signIn(): void {
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

    it('finds another tenant’s plugins, runs, events, users and tokens as absent as what never was', async () => {
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
        expect(await clients.get(role)?.get('/api/tenants')).toMatchObject({
          status: 403,
          body: { code: 'FORBIDDEN' },
        });
    });
  });
}
