import { uuidFromId } from '@annex/kernel';
import { describe, expect, it } from 'vitest';
import { systemCaller, systemPrincipal } from './caller.js';
import {
  password,
  db,
  access,
  make,
  freshEmail,
  makeTenant,
  signUp,
  callerOf,
  code,
  openAccess,
} from '../../../test/support/access-bench.js';

openAccess();

describe('signing in', () => {
  it('opens every tenant whose account has this password, and tells the roles', async () => {
    const [one, two, three] = [await makeTenant(), await makeTenant(), await makeTenant()];
    const email = freshEmail();
    await access.users.create(systemCaller(one), { email, password, role: 'admin' });
    await access.users.create(systemCaller(two), { email: email.toUpperCase(), password, role: 'viewer' });
    await access.users.create(systemCaller(three), { email, password: 'another password', role: 'owner' });
    const answer = await access.login({ email, password, address: '192.0.2.1' });
    expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 3600, user: { email, operator: false } });
    expect(answer.tenants).toEqual([
      { ...one, role: 'admin' },
      { ...two, role: 'viewer' },
    ]);
    expect((await callerOf(answer.access_token, two.slug)).role).toBe('viewer');
    expect(await code(callerOf(answer.access_token, three.slug))).toBe('403 TENANT_FORBIDDEN');
    expect(await code(callerOf(answer.access_token))).toBe('400 TENANT_REQUIRED');
  });

  it('keeps passwords as argon2id with the parameters of OWASP', async () => {
    const tenant = await makeTenant();
    await signUp(tenant, 'member');
    const [row] = await db.sql<{ password_hash: string }>('select password_hash from users where tenant_id = $1', [
      uuidFromId(tenant.id),
    ]);
    expect(row?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('says the same of a wrong password, an unknown e-mail, no password and hostile input', async () => {
    const tenant = await makeTenant();
    const { email } = await signUp(tenant, 'member');
    const silent = freshEmail();
    await access.users.create(systemCaller(tenant), { email: silent, role: 'member' });
    const attempts = [
      { email, password: 'wrong password' },
      { email: freshEmail(), password },
      { email: silent, password },
      { email: `' or 1=1 --@x.test`, password },
      { email: 'x'.repeat(1_000_000), password },
      { email, password: 'x'.repeat(1_000_000) },
      { email, password, tenant: 'no-such-tenant' },
      { email, password, tenant: '\u0000' },
    ];
    const answers = await Promise.all(
      attempts.map((attempt) =>
        access
          .login({ ...attempt, address: '192.0.2.2' })
          .catch((thrown: { code: string; detail: string }) => `${thrown.code} ${thrown.detail}`),
      ),
    );
    expect(new Set(answers)).toEqual(new Set(['INVALID_CREDENTIALS No account has this e-mail address and password.']));
  });

  it('is refused after ten wrong guesses from one address, also when they come at once', async () => {
    const tenant = await makeTenant();
    const { email } = await signUp(tenant, 'member');
    const guess = (address: string, secret = 'wrong password'): Promise<string> =>
      code(access.login({ email, password: secret, address }));
    const answers = await Promise.all(Array.from({ length: 14 }, () => guess('198.51.100.7')));
    expect(answers.filter((answer) => answer === '401 INVALID_CREDENTIALS')).toHaveLength(10);
    expect(answers.filter((answer) => answer === '429 RATE_LIMITED')).toHaveLength(4);
    await expect(access.login({ email, password, address: '198.51.100.7' })).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterS: expect.any(Number) as number,
    });
    // Somebody else's guesses do not lock the owner out.
    expect(await guess('198.51.100.8', password)).toBe('nothing was thrown');
  });

  it('counts the addresses of one IPv6 network as one', async () => {
    const email = freshEmail();
    const answers = [];
    for (let host = 1; host <= 11; host += 1)
      answers.push(await code(access.login({ email, password, address: `2001:db8:0:1::${host.toString(16)}` })));
    expect(answers.at(-1)).toBe('429 RATE_LIMITED');
    expect(await code(access.login({ email, password, address: '2001:db8:0:2::1' }))).toBe('401 INVALID_CREDENTIALS');
  });
});

