import { idFromUuid, messageOf, newId, quote, type Clock, type Id, type Logger } from '@annex/kernel';
import { accountLimits, guessLimits } from '@annex/limits';
import { appendAudit } from '@annex/audit';
import type { Database, TenantTransaction } from '@annex/database';
import { membershipOf } from '../authenticator.js';
import { BoundedLimiter } from '../bounded-limiter.js';
import { systemCaller, type TenantRef } from '../caller.js';
import { accessErrors } from '../errors.js';
import { networkOf, spend, type LoginAnswer } from '../login.js';
import { findIdentified, findUnidentified, insertIdentity, type IdentifiedUser } from '../rows/identities.js';
import { findOperatorByEmail } from '../rows/operators.js';
import { findTenantBySlug } from '../rows/tenants.js';
import { existsUserWithEmail } from '../rows/users.js';
import type { Role } from '../roles.js';
import type { Sessions } from '../sessions.js';
import { tenantSlugShape } from '../tenant-resolution.js';
import type { Users } from '../users.js';
import { tenantPlaces } from '../views.js';
import { nameIn, readPlaces, verifiedEmail, type ClaimedPlaces, type ClaimMapping } from './claims.js';
import type { Handshakes } from './handshakes.js';
import { signInInvalid, type OidcProvider, type ProvidedIdentity } from './provider.js';

export interface OidcSignInOptions {
  provider: OidcProvider;
  handshakes: Handshakes;
  /** What people read on the button. */
  button: string;
  /** Whether an address that the provider has verified opens users that have a password, and operators. */
  linksByEmail: boolean;
  /** Which claims put people into tenants. Default: none do, and only who was invited comes in. */
  mapping: ClaimMapping | undefined;
  database: Database;
  users: Users;
  sessions: Sessions;
  /** Accepts what is open for an address that the provider has verified. */
  acceptVouched: (email: string) => Promise<void>;
  ttlS: number;
  clock: Clock;
  logger: Logger;
}

/** What a browser brings back from the provider. */
export interface OidcAnswer {
  /** The query that the provider sent the browser back with. */
  parameters: string;
  /** What the browser kept. `undefined`: nothing. */
  kept: string | undefined;
  /** The client, as a sign-in knows it. */
  address: string;
  userAgent: string | undefined;
  requestId: string;
}

/** Signing in at the operator's identity provider. */
export class OidcSignIn {
  readonly #begun = new BoundedLimiter({ keyPrefix: 'oidc-begun', ...guessLimits.oidcBegun });
  readonly #answers = new BoundedLimiter({ keyPrefix: 'oidc-answers', ...guessLimits.oidcAnswers });

  constructor(private readonly options: OidcSignInOptions) {}

  /** What people read on the button. */
  get button(): string {
    return this.options.button;
  }

  /** Where somebody signs out at the provider too, if that is known by now; never waits. */
  signOutUrl(returnTo: string): string | null {
    return this.options.provider.signOutUrl(returnTo);
  }

  /**
   * Where a browser goes, and what it keeps for so many seconds. Throws `RATE_LIMITED`,
   * `IDENTITY_PROVIDER_UNAVAILABLE`.
   */
  async begin(address: string, redirectUri: string): Promise<{ url: string; kept: { text: string; lifeS: number } }> {
    await spend(this.#begun, networkOf(address), 'to sign in');
    const { url, handshake } = await this.options.provider.begin(redirectUri);
    return { url, kept: await this.options.handshakes.seal(handshake) };
  }

  /**
   * Signs in whoever the provider vouches for. Throws `SIGN_IN_INVALID`, `SIGN_IN_REFUSED`, `NO_ACCOUNT`,
   * `RATE_LIMITED`, `IDENTITY_PROVIDER_UNAVAILABLE`.
   */
  async finish({ parameters, kept, address, userAgent, requestId }: OidcAnswer): Promise<LoginAnswer> {
    const from = networkOf(address);
    // Counted before the work, and given back where the answer is good.
    await spend(this.#answers, from, 'to sign in');
    const handshake = kept === undefined ? undefined : await this.options.handshakes.open(kept);
    if (!handshake) throw signInInvalid();
    const identity = await this.options.provider.finish(parameters, handshake);
    await this.#answers.reward(from, 1);
    const users = await this.#admit(identity, requestId);
    const email = verifiedEmail(identity.claims);
    const operator =
      email !== null && this.options.linksByEmail
        ? await this.options.database.platform((tx) => findOperatorByEmail(tx, email))
        : null;
    if (users.length === 0 && operator === null) throw noAccount(email);
    const memberships = users.map(membershipOf);
    return {
      access_token: await this.options.sessions.begin({
        address,
        userAgent,
        users: users.map((user) => ({ id: idFromUuid('user', user.id), version: user.credential_version })),
        operator: operator && { id: operator.id, version: operator.credentialVersion },
      }),
      token_type: 'Bearer',
      expires_in: this.options.ttlS,
      user: {
        id: memberships[0]?.userId ?? operator?.id ?? '',
        email: memberships[0]?.email ?? operator?.email ?? email ?? '',
        operator: operator !== null,
      },
      tenants: tenantPlaces({ memberships, operator: operator !== null }),
    };
  }

  /** The users that an identity opens now, those that are made or linked for it included. */
  async #admit(identity: ProvidedIdentity, requestId: string): Promise<IdentifiedUser[]> {
    const email = verifiedEmail(identity.claims);
    if (email !== null) {
      await this.options.acceptVouched(email);
      await this.#link(identity, email, requestId);
    }
    const { mapping } = this.options;
    const places = mapping && readPlaces(identity.claims, mapping);
    if (places?.role) await this.#follow(identity, { email, places, role: places.role }, requestId);
    const isOpen = ({ managed, tenant_slug: slug }: IdentifiedUser): boolean =>
      !managed || (places !== undefined && places.role !== null && places.tenants.includes(slug));
    return (await this.#identified(identity)).filter(isOpen);
  }

  #identified(identity: ProvidedIdentity): Promise<IdentifiedUser[]> {
    return this.options.database.platform((tx) => findIdentified(tx, identity, accountLimits.tenants));
  }

  /** Lets an identity open the users that its address stands for. */
  async #link(identity: ProvidedIdentity, email: string, requestId: string): Promise<void> {
    const { issuer, subject } = identity;
    const withPassword = this.options.linksByEmail;
    const found = await this.options.database.platform((tx) =>
      findUnidentified(tx, { email, issuer, withPassword, limit: accountLimits.tenants }),
    );
    for (const { tenantId, userId } of found)
      await this.options.database.forTenant(tenantId).transaction(async (tx) => {
        if (await insertIdentity(tx, { userId, issuer, subject, managed: false }))
          await noteLink(tx, { userId, issuer, by: 'email', requestId });
      });
  }

