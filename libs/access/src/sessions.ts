import { newId, parseId, quote, type Clock, type Page } from '@annex/kernel';
import { accountLimits } from '@annex/limits';
import { appendTenantAudit } from './rows/tenants.js';
import { deleteSessions, insertSession, listSessions, type SessionOwner, type Session } from './rows/sessions.js';
import type { Change, Database, PlatformTransaction } from '@annex/database';
import type { Principal } from './caller.js';
import { accessErrors } from './errors.js';
import type { Credential, SessionTokens } from './session-tokens.js';
import { sessionView, type SessionView } from './views.js';

export interface SessionsOptions {
  database: Database;
  tokens: SessionTokens;
  ttlS: number;
  clock: Clock;
  /** Drops what this process keeps, right after the commit. */
  forget: (change: Change) => void;
}

/** A sign-in that was found good. */
export interface SignedIn {
  users: Credential[];
  operator: Credential | null;
  /** The client's network address and what it calls itself. */
  address: string;
  userAgent: string | undefined;
}

/** Sign-ins with a password: each has a row, and its token is good while that stands. */
export class Sessions {
  constructor(private readonly options: SessionsOptions) {}

  /** Begins a session and answers its token. */
  async begin({ users, operator, address, userAgent }: SignedIn): Promise<string> {
    const { database, tokens, ttlS, clock } = this.options;
    const now = clock.now();
    const id = newId('session', now);
    const expiresAt = (Math.floor(now / 1000) + ttlS) * 1000;
    await database.platform((tx) =>
      insertSession(tx, {
        id,
        users,
        operator,
        address: address.slice(0, 64),
        userAgent: userAgent === undefined ? null : userAgent.replaceAll('\0', '').slice(0, 300),
        createdAt: new Date(now),
        expiresAt: new Date(expiresAt),
      }),
    );
    return tokens.issue({ id, users, operator, expiresAt });
  }

  /** The caller's own, newest first, at most 200. Throws `FORBIDDEN` to API tokens. */
  async list(principal: Principal): Promise<Page<SessionView>> {
    requirePerson(principal);
    const rows = await this.options.database.platform((tx) =>
      listSessions(tx, ownerOf(principal), {
        now: new Date(this.options.clock.now()),
        limit: accountLimits.shownSessions,
      }),
    );
    return { items: rows.map((row) => sessionView(row, principal.sessionId)), next_cursor: null };
  }

  /**
   * Ends one of the caller's own; `current` names the one it calls with. Throws `NOT_FOUND`, and `FORBIDDEN` to API
   * tokens.
   */
  async end(principal: Principal, name: string, requestId: string): Promise<void> {
    requirePerson(principal);
    const id = name === 'current' ? principal.sessionId : parseId('session', name);
    const ended = id ? await this.#end(principal, { only: id }, requestId) : [];
    if (ended.length === 0)
      throw accessErrors.error(
        'NOT_FOUND',
        `You have no session ${quote(name, 40)}. GET /api/auth/sessions lists them.`,
      );
  }

  /** Ends all of the caller's own but the one it calls with. Answers how many. Throws `FORBIDDEN` to API tokens. */
  async endOthers(principal: Principal, requestId: string): Promise<{ ended: number }> {
    requirePerson(principal);
    return { ended: (await this.#end(principal, { except: principal.sessionId }, requestId)).length };
  }

  #end(principal: Principal, which: Parameters<typeof deleteSessions>[2], requestId: string): Promise<Session[]> {
    return this.options.database.platform(async (tx) => {
      const ended = await deleteSessions(tx, ownerOf(principal), which);
      if (ended.length > 0) await this.#announce(tx, principal, ended, requestId);
      return ended;
    });
  }

  /** Every process forgets whom the tokens of these sessions belonged to. */
  async #announce(tx: PlatformTransaction, principal: Principal, ended: Session[], requestId: string): Promise<void> {
    for (const { tenant, userId } of principal.memberships) {
      const own = ended.filter(({ userIds }) => userId !== null && userIds.includes(userId));
      if (own.length === 0) continue;
      await appendTenantAudit(tx, tenant.id, {
        actor: userId ?? principal.actor,
        action: 'session.ended',
        target: own.length === 1 ? own[0]?.id : undefined,
        detail: { sessions: own.length },
        requestId,
      });
      await tx.changed(tenant.id, 'users');
      tx.afterCommit(() => this.options.forget({ tenantId: tenant.id, what: 'users' }));
    }
    if (ended.some(({ operatorId }) => operatorId !== null)) await tx.operatorsChanged();
  }
}

function ownerOf({ memberships, operatorId, sessionId }: Principal): SessionOwner {
  return { userIds: memberships.flatMap(({ userId }) => userId ?? []), operatorId, current: sessionId };
}

/** Sessions and passwords are people's own: a token that leaked must not shut them out. Throws `FORBIDDEN`. */
export function requirePerson(principal: Principal): void {
  if (principal.tokenId !== null)
    throw accessErrors.error('FORBIDDEN', 'An API token may not do this. Sign in with POST /api/auth/login.');
}