describe('signing in beside attackers', () => {
  it('takes its turn before their guesses, from another network or for another account', async () => {
    const tenant = await makeTenant();
    const [far, near] = [await signUp(tenant, 'member'), await signUp(tenant, 'member')];
    const answered: string[] = [];
    const guesses = Array.from({ length: 50 }, (_, index) =>
      code(access.login({ email: `guess${index}@x.test`, password, address: '203.0.113.7' })).then(() =>
        answered.push('guess'),
      ),
    );
    const own = [far, near].map(({ email }, index) =>
      access
        .login({ email, password, address: index === 0 ? '198.51.100.70' : '203.0.113.8' })
        .then(() => answered.push('own')),
    );
    await Promise.all([...guesses, ...own]);
    // Most guesses are refused at once; of those that are hashed few come before.
    const before = answered.filter((who, index) => who === 'own' || answered.slice(index).includes('own')).length;
    expect(answered.filter((who) => who === 'own')).toHaveLength(2);
    expect(before).toBeLessThan(45);
  });

  it('is not shut out by the failures of its network, once it has signed in from there', async () => {
    const tenant = await makeTenant();
    const { email } = await signUp(tenant, 'member');
    const address = '198.51.100.90';
    await access.login({ email, password, address });
    const guesses = await Promise.all(
      Array.from({ length: 120 }, (_, index) =>
        code(access.login({ email: `no address ${index}`, password, address })),
      ),
    );
    expect(new Set(guesses)).toEqual(new Set(['401 INVALID_CREDENTIALS', '429 RATE_LIMITED']));
    expect(await code(access.login({ email: freshEmail(), password, address }))).toBe('429 RATE_LIMITED');
    expect(await code(access.login({ email, password, address }))).toBe('nothing was thrown');
  });
});

describe('the tenant of a request', () => {
  const domain = 'annex.example';

  it('is the one of the path, else the header, else the host, else the only one', async () => {
    const own = make({ baseDomain: domain });
    const [one, two] = [await makeTenant(), await makeTenant()];
    const email = freshEmail();
    for (const tenant of [one, two])
      await access.users.create(systemCaller(tenant), { email, password, role: 'member' });
    const both = await own.authenticate((await own.login({ email, password, address: '192.0.2.1' })).access_token);
    const resolve = async (address: { pathSlug?: string; slugHeader?: string; host?: string }): Promise<string> =>
      (await own.resolveTenant(both, address, 'req_1')).tenant.slug;
    expect(await resolve({ pathSlug: one.slug, host: `${two.slug}.${domain}` })).toBe(one.slug);
    expect(await resolve({ slugHeader: one.slug, host: `${two.slug}.${domain}` })).toBe(one.slug);
    expect(await resolve({ host: `${two.slug.toUpperCase()}.Annex.Example.:8080` })).toBe(two.slug);
    expect(await code(resolve({ host: `evil-${domain}` }))).toBe('400 TENANT_REQUIRED');
    expect(await code(resolve({ host: `a.${two.slug}.${domain}` }))).toBe('400 TENANT_REQUIRED');
    expect(await code(resolve({ pathSlug: one.slug, slugHeader: two.slug }))).toBe('400 TENANT_CONFLICT');
    const { caller } = await signUp(one, 'member');
    expect((await own.resolveTenant(caller.principal, {}, 'req_1')).tenant).toEqual(one);
  });

  it('is refused alike when it is somebody else’s, when there is none, and when the name is hostile', async () => {
    const [mine, theirs] = [await makeTenant(), await makeTenant()];
    const { caller } = await signUp(mine, 'owner');
    const refusal = async (slug: string): Promise<string> => {
      const thrown = await access
        .resolveTenant(caller.principal, { slugHeader: slug }, 'req_1')
        .catch((error: { code: string; detail: string }) => error);
      return 'code' in thrown ? `${thrown.code} ${thrown.detail.replace(/"[^"]*"/, 'NAME')}` : 'let in';
    };
    const refusals = [
      await refusal(theirs.slug),
      await refusal('no-such-tenant'),
      await refusal('../x'),
      await refusal('\u0000'),
      await refusal('x'.repeat(100_000)),
    ];
    expect(new Set(refusals)).toEqual(
      new Set(['TENANT_FORBIDDEN You may not act in the tenant NAME, or there is none of that name.']),
    );
  });

  it('is found for a stranger too, for public routes; an unknown one looks as if it wanted a token', async () => {
    const tenant = await makeTenant();
    expect(await access.resolveTenant(null, { slugHeader: tenant.slug }, 'req_1')).toEqual({ tenant, caller: null });
    await expect
      .poll(
        async () =>
          (await access.resolveTenant(null, { slugHeader: tenant.slug }, 'req_1')) &&
          access.resolveTenantCached(null, { slugHeader: tenant.slug }, 'req_1'),
      )
      .toEqual({ tenant, caller: null });
    expect(await code(access.resolveTenant(null, { slugHeader: 'no-such-tenant' }, 'req_1'))).toBe(
      '401 UNAUTHENTICATED',
    );
    expect(await code(access.resolveTenant(null, {}, 'req_1'))).toBe('401 UNAUTHENTICATED');
  });

  it('is known as soon as it was made, although it was asked for before', async () => {
    const slug = `late-${Date.now().toString(36)}`;
    expect(await code(access.resolveTenant(null, { slugHeader: slug }, 'req_1'))).toBe('401 UNAUTHENTICATED');
    await access.tenants.create(systemPrincipal, { slug, name: 'Late' }, 'req_1');
    expect((await access.resolveTenant(null, { slugHeader: slug }, 'req_1')).tenant.slug).toBe(slug);
  });
});

