/** Signing in at a real OpenID provider, and whom that opens. */
import { silentLogger, systemClock } from '@annex/kernel';
import { emitEvent } from '@annex/runs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { startOpenIdProvider, type OpenIdProvider } from '../../../../test/support/openid-provider.js';
import { Access } from '../access.js';
import { systemCaller, type Caller } from '../caller.js';
import type { LoginAnswer } from '../login.js';
import type { OidcSignInSettings } from './open-oidc-sign-in.js';

const back = 'http://127.0.0.1:4000/console/oidc';
const from = { address: '127.0.0.1', userAgent: 'a browser', requestId: 'req_1' };
let db: TestDatabase;
let provider: OpenIdProvider;
beforeAll(async () => {
  [db, provider] = await Promise.all([openTestDatabase(), startOpenIdProvider()]);
});
afterAll(async () => {
  await provider.close();
  await db.close();
});

const make = (settings: Partial<OidcSignInSettings> = {}): Access =>
  Access.create({
    database: db.database,
    emit: emitEvent,
    clock: systemClock,
    logger: silentLogger,
    jwtSecret: 'a secret of this suite, long enough',
    oidc: {
      issuer: provider.issuer,
      signIn: {
        clientId: provider.clientId,
        clientSecret: provider.clientSecret,
        scopes: 'openid email profile',
        button: 'Sign in',
        linksByEmail: false,
        ...settings,
      },
    },
  });

const makeTenant = async (): Promise<Caller> => systemCaller({ ...(await db.makeTenant()), name: 'x' });

async function signIn(access: Access, name: string): Promise<LoginAnswer> {
  const signing = access.oidcSignIn;
  if (!signing) throw new Error('it is not set up');
  const { url, kept } = await signing.begin(from.address, back);
  return signing.finish({ parameters: await provider.signIn(url, name), kept: kept.text, ...from });
}

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing was thrown',
    (thrown: { code: string }) => thrown.code,
  );

it('lets in who was made without a password, and goes on when the address changes on either side', async () => {
  const access = make();
  const tenant = await makeTenant();
  const user = await access.users.create(tenant, { email: 'ada@example.test', role: 'developer' });
  provider.people.set('ada-1', { email: 'Ada@Example.test', email_verified: true });
  const answer = await signIn(access, 'ada-1');
  expect(answer).toMatchObject({ user: { id: user.id, operator: false }, tenants: [{ role: 'developer' }] });
  expect(await access.authenticate(answer.access_token)).toMatchObject({ actor: user.id, sessionId: /^ses_/ });
  await access.users.update(tenant, user.id, { email: 'ada.lovelace@example.test' });
  provider.people.set('ada-1', { email: 'countess@example.test', email_verified: true });
  expect((await signIn(access, 'ada-1')).user).toMatchObject({ id: user.id, email: 'ada.lovelace@example.test' });
});

it('gives nobody the account of somebody who had the address before', async () => {
  const access = make({ linksByEmail: true });
  const tenant = await makeTenant();
  await access.users.create(tenant, { email: 'sales@example.test', role: 'admin' });
  provider.people.set('first', { email: 'sales@example.test', email_verified: true });
  provider.people.set('second', { email: 'sales@example.test', email_verified: true });
  await signIn(access, 'first');
  expect(await code(signIn(access, 'second'))).toBe('NO_ACCOUNT');
});

it('links an account with a password only where the setting says so, and only by a verified address', async () => {
  const tenant = await makeTenant();
  const email = 'grace@example.test';
  const careful = make();
  await careful.users.create(tenant, { email, role: 'owner', password: 'a-long-password' });
  provider.people.set('grace-1', { email, email_verified: true });
  expect(await code(signIn(careful, 'grace-1'))).toBe('NO_ACCOUNT');
  const linking = make({ linksByEmail: true });
  for (const claims of [
    { email },
    { email, email_verified: false },
    { email: '\u212a@example.test', email_verified: true },
  ]) {
    provider.people.set('mallory', claims);
    expect(await code(signIn(linking, 'mallory'))).toBe('NO_ACCOUNT');
  }
  expect((await signIn(linking, 'grace-1')).tenants).toMatchObject([{ slug: tenant.tenant.slug, role: 'owner' }]);
});

