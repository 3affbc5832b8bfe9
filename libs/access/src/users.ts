import { eventSources } from '@annex/events';
import { newId, type Clock, type Id, type Json, type Page, type PageRequest } from '@annex/kernel';
import { appendAudit } from '@annex/audit';
import { deleteApiTokensOf } from './rows/api-tokens.js';
import { revokeInvitationsOf } from './rows/invitations.js';
import {
  deleteUser,
  endSignIns,
  findUser,
  insertUser,
  listUsers,
  lockOwners,
  updateUser,
  type NewUser,
  type UserChange,
} from './rows/users.js';
import type { UserRow } from './rows/user-row.js';
import type { EmitEvent } from '@annex/runs';
import { isUniqueViolation, type Change, type Database, type TenantTransaction } from '@annex/database';
import { userIdOf, type Caller, type Membership } from './caller.js';
import { emailFaults, passwordFaults } from './email.js';
import { accessErrors, refuseFaults } from './errors.js';
import { finding } from './found.js';
import { onePage } from './pages.js';
import type { OwnPassword } from './own-password.js';
import { turnOf, type Passwords } from './passwords.js';
import { roleAtLeast, roles, type Role } from './roles.js';
import { emailTaken, nameFaults, requireAdmin, requireReach, roleFaults } from './user-rules.js';
import { requirePerson } from './sessions.js';
import { userView, type UserView } from './views.js';

const { readId, require: requireUser } = finding({ kind: 'user', list: '/api/users', find: findUser });

export interface UsersOptions {
  database: Database;
  passwords: Passwords;
  ownPassword: OwnPassword;
  emit: EmitEvent;
  clock: Clock;
  /** Drops what this process keeps, right after the commit. */
  forget: (change: Change) => void;
}

export interface NewUserInput {
  email: string;
  /** What they are called. Default: by their address. */
  name?: string | null | undefined;
  /** Unset: signs in through the identity provider only. */
  password?: string | undefined;
  role: Role;
}

export interface UserChangeInput {
  email?: string | undefined;
  /** What they are called; `null`: by their address. */
  name?: string | null | undefined;
  password?: string | undefined;
  role?: Role | undefined;
  /** The present password; whoever changes the own one must know it. */
  currentPassword?: string | undefined;
  /** With a new password: ends the user's API tokens too. Default: no. */
  endTokens?: boolean | undefined;
}

interface OwnPasswordChange {
  tenantId: Id<'tenant'>;
  userId: Id<'user'>;
  password: string;
  endTokens: boolean;
  requestId: string;
}

interface HashedPasswordChange extends Omit<OwnPasswordChange, 'password'> {
  passwordHash: string;
  by?: 'mail';
}

interface ChangedCredential {
  /** Of the sign-ins from now on. */
  version: number;
  tokensEnded: number;
}

/**
 * The users of a tenant. Admins and owners change them, nobody above their own role; everybody may change the own
 * password, with the present one; the last owner stays.
 */
export class Users {
  constructor(private readonly options: UsersOptions) {}