describe('an operator', () => {
  it('acts in every tenant as its owner, and is told when there is none', async () => {
    const email = freshEmail();
    await access.operators.ensure({ email, password });
    const tenant = await makeTenant();
    const { access_token, user, tenants } = await access.login({ email, password, address: '192.0.2.1' });
    expect({ user, tenants }).toMatchObject({ user: { email, operator: true }, tenants: [] });
    expect(await callerOf(access_token, tenant.slug)).toMatchObject({
      actor: user.id,
      role: 'owner',
      user: { id: user.id, email },
    });
    expect(await code(callerOf(access_token))).toBe('400 TENANT_REQUIRED');
    expect(await code(callerOf(access_token, 'no-such-tenant'))).toBe('404 NOT_FOUND');
  });

  it('may be a user too, and then acts under that user’s name with an owner’s right', async () => {
    const tenant = await makeTenant();
    const email = freshEmail();
    await access.operators.ensure({ email, password });
    const { caller, id } = await signUp(tenant, 'viewer', email);
    expect(caller).toMatchObject({ actor: id, role: 'owner', principal: { operator: true } });
  });

  it('is made sure of at each start, by several processes at once; a new password ends old sign-ins', async () => {
    const email = freshEmail();
    await Promise.all([1, 2, 3].map(() => access.operators.ensure({ email, password })));
    const first = await access.login({ email, password, address: '192.0.2.1' });
    await access.operators.ensure({ email, password });
    expect((await access.authenticate(first.access_token)).operator).toBe(true);
    await access.operators.ensure({ email: email.toUpperCase(), password: 'a newer password' });
    expect(await code(access.authenticate(first.access_token))).toBe('401 UNAUTHENTICATED');
    expect((await access.login({ email, password: 'a newer password', address: '192.0.2.1' })).user.operator).toBe(
      true,
    );
  });
});

it('needs a secret of at least 32 bytes to sign sessions', () => {
  expect(() => make({ jwtSecret: 'short' })).toThrow(RangeError);
});
