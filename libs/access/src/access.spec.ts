import { createHmac } from 'node:crypto';
import { newId, silentLogger, systemClock, uuidFromId, type Clock, type Id } from '@annex/kernel';
import { emitEvent } from '@annex/runs';
import { updateUser } from './rows/users.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { Access, type AccessOptions } from './access.js';
import { systemCaller, systemPrincipal, type Caller } from './caller.js';
import type { Role } from './roles.js';

const jwtSecret = 'a secret of this suite, long enough';
const password = 'correct horse';
let db: TestDatabase;
let access: Access;
let names = 0;

const make = (options: Partial<AccessOptions> = {}): Access =>
  Access.create({
    database: db.database,
    emit: emitEvent,
    clock: systemClock,
    logger: silentLogger,
    jwtSecret,
    ...options,
  });

beforeAll(async () => {
  db = await openTestDatabase();
  access = make();
  await access.start();
});
afterAll(async () => {
  await access.stop();
  await db.close();
});

const freshEmail = (): string => `person-${(names += 1)}@example.test`;

async function makeTenant(): Promise<Caller['tenant']> {
  const { id, slug } = await db.makeTenant();
  return { id, slug, name: slug };
}

/** A user of a tenant, signed in. */
async function signUp(
  tenant: Caller['tenant'],
  role: Role,
  email = freshEmail(),
  from: Access = access,
): Promise<{ caller: Caller; bearer: string; id: string; email: string }> {
  const user = await from.users.create(systemCaller(tenant), { email, password, role });
  const { access_token } = await from.login({ email, password, tenant: tenant.slug, address: '192.0.2.1' });
  return { caller: await callerOf(access_token, tenant.slug, from), bearer: access_token, id: user.id, email };
}

async function callerOf(bearer: string, slug?: string, from: Access = access): Promise<Caller> {
  const { caller } = await from.resolveTenant(await from.authenticate(bearer), { slugHeader: slug }, 'req_1');
  if (!caller) throw new Error('nobody calls');
  return caller;
}

/** What is in memory once news of earlier changes, which may empty it, has arrived. */
const remembered = (from: Access, bearer: string) =>
  expect.poll(async () => (await from.authenticate(bearer)) && from.authenticateCached(bearer));

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing was thrown',
    (thrown: { code: string; kind: { status: number } }) => `${thrown.kind.status} ${thrown.code}`,
  );

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

describe('a session that named two', () => {
  it.each(['deleted', 'reset'])('is seen and ended by whoever it still opens when one of them was %s', async (what) => {
    const [one, two] = [await makeTenant(), await makeTenant()];
    const { email } = await signUp(one, 'member');
    const other = await access.users.create(systemCaller(two), { email, password, role: 'member' });
    const signIn = async (secret = password): Promise<string> =>
      (await access.login({ email, password: secret, address: '192.0.2.1' })).access_token;
    const [here, phone] = [await signIn(), await signIn()];
    if (what === 'deleted') await access.users.delete(systemCaller(two), other.id);
    else
      await db.database
        .forTenant(two.id)
        .transaction((tx) => updateUser(tx, other.id as Id<'user'>, { passwordHash: 'x' }));
    const fresh = await access.authenticate(here);
    const { items } = await access.sessions.list(fresh);
    expect(items.filter(({ current }) => current)).toHaveLength(1);
    // The first sign-in named one user only.
    expect(items).toHaveLength(3);
    expect(await access.sessions.endOthers(fresh, 'req_1')).toEqual({ ended: 2 });
    expect(await code(access.authenticate(phone))).toBe('401 UNAUTHENTICATED');
    await access.sessions.end(fresh, 'current', 'req_1');
    expect(await code(access.authenticate(here))).toBe('401 UNAUTHENTICATED');
  });
});

