import { DAY, MINUTE, SECOND, type Clock, type Logger, type Stoppable } from '@annex/kernel';
import { watchChanges, type Change, type Database } from '@annex/database';
import type { EmitEvent } from '@annex/runs';
import { InvitationAcceptance } from './invitation-acceptance.js';
import { Actors } from './actors.js';
import type { Principal, Resolved } from './caller.js';
import { accessErrors, refuseFaults, unauthenticated } from './errors.js';
import { Invitations } from './invitations.js';
import { Login, type LoginAnswer, type LoginInput } from './login.js';
import { OidcIdentities } from './oidc.js';
import { openOidcSignIn, type OidcSettings } from './oidc-sign-in/open-oidc-sign-in.js';
import type { OidcSignIn } from './oidc-sign-in/oidc-sign-in.js';
import { Operators } from './operators.js';
import { newPasswordFaults, OwnPassword, requireOwnUser } from './own-password.js';
import { PasswordResets } from './password-resets.js';
import { Passwords } from './passwords.js';
import { noMail, type PlatformMail } from './platform-mail.js';
import { Authenticator } from './authenticator.js';
import { PortalTokens } from './portal-tokens.js';
import { SessionTokens, type Credential } from './session-tokens.js';
import { requirePerson, Sessions } from './sessions.js';
import { StreamTokens } from './stream-tokens.js';
import { TenantResolution, type TenantAddress } from './tenant-resolution.js';
import { SupportEntries } from './support-entries.js';
import { Suspensions } from './suspensions.js';
import { Tenants } from './tenants.js';
import { ApiTokens } from './api-tokens.js';
import { Users } from './users.js';
import { findProfiles } from './rows/users.js';
import { principalView, profileView, type PrincipalView, type ProfileView } from './views.js';

/** How often the times at which API tokens were last used are written. */
const USES_MS = 30 * SECOND;
/** How often deleted tenants are looked for whose time of grace is over. */
const ERASE_MS = MINUTE;

export interface AccessOptions {
  database: Database;
  /** Writes the `auth.user.*` events. */
  emit: EmitEvent;
  /** Sends invitations. Default: nobody does, and their makers get the links. */
  mail?: PlatformMail;
  clock: Clock;
  logger: Logger;
  /** Signs sessions; at least 32 bytes. */
  jwtSecret: string;
  /** Secrets before it: what they signed is good until it ends. Default: none. */
  oldJwtSecrets?: readonly string[] | undefined;
  /** How long a sign-in lasts, in seconds. Default 3600. */
  jwtTtlS?: number;
  /** The identity provider whose tokens are accepted too, or where people sign in. Default: none. */
  oidc?: OidcSettings | undefined;
  /** How long a deleted tenant can be taken back, in days. Default 7; 0: it is erased at once. */
  tenantGraceDays?: number;
  /** `<tenant>.<baseDomain>` names a tenant. Default: hosts name none. */
  baseDomain?: string | undefined;
}

export interface PasswordChange {
  currentPassword: string;
  newPassword: string;
  /** Ends the API tokens too. Default: no. */
  endTokens?: boolean | undefined;
  /** The client, as a sign-in knows it. */
  address: string;
  userAgent: string | undefined;
  requestId: string;
}

/** The answer to a changed password, with wire names. */
export interface ChangedPassword {
  access_token: string;
  token_type: 'Bearer';
  expires_in: number;
  /** Whose password changed: one in each tenant that had the old one. */
  users: string[];
  tokens_ended: number;
}

/** Who is there, and in which tenant with what right. */
export class Access implements Stoppable {
  readonly tenants: Tenants;
  readonly suspensions: Suspensions;
  readonly support: SupportEntries;
  readonly users: Users;
  readonly tokens: ApiTokens;
  readonly operators: Operators;
  readonly sessions: Sessions;
  readonly streamTokens: StreamTokens;
  readonly portal: PortalTokens;
  readonly actors: Actors;
  readonly invitations: Invitations;
  readonly acceptance: InvitationAcceptance;
  readonly passwordResets: PasswordResets;
  /** Signing in at the identity provider; `undefined`: it is not set up. */
  readonly oidcSignIn: OidcSignIn | undefined;
  readonly #database: Database;
  readonly #login: Login;
  readonly #ownPassword: OwnPassword;
  readonly #ttlS: number;
  readonly #authenticator: Authenticator;
  readonly #resolution: TenantResolution;
  #running: Promise<() => void> | undefined;

