import { hash } from 'node:crypto';
import { idFromUuid, messageOf, type Clock, type Id, type Logger } from '@annex/kernel';
import { accountLimits } from '@annex/limits';
import { findApiTokenByHash, touchApiTokens } from './rows/api-tokens.js';
import { findOperator, findOperatorByEmail } from './rows/operators.js';
import { findVouchedUsers } from './rows/identities.js';
import { findUsersByIds, type UserInTenant } from './rows/users.js';
import { sessionExists } from './rows/sessions.js';
import { WatchedCache, type Change, type Database } from '@annex/database';
import { decodeProtectedHeader } from 'jose';
import { hashApiToken, isApiToken } from './api-token-text.js';
import type { Membership, Principal, TenantRef } from './caller.js';
import { isEmail } from './email.js';
import { unauthenticated } from './errors.js';
import { isOidcAlgorithm, type OidcIdentities } from './oidc.js';
import { isRole, lesserRole, type Role } from './roles.js';
import type { SessionTokens } from './session-tokens.js';

/** Principals kept, and for how long should a notification be lost. */
const KEPT = 10_000;
const KEPT_MS = 15_000;

export interface AuthenticatorOptions {
  database: Database;
  sessions: SessionTokens;
  oidc: OidcIdentities | undefined;
  /** Lets somebody whom the identity provider vouches for into the tenants that invited the address. */
  acceptVouched: (email: string) => Promise<void>;
  clock: Clock;
  logger: Logger;
}

interface Kept {
  principal: Principal;
  /** The identity provider named it by e-mail address, so that any change of people may touch it. */
  byEmail: boolean;
}

/** Answers whose a bearer token is. What it opens is read from the database and kept until somebody changes it. */
export class Authenticator {
  readonly #kept: WatchedCache<Kept>;
  #uses = new Map<Id<'token'>, Date>();

  constructor(private readonly options: AuthenticatorOptions) {
    this.#kept = new WatchedCache({ max: KEPT, maxAgeMs: KEPT_MS, clock: options.clock });
  }

  /** Whose a token is, if that is at hand; never waits. */
  cached(bearer: string): Principal | undefined {
    if (bearer.length > accountLimits.bearerChars) return undefined;
    const principal = this.#kept.get(keyOf(bearer))?.principal;
    if (principal) this.#used(principal);
    return principal;
  }