  /** Throws `FORBIDDEN`, `INVALID_INPUT`, `EMAIL_TAKEN`. */
  async create(caller: Caller, { email, name = null, password, role }: NewUserInput): Promise<UserView> {
    requireAdmin(caller);
    refuseFaults([
      ...emailFaults(email),
      ...(password === undefined ? [] : passwordFaults(password)),
      ...roleFaults(role),
      ...nameFaults(name),
    ]);
    requireReach(caller, role);
    const passwordHash =
      password === undefined
        ? null
        : await this.options.passwords.hash(password, turnOf(caller.tenant.id, caller.actor));
    const id = newId('user', this.options.clock.now());
    return this.#change(caller, async (tx) => {
      if (!(await insertUser(tx, { id, email, name, passwordHash, role }))) throw emailTaken(email);
      return this.#record(tx, caller, 'created', await requireUser(tx, id));
    });
  }

  /** Adds somebody who was invited, in the transaction that ends the invitation. Throws `EMAIL_TAKEN`. */
  async admit(tx: TenantTransaction, user: NewUser, requestId: string): Promise<UserView> {
    if (!(await insertUser(tx, user))) throw emailTaken(user.email);
    return this.#record(tx, { actor: user.id, requestId }, 'created', await requireUser(tx, user.id));
  }

  async list(caller: Caller, page: PageRequest): Promise<Page<UserView>> {
    return this.#read(caller, (tx) => onePage('user', page, { read: (part) => listUsers(tx, part), view: userView }));
  }

  /** Throws `NOT_FOUND`. */
  async get(caller: Caller, id: string): Promise<UserView> {
    return this.#read(caller, async (tx) => userView(await requireUser(tx, readId(id))));
  }

  /** Throws `FORBIDDEN`, `NOT_FOUND`, `INVALID_INPUT`, `EMAIL_TAKEN`, `LAST_OWNER`. */
  async update(
    caller: Caller,
    id: string,
    { email, name, password, role, currentPassword, endTokens = false }: UserChangeInput,
  ): Promise<UserView> {
    const target = readId(id);
    // Everybody has the own password and name.
    const onlyOwn = target === userIdOf(caller) && email === undefined && role === undefined;
    if (!onlyOwn) requireAdmin(caller);
    refuseFaults([
      ...(email === undefined ? [] : emailFaults(email)),
      ...(password === undefined ? [] : passwordFaults(password)),
      ...(role === undefined ? [] : roleFaults(role)),
      ...nameFaults(name),
    ]);
    if (role !== undefined) requireReach(caller, role);
    if (password !== undefined) await this.#requirePasswordRight(caller, target, currentPassword);
    const passwordHash =
      password === undefined
        ? undefined
        : await this.options.passwords.hash(password, turnOf(caller.tenant.id, caller.actor));
    return this.#change(caller, async (tx) => {
      const owners = await lockOwners(tx);
      const before = await requireUser(tx, target);
      // A token of a lesser role must not take over the account behind it.
      requireReach(caller, before.role as Role);
      if (role !== undefined && role !== 'owner') requireAnotherOwner(owners, target);
      const change: UserChange = {
        ...(email === undefined || email === before.email ? {} : { email }),
        ...(name === undefined || name === before.name ? {} : { name }),
        ...(role === undefined || role === before.role ? {} : { role }),
        ...(passwordHash === undefined ? {} : { passwordHash }),
      };
      if (Object.keys(change).length === 0) return userView(before);
      if ((await updateUser(tx, target, change)) === 'taken') throw emailTaken(email ?? '');
      if (passwordHash !== undefined && endTokens) await this.#endTokens(tx, target);
      if (change.role !== undefined) await this.#endInvitations(tx, caller, target, change.role as Role);
      const fields = Object.keys(change).map((field) => (field === 'passwordHash' ? 'password' : field));
      return this.#record(tx, caller, 'updated', await requireUser(tx, target), fields);
    });
  }

  /** Throws `FORBIDDEN`, `NOT_FOUND`, `LAST_OWNER`. The user's API tokens end with it. */
  async delete(caller: Caller, id: string): Promise<void> {
    requireAdmin(caller);
    const target = readId(id);
    await this.#change(caller, async (tx) => {
      const owners = await lockOwners(tx);
      const before = await requireUser(tx, target);
      requireReach(caller, before.role as Role);
      requireAnotherOwner(owners, target);
      await deleteUser(tx, target);
      await this.#endInvitations(tx, caller, target, null);
      await tx.changed('tokens');
      return this.#record(tx, caller, 'deleted', before);
    });
  }

  /**
   * Ends a user's sign-ins in this tenant, whatever else their sessions open; API tokens stay. Throws `NOT_FOUND`, and
   * `FORBIDDEN` also to API tokens.
   */
  async endSessions(caller: Caller, id: string): Promise<void> {
    requireAdmin(caller);
    requirePerson(caller.principal);
    const target = readId(id);
    await this.#change(caller, async (tx) => {
      const row = await requireUser(tx, target);
      requireReach(caller, row.role as Role);
      await endSignIns(tx, target);
      await appendAudit(tx, {
        actor: caller.actor,
        action: 'user.sessions_ended',
        target,
        detail: { email: row.email },
        requestId: caller.requestId,
      });
      await this.#announce(tx);
    });
  }

  /**
   * Sets a password whose owner has proved to know the present one. Answers the sign-ins' new version; `undefined`: the
   * user is gone.
   */
  async setOwnPassword({ password, ...change }: OwnPasswordChange): Promise<ChangedCredential | undefined> {
    const passwordHash = await this.options.passwords.hash(password, turnOf(change.tenantId, change.userId));
    return this.setPasswordHash({ ...change, passwordHash });
  }

  /** As {@link setOwnPassword}, of a password that was hashed already. `by`: with a link of that kind. */
  setPasswordHash({
    tenantId,
    userId,
    passwordHash,
    endTokens,
    requestId,
    by,
  }: HashedPasswordChange): Promise<ChangedCredential | undefined> {
    return this.options.database.forTenant(tenantId).transaction(async (tx) => {
      await updateUser(tx, userId, { passwordHash });
      const row = await findUser(tx, userId);
      if (!row) return undefined;
      const tokensEnded = endTokens ? await this.#endTokens(tx, userId) : 0;
      await this.#record(tx, { actor: userId, requestId }, 'updated', row, ['password'], by && { by });
      return { version: row.credentialVersion, tokensEnded };
    });
  }

  /** Writes down that somebody had a link for a new password sent to a user. */
  async noteReset({ tenantId, userId, requestId }: Pick<OwnPasswordChange, 'tenantId' | 'userId' | 'requestId'>) {
    await this.options.database.forTenant(tenantId).transaction((tx) =>
      appendAudit(tx, {
        actor: 'system',
        action: 'user.password_reset_requested',
        target: userId,
        requestId,
      }),
    );
  }

  /** What somebody is called, changed by themselves in every tenant. Throws `INVALID_INPUT`. */
  async setOwnName(
    memberships: readonly Membership[],
    { name, requestId }: { name: string | null; requestId: string },
  ): Promise<void> {
    refuseFaults(nameFaults(name));
    for (const { tenant, userId } of memberships) {
      if (userId === null || tenant.erasesAt !== undefined) continue;
      await this.options.database.forTenant(tenant.id).transaction(async (tx) => {
        const before = await findUser(tx, userId);
        if (!before || before.name === name) return;
        await updateUser(tx, userId, { name });
        await this.#record(tx, { actor: userId, requestId }, 'updated', { ...before, name }, ['name']);
      });
    }
  }

  /**
   * A password changes by somebody who knows the present one, or by an admin for another; a token that leaked must not
   * take an account over.
   */
  async #requirePasswordRight(caller: Caller, target: Id<'user'>, currentPassword: string | undefined): Promise<void> {
    requirePerson(caller.principal);
    if (target !== userIdOf(caller)) return;
    if (currentPassword === undefined) {
      refuseFaults([
        {
          pointer: '/current_password',
          code: 'REQUIRED',
          detail: 'is needed to change your own password; POST /api/auth/password changes it in all of your tenants',
        },
      ]);
      return;
    }
    await this.options.ownPassword.prove(caller.principal, currentPassword, [target]);
  }

  async #endTokens(tx: TenantTransaction, userId: Id<'user'>): Promise<number> {
    const ended = await deleteApiTokensOf(tx, userId);
    await tx.changed('tokens');
    tx.afterCommit(() => this.options.forget({ tenantId: tx.tenantId, what: 'tokens' }));
    return ended;
  }

  /** What somebody may give no longer is not given by an invitation from before. `role`: theirs from now on. */
  async #endInvitations(tx: TenantTransaction, caller: Caller, userId: Id<'user'>, role: Role | null): Promise<void> {
    const but = role !== null && roleAtLeast(role, 'admin') ? roles.filter((one) => roleAtLeast(role, one)) : [];
    const now = new Date(this.options.clock.now());
    for (const target of await revokeInvitationsOf(tx, userId, { but, now }))
      await appendAudit(tx, {
        actor: caller.actor,
        action: 'invitation.revoked',
        target,
        detail: { because: `${userId} may not give this role any more` },
        requestId: caller.requestId,
      });
  }

  #read<T>(caller: Caller, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.options.database.forTenant(caller.tenant.id).transaction(work);
  }

  async #change<T>(caller: Caller, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    try {
      return await this.#read(caller, work);
    } catch (thrown) {
      // Two at once took the same address; the index is the judge.
      if (isUniqueViolation(thrown)) throw emailTaken();
      throw thrown;
    }
  }

  /** Audit, event and cache notice, in the transaction of the change. */
  async #record(
    tx: TenantTransaction,
    caller: Pick<Caller, 'actor' | 'requestId'>,
    verb: 'created' | 'updated' | 'deleted',
    row: UserRow,
    fields?: string[],
    more: Record<string, Json> = {},
  ): Promise<UserView> {
    const user = { id: row.id, email: row.email, role: row.role };
    await appendAudit(tx, {
      actor: caller.actor,
      action: `user.${verb}`,
      target: row.id,
      detail: { email: row.email, role: row.role, ...(fields ? { fields } : {}), ...more },
      requestId: caller.requestId,
    });
    await this.options.emit(tx, {
      type: `auth.user.${verb}`,
      source: eventSources.platform,
      subject: row.id,
      data: { user, ...(fields && { changed: fields }) },
    });
    await this.#announce(tx);
    return userView(row);
  }

  async #announce(tx: TenantTransaction): Promise<void> {
    await tx.changed('users');
    tx.afterCommit(() => this.options.forget({ tenantId: tx.tenantId, what: 'users' }));
  }
}

function requireAnotherOwner(owners: string[], target: Id<'user'>): void {
  if (!owners.includes(target) || owners.length > 1) return;
  throw accessErrors.error('LAST_OWNER', 'This is the only owner of the tenant. Make somebody else an owner first.');
}
