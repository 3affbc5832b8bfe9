import { appendAudit } from '@annex/audit';
import { HOUR, messageOf, newId, SECOND, type Clock, type Logger, type Page, type PageRequest } from '@annex/kernel';
import { isUniqueViolation, type Database, type TenantTransaction } from '@annex/database';
import { invitationLimits as limits } from '@annex/limits';
import type { Actors } from './actors.js';
import { userIdOf, type Caller } from './caller.js';
import { emailFaults } from './email.js';
import { accessErrors, refuseFaults } from './errors.js';
import { finding } from './found.js';
import { invitationMail } from './mail-texts.js';
import { hashOneTimeToken, makeOneTimeToken } from './one-time-tokens.js';
import { onePage } from './pages.js';
import type { PlatformMail } from './platform-mail.js';
import type { Role } from './roles.js';
import type { InvitationRow } from './rows/invitation-row.js';
import {
  countInvitations,
  findInvitation,
  insertInvitation,
  listInvitations,
  noteInvitationMail,
  renewInvitation,
  revokeInvitation,
  type InvitationStatus,
} from './rows/invitations.js';
import { existsUserWithEmail } from './rows/users.js';
import { emailTaken, requireAdmin, requireReach, roleFaults } from './user-rules.js';
import { invitationView, type InvitationView, type NewInvitationView } from './views.js';

const { readId, require: requireInvitation } = finding({
  kind: 'invitation',
  list: '/api/invitations',
  find: findInvitation,
});

export interface InvitationsOptions {
  database: Database;
  mail: PlatformMail;
  actors: Actors;
  clock: Clock;
  logger: Logger;
}

export interface NewInvitationInput {
  email: string;
  role: Role;
  /** `false`: no mail goes out, and the answer has the link. Default: a mail where mail can be sent. */
  sendMail?: boolean | undefined;
}

/** Invitations into a tenant: admins make them, nobody above their own role. */
export class Invitations {
  constructor(private readonly options: InvitationsOptions) {}

  /** Throws `FORBIDDEN`, `INVALID_INPUT`, `EMAIL_TAKEN`, `INVITATION_EXISTS`, `INVITATION_LIMIT`, `RATE_LIMITED`. */
  async create(caller: Caller, { email, role, sendMail = true }: NewInvitationInput): Promise<NewInvitationView> {
    requireAdmin(caller);
    refuseFaults([...emailFaults(email), ...roleFaults(role)]);
    requireReach(caller, role);
    const now = this.options.clock.now();
    const { token, tokenHash } = freshToken();
    const row = await this.#change(caller, async (tx) => {
      await this.#requireRoom(tx, now);
      if (await existsUserWithEmail(tx, email)) throw emailTaken(email);
      const id = newId('invitation', now);
      const isNew = await insertInvitation(tx, {
        id,
        email,
        role,
        tokenHash,
        invitedBy: caller.actor,
        inviterId: userIdOf(caller),
        createdAt: new Date(now),
        expiresAt: new Date(now + limits.lifeMs),
      });
      if (!isNew) throw exists(email);
      await record(tx, caller, 'created', { id, email, role });
      return requireInvitation(tx, id);
    });
    return this.#hand(caller, row, { token, tokenHash, sendMail });
  }

  async list(caller: Caller, { status, ...page }: PageRequest & { status?: InvitationStatus | undefined }) {
    const now = new Date(this.options.clock.now());
    const rows = await this.#read(caller, (tx) =>
      onePage('invitation', page, {
        read: (part) => listInvitations(tx, { ...part, now, ...(status && { status }) }),
        view: (row) => row,
      }),
    );
    const names = await this.options.actors.names(
      caller.tenant.id,
      rows.items.map(({ invitedBy }) => invitedBy),
    );
    return { ...rows, items: rows.items.map((row) => invitationView(row, names, now)) } satisfies Page<InvitationView>;
  }

  /** Throws `NOT_FOUND`. */
  async get(caller: Caller, id: string): Promise<InvitationView> {
    return this.#view(caller, await this.#read(caller, (tx) => requireInvitation(tx, readId(id))));
  }

  /**
   * Gives an open invitation, or one that has run out, another token and time; the one before opens nothing any more.
   * Throws `NOT_FOUND`, `INVITATION_ENDED`, `INVITATION_LIMIT`, `RATE_LIMITED`.
   */
  async resend(caller: Caller, id: string, { sendMail = true }: { sendMail?: boolean | undefined } = {}) {
    requireAdmin(caller);
    const target = readId(id);
    const now = this.options.clock.now();
    const { token, tokenHash } = freshToken();
    const row = await this.#change(caller, async (tx) => {
      const before = await requireInvitation(tx, target);
      requireReach(caller, before.role as Role);
      requireSendable(before, now);
      const expiresAt = new Date(now + limits.lifeMs);
      if (!(await renewInvitation(tx, target, { tokenHash, expiresAt, now: new Date(now) }))) throw ended(before);
      await record(tx, caller, 'resent', before);
      return requireInvitation(tx, target);
    });
    return this.#hand(caller, row, { token, tokenHash, sendMail });
  }

  /** Takes one back. Throws `NOT_FOUND`, `INVITATION_ENDED`. */
  async revoke(caller: Caller, id: string): Promise<void> {
    requireAdmin(caller);
    const target = readId(id);
    await this.#change(caller, async (tx) => {
      const row = await requireInvitation(tx, target);
      requireReach(caller, row.role as Role);
      if (!(await revokeInvitation(tx, target, new Date(this.options.clock.now())))) throw ended(row);
      await record(tx, caller, 'revoked', row);
    });
  }

  async #requireRoom(tx: TenantTransaction, now: number): Promise<void> {
    const { open, recent } = await countInvitations(tx, { now: new Date(now), since: new Date(now - HOUR) });
    if (recent >= limits.perHour)
      throw accessErrors.error(
        'RATE_LIMITED',
        `This tenant has made ${recent} invitations within an hour, the most it may. Try again later.`,
        { retryAfterS: HOUR / SECOND / 4 },
      );
    if (open < limits.open) return;
    throw accessErrors.error(
      'INVITATION_LIMIT',
      `${open} invitations of this tenant are open, the most it may have. Revoke some first.`,
      { extra: { limit: limits.open } },
    );
  }

  /** Sends the mail, behind the commit; where it cannot, the answer has the link. */
  async #hand(
    caller: Caller,
    row: InvitationRow,
    { token, tokenHash, sendMail }: { token: string; tokenHash: Buffer; sendMail: boolean },
  ): Promise<NewInvitationView> {
    const { mail, actors, clock, logger } = this.options;
    const link = mail.linkTo(`/invitation#token=${token}`);
    const shown = { token, url: link };
    if (!sendMail || !mail.isReady) return { ...(await this.#view(caller, row)), ...shown };
    const { name: inviter } = await actors.name(caller.tenant.id, userIdOf(caller) ?? caller.actor);
    const text = invitationMail({ tenant: caller.tenant, role: row.role, inviter, link, lifeMs: limits.lifeMs });
    const isSent = await mail.send({ to: row.email, ...text }).then(
      () => true,
      (thrown: unknown) => {
        logger.warn({ reason: messageOf(thrown), invitation: row.id }, 'the mail of an invitation was not taken');
        return false;
      },
    );
    const now = new Date(clock.now());
    const noted = { tokenHash, mail: isSent ? ('sent' as const) : ('failed' as const), now };
    await this.#read(caller, (tx) => noteInvitationMail(tx, row.id, noted));
    const after = { ...row, mail: noted.mail, sentAt: isSent ? now : null };
    return { ...(await this.#view(caller, after)), ...(!isSent && shown) };
  }

  async #view(caller: Caller, row: InvitationRow): Promise<InvitationView> {
    const names = await this.options.actors.names(caller.tenant.id, [row.invitedBy]);
    return invitationView(row, names, new Date(this.options.clock.now()));
  }

  #read<T>(caller: Caller, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    return this.options.database.forTenant(caller.tenant.id).transaction(work);
  }

  async #change<T>(caller: Caller, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    try {
      return await this.#read(caller, work);
    } catch (thrown) {
      // Two at once invited the same address; the index is the judge.
      if (isUniqueViolation(thrown)) throw exists();
      throw thrown;
    }
  }
}

