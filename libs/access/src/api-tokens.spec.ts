import { uuidFromId } from '@annex/kernel';
import { describe, expect, it } from 'vitest';
import { systemCaller, type Caller } from './caller.js';
import type { Role } from './roles.js';
import {
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