describe('a password of several', () => {
  it('changes for the others when one user goes meanwhile', async () => {
    const [one, two] = [await makeTenant(), await makeTenant()];
    const { email, id } = await signUp(one, 'member');
    const other = await access.users.create(systemCaller(two), { email, password, role: 'member' });
    const tenants = new Map<string, Caller['tenant']>([
      [id, one],
      [other.id, two],
    ]);
    let gone = '';
    const own = make({
      emit: async (tx, event) => {
        const left = [...tenants].find(([user]) => user !== event.subject);
        if (event.type === 'auth.user.updated' && gone === '' && left)
          await access.users.delete(systemCaller(left[1]), (gone = left[0]));
        return emitEvent(tx, event);
      },
    });
    const principal = await own.authenticate((await own.login({ email, password, address: '192.0.2.1' })).access_token);
    const changed = await own.changePassword(principal, {
      currentPassword: password,
      newPassword: 'another password',
      address: '192.0.2.1',
      userAgent: undefined,
      requestId: 'req_1',
    });
    expect(gone).not.toBe('');
    expect(changed.users).toEqual([id, other.id].filter((user) => user !== gone));
    expect((await own.authenticate(changed.access_token)).memberships).toHaveLength(1);
  });
});

describe('a session', () => {
  it('ends by itself', async () => {
    let now = Date.now();
    const clock: Clock = { now: () => now };
    const own = make({ clock, jwtTtlS: 60 });
    await own.start();
    const { bearer } = await signUp(await makeTenant(), 'member', freshEmail(), own);
    await remembered(own, bearer).toBeDefined();
    now += 61_000;
    expect(own.authenticateCached(bearer)).toBeUndefined();
    expect(await code(own.authenticate(bearer))).toBe('401 UNAUTHENTICATED');
    await own.stop();
  });

  it('is refused when it is forged, unsigned, for another audience, or no token at all', async () => {
    const { bearer } = await signUp(await makeTenant(), 'owner');
    const [header = '', payload = '', signature = ''] = bearer.split('.');
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const signed = (head: unknown, body: unknown, secret = jwtSecret): string => {
      const text = `${encode(head)}.${encode(body)}`;
      return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
    };
    const hs256 = { alg: 'HS256', typ: 'JWT' };
    expect(await code(access.authenticate(signed(hs256, claims)))).toBe('nothing was thrown');
    const forged = [
      signed(hs256, claims, 'another secret that is long enough'),
      signed(hs256, { ...claims, aud: 'elsewhere' }),
      signed(hs256, { ...claims, iss: 'elsewhere' }),
      signed(hs256, { ...claims, exp: undefined }),
      signed(hs256, { ...claims, uids: undefined }),
      signed(hs256, { ...claims, uids: ['usr_x', 7, null, '__proto__'] }),
      signed(hs256, { ...claims, vers: [99] }),
      signed({ alg: 'none', typ: 'JWT' }, claims),
      `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`,
      `${encode({ alg: 'RS256', typ: 'JWT' })}.${payload}.${signature}`,
      `${header}.${encode({ ...claims, op: newId('user') })}.${signature}`,
      `${header}.${payload}.`,
      'annex_',
      `annex_${'A'.repeat(43)}`,
      `annex_${'A'.repeat(4300)}`,
      '',
      'x',
      '....',
      'é'.repeat(100),
      'x'.repeat(1_000_000),
    ];
    const answers = await Promise.all(forged.map((token) => code(access.authenticate(token))));
    expect(new Set(answers)).toEqual(new Set(['401 UNAUTHENTICATED']));
    expect(forged.map((token) => access.authenticateCached(token))).toEqual(forged.map(() => undefined));
  });

  it('follows what changes: role, removal, a new password, the end of the tenant', async () => {
    const tenant = await makeTenant();
    const owner = await signUp(tenant, 'owner');
    const one = await signUp(tenant, 'developer');
    expect((await callerOf(one.bearer)).role).toBe('developer');
    await access.users.update(owner.caller, one.id, { role: 'viewer' });
    expect((await callerOf(one.bearer)).role).toBe('viewer');
    await access.users.update(owner.caller, one.id, { password: 'another password' });
    expect(await code(callerOf(one.bearer))).toBe('401 UNAUTHENTICATED');
    const two = await signUp(tenant, 'developer');
    await callerOf(two.bearer);
    await access.users.delete(owner.caller, two.id);
    expect(await code(callerOf(two.bearer))).toBe('401 UNAUTHENTICATED');
    await access.tenants.delete(systemPrincipal, tenant.slug, { confirm: tenant.slug, now: true, requestId: 'req_1' });
    expect(await code(callerOf(owner.bearer))).toBe('401 UNAUTHENTICATED');
  });

  it('follows changes that another process makes', async () => {
    const other = make();
    await other.start();
    const tenant = await makeTenant();
    const owner = await signUp(tenant, 'owner');
    const one = await signUp(tenant, 'developer');
    expect((await callerOf(one.bearer, tenant.slug, other)).role).toBe('developer');
    await access.users.update(owner.caller, one.id, { role: 'viewer' });
    await expect.poll(async () => (await callerOf(one.bearer, tenant.slug, other)).role).toBe('viewer');
    await other.stop();
  });

  it('is answered from memory once it was seen, and never before changes are heard', async () => {
    const tenant = await makeTenant();
    const { bearer } = await signUp(tenant, 'member');
    const idle = make();
    await idle.authenticate(bearer);
    expect(idle.authenticateCached(bearer)).toBeUndefined();
    await remembered(access, bearer).toBeDefined();
    const principal = await access.authenticate(bearer);
    expect(access.resolveTenantCached(principal, { slugHeader: tenant.slug }, 'req_2')).toMatchObject({
      tenant,
      caller: { role: 'member', requestId: 'req_2' },
    });
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

describe('tenants', () => {
  it('are made, listed, renamed and deleted by operators only', async () => {
    const slug = `made-${Date.now().toString(36)}`;
    const view = await access.tenants.create(systemPrincipal, { slug, name: 'Made' }, 'req_1');
    expect(view).toMatchObject({ id: expect.stringMatching(/^ten_/) as string, slug, name: 'Made' });
    expect(await code(access.tenants.create(systemPrincipal, { slug, name: 'Again' }, 'req_1'))).toBe('409 SLUG_TAKEN');
    expect(await access.tenants.update(systemPrincipal, slug, { name: 'Renamed' }, 'req_1')).toMatchObject({
      slug,
      name: 'Renamed',
    });
    const moved = await access.tenants.update(systemPrincipal, slug, { slug: `${slug}-2` }, 'req_1');
    expect(await access.tenants.get(systemPrincipal, `${slug}-2`)).toEqual(moved);
    const { caller } = await signUp({ id: view.id as Id<'tenant'>, slug: moved.slug, name: moved.name }, 'owner');
    const refused = [
      access.tenants.create(caller.principal, { slug: 'x', name: 'x' }, 'req_1'),
      access.tenants.list(caller.principal, { limit: 10 }),
      access.tenants.get(caller.principal, moved.slug),
      access.tenants.update(caller.principal, moved.slug, { name: 'x' }, 'req_1'),
      access.tenants.delete(caller.principal, moved.slug, { confirm: moved.slug, requestId: 'req_1' }),
      access.tenants.restore(caller.principal, moved.slug, 'req_1'),
      access.tenants.audit(caller.principal, { limit: 10 }),
    ];
    expect(new Set(await Promise.all(refused.map(code)))).toEqual(new Set(['403 FORBIDDEN']));
    const unknown = [
      access.tenants.get(systemPrincipal, '\u0000'),
      access.tenants.update(systemPrincipal, 'NO', {}, 'req_1'),
      access.tenants.delete(systemPrincipal, 'x'.repeat(1e6), { requestId: 'req_1' }),
      access.tenants.restore(systemPrincipal, 'nobody', 'req_1'),
    ];
    expect(new Set(await Promise.all(unknown.map(code)))).toEqual(new Set(['404 NOT_FOUND']));
    const actions = await db.sql('select action from audit where tenant_id = $1 order by seq', [
      uuidFromId(view.id as Id<'tenant'>),
    ]);
    expect(actions.map((row) => row.action)).toEqual([
      'tenant.created',
      'tenant.updated',
      'tenant.updated',
      'user.created',
    ]);
  });

  it('are listed page by page', async () => {
    for (let count = 0; count < 5; count += 1) await makeTenant();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await access.tenants.list(systemPrincipal, { limit: 2, cursor });
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map((tenant) => tenant.slug));
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    const all = await db.sql('select slug from tenants where erasing_since is null');
    expect(seen.sort()).toEqual(all.map((row) => row.slug as string).sort());
    expect(await code(access.tenants.list(systemPrincipal, { limit: 2, cursor: `' or 1=1` }))).toBe(
      '422 INVALID_INPUT',
    );
  });

  it('refuse names that cannot stand in a host name, with every fault', async () => {
    await expect(access.tenants.create(systemPrincipal, { slug: 'No_Slug', name: '' }, 'req_1')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      errors: [{ pointer: '/slug' }, { pointer: '/name' }],
    });
  });

  it('leave no row in any table when they are deleted, also when the first try died half-way', async () => {
    const tenant = await makeTenant();
    const owner = await signUp(tenant, 'owner');
    const uuid = uuidFromId(tenant.id);
    await access.tokens.create(owner.caller, { name: 'ci' });
    const [installation, release] = [uuidFromId(newId('installation')), uuidFromId(newId('release'))];
    await db.sql(`insert into installations (tenant_id, id, slug, name) values ($1, $2, 'p', 'p')`, [
      uuid,
      installation,
    ]);
    await db.sql(`insert into blobs (tenant_id, sha256, bytes) values ($1, 'b', '')`, [uuid]);
    await db.sql(
      `insert into releases (tenant_id, id, installation_id, version, sha256, manifest, registrations,
         bundle_sha256) values ($1, $2, $3, '1.0.0', 'a', '{}', '[]', 'b')`,
      [uuid, release, installation],
    );
    await db.sql('update installations set release_id = $3 where tenant_id = $1 and id = $2', [
      uuid,
      installation,
      release,
    ]);
    await db.sql(
      `insert into release_files (tenant_id, release_id, path, sha256, size) values ($1, $2, 'main.ts', 'b', 0)`,
      [uuid, release],
    );
    await db.sql(
      `insert into kv (tenant_id, installation_id, key, value) select $1, $2, n::text, '1'
       from generate_series(1, 12000) n`,
      [uuid, installation],
    );

    await db.sql('update tenants set deleted_at = now(), erase_after = now(), erasing_since = now() where id = $1', [
      uuid,
    ]);
    const restarted = make();
    await restarted.start();
    const tables = await db.sql<{ name: string }>(
      `select c.relname::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid
       where a.attname = 'tenant_id' and c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace`,
    );
    const left = async (): Promise<string[]> => {
      const names: string[] = [];
      for (const { name } of tables)
        if ((await db.sql(`select 1 from ${name} where tenant_id = $1 limit 1`, [uuid])).length > 0) names.push(name);
      return names;
    };
    expect(tables.length).toBeGreaterThan(10);
    await expect
      .poll(async () => (await db.sql('select 1 from tenants where id = $1', [uuid])).length, { timeout: 30_000 })
      .toBe(0);
    expect(await left()).toEqual([]);
    await restarted.stop();
    expect(
      await code(access.tenants.delete(systemPrincipal, tenant.slug, { confirm: tenant.slug, requestId: 'req_1' })),
    ).toBe('404 NOT_FOUND');
  });

  it('let nobody in from the moment their erasure begins', async () => {
    const tenant = await makeTenant();
    const owner = await signUp(tenant, 'owner');
    const { token } = await access.tokens.create(owner.caller, { name: 'ci' });
    await callerOf(token);
    await db.sql('update tenants set deleted_at = now(), erase_after = now(), erasing_since = now() where id = $1', [
      uuidFromId(tenant.id),
    ]);
    await db.sql(`select annex_changed($1, 'tenant')`, [uuidFromId(tenant.id)]);
    await expect.poll(() => code(callerOf(owner.bearer))).toBe('401 UNAUTHENTICATED');
    await expect.poll(() => code(callerOf(token))).toBe('401 UNAUTHENTICATED');
    expect(await code(access.login({ email: owner.email, password, address: '192.0.2.1' }))).toBe(
      '401 INVALID_CREDENTIALS',
    );
    expect(await code(access.resolveTenant(null, { slugHeader: tenant.slug }, 'req_1'))).toBe('401 UNAUTHENTICATED');
  });
});

describe('users', () => {
  it('are made, changed and removed with an event and an audit row each', async () => {
    const tenant = await makeTenant();
    const admin = await signUp(tenant, 'admin');
    const email = freshEmail();
    const made = await access.users.create(admin.caller, { email, password, role: 'member' });
    expect(made).toMatchObject({
      id: expect.stringMatching(/^usr_/) as string,
      email,
      role: 'member',
      has_password: true,
    });
    expect(JSON.stringify(made)).not.toContain('argon2');
    await access.users.update(admin.caller, made.id, { role: 'developer' });
    await access.users.update(admin.caller, made.id, { role: 'developer' });
    await access.users.delete(admin.caller, made.id);
    const subject = made.id;
    const events = await db.sql(
      'select type, source, data from events where tenant_id = $1 and subject = $2 order by created_at, type',
      [uuidFromId(tenant.id), subject],
    );
    expect(events).toEqual([
      { type: 'auth.user.created', source: 'annex:platform', data: { user: { id: subject, email, role: 'member' } } },
      {
        type: 'auth.user.updated',
        source: 'annex:platform',
        data: { user: { id: subject, email, role: 'developer' } },
      },
      {
        type: 'auth.user.deleted',
        source: 'annex:platform',
        data: { user: { id: subject, email, role: 'developer' } },
      },
    ]);
    const audit = await db.sql(
      'select action, actor, request_id from audit where tenant_id = $1 and target = $2 order by seq',
      [uuidFromId(tenant.id), subject],
    );
    expect(audit).toEqual(
      ['user.created', 'user.updated', 'user.deleted'].map((action) => ({
        action,
        actor: admin.id,
        request_id: 'req_1',
      })),
    );
  });

  it('are not made when their event cannot be written', async () => {
    const tenant = await makeTenant();
    const own = make({
      emit: () => Promise.reject(new Error('it died right here')),
    });
    await expect(
      own.users.create(systemCaller(tenant), { email: freshEmail(), password, role: 'member' }),
    ).rejects.toThrow('it died right here');
    expect(await db.sql('select 1 from users where tenant_id = $1', [uuidFromId(tenant.id)])).toEqual([]);
  });

  it('are unique by e-mail within a tenant, whatever the case and however many try at once', async () => {
    const [one, two] = [await makeTenant(), await makeTenant()];
    const email = freshEmail();
    const tries = await Promise.all(
      [email, email.toUpperCase(), email, email].map((text) =>
        code(access.users.create(systemCaller(one), { email: text, role: 'member' })),
      ),
    );
    expect(tries.sort()).toEqual(['409 EMAIL_TAKEN', '409 EMAIL_TAKEN', '409 EMAIL_TAKEN', 'nothing was thrown']);
    expect(await code(access.users.create(systemCaller(two), { email, role: 'member' }))).toBe('nothing was thrown');
    const other = await access.users.create(systemCaller(one), { email: freshEmail(), role: 'member' });
    expect(await code(access.users.update(systemCaller(one), other.id, { email: email.toUpperCase() }))).toBe(
      '409 EMAIL_TAKEN',
    );
  });

  it('cannot be raised above the role of whoever does it, nor touched by a lesser one', async () => {
    const tenant = await makeTenant();
    const [owner, admin, developer] = [
      await signUp(tenant, 'owner'),
      await signUp(tenant, 'admin'),
      await signUp(tenant, 'developer'),
    ];
    const { users } = access;
    const refused = [
      users.create(developer.caller, { email: freshEmail(), role: 'viewer' }),
      users.create(admin.caller, { email: freshEmail(), role: 'owner' }),
      users.update(admin.caller, admin.id, { role: 'owner' }),
      users.update(admin.caller, owner.id, { role: 'viewer' }),
      users.update(admin.caller, owner.id, { password: 'taken over now' }),
      users.update(developer.caller, developer.id, { role: 'admin' }),
      users.update(developer.caller, owner.id, { password: 'taken over now' }),
      users.delete(admin.caller, owner.id),
      users.delete(developer.caller, developer.id),
    ];
    expect(new Set(await Promise.all(refused.map(code)))).toEqual(new Set(['403 FORBIDDEN']));
    const token = await access.tokens.create(owner.caller, { name: 'weak', role: 'viewer' });
    expect(await code(users.update(await callerOf(token.token), owner.id, { password: 'taken over now' }))).toBe(
      '403 FORBIDDEN',
    );
    expect(await code(users.update(developer.caller, developer.id, { password: 'my new password' }))).toBe(
      '422 INVALID_INPUT',
    );
    expect(
      await code(
        users.update(developer.caller, developer.id, { password: 'my new password', currentPassword: password }),
      ),
    ).toBe('nothing was thrown');
  });

  it('of another tenant cannot be seen or touched', async () => {
    const [mine, theirs] = [await makeTenant(), await makeTenant()];
    const [me, them] = [await signUp(mine, 'owner'), await signUp(theirs, 'member')];
    const { users } = access;
    const attempts = [
      users.get(me.caller, them.id),
      users.update(me.caller, them.id, { role: 'viewer' }),
      users.delete(me.caller, them.id),
      users.get(me.caller, 'usr_nonsense'),
      users.get(me.caller, `' or 1=1`),
      users.get(me.caller, '\u0000'),
    ];
    expect(new Set(await Promise.all(attempts.map(code)))).toEqual(new Set(['404 NOT_FOUND']));
    expect((await users.list(me.caller, { limit: 50 })).items.map((user) => user.id)).toEqual([me.id]);
  });

  it('always leave an owner, also when two owners lower each other at once', async () => {
    const tenant = await makeTenant();
    const [one, two] = [await signUp(tenant, 'owner'), await signUp(tenant, 'owner')];
    const answers = await Promise.all([
      code(access.users.update(one.caller, two.id, { role: 'viewer' })),
      code(access.users.delete(two.caller, one.id)),
    ]);
    expect(answers.sort()).toEqual(['409 LAST_OWNER', 'nothing was thrown']);
    const [last] = (await access.users.list(systemCaller(tenant), { limit: 10 })).items.filter(
      (user) => user.role === 'owner',
    );
    expect(await code(access.users.delete(systemCaller(tenant), last?.id ?? ''))).toBe('409 LAST_OWNER');
    expect(await code(access.users.update(systemCaller(tenant), last?.id ?? '', { role: 'admin' }))).toBe(
      '409 LAST_OWNER',
    );
  });

  it('refuse e-mail addresses, passwords and roles that are not, with every fault', async () => {
    const caller = systemCaller(await makeTenant());
    for (const email of [
      'x',
      'a@b',
      'a b@c.test',
      'a@b.test\n',
      'ada@exämple.test',
      '\u212a@example.test',
      `${'a'.repeat(65)}@b.test`,
      '"a"@b.test',
    ]) {
      await expect(
        access.users.create(caller, { email, password: 'short', role: 'god' as Role }),
      ).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        errors: [{ pointer: '/email' }, { pointer: '/password' }, { pointer: '/role' }],
      });
    }
    expect(
      await code(access.users.create(caller, { email: freshEmail(), password: 'x'.repeat(1025), role: 'member' })),
    ).toBe('422 INVALID_INPUT');
  });
});

