import { Handshakes } from './handshakes.js';
import { OidcProvider } from './provider.js';
import { OidcSignIn, type OidcSignInOptions } from './oidc-sign-in.js';
import type { ClaimMapping } from './claims.js';

/** What the operator says of the identity provider. */
export interface OidcSettings {
  /** As the provider writes it, such as `https://login.example.com`. */
  issuer: string;
  /** Whom access tokens are for that Annex takes as they are. Default: it takes none. */
  audience?: string | undefined;
  /** How people sign in there. Default: they do not. */
  signIn?: OidcSignInSettings | undefined;
  /** Default: the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
}

export interface OidcSignInSettings {
  clientId: string;
  /** Default: none, as public clients have none. */
  clientSecret?: string | undefined;
  /** With blanks between them; `openid` among them. */
  scopes: string;
  /** What people read on the button. */
  button: string;
  /** Whether an address that the provider has verified opens users that have a password, and operators. */
  linksByEmail: boolean;
  /** Which claims put people into tenants. Default: none do, and only who was invited comes in. */
  mapping?: ClaimMapping | undefined;
}

type Surroundings = Pick<
  OidcSignInOptions,
  'database' | 'users' | 'sessions' | 'acceptVouched' | 'ttlS' | 'clock' | 'logger'
> & {
  /** Encrypts what browsers keep. */
  secret: string;
};

/** Signing in as the settings say; `undefined`: they do not. Asks the provider nothing yet. */
export function openOidcSignIn(
  settings: OidcSettings | undefined,
  { secret, ...rest }: Surroundings,
): OidcSignIn | undefined {
  if (!settings?.signIn) return undefined;
  const { issuer, fetch, signIn } = settings;
  const { clientId, clientSecret, scopes, button, linksByEmail, mapping } = signIn;
  const { clock, logger } = rest;
  return new OidcSignIn({
    ...rest,
    provider: new OidcProvider({ issuer, clientId, clientSecret, scopes, mapping, clock, logger, fetch }),
    handshakes: new Handshakes({ secret, clock }),
    button,
    linksByEmail,
    mapping,
  });
}
