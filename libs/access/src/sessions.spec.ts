import { createHmac } from 'node:crypto';
import { newId, type Clock, type Id } from '@annex/kernel';
import { emitEvent } from '@annex/runs';
import { updateUser } from './rows/users.js';
import { describe, expect, it } from 'vitest';
import { systemCaller, systemPrincipal, type Caller } from './caller.js';
import {
  jwtSecret,
  password,
  db,
  access,
  make,
  freshEmail,
  makeTenant,
  signUp,
  callerOf,
  remembered,
  code,
  openAccess,
} from '../../../test/support/access-bench.js';

openAccess();

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

  it('stays good while the secret is changed in steps, and ends with the secret that signed it', async () => {
    const tenant = await makeTenant();
    const next = 'the next secret of this suite, long too';
    const { bearer } = await signUp(tenant, 'member');
    // Step 1: everybody knows the next one, and signs with the present one.
    const knowing = make({ oldJwtSecrets: [next] });
    // Step 2: the next one signs.
    const changed = make({ jwtSecret: next, oldJwtSecrets: [jwtSecret] });
    const { bearer: newer } = await signUp(tenant, 'member', freshEmail(), changed);
    for (const one of [knowing, changed])
      for (const each of [bearer, newer]) expect(await code(one.authenticate(each))).toBe('nothing was thrown');
    // Step 3: what the former one signed is over.
    const over = make({ jwtSecret: next });
    expect(await code(over.authenticate(newer))).toBe('nothing was thrown');
    expect(await code(over.authenticate(bearer))).toBe('401 UNAUTHENTICATED');
    expect(await code(access.authenticate(newer))).toBe('401 UNAUTHENTICATED');
    const link = await access.streamTokens.make({ bearer, tenant: tenant.slug });
    expect(await changed.streamTokens.open(link.token)).toEqual({ bearer, tenant: tenant.slug });
    expect(await over.streamTokens.open(link.token)).toBeUndefined();
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
      signed({ ...hs256, kid: 'another' }, claims),
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
