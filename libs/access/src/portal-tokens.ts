import { hkdfSync } from 'node:crypto';
import { SECOND, type Clock, type Json } from '@annex/kernel';
import { portalLimits } from '@annex/limits';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { SigningKeys, type SigningSecrets } from './signing-keys.js';
import { isRole, type Role } from './roles.js';

const linkAudience = 'annex portal links';
const sessionAudience = 'annex portal sessions';
/** Tells a portal's session from every other bearer token: only REST takes it, and no other door. */
const prefix = 'portal_';

/** What a portal opens. */
export interface PortalTerms {
  /** The bearer token of whoever made the link: what ends it ends the portal. */
  bearer: string;
  /** The tenant's slug. */
  tenant: string;
  /** The most that somebody may do there; never more than the maker. */
  role: Role;
  /** Names of screens. */
  screens: string[];
}

/** What a link gives to whoever opens it. */
export interface PortalLink extends PortalTerms {
  /** How long the session lasts that it begins, in seconds. */
  sessionS: number;
  /** How the portal looks; handed on as it is. */
  look: Json;
}

/**
 * Links to a few screens of one tenant, and the sessions that begin with them. Both carry what they open, encrypted
 * (JWE, RFC 7516), and nothing is kept: no cookie, no row. They hold the bearer of whoever made the link, so revoking
 * that API token ends every portal that it opened.
 */
export class PortalTokens {
  readonly #keys: SigningKeys;

  constructor(private readonly options: SigningSecrets & { clock: Clock }) {
    this.#keys = new SigningKeys(
      options,
      (secret) => new Uint8Array(hkdfSync('sha256', secret, '', 'annex portals', 32)),
    );
  }

  /** A token that begins a session within five minutes. */
  makeLink(link: PortalLink): Promise<{ token: string; expires_at: string }> {
    return this.#encrypt({ ...link }, linkAudience, portalLimits.linkMs / SECOND);
  }

  /** Begins the session of a link. `undefined`: the token is forged, expired or none. */
  async beginSession(
    token: string,
  ): Promise<{ link: PortalLink; token: string; expires_at: string; lifeS: number } | undefined> {
    const payload = await this.#decrypt(token, linkAudience);
    const terms = payload && termsIn(payload);
    const sessionS = payload?.['sessionS'];
    if (!terms || typeof sessionS !== 'number') return undefined;
    const session = await this.#encrypt({ ...terms }, sessionAudience, sessionS);
    const link = { ...terms, sessionS, look: (payload['look'] ?? null) as Json };
    return { link, token: `${prefix}${session.token}`, expires_at: session.expires_at, lifeS: sessionS };
  }

  /** Whether a bearer token is that of a portal's session, good or not. */
  isSession(bearer: string): boolean {
    return bearer.startsWith(prefix);
  }

  /** What a session opens. `undefined`: it is forged, expired or none. */
  async openSession(bearer: string): Promise<PortalTerms | undefined> {
    const payload = await this.#decrypt(bearer.slice(prefix.length), sessionAudience);
    return payload && termsIn(payload);
  }

  async #encrypt(
    payload: Record<string, unknown>,
    audience: string,
    lifeS: number,
  ): Promise<{ token: string; expires_at: string }> {
    const { kid, key } = this.#keys.current;
    const nowS = Math.floor(this.options.clock.now() / SECOND);
    const token = await new EncryptJWT(payload)
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid })
      .setAudience(audience)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + lifeS)
      .encrypt(key);
    return { token, expires_at: new Date((nowS + lifeS) * SECOND).toISOString() };
  }

  async #decrypt(token: string, audience: string): Promise<Record<string, unknown> | undefined> {
    if (token.length > portalLimits.tokenChars) return undefined;
    try {
      const { payload } = await this.#keys.open(token, (key) =>
        jwtDecrypt(token, key, {
          audience,
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
          requiredClaims: ['exp'],
          currentDate: new Date(this.options.clock.now()),
        }),
      );
      return payload;
    } catch {
      return undefined;
    }
  }
}

function termsIn({ bearer, tenant, role, screens }: Record<string, unknown>): PortalTerms | undefined {
  if (typeof bearer !== 'string' || typeof tenant !== 'string' || !isRole(role) || !Array.isArray(screens))
    return undefined;
  return { bearer, tenant, role, screens: screens.map(String) };
}