  /** Makes users where the claims put somebody, and gives those that it made before the role that they say now. */
  async #follow(
    identity: ProvidedIdentity,
    { email, places, role }: { email: string | null; places: ClaimedPlaces; role: Role },
    requestId: string,
  ): Promise<void> {
    const known = await this.#identified(identity);
    for (const slug of places.tenants) {
      const user = known.find(({ tenant_slug: one }) => one === slug);
      try {
        if (user?.managed && user.role !== role) await this.#changeRole(user, role, requestId);
        if (!user && email !== null) await this.#make(identity, { email, slug, role }, requestId);
      } catch (thrown) {
        // A quota, or the last owner: the other tenants are opened all the same.
        this.options.logger.warn({ err: thrown, slug }, `claims could not be followed: ${messageOf(thrown)}`);
      }
    }
  }

  async #changeRole(user: IdentifiedUser, role: Role, requestId: string): Promise<void> {
    const { tenant } = membershipOf(user);
    if (tenant.erasesAt !== undefined) return;
    await this.options.users.update(systemCaller(tenant, requestId), idFromUuid('user', user.id), { role });
  }

  async #make(
    { issuer, subject, claims }: ProvidedIdentity,
    { email, slug, role }: { email: string; slug: string; role: Role },
    requestId: string,
  ): Promise<void> {
    const tenant = await this.#tenantOf(slug);
    if (!tenant) return;
    const userId = newId('user', this.options.clock.now());
    await this.options.database.forTenant(tenant.id).transaction(async (tx) => {
      // Somebody else's, as far as the setting lets us know.
      if (await existsUserWithEmail(tx, email)) return;
      const user = { id: userId, email, name: nameIn(claims), role, passwordHash: null };
      await this.options.users.admit(tx, user, requestId);
      const isLinked = await insertIdentity(tx, { userId, issuer, subject, managed: true });
      if (!isLinked) throw new Error('another sign-in of the same person was faster');
      await noteLink(tx, { userId, issuer, by: 'claims', requestId });
    });
  }

  async #tenantOf(slug: string): Promise<Pick<TenantRef, 'id'> | null> {
    if (!tenantSlugShape.test(slug)) return null;
    const row = await this.options.database.platform((tx) => findTenantBySlug(tx, slug));
    return row && row.eraseAfter === null ? { id: row.id } : null;
  }
}

function noteLink(
  tx: TenantTransaction,
  { userId, issuer, by, requestId }: { userId: Id<'user'>; issuer: string; by: 'email' | 'claims'; requestId: string },
): Promise<void> {
  return appendAudit(tx, {
    actor: userId,
    action: 'user.identified',
    target: userId,
    detail: { issuer, by },
    requestId,
  });
}

function noAccount(email: string | null): Error {
  return accessErrors.error(
    'NO_ACCOUNT',
    email === null
      ? 'The identity provider names no e-mail address for you that it has verified, and nobody here knows you yet.'
      : `Nobody here has let ${quote(email, 254)} in yet. Ask an admin of your tenant to invite this address.`,
  );
}
