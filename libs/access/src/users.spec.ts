import { uuidFromId } from '@annex/kernel';
import { describe, expect, it } from 'vitest';
import { systemCaller } from './caller.js';
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
  code,
  openAccess,
} from '../../../test/support/access-bench.js';

openAccess();

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
        data: { user: { id: subject, email, role: 'developer' }, changed: ['role'] },
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