  private constructor({
    database,
    emit,
    mail = noMail,
    clock,
    logger,
    jwtSecret,
    oldJwtSecrets,
    jwtTtlS = 3600,
    oidc,
    tenantGraceDays = 7,
    baseDomain,
  }: AccessOptions) {
    const passwords = new Passwords();
    const secrets = { secret: jwtSecret, oldSecrets: oldJwtSecrets };
    const sessions = new SessionTokens({ ...secrets, clock });
    const forget = (change: Change | null): void => this.#forget(change);
    this.#database = database;
    this.sessions = new Sessions({ database, tokens: sessions, ttlS: jwtTtlS, clock, forget });
    this.#login = new Login({ database, passwords, sessions: this.sessions, ttlS: jwtTtlS });
    this.streamTokens = new StreamTokens({ ...secrets, clock });
    this.portal = new PortalTokens({ ...secrets, clock });
    this.#ttlS = jwtTtlS;
    const ownPassword = new OwnPassword({ database, passwords });
    this.#ownPassword = ownPassword;
    this.#authenticator = new Authenticator({
      database,
      sessions,
      oidc: oidc?.audience === undefined ? undefined : new OidcIdentities({ ...oidc, audience: oidc.audience, clock }),
      acceptVouched: (email) => this.acceptance.acceptVouched(email),
      clock,
      logger,
    });
    this.#resolution = new TenantResolution({ database, clock, baseDomain });
    this.tenants = new Tenants({ database, clock, logger, graceMs: tenantGraceDays * DAY, forget });
    this.support = new SupportEntries({ database, clock });
    this.suspensions = new Suspensions({ database, logger, forget });
    this.users = new Users({ database, passwords, ownPassword, emit, clock, forget });
    this.tokens = new ApiTokens({ database, clock, forget });
    this.actors = new Actors({ database });
    this.invitations = new Invitations({ database, mail, actors: this.actors, clock, logger });
    this.passwordResets = new PasswordResets({ database, users: this.users, passwords, mail, clock, logger });
    this.acceptance = new InvitationAcceptance({
      database,
      users: this.users,
      passwords,
      sessions: this.sessions,
      actors: this.actors,
      ttlS: jwtTtlS,
      clock,
      logger,
    });
    this.oidcSignIn = openOidcSignIn(oidc, {
      database,
      secret: jwtSecret,
      users: this.users,
      sessions: this.sessions,
      acceptVouched: (email) => this.acceptance.acceptVouched(email),
      ttlS: jwtTtlS,
      clock,
      logger,
    });
    this.operators = new Operators({ database, passwords, clock, forget: () => this.#authenticator.forgetEveryone() });
  }

  /** Throws `RangeError` for a secret that is too short. Nothing is kept in memory until {@link start}. */
  static create(options: AccessOptions): Access {
    return new Access(options);
  }

  /** Signs in. Throws `INVALID_CREDENTIALS`, `RATE_LIMITED`, `OVERLOADED`. */
  login(input: LoginInput): Promise<LoginAnswer> {
    return this.#login.login(input);
  }

  /**
   * Gives the principal's users that have the present password a new one. Every session made with the old one ends, and
   * with `endTokens` every API token of these users; the answer's token goes on. An operator's own password stays: it
   * is a setting. Throws `FORBIDDEN` to API tokens and to whoever's password is not kept here, `INVALID_INPUT`,
   * `RATE_LIMITED`.
   */
  async changePassword(
    principal: Principal,
    { currentPassword, newPassword, endTokens = false, ...from }: PasswordChange,
  ): Promise<ChangedPassword> {
    requirePerson(principal);
    const ids = requireOwnUser(principal);
    refuseFaults(newPasswordFaults(currentPassword, newPassword));
    const proven = await this.#ownPassword.prove(principal, currentPassword, ids);
    const users: Credential[] = [];
    let tokensEnded = 0;
    for (const { userId, tenantId } of proven) {
      const changed = await this.users.setOwnPassword({
        tenantId,
        userId,
        password: newPassword,
        endTokens,
        requestId: from.requestId,
      });
      // Deleted since: the others' passwords change all the same.
      if (!changed) continue;
      users.push({ id: userId, version: changed.version });
      tokensEnded += changed.tokensEnded;
    }
    if (users.length === 0) throw unauthenticated('The account was removed meanwhile.');
    await this.sessions.endOthers({ ...principal, sessionId: null }, from.requestId);
    return {
      access_token: await this.sessions.begin({ users, operator: null, ...from }),
      token_type: 'Bearer',
      expires_in: this.#ttlS,
      users: users.map(({ id }) => id),
      tokens_ended: tokensEnded,
    };
  }

  /** Whose a bearer token is: a session, an API token, or one of the identity provider. Throws `UNAUTHENTICATED`. */
  authenticate(bearer: string): Promise<Principal> {
    return this.#authenticator.authenticate(bearer);
  }

  /** As {@link authenticate}, from memory; `undefined`: ask {@link authenticate}. Never throws. */
  authenticateCached(bearer: string): Principal | undefined {
    return this.#authenticator.cached(bearer);
  }

  /** Which tenant a request means and who calls there: see `TenantResolution.resolve` for what it throws. */
  resolveTenant(principal: Principal | null, address: TenantAddress, requestId: string): Promise<Resolved> {
    return this.#resolution.resolve(principal, address, requestId);
  }

  /** As {@link resolveTenant}, from memory; `undefined`: ask {@link resolveTenant}. Throws as that does. */
  resolveTenantCached(principal: Principal | null, address: TenantAddress, requestId: string): Resolved | undefined {
    return this.#resolution.resolveCached(principal, address, requestId);
  }

  /** What `GET /api/auth/me` answers. */
  describe(principal: Principal): PrincipalView {
    return principalView(principal);
  }

  /**
   * What somebody is in all of their tenants. Throws `FORBIDDEN` to API tokens: who holds one is not always the person.
   */
  async profile(principal: Principal): Promise<ProfileView> {
    requirePerson(principal);
    const ids = principal.memberships.flatMap(({ userId }) => userId ?? []);
    const rows = ids.length === 0 ? [] : await this.#database.platform((tx) => findProfiles(tx, ids));
    return profileView(principal, rows);
  }

  /** Changes the own profile in every tenant. Throws `FORBIDDEN` to API tokens and to operators, `INVALID_INPUT`. */
  async changeProfile(
    principal: Principal,
    { name, requestId }: { name?: string | null | undefined; requestId: string },
  ): Promise<ProfileView> {
    requirePerson(principal);
    if (!principal.memberships.some(({ userId }) => userId !== null))
      throw accessErrors.error('FORBIDDEN', 'You belong to no tenant, so there is no profile to change.');
    if (name !== undefined) await this.users.setOwnName(principal.memberships, { name, requestId });
    return this.profile(principal);
  }

  /** Begins to hear of changes, and from then on to keep what was read; erases deleted tenants whose time has come. */
  async start(): Promise<void> {
    this.#running ??= this.#run();
    try {
      await this.#running;
    } catch (thrown) {
      this.#running = undefined;
      throw thrown;
    }
  }

  /** Writes what is left to write and keeps nothing any more. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (!running) return;
    (await running)();
    await this.passwordResets.idle();
    await this.#authenticator.flushUses();
  }

  async #run(): Promise<() => void> {
    const unlisten = await watchChanges(this.#database, (change) => this.#forget(change));
    this.#authenticator.open();
    this.#resolution.open();
    const timer = setInterval(() => void this.#authenticator.flushUses(), USES_MS);
    timer.unref();
    const erasing = new AbortController();
    const erase = (): void => void this.tenants.eraseDue(erasing.signal);
    const eraser = setInterval(erase, ERASE_MS);
    eraser.unref();
    erase();
    return () => {
      clearInterval(timer);
      clearInterval(eraser);
      erasing.abort();
      unlisten();
      this.#authenticator.close();
      this.#resolution.close();
    };
  }

  #forget(change: Change | null): void {
    this.#authenticator.forget(change);
    this.#resolution.forget(change);
  }
}
