/** People are asked into a tenant: by mail, by a link, or through the identity provider. */
import { createHash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeClient, startTestAnnex, type Client, type TestAnnex, type TestTenant } from '../support/annex.js';
import { startIdentityProvider, type IdentityProvider } from '../support/identity-provider.js';
import { startSmtp, textOf, type TestSmtp } from '../support/smtp.js';

const password = 'correct horse battery';
const publicUrl = 'https://annex.example.test';
let names = 0;
const freshEmail = (): string => `guest-${(names += 1)}@invited.test`;
const tokenOf = (url: string): string => new URL(url, publicUrl).hash.replace('#token=', '');
const refusal = (status: number, code: string): object => ({ status, body: { code } });

describe('an invitation by mail', () => {
  let smtp: TestSmtp;
  let annex: TestAnnex;
  let tenant: TestTenant;
  let anybody: Client;
  beforeAll(async () => {
    smtp = await startSmtp();
    annex = await startTestAnnex({ SMTP_URL: smtp.url, ANNEX_PUBLIC_URL: publicUrl });
    anybody = makeClient(annex.url, '');
    tenant = await annex.makeTenant();
  });
  afterAll(async () => {
    await annex?.stop();
    await smtp?.close();
  });
  beforeEach(() => {
    smtp.mails.length = 0;
    smtp.refuse.mail = undefined;
  });
  const lastToken = (): string => tokenOf(/https:\S+/.exec(textOf(smtp.mails.at(-1)))?.[0] ?? '');

  it('is sent, looked at, accepted once, and signs in', async () => {
    const email = freshEmail();
    const made = await tenant.owner.post('/api/invitations', { email, role: 'developer' });
    expect(made).toMatchObject({
      status: 201,
      body: { id: expect.stringMatching(/^inv_/), email, role: 'developer', status: 'open', mail: 'sent' },
    });
    expect(made.body.invited_by).toMatchObject({ type: 'user', name: expect.stringContaining('owner-') });
    // Whoever reads the mail has the address; the admin does not get the link beside it.
    expect(made.body).not.toHaveProperty('token');
    expect(made.body).not.toHaveProperty('url');
    expect(smtp.mails).toHaveLength(1);
    expect(smtp.mails[0]?.to).toEqual([email]);
    const token = lastToken();
    expect(token).toMatch(/^annexinv_[\w-]{43}$/);
    const offered = await anybody.post('/api/invitations/preview', { token });
    expect(offered).toMatchObject({
      status: 200,
      body: { email, role: 'developer', tenant: { slug: tenant.slug }, invited_by: made.body.invited_by.name },
    });
    expect(await anybody.post('/api/invitations/accept', { token, password: 'short' })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/password' }] },
    });
    const accepted = await anybody.post('/api/invitations/accept', { token, password, name: 'Ada L' });
    expect(accepted).toMatchObject({
      status: 200,
      body: {
        token_type: 'Bearer',
        user: { email, operator: false },
        tenants: [{ slug: tenant.slug, role: 'developer' }],
      },
    });
    const own = makeClient(annex.url, accepted.body.access_token);
    expect((await own.get('/api/plugins')).status).toBe(200);
    expect((await anybody.post('/api/auth/login', { email, password })).body.user.id).toBe(accepted.body.user.id);
    for (const again of ['preview', 'accept'])
      expect(
        await anybody.post(`/api/invitations/${again}`, { token, ...(again === 'accept' && { password }) }),
      ).toMatchObject(refusal(404, 'INVITATION_INVALID'));
    expect(await tenant.owner.get(`/api/invitations/${made.body.id}`)).toMatchObject({
      body: { status: 'accepted', user_id: accepted.body.user.id, accepted_at: expect.any(String) },
    });
    expect((await tenant.owner.get(`/api/users/${accepted.body.user.id}`)).body).toMatchObject({ name: 'Ada L' });
    const trail = (await tenant.owner.get('/api/audit?action=invitation')).body.items;
    expect(trail.map(({ action, target }: { action: string; target: string }) => [action, target])).toEqual([
      ['invitation.accepted', made.body.id],
      ['invitation.created', made.body.id],
    ]);
    expect((await tenant.owner.get('/api/events?type=auth.user.created')).body.items[0].data.user).toMatchObject({
      email,
    });
  });

  it('makes one user, however many accept it at once', async () => {
    const email = freshEmail();
    await tenant.owner.post('/api/invitations', { email, role: 'viewer' });
    const token = lastToken();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => anybody.post('/api/invitations/accept', { token, password })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
  });

  it('is sent anew with another link, after a minute, and taken back', async () => {
    const { body } = await tenant.owner.post('/api/invitations', { email: freshEmail(), role: 'viewer' });
    const first = lastToken();
    const resend = `/api/invitations/${body.id}/resend`;
    const early = await tenant.owner.post(resend, {});
    expect(early).toMatchObject(refusal(429, 'RATE_LIMITED'));
    expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(0);
    await annex.db.sql(`update invitations set updated_at = updated_at - interval '1 hour'`);
    expect(await tenant.owner.post(resend, {})).toMatchObject({ status: 200, body: { mail: 'sent', status: 'open' } });
    const second = lastToken();
    expect(second).not.toBe(first);
    expect(await anybody.post('/api/invitations/preview', { token: first })).toMatchObject(
      refusal(404, 'INVITATION_INVALID'),
    );
    expect((await anybody.post('/api/invitations/preview', { token: second })).status).toBe(200);
    expect((await tenant.owner.delete(`/api/invitations/${body.id}`)).status).toBe(204);
    expect(await tenant.owner.delete(`/api/invitations/${body.id}`)).toMatchObject(refusal(409, 'INVITATION_ENDED'));
    expect(await anybody.post('/api/invitations/accept', { token: second, password })).toMatchObject(
      refusal(404, 'INVITATION_INVALID'),
    );
    await annex.db.sql(`update invitations set updated_at = updated_at - interval '1 hour'`);
    expect(await tenant.owner.post(resend, {})).toMatchObject(refusal(409, 'INVITATION_ENDED'));
  });

  it('that runs out opens nothing, and makes room for another', async () => {
    const email = freshEmail();
    const { body } = await tenant.owner.post('/api/invitations', { email, role: 'viewer' });
    const token = lastToken();
    expect(await tenant.owner.post('/api/invitations', { email: email.toUpperCase(), role: 'admin' })).toMatchObject(
      refusal(409, 'INVITATION_EXISTS'),
    );
    await annex.db.sql(`update invitations set expires_at = now() - interval '1 second'`);
    expect(await anybody.post('/api/invitations/accept', { token, password })).toMatchObject(
      refusal(404, 'INVITATION_INVALID'),
    );
    expect((await tenant.owner.get('/api/invitations?status=expired')).body.items).toContainEqual(
      expect.objectContaining({ id: body.id, status: 'expired' }),
    );
    expect((await tenant.owner.post('/api/invitations', { email, role: 'viewer' })).status).toBe(201);
  });

  it('whose mail was refused gives the link to the admin', async () => {
    smtp.refuse.mail = '550 no such box';
    const made = await tenant.owner.post('/api/invitations', { email: freshEmail(), role: 'viewer' });
    expect(made).toMatchObject({ status: 201, body: { mail: 'failed', sent_at: null } });
    expect(made.body.url).toBe(`${publicUrl}/invitation#token=${made.body.token}`);
    expect((await anybody.post('/api/invitations/preview', { token: made.body.token })).status).toBe(200);
  });

  it('may be kept from the mail, for hosts that send their own', async () => {
    const made = await tenant.owner.post('/api/invitations', { email: freshEmail(), role: 'viewer', send_mail: false });
    expect(made.body).toMatchObject({ mail: 'none', token: expect.any(String), url: expect.any(String) });
    expect(smtp.mails).toEqual([]);
  });

  it('shows a tenant’s name so that no mail program makes a link of it', async () => {
    const own = await annex.makeTenant();
    await own.owner.patch('/api/tenant', { name: 'Pay now: https://evil.example/x' });
    await own.owner.post('/api/invitations', { email: freshEmail(), role: 'viewer' });
    const mail = textOf(smtp.mails.at(-1));
    expect(mail).toContain('Pay now');
    expect(mail).not.toContain('evil.example');
  });

  it('never goes beyond the role of who invites, neither then nor later', async () => {
    const admin = await tenant.as('admin');
    expect(await admin.post('/api/invitations', { email: freshEmail(), role: 'owner' })).toMatchObject(
      refusal(403, 'FORBIDDEN'),
    );
    expect(await (await tenant.as('developer')).get('/api/invitations')).toMatchObject(refusal(403, 'FORBIDDEN'));
    const made = await admin.post('/api/invitations', { email: freshEmail(), role: 'admin' });
    const token = lastToken();
    const { user } = (await admin.get('/api/auth/me')).body;
    await tenant.owner.patch(`/api/users/${user.id}`, { role: 'member' });
    expect(await anybody.post('/api/invitations/accept', { token, password })).toMatchObject(
      refusal(404, 'INVITATION_INVALID'),
    );
    expect((await tenant.owner.get(`/api/invitations/${made.body.id}`)).body.status).toBe('revoked');
  });

  it('is nobody else’s: another tenant finds it as absent as what never was', async () => {
    const { body } = await tenant.owner.post('/api/invitations', { email: freshEmail(), role: 'viewer' });
    const other = await annex.makeTenant();
    for (const [method, path] of [
      ['GET', `/api/invitations/${body.id}`],
      ['DELETE', `/api/invitations/${body.id}`],
      ['POST', `/api/invitations/${body.id}/resend`],
    ] as const)
      expect(await other.owner.request(method, path, method === 'POST' ? { body: {} } : {})).toMatchObject(
        refusal(404, 'NOT_FOUND'),
      );
    expect((await other.owner.get('/api/invitations')).body.items).toEqual([]);
  });

  it('to somebody who belongs to the tenant is refused', async () => {
    const email = freshEmail();
    await tenant.owner.post('/api/users', { email, role: 'viewer' });
    expect(await tenant.owner.post('/api/invitations', { email, role: 'viewer' })).toMatchObject(
      refusal(409, 'EMAIL_TAKEN'),
    );
  });

  it('keeps its token as a hash only, and in no log', async () => {
    const body = { email: freshEmail(), role: 'viewer', send_mail: false };
    const made = await tenant.owner.post('/api/invitations', body);
    const token = made.body.token as string;
    const [row] = await annex.db.sql<{ found: boolean }>(
      `select exists (select 1 from invitations where token_hash = $1) as found`,
      [createHash('sha256').update(token).digest()],
    );
    expect(row?.found).toBe(true);
    expect(annex.log()).not.toContain(token);
  });

  it('is not guessed: one network has twenty wrong tokens in five minutes', async () => {
    const own = await startTestAnnex();
    const guesses = Array.from({ length: 22 }, (_, index) =>
      makeClient(own.url, '').post('/api/invitations/preview', { token: `annexinv_${'a'.repeat(41)}${index + 10}` }),
    );
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    await own.stop();
    expect(statuses.filter((status) => status === 404)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(2);
  });
});