  /** Whose a token is. Throws `UNAUTHENTICATED`. */
  async authenticate(bearer: string): Promise<Principal> {
    if (bearer.length > accountLimits.bearerChars)
      throw unauthenticated(`The token is longer than ${accountLimits.bearerChars} characters.`);
    const { principal } = await this.#kept.load(
      keyOf(bearer),
      () => this.#read(bearer),
      (kept) => kept.principal.expiresAt ?? Infinity,
    );
    this.#used(principal);
    return principal;
  }

  /** Begins to keep principals; call once changes are heard. */
  open(): void {
    this.#kept.open();
  }

  close(): void {
    this.#kept.close();
  }

  /** Forgets what a change may have touched. */
  forget(change: Change | null): void {
    if (change === null) return this.#kept.drop();
    if (change.what === 'operators') return this.#kept.drop(({ principal }) => principal.operatorId !== null);
    if (change.what !== 'users' && change.what !== 'tokens' && change.what !== 'tenant') return;
    this.#kept.drop(
      ({ principal, byEmail }) =>
        byEmail || principal.memberships.some((membership) => membership.tenant.id === change.tenantId),
    );
  }

  /** Forgets an operator whose password changed. */
  forgetEveryone(): void {
    this.#kept.drop();
  }

  /** Writes down when API tokens were last used. */
  async flushUses(): Promise<void> {
    if (this.#uses.size === 0) return;
    const uses = this.#uses;
    this.#uses = new Map();
    try {
      await this.options.database.platform((tx) => touchApiTokens(tx, uses));
    } catch (thrown) {
      this.options.logger.warn(
        { err: thrown },
        `when API tokens were last used could not be written: ${messageOf(thrown)}`,
      );
    }
  }

  #used(principal: Principal): void {
    if (principal.tokenId !== null) this.#uses.set(principal.tokenId, new Date(this.options.clock.now()));
  }

  async #read(bearer: string): Promise<Kept> {
    if (bearer.startsWith('annex_')) return { principal: await this.#readApiToken(bearer), byEmail: false };
    const algorithm = algorithmOf(bearer);
    if (algorithm === 'HS256') return { principal: await this.#readSession(bearer), byEmail: false };
    if (this.options.oidc && isOidcAlgorithm(algorithm))
      return { principal: await this.#readOidc(bearer, this.options.oidc), byEmail: true };
    throw unauthenticated('The token is signed in a way that Annex does not accept. Sign in again.');
  }

  async #readApiToken(token: string): Promise<Principal> {
    const row = isApiToken(token)
      ? await this.options.database.platform((tx) => findApiTokenByHash(tx, hashApiToken(token)))
      : undefined;
    // One answer for a token that never was, was revoked or has expired.
    if (!row || (row.expires_at !== null && row.expires_at.getTime() <= this.options.clock.now())) {
      throw unauthenticated(
        'The API token is unknown, was revoked or has expired. Make a new one with POST /api/tokens.',
      );
    }
    const tokenId = idFromUuid('token', row.id);
    const role = row.user_role === null ? roleOf(row.role) : lesserRole(roleOf(row.role), roleOf(row.user_role));
    return {
      actor: tokenId,
      operator: row.operator_id !== null,
      operatorId: row.operator_id === null ? null : idFromUuid('user', row.operator_id),
      email: row.email ?? row.operator_email,
      memberships: [
        {
          tenant: tenantOf(row),
          userId: row.user_id === null ? null : idFromUuid('user', row.user_id),
          email: row.email,
          role,
        },
      ],
      tokenId,
      sessionId: null,
      expiresAt: row.expires_at?.getTime() ?? null,
    };
  }

  async #readSession(token: string): Promise<Principal> {
    const session = await this.options.sessions.verify(token).catch((thrown: unknown) => {
      throw unauthenticated('The token is not valid or has expired. Sign in again with POST /api/auth/login.', thrown);
    });
    const { lives, users, operator } = await this.options.database.platform(async (tx) => ({
      lives: await sessionExists(tx, session.id),
      users:
        session.users.length === 0
          ? []
          : await findUsersByIds(
              tx,
              session.users.map((user) => user.id),
            ),
      operator: session.operator === null ? null : await findOperator(tx, session.operator.id),
    }));
    if (!lives) throw unauthenticated('The session was ended. Sign in again with POST /api/auth/login.');
    const versions = new Map<string, number>(session.users.map((user) => [user.id, user.version]));
    const memberships = users
      .filter((user) => versions.get(idFromUuid('user', user.id)) === user.credential_version)
      .map(membershipOf);
    const operatorId =
      operator !== null && operator.credentialVersion === session.operator?.version ? operator.id : null;
    if (memberships.length === 0 && operatorId === null)
      throw unauthenticated('The account was removed or its password changed. Sign in again.');
    return {
      actor: memberships[0]?.userId ?? operatorId ?? '',
      operator: operatorId !== null,
      operatorId,
      email: memberships[0]?.email ?? operator?.email ?? null,
      memberships,
      tokenId: null,
      sessionId: session.id,
      expiresAt: session.expiresAt,
    };
  }

  async #readOidc(token: string, oidc: OidcIdentities): Promise<Principal> {
    const { issuer, subject, email, expiresAt } = await oidc.verify(token);
    // Addresses outside ASCII could fold onto somebody else's in the comparison.
    const known = email !== null && isEmail(email) ? email : null;
    if (known !== null) await this.options.acceptVouched(known);
    const { users, operator } = await this.options.database.platform(async (tx) => ({
      users:
        known === null
          ? []
          : await findVouchedUsers(tx, { email: known, issuer, subject, limit: accountLimits.tenants }),
      operator: known === null ? null : await findOperatorByEmail(tx, known),
    }));
    const memberships = users.map(membershipOf);
    return {
      actor: memberships[0]?.userId ?? operator?.id ?? `oidc:${subject.slice(0, 200)}`,
      operator: operator !== null,
      operatorId: operator?.id ?? null,
      email,
      memberships,
      tokenId: null,
      sessionId: null,
      expiresAt,
    };
  }
}

/** Tokens themselves are not kept in memory longer than a request needs them. */
function keyOf(bearer: string): string {
  return hash('sha256', bearer, 'base64url');
}

function algorithmOf(token: string): string {
  try {
    return decodeProtectedHeader(token).alg ?? '';
  } catch (thrown) {
    throw unauthenticated('The token is neither a JWT nor an API token. Sign in with POST /api/auth/login.', thrown);
  }
}

function roleOf(text: string): Role {
  return isRole(text) ? text : 'viewer';
}

function tenantOf(row: {
  tenant_id: string;
  tenant_slug: string;
  tenant_name: string;
  tenant_erases_at: Date | null;
  tenant_shut_for: string | null;
}): TenantRef {
  return {
    id: idFromUuid('tenant', row.tenant_id),
    slug: row.tenant_slug,
    name: row.tenant_name,
    ...(row.tenant_erases_at && { erasesAt: row.tenant_erases_at }),
    ...(row.tenant_shut_for !== null && { shutFor: row.tenant_shut_for }),
  };
}

/** A row of the sign-in query as a membership. */
export function membershipOf(row: UserInTenant): Membership {
  return {
    tenant: tenantOf(row),
    userId: idFromUuid('user', row.id),
    email: row.email,
    role: roleOf(row.role),
  };
}
