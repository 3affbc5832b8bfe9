import { appendAudit } from '@annex/audit';
import { idFromUuid, messageOf, newId, type Clock, type Id, type Logger } from '@annex/kernel';
import { accountLimits, guessLimits } from '@annex/limits';
import { isUniqueViolation, type Database, type TenantTransaction } from '@annex/database';
import type { Actors } from './actors.js';
import { BoundedLimiter } from './bounded-limiter.js';
import { passwordFaults } from './email.js';
import { accessErrors, refuseFaults } from './errors.js';
import { networkOf, spend, type LoginAnswer } from './login.js';
import { hashOneTimeToken } from './one-time-tokens.js';
import type { Passwords } from './passwords.js';
import {
  acceptInvitation,
  findOpenInvitation,
  findOpenInvitationsOf,
  type OpenInvitation,
} from './rows/invitations.js';
import { existsUserWithEmail } from './rows/users.js';
import type { Sessions } from './sessions.js';
import { emailTaken, nameFaults } from './user-rules.js';
import type { Users } from './users.js';
import type { Role } from './roles.js';
import { tenantPlaces, type OfferedInvitationView, type UserView } from './views.js';

export interface InvitationAcceptanceOptions {
  database: Database;
  users: Users;
  passwords: Passwords;
  sessions: Sessions;
  actors: Actors;
  ttlS: number;
  clock: Clock;
  logger: Logger;
}

export interface InvitationAcceptanceInput {
  token: string;
  password: string;
  name?: string | null | undefined;
  /** The client, as a sign-in knows it. */
  address: string;
  userAgent: string | undefined;
  requestId: string;
}

interface Newcomer {
  userId: Id<'user'>;
  /** Of the token that was shown. */
  tokenHash?: Buffer;
  passwordHash: string | null;
  name: string | null;
  requestId: string;
}

/** How invitations become users: by their token, or by an identity provider that vouches for the address. */
export class InvitationAcceptance {
  readonly #failures = new BoundedLimiter({ keyPrefix: 'invitations', ...guessLimits.invitationTokens });

  constructor(private readonly options: InvitationAcceptanceOptions) {}

  /** What a token would accept. Throws `INVITATION_INVALID`, `RATE_LIMITED`. */
  async preview(token: string, address: string): Promise<OfferedInvitationView> {
    const { invitation } = await this.#find(token, address);
    const { name: invitedBy } = await this.options.actors.name(
      idFromUuid('tenant', invitation.tenant_id),
      invitation.invited_by,
    );
    return {
      tenant: { slug: invitation.tenant_slug, name: invitation.tenant_name },
      email: invitation.email,
      role: invitation.role as Role,
      invited_by: invitedBy,
      expires_at: invitation.expires_at.toISOString(),
    };
  }

  /**
   * Makes the user and signs in. Throws `INVITATION_INVALID`, `INVALID_INPUT`, `EMAIL_TAKEN`, `RATE_LIMITED`,
   * `OVERLOADED`.
   */
  async accept({
    token,
    password,
    name,
    address,
    userAgent,
    requestId,
  }: InvitationAcceptanceInput): Promise<LoginAnswer> {
    refuseFaults([...passwordFaults(password), ...nameFaults(name)]);
    const { invitation, tokenHash } = await this.#find(token, address);
    const turn = { network: networkOf(address), account: invitation.email, standing: 'fresh' as const };
    const passwordHash = await this.options.passwords.hash(password, turn);
    const userId = newId('user', this.options.clock.now());
    const newcomer = { userId, tokenHash, passwordHash, name: name ?? null, requestId };
    const user = await this.#admit(invitation, newcomer, 'token');
    if (user === 'ended') throw invalid();
    if (user === 'known') throw emailTaken(invitation.email);
    const { tenant_id: id, tenant_slug: slug, tenant_name: tenantName } = invitation;
    const tenant = { id: idFromUuid('tenant', id), slug, name: tenantName };
    return {
      access_token: await this.options.sessions.begin({
        users: [{ id: userId, version: 1 }],
        operator: null,
        address,
        userAgent,
      }),
      token_type: 'Bearer',
      expires_in: this.options.ttlS,
      user: { id: user.id, email: user.email, operator: false },
      tenants: tenantPlaces({
        memberships: [{ tenant, userId, email: user.email, role: user.role }],
        operator: false,
      }),
    };
  }

  /**
   * Accepts what is open for an address that the identity provider has verified; such a user has no password. What
   * cannot be accepted, as for a quota, stays open and keeps nobody from signing in.
   */
  async acceptVouched(email: string): Promise<void> {
    const now = new Date(this.options.clock.now());
    const open = await this.options.database.platform((tx) =>
      findOpenInvitationsOf(tx, email, { now, limit: accountLimits.tenants }),
    );
    for (const invitation of open) {
      try {
        const userId = newId('user', this.options.clock.now());
        const newcomer = { userId, passwordHash: null, name: null, requestId: 'oidc' };
        await this.#admit(invitation, newcomer, 'identity provider');
      } catch (thrown) {
        this.options.logger.warn(
          { reason: messageOf(thrown), invitation: invitation.id },
          'an invitation could not be accepted for somebody whom the identity provider knows',
        );
      }
    }
  }

  async #find(token: string, address: string): Promise<{ invitation: OpenInvitation; tokenHash: Buffer }> {
    const from = networkOf(address);
    // Counted before the look, and given back where the token is good.
    await spend(this.#failures, from, 'with invitations');
    const tokenHash = hashOneTimeToken('invitation', token);
    const now = new Date(this.options.clock.now());
    const invitation =
      tokenHash && (await this.options.database.platform((tx) => findOpenInvitation(tx, tokenHash, now)));
    if (!invitation) throw invalid();
    await this.#failures.reward(from, 1);
    return { invitation, tokenHash };
  }

  /** `ended`: somebody was faster. `known`: the tenant has a user with this address. */
  async #admit(
    invitation: OpenInvitation,
    { userId, tokenHash, passwordHash, name, requestId }: Newcomer,
    by: 'token' | 'identity provider',
  ): Promise<UserView | 'ended' | 'known'> {
    const { database, users, clock } = this.options;
    const id = idFromUuid('invitation', invitation.id);
    const work = async (tx: TenantTransaction): Promise<UserView | 'ended' | 'known'> => {
      if (await existsUserWithEmail(tx, invitation.email)) return 'known';
      const accepted = await acceptInvitation(tx, id, {
        ...(tokenHash && { tokenHash }),
        userId,
        now: new Date(clock.now()),
      });
      if (!accepted) return 'ended';
      const { email, role } = invitation;
      const user = await users.admit(tx, { id: userId, email, role, passwordHash, name }, requestId);
      await appendAudit(tx, {
        actor: userId,
        action: 'invitation.accepted',
        target: id,
        detail: { email, role, by },
        requestId,
      });
      return user;
    };
    try {
      return await database.forTenant(idFromUuid('tenant', invitation.tenant_id)).transaction(work);
    } catch (thrown) {
      if (isUniqueViolation(thrown)) return 'known';
      throw thrown;
    }
  }
}

function invalid(): Error {
  return accessErrors.error(
    'INVITATION_INVALID',
    'The invitation is unknown, was accepted or revoked, or has expired. If you accepted it before, sign in; else ' +
      'ask whoever invited you for another one.',
  );
}
