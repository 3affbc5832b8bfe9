import { generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { makeClient, until } from '../../support/annex.js';
import { password, annex, provider, freshEmail, pingPlugin } from './access-bench.js';

export function useTokens(): void {
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

  describe('tokens of the identity provider', () => {
    it('open the tenants whose user has their verified address', async () => {
      const tenant = await annex.makeTenant();
      await tenant.install(pingPlugin);
      const email = freshEmail();
      const { body: user } = await tenant.owner.post('/api/users', { email, role: 'developer' });
      expect(user.has_password).toBe(false);
      const client = makeClient(annex.url, await provider.sign({ email, email_verified: true }));
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
      expect(
        await makeClient(annex.url, await provider.sign({ email, email_verified: false })).get('/api/plugins'),
      ).toMatchObject({ status: 403 });
      const stranger = await generateKeyPair('ES256');
      const refused = [
        provider.sign({ email, email_verified: true, aud: 'elsewhere' }),
        provider.sign({ email, email_verified: true, iss: 'https://elsewhere.example' }),
        provider.sign({ email, email_verified: true }, stranger.privateKey),
      ];
      for (const token of refused)
        expect(await makeClient(annex.url, await token).get('/api/plugins')).toMatchObject({
          status: 401,
          body: { code: 'UNAUTHENTICATED' },
        });
    });
  });
}