describe('an invitation where there is no mail server', () => {
  let annex: TestAnnex;
  beforeAll(async () => {
    annex = await startTestAnnex();
  });
  afterAll(() => annex?.stop());

  it('is a link, to a page that reaches nothing but Annex', async () => {
    const tenant = await annex.makeTenant();
    const { body } = await tenant.owner.post('/api/invitations', { email: freshEmail(), role: 'viewer' });
    expect(body).toMatchObject({ mail: 'none', url: `/invitation#token=${body.token}` });
    const page = await makeClient(annex.url, '').get('/invitation');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    const [, script = ''] = /<script>([\s\S]*)<\/script>/.exec(page.body as string) ?? [];
    expect(policy).toContain(createHash('sha256').update(script).digest('base64'));
  });

  it('ends with its tenant, and a tenant makes only so many', async () => {
    const tenant = await annex.makeTenant();
    const { body } = await tenant.owner.post('/api/invitations', { email: freshEmail(), role: 'viewer' });
    await annex.db.sql(
      `insert into invitations (tenant_id, id, email, role, token_hash, invited_by, expires_at)
       select tenant_id, gen_random_uuid(), n || '@many.test', 'viewer', sha256((n || tenant_id::text)::bytea),
         'system', now() + interval '1 day'
       from invitations, generate_series(1, 99) n where token_hash = $1`,
      [
        createHash('sha256')
          .update(body.token as string)
          .digest(),
      ],
    );
    expect(await tenant.owner.post('/api/invitations', { email: freshEmail(), role: 'viewer' })).toMatchObject(
      refusal(429, 'RATE_LIMITED'),
    );
    await annex.operator.delete(`/api/tenants/${tenant.slug}?confirm=${tenant.slug}`);
    expect(
      await makeClient(annex.url, '').post('/api/invitations/accept', { token: body.token, password }),
    ).toMatchObject(refusal(404, 'INVITATION_INVALID'));
  });
});