it('makes users where the claims put somebody, follows their groups, and closes what they no longer name', async () => {
  const [one, two] = [await makeTenant(), await makeTenant()];
  const access = make({
    mapping: { tenant: 'org', role: 'groups', roles: { builders: 'developer', bosses: 'admin' }, defaultRole: null },
  });
  const slugs = [one.tenant.slug, two.tenant.slug, 'no-such-tenant'];
  const claims = { email: 'linus@example.test', email_verified: true, name: 'Linus', org: slugs };
  provider.people.set('linus', claims);
  expect(await code(signIn(access, 'linus'))).toBe('NO_ACCOUNT');
  provider.people.set('linus', { ...claims, groups: ['builders', 'others'] });
  const roles = async (): Promise<Record<string, string>> =>
    Object.fromEntries((await signIn(access, 'linus')).tenants.map(({ slug, role }) => [slug, role]));
  expect(await roles()).toEqual({ [one.tenant.slug]: 'developer', [two.tenant.slug]: 'developer' });
  provider.people.set('linus', { ...claims, org: two.tenant.slug, groups: ['builders', 'bosses'] });
  expect(await roles()).toEqual({ [two.tenant.slug]: 'admin' });
  provider.people.set('linus', { ...claims, groups: [] });
  expect(await code(signIn(access, 'linus'))).toBe('NO_ACCOUNT');
  const { items } = await access.users.list(two, { limit: 10 });
  expect(items).toMatchObject([{ email: 'linus@example.test', name: 'Linus', role: 'admin', has_password: false }]);
});

it('takes an answer only in the browser that began, once, and unchanged', async () => {
  const access = make();
  const signing = access.oidcSignIn;
  if (!signing) throw new Error('it is not set up');
  await access.users.create(await makeTenant(), { email: 'edsger@example.test', role: 'viewer' });
  provider.people.set('edsger', { email: 'edsger@example.test', email_verified: true });
  const [one, other] = [await signing.begin(from.address, back), await signing.begin(from.address, back)];
  const parameters = await provider.signIn(one.url, 'edsger');
  const finish = (text: string | undefined, changed = parameters): Promise<string> =>
    code(signing.finish({ parameters: changed, kept: text, ...from }));
  expect(await finish(undefined)).toBe('SIGN_IN_INVALID');
  expect(await finish(other.kept.text)).toBe('SIGN_IN_INVALID');
  expect(await finish(`${one.kept.text.slice(0, -2)}xx`)).toBe('SIGN_IN_INVALID');
  expect(await finish(one.kept.text, `${parameters}&iss=https%3A%2F%2Felsewhere.example`)).toBe('SIGN_IN_INVALID');
  const elsewhere = new URLSearchParams(parameters);
  elsewhere.set('iss', 'https://elsewhere.example');
  expect(await finish(one.kept.text, elsewhere.toString())).toBe('SIGN_IN_INVALID');
  const refused = new URLSearchParams({
    ...Object.fromEntries(elsewhere),
    error: 'access_denied',
    iss: provider.issuer,
  });
  refused.delete('code');
  expect(await finish(one.kept.text, refused.toString())).toBe('SIGN_IN_REFUSED');
  expect(await finish(one.kept.text)).toBe('nothing was thrown');
  expect(await finish(one.kept.text)).toBe('SIGN_IN_INVALID');
});

it('waits for no provider but to sign in there, and goes on with what it knows while that is down', async () => {
  provider.breakDown(true);
  const access = make();
  const signing = access.oidcSignIn;
  if (!signing) throw new Error('it is not set up');
  const tenant = await makeTenant();
  const email = 'barbara@example.test';
  await access.users.create(tenant, { email, role: 'viewer', password: 'a-long-password' });
  expect(await code(signing.begin(from.address, back))).toBe('IDENTITY_PROVIDER_UNAVAILABLE');
  const asked = provider.asked.length;
  expect(await code(signing.begin(from.address, back))).toBe('IDENTITY_PROVIDER_UNAVAILABLE');
  // A storm of visitors is not a storm of requests.
  expect(provider.asked).toHaveLength(asked);
  expect((await access.login({ email, password: 'a-long-password', address: from.address })).tenants).toHaveLength(1);
  provider.breakDown(false);
  const other = make().oidcSignIn;
  await other?.begin(from.address, back);
  const known = provider.asked.length;
  await other?.begin(from.address, back);
  expect(provider.asked).toHaveLength(known);
  expect(other?.signOutUrl('https://annex.example/console/sign-in')).toContain(`${provider.issuer}/session/end?`);
});

it('slows down who brings answers that are not good', async () => {
  const signing = make().oidcSignIn;
  const codes = new Set<string>();
  for (let tries = 0; tries < 25; tries += 1)
    codes.add(
      await code(signing?.finish({ parameters: 'code=x&state=y', kept: 'none', ...from }) ?? Promise.resolve()),
    );
  expect(codes).toEqual(new Set(['SIGN_IN_INVALID', 'RATE_LIMITED']));
});
