/** What people do with their own accounts: a forgotten password, a name. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  makeClient,
  startTestAnnex,
  type Answer,
  type Client,
  type TestAnnex,
  type TestTenant,
} from '../support/annex.js';
import { startSmtp, textOf, type TestSmtp } from '../support/smtp.js';

const password = 'correct horse battery';
const next = 'another horse battery';
let names = 0;
const freshEmail = (): string => `person-${(names += 1)}@account.test`;
const refusal = (status: number, code: string): object => ({ status, body: { code } });

let smtp: TestSmtp;
let annex: TestAnnex;
let anybody: Client;
beforeAll(async () => {
  smtp = await startSmtp();
  annex = await startTestAnnex({
    SMTP_URL: smtp.url,
    ANNEX_PUBLIC_URL: 'https://annex.example.test',
    ANNEX_TRUST_PROXY: 'loopback',
  });
  anybody = makeClient(annex.url, '');
});
afterAll(async () => {
  await annex?.stop();
  await smtp?.close();
});
beforeEach(() => {
  smtp.mails.length = 0;
});

let networks = 0;
/** A network of its own for each request, unless one is named: the limits are another test's. */
const from = (network = `198.51.${Math.floor((networks += 1) / 250)}.${networks % 250}`) => ({
  'x-forwarded-for': network,
});
/** Asks for a link, and waits until what was asked for is done. */
async function ask(body: object, headers = from()): Promise<Answer> {
  const answer = await anybody.post('/api/auth/password-reset', body, headers);
  await annex.platform.access.passwordResets.idle();
  return answer;
}
/** Mails with a link, without those that only tell of a change. */
const links = () => smtp.mails.filter((mail) => textOf(mail).includes('#token='));
const lastToken = (): string => /#token=(\S+)/.exec(textOf(links().at(-1)))?.[1] ?? '';
const use = (token: string, more: object = {}): Promise<Answer> =>
  anybody.post('/api/auth/password-reset/use', { token, new_password: next, ...more }, from());
const login = (email: string, secret: string, tenant?: string): Promise<Answer> =>
  anybody.post('/api/auth/login', { email, password: secret, ...(tenant && { tenant }) }, from());
async function person(tenant: TestTenant, email = freshEmail(), secret = password): Promise<string> {
  expect((await tenant.owner.post('/api/users', { email, password: secret, role: 'member' })).status).toBe(201);
  return email;
}