describe('an invitation of somebody whom the identity provider knows', () => {
  let provider: IdentityProvider;
  let annex: TestAnnex;
  beforeAll(async () => {
    provider = await startIdentityProvider('annex-invites');
    annex = await startTestAnnex({ ANNEX_OIDC_ISSUER: provider.issuer, ANNEX_OIDC_AUDIENCE: provider.audience });
  });
  afterAll(async () => {
    await annex?.stop();
    await provider?.close();
  });
  const signedIn = async (claims: JWTPayload): Promise<Client> => makeClient(annex.url, await provider.sign(claims));

  it('is accepted by signing in with the verified address, and by no other', async () => {
    const tenant = await annex.makeTenant();
    const email = freshEmail();
    const { body } = await tenant.owner.post('/api/invitations', { email, role: 'member' });
    for (const claims of [
      { email, email_verified: false },
      { email: freshEmail(), email_verified: true },
    ])
      expect((await (await signedIn(claims)).get('/api/plugins')).status).toBe(403);
    const client = await signedIn({ email, email_verified: true });
    expect((await client.get('/api/plugins')).status).toBe(200);
    const user = (await client.get('/api/auth/me')).body.user;
    expect(await tenant.owner.get(`/api/users/${user.id}`)).toMatchObject({
      body: { email, role: 'member', has_password: false },
    });
    expect((await tenant.owner.get(`/api/invitations/${body.id}`)).body).toMatchObject({
      status: 'accepted',
      user_id: user.id,
    });
  });

  it('that cannot be accepted keeps nobody from signing in elsewhere', async () => {
    const [full, other] = [await annex.makeTenant(), await annex.makeTenant()];
    const email = freshEmail();
    await full.owner.post('/api/invitations', { email, role: 'member' });
    await other.owner.post('/api/invitations', { email, role: 'member' });
    await annex.operator.patch(`/api/tenants/${full.slug}`, { quotas: { users: 1 } });
    const client = await signedIn({ email, email_verified: true });
    expect((await client.get('/api/auth/me')).body.tenants).toMatchObject([{ slug: other.slug }]);
  });
});