describe('API tokens', () => {
  it('are shown once, kept as a hash, and act as their user with the lesser of both roles', async () => {
    const tenant = await makeTenant();
    const owner = await signUp(tenant, 'owner');
    const developer = await signUp(tenant, 'developer');
    const made = await access.tokens.create(developer.caller, { name: 'ci' });
    expect(made.token).toMatch(/^annex_[A-Za-z0-9_-]{43}$/);
    expect(made).toMatchObject({
      id: expect.stringMatching(/^tok_/) as string,
      name: 'ci',
      role: 'developer',
      user_id: developer.id,
      expires_at: null,
      last_used_at: null,
    });
    const kept = await db.sql(`select k::text as row from api_tokens k where tenant_id = $1`, [uuidFromId(tenant.id)]);
    expect(JSON.stringify(kept)).not.toContain(made.token);
    expect(await callerOf(made.token)).toMatchObject({
      actor: made.id,
      role: 'developer',
      tenant,
      user: { id: developer.id, email: developer.email, role: 'developer' },
    });
    await access.users.update(owner.caller, developer.id, { role: 'viewer' });
    expect((await callerOf(made.token)).role).toBe('viewer');
    await access.users.delete(owner.caller, developer.id);
    expect(await code(callerOf(made.token))).toBe('401 UNAUTHENTICATED');
  });

  it('open no other tenant and make nobody an operator', async () => {
    const [mine, theirs] = [await makeTenant(), await makeTenant()];
    const email = freshEmail();
    await access.operators.ensure({ email, password });
    const owner = await signUp(mine, 'owner', email);
    const { token } = await access.tokens.create(owner.caller, { name: 'ci' });
    expect(await code(callerOf(token, theirs.slug))).toBe('403 TENANT_FORBIDDEN');
    expect((await access.authenticate(token)).operator).toBe(false);
  });

  it('of an operator that asks for it act in every tenant, until revoked or the operator is gone', async () => {
    const [home, elsewhere] = [await makeTenant(), await makeTenant()];
    const email = freshEmail();
    await access.operators.ensure({ email, password });
    const { access_token } = await access.login({ email, password, address: '192.0.2.1' });
    const operator = await callerOf(access_token, home.slug);
    const made = await access.tokens.create(operator, { name: 'provisioning', operator: true });
    expect(made).toMatchObject({ operator: true, role: 'owner', user_id: null });
    const principal = await access.authenticate(made.token);
    expect(access.describe(principal)).toMatchObject({
      actor: made.id,
      user: { email, operator: true },
      tenants: [{ slug: home.slug, role: 'owner' }],
    });
    expect(await callerOf(made.token, elsewhere.slug)).toMatchObject({
      actor: made.id,
      role: 'owner',
      tenant: elsewhere,
    });
    expect((await access.tenants.create(principal, { slug: `made-${home.slug}`, name: 'x' }, 'req_1')).slug).toBe(
      `made-${home.slug}`,
    );
    expect(await code(access.tokens.create(operator, { name: 'x', operator: true, role: 'viewer' }))).toBe(
      '422 INVALID_INPUT',
    );

    const child = await access.tokens.create(await callerOf(made.token, elsewhere.slug), {
      name: 'child',
      operator: true,
    });
    await access.tokens.delete(operator, made.id);
    expect(await code(callerOf(made.token, elsewhere.slug))).toBe('401 UNAUTHENTICATED');
    expect((await callerOf(child.token, home.slug)).role).toBe('owner');
    await db.sql('delete from operators where email = $1', [email]);
    const fresh = make();
    expect(await code(callerOf(child.token, elsewhere.slug, fresh))).toBe('401 UNAUTHENTICATED');
  });

  it('that act in every tenant are for operators alone to make', async () => {
    const { caller } = await signUp(await makeTenant(), 'owner');
    expect(await code(access.tokens.create(caller, { name: 'x', operator: true }))).toBe('403 FORBIDDEN');
    expect(await code(access.tokens.create(systemCaller(caller.tenant), { name: 'x', operator: true }))).toBe(
      '403 FORBIDDEN',
    );
  });

  it('never reach above their maker, nor live longer than the token that made them', async () => {
    const { caller } = await signUp(await makeTenant(), 'developer');
    expect(await code(access.tokens.create(caller, { name: 'x', role: 'admin' }))).toBe('403 FORBIDDEN');
    const short = await access.tokens.create(caller, { name: 'short', role: 'viewer', expiresInS: 60 });
    const child = await access.tokens.create(await callerOf(short.token), { name: 'child' });
    expect(child).toMatchObject({ role: 'viewer', expires_at: short.expires_at });
    expect(await code(access.tokens.create(await callerOf(short.token), { name: 'x', role: 'member' }))).toBe(
      '403 FORBIDDEN',
    );
  });

  it('end when they expire and when they are revoked', async () => {
    let now = Date.now();
    const own = make({ clock: { now: () => now } });
    await own.start();
    const { caller } = await signUp(await makeTenant(), 'member', freshEmail(), own);
    const [short, long] = [
      await own.tokens.create(caller, { name: 'short', expiresInS: 10 }),
      await own.tokens.create(caller, { name: 'long' }),
    ];
    for (const { token } of [short, long]) await own.authenticate(token);
    now += 10_000;
    expect(own.authenticateCached(short.token)).toBeUndefined();
    expect(await code(own.authenticate(short.token))).toBe('401 UNAUTHENTICATED');
    await remembered(own, long.token).toBeDefined();
    await own.tokens.delete(caller, long.id);
    expect(own.authenticateCached(long.token)).toBeUndefined();
    expect(await code(own.authenticate(long.token))).toBe('401 UNAUTHENTICATED');
    await own.stop();
  });

  it('are seen and revoked by whoever they belong to, and by admins', async () => {
    const tenant = await makeTenant();
    const [admin, one, two] = [
      await signUp(tenant, 'admin'),
      await signUp(tenant, 'member'),
      await signUp(tenant, 'member'),
    ];
    const mine = await access.tokens.create(one.caller, { name: 'mine' });
    const theirs = await access.tokens.create(two.caller, { name: 'theirs' });
    const visible = async (caller: Caller): Promise<string[]> =>
      (await access.tokens.list(caller, { limit: 10 })).items.map((token) => token.id);
    expect(await visible(one.caller)).toEqual([mine.id]);
    expect(await visible(admin.caller)).toEqual([mine.id, theirs.id]);
    expect(JSON.stringify(await access.tokens.list(admin.caller, { limit: 10 }))).not.toContain('annex_');
    expect(await code(access.tokens.get(one.caller, theirs.id))).toBe('404 NOT_FOUND');
    expect(await access.tokens.get(one.caller, mine.id)).toMatchObject({ id: mine.id, user_id: one.id });
    expect(await code(access.tokens.delete(one.caller, theirs.id))).toBe('404 NOT_FOUND');
    const stranger = await signUp(await makeTenant(), 'owner');
    expect(await code(access.tokens.delete(stranger.caller, mine.id))).toBe('404 NOT_FOUND');
    await access.tokens.delete(one.caller, mine.id);
    await access.tokens.delete(admin.caller, theirs.id);
    expect(await visible(admin.caller)).toEqual([]);
  });

  it('say when they were last used', async () => {
    const own = make();
    await own.start();
    const { caller } = await signUp(await makeTenant(), 'member');
    const { token, id } = await access.tokens.create(caller, { name: 'ci' });
    await own.authenticate(token);
    own.authenticateCached(token);
    await own.stop();
    const [listed] = (await access.tokens.list(caller, { limit: 10 })).items;
    expect(listed).toMatchObject({ id, last_used_at: expect.stringMatching(/Z$/) as string });
  });

  it('are refused with every fault when their input is hostile', async () => {
    const { caller } = await signUp(await makeTenant(), 'owner');
    await expect(
      access.tokens.create(caller, { name: '\u0000', role: 'root' as Role, expiresInS: 1e99 }),
    ).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      errors: [{ pointer: '/name' }, { pointer: '/role' }, { pointer: '/expires_in_s' }],
    });
  });
});

it('needs a secret of at least 32 bytes to sign sessions', () => {
  expect(() => make({ jwtSecret: 'short' })).toThrow(RangeError);
});