describe('a forgotten password', () => {
  it('is given anew with the link of a mail, once; old sessions end', async () => {
    const tenant = await annex.makeTenant();
    const email = await person(tenant);
    const old = makeClient(annex.url, (await login(email, password)).body.access_token);
    const { body: token } = await old.post('/api/tokens', { name: 'kept' });
    expect(await ask({ email: email.toUpperCase() })).toMatchObject({ status: 202, body: { valid_for_s: 3600 } });
    expect(smtp.mails).toHaveLength(1);
    expect(smtp.mails[0]?.to).toEqual([email]);
    const link = lastToken();
    expect(await use(link, { new_password: 'short' })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/new_password' }] },
    });
    expect(await use(link)).toMatchObject({ status: 200, body: { users: [expect.any(String)], tokens_ended: 0 } });
    expect(await old.get('/api/auth/me')).toMatchObject(refusal(401, 'UNAUTHENTICATED'));
    expect((await login(email, password)).status).toBe(401);
    expect((await login(email, next)).status).toBe(200);
    expect((await makeClient(annex.url, token.token).get('/api/auth/me')).status).toBe(200);
    expect(await use(link)).toMatchObject(refusal(404, 'RESET_INVALID'));
    await expect.poll(() => textOf(smtp.mails.at(-1))).toContain('was changed');
    const trail = (await tenant.owner.get('/api/audit?action=user')).body.items;
    expect(trail.slice(0, 2)).toMatchObject([
      { action: 'user.updated', detail: { fields: ['password'], by: 'mail' } },
      { action: 'user.password_reset_requested', actor: 'system' },
    ]);
  });

  it('ends API tokens too, if that is asked for', async () => {
    const tenant = await annex.makeTenant();
    const email = await person(tenant);
    const old = makeClient(annex.url, (await login(email, password)).body.access_token);
    const { body: token } = await old.post('/api/tokens', { name: 'gone' });
    await ask({ email });
    expect(await use(lastToken(), { end_tokens: true })).toMatchObject({ status: 200, body: { tokens_ended: 1 } });
    expect((await makeClient(annex.url, token.token).get('/api/auth/me')).status).toBe(401);
  });

  it('is answered alike whether or not there is an account, and no work is waited for', async () => {
    const tenant = await annex.makeTenant();
    const silent = freshEmail();
    await tenant.owner.post('/api/users', { email: silent, role: 'member' });
    const known = await ask({ email: await person(tenant) });
    smtp.mails.length = 0;
    for (const email of [freshEmail(), silent, 'no address at all', `' or 1=1 --@x.test`]) {
      const answer = await ask({ email });
      expect({ status: answer.status, body: answer.body as object }).toEqual({
        status: known.status,
        body: known.body,
      });
    }
    expect(links()).toEqual([]);
    // Held up in the database, the work for an account that is there keeps no answer waiting.
    const email = await person(tenant);
    const locked = annex.platform.database.platform(async (tx) => {
      await tx.query('lock table password_resets in access exclusive mode');
      return anybody.post('/api/auth/password-reset', { email }, from());
    });
    expect((await locked).status).toBe(202);
    await annex.platform.access.passwordResets.idle();
  });

  it('changes in every tenant of the address that has one, or in the one that is named', async () => {
    const [one, two] = [await annex.makeTenant(), await annex.makeTenant()];
    const email = await person(one);
    await person(two, email, 'a third horse battery');
    await ask({ email, tenant: one.slug });
    expect((await use(lastToken())).body.users).toHaveLength(1);
    expect((await login(email, next, two.slug)).status).toBe(401);
    await ask({ email });
    expect((await use(lastToken(), { new_password: 'the last horse battery' })).body.users).toHaveLength(2);
    expect((await login(email, 'the last horse battery')).body.tenants).toHaveLength(2);
  });

  it('is not given by a link that has run out, or from before another change', async () => {
    const tenant = await annex.makeTenant();
    const email = await person(tenant);
    await ask({ email });
    await annex.db.sql(`update password_resets set expires_at = now() - interval '1 second'`);
    expect(await use(lastToken())).toMatchObject(refusal(404, 'RESET_INVALID'));
    await ask({ email });
    const stale = lastToken();
    const { body: session } = await login(email, password);
    const own = makeClient(annex.url, session.access_token);
    await own.post('/api/auth/password', { current_password: password, new_password: 'chosen by themselves' });
    expect(await use(stale)).toMatchObject(refusal(404, 'RESET_INVALID'));
  });

  it('is changed by one of many uses at once', async () => {
    const email = await person(await annex.makeTenant());
    await ask({ email });
    const link = lastToken();
    const answers = await Promise.all(Array.from({ length: 4 }, () => use(link)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404, 404]);
  });

  it('has few links: by network, by address, and by account in all processes', async () => {
    const tenant = await annex.makeTenant();
    const email = await person(tenant);
    for (let count = 0; count < 5; count += 1) expect((await ask({ email })).status).toBe(202);
    const late = await ask({ email });
    expect(late).toMatchObject(refusal(429, 'RATE_LIMITED'));
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0);
    // An address that nobody has is counted as well: a refusal says nothing either.
    const nobody = freshEmail();
    const statuses = [];
    for (let count = 0; count < 6; count += 1) statuses.push((await ask({ email: nobody })).status);
    expect(statuses).toEqual([202, 202, 202, 202, 202, 429]);
    const one = from('203.0.113.9');
    const many = [];
    for (let count = 0; count < 21; count += 1) many.push((await ask({ email: freshEmail() }, one)).status);
    expect(many.filter((status) => status === 429)).toHaveLength(1);
    const second = await annex.startSecondApi();
    expect((await makeClient(second.url, '').post('/api/auth/password-reset', { email }, from())).status).toBe(202);
    await second.platform.access.passwordResets.idle();
    expect(links()).toHaveLength(5);
  });

  it('keeps its token as a hash only, and in no log', async () => {
    const email = await person(await annex.makeTenant());
    await ask({ email });
    const token = lastToken();
    const [row] = await annex.db.sql<{ found: boolean }>(
      'select exists (select 1 from password_resets where token_hash = $1) as found',
      [createHash('sha256').update(token).digest()],
    );
    expect(row?.found).toBe(true);
    expect(annex.log()).not.toContain(token);
  });

  it('leads to a page whose script is the one that its policy names', async () => {
    const page = await anybody.get('/password-reset');
    const [, script = ''] = /<script>([\s\S]*)<\/script>/.exec(page.body as string) ?? [];
    expect(page.headers.get('content-security-policy')).toContain(createHash('sha256').update(script).digest('base64'));
  });

  it('is an admin’s to set where no mail is sent', async () => {
    const quiet = await startTestAnnex();
    const answer = await makeClient(quiet.url, '').post('/api/auth/password-reset', { email: freshEmail() });
    await quiet.stop();
    expect(answer).toMatchObject(refusal(503, 'MAIL_NOT_SET_UP'));
  });
});

describe('a profile', () => {
  it('is seen and named by whom it belongs to, in all of their tenants', async () => {
    const [one, two] = [await annex.makeTenant(), await annex.makeTenant()];
    const email = await person(one);
    await person(two, email);
    const own = makeClient(annex.url, (await login(email, password)).body.access_token);
    expect(await own.get('/api/me')).toMatchObject({
      status: 200,
      body: { email, name: null, operator: false, has_password: true, signed_in_with: 'password' },
    });
    expect(await own.patch('/api/me', { name: 'Ada L' })).toMatchObject({ status: 200, body: { name: 'Ada L' } });
    for (const { owner } of [one, two])
      expect((await owner.get('/api/users')).body.items).toContainEqual(
        expect.objectContaining({ email, name: 'Ada L' }),
      );
    expect((await own.patch('/api/me', { name: null })).body.name).toBeNull();
    expect(await own.patch('/api/me', { name: 'a\u0000b' })).toMatchObject(refusal(422, 'INVALID_INPUT'));
    expect(await own.patch('/api/me', { email: 'other@account.test' })).toMatchObject(refusal(422, 'INVALID_INPUT'));
  });

  it('is no token’s, and an operator has none to change', async () => {
    const tenant = await annex.makeTenant();
    const { body } = await tenant.owner.post('/api/tokens', { name: 'one' });
    for (const method of ['GET', 'PATCH'] as const)
      expect(
        await makeClient(annex.url, body.token).request(method, '/api/me', method === 'PATCH' ? { body: {} } : {}),
      ).toMatchObject(refusal(403, 'FORBIDDEN'));
    expect((await annex.operator.get('/api/me')).body).toMatchObject({ operator: true, tenants: [] });
    expect(await annex.operator.patch('/api/me', { name: 'Op' })).toMatchObject(refusal(403, 'FORBIDDEN'));
  });
});