function freshToken(): { token: string; tokenHash: Buffer } {
  const token = makeOneTimeToken('invitation');
  return { token, tokenHash: hashOneTimeToken('invitation', token) as Buffer };
}

async function record(
  tx: TenantTransaction,
  { actor, requestId }: Pick<Caller, 'actor' | 'requestId'>,
  verb: 'created' | 'resent' | 'revoked',
  { id, email, role }: Pick<InvitationRow, 'id' | 'email' | 'role'>,
): Promise<void> {
  await appendAudit(tx, { actor, action: `invitation.${verb}`, target: id, detail: { email, role }, requestId });
}

function requireSendable(row: InvitationRow, now: number): void {
  if (row.acceptedAt !== null || row.revokedAt !== null) throw ended(row);
  if (row.sends >= limits.sends)
    throw accessErrors.error(
      'INVITATION_LIMIT',
      `The invitation was sent ${row.sends} times, the most it may be. Revoke it, and make another.`,
      { extra: { limit: limits.sends } },
    );
  const waitMs = row.updatedAt.getTime() + limits.pauseMs - now;
  if (waitMs <= 0) return;
  const retryAfterS = Math.ceil(waitMs / SECOND);
  throw accessErrors.error('RATE_LIMITED', `The invitation went out just now. Send it anew in ${retryAfterS} s.`, {
    retryAfterS,
  });
}

function exists(email?: string): Error {
  const detail =
    `${email ?? 'The address'} has an open invitation of this tenant. Send it anew with POST ` +
    '/api/invitations/<id>/resend, or revoke it.';
  return accessErrors.error('INVITATION_EXISTS', detail, {
    errors: [{ pointer: '/email', code: 'INVITATION_EXISTS', detail: 'has an open invitation' }],
  });
}

function ended({ acceptedAt }: InvitationRow): Error {
  return accessErrors.error(
    'INVITATION_ENDED',
    acceptedAt === null ? 'The invitation was revoked. Make another one.' : 'The invitation was accepted.',
  );
}
