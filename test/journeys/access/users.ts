import { describe, expect, it } from 'vitest';
import { makeClient, until, type Client } from '../../support/annex.js';
import { password, annex, freshEmail, anybody } from './access-bench.js';

export function manageUsers(): void {
  describe('users', () => {
    it('have names wherever their ids are shown, in their own tenant alone', async () => {
      const [tenant, other] = [await annex.makeTenant(), await annex.makeTenant()];
      const email = freshEmail();
      const { body: user } = await tenant.owner.post('/api/users', { email, role: 'member' });
      const { body: token } = await tenant.owner.post('/api/tokens', { name: 'of CI' });
      const [entry] = (await tenant.owner.get('/api/audit?action=user.created&limit=1')).body.items;
      const ids = [entry.actor, user.id, token.id, 'system', 'oidc:somebody', 'run_1', 'x\'"'].map(encodeURIComponent);
      const member = await tenant.as('member');
      expect(await member.get(`/api/actors?ids=${ids.join(',')}`)).toMatchObject({
        status: 200,
        body: {
          items: [
            { id: entry.actor, type: 'user', name: expect.stringContaining('@') },
            { id: user.id, type: 'user', name: email },
            { id: token.id, type: 'token', name: 'of CI' },
            { id: 'system', type: 'system', name: null },
            { id: 'oidc:somebody', type: 'identity', name: null },
            { id: 'run_1', type: 'run', name: null },
            { type: 'system', name: null },
          ],
        },
      });
      expect(entry.who).toEqual({ id: entry.actor, type: 'user', name: expect.stringContaining('@') });
      await tenant.owner.put('/api/secrets/OF_ALL', { value: 'a value' });
      await tenant.owner.put('/api/settings/a', { value: 1 });
      const [secret] = (await (await tenant.as('developer')).get('/api/secrets')).body.items;
      expect(secret).toMatchObject({ updated_by: entry.actor, who: entry.who });
      expect((await member.get('/api/settings')).body.items[0].who).toEqual(entry.who);
      const unnamed = (await (await tenant.as('viewer')).get('/api/settings')).body.items[0];
      expect(unnamed.who).toEqual({ ...entry.who, name: null });
      const strange = (await other.owner.get(`/api/actors?ids=${user.id},${token.id}`)).body.items;
      expect(strange.map(({ name }: { name: string | null }) => name)).toEqual([null, null]);
      expect((await (await tenant.as('viewer')).get(`/api/actors?ids=${user.id}`)).status).toBe(403);
      const many = Array.from({ length: 101 }, (_, index) => `usr_${index}`).join(',');
      for (const wrong of ['', '?ids=', `?ids=${many}`, '?ids=a,,b'])
        expect((await member.get(`/api/actors${wrong}`)).status, wrong).toBe(422);
    });

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
        await member.patch(`/api/users/${id}`, {
          password: 'my own new password',
          current_password: 'a-long-password',
        }),
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
        expect(await leaked.request(method, path, { body })).toMatchObject({
          status: 403,
          body: { code: 'FORBIDDEN' },
        });
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
        makeClient(
          annex.url,
          (await anybody().post('/api/auth/login', { email, password })).body.access_token,
          one.slug,
        );
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
}
