/**
 * The identity provider as a browser signs in there: the code flow of OpenID Connect Core 1.0 with PKCE, state and
 * nonce. What discovery said is kept; where the provider is slow or down, only these sign-ins wait.
 */
import { messageOf, quote, SingleFlight, type Clock, type JsonObject, type Logger } from '@annex/kernel';
import { oidcLimits } from '@annex/limits';
import * as openid from 'openid-client';
import { accessErrors } from '../errors.js';
import { lacksClaims, type ClaimMapping } from './claims.js';
import type { Handshake } from './handshakes.js';

/** How long what discovery said is believed. */
const knownMs = 3_600_000;
/** After a failure nobody asks again for so long. */
const coolDownMs = 5000;
/** Seconds that the provider's clock may be off. */
const toleranceS = 30;
/** What is wrong with the answer that the browser brought, and not with the provider. */
const faultsOfAnswers = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_KEY_SELECTION_FAILED',
]);

export interface OidcProviderOptions {
  /** As the provider writes it, such as `https://login.example.com`. */
  issuer: string;
  clientId: string;
  /** Default: none, as public clients have none. */
  clientSecret?: string | undefined;
  /** With blanks between them; `openid` among them. */
  scopes: string;
  /** Which claims are needed. Default: the address alone. */
  mapping?: ClaimMapping | undefined;
  clock: Clock;
  logger: Logger;
  /** Default: the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
}

/** What the provider says of somebody. */
export interface ProvidedIdentity {
  issuer: string;
  subject: string;
  /** Of the ID token and of the provider's page about the user. */
  claims: JsonObject;
}

export class OidcProvider {
  readonly #discoveries = new SingleFlight<openid.Configuration>();
  #known: { configuration: openid.Configuration; until: number } | undefined;
  #failedUntil = 0;

  constructor(private readonly options: OidcProviderOptions) {}

  /** Where a browser goes to sign in, and what must be kept. Throws `IDENTITY_PROVIDER_UNAVAILABLE`. */
  async begin(redirectUri: string): Promise<{ url: string; handshake: Handshake }> {
    const configuration = await this.#discover();
    const verifier = openid.randomPKCECodeVerifier();
    const handshake = { state: openid.randomState(), nonce: openid.randomNonce(), verifier, redirectUri };
    const url = openid.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: this.options.scopes,
      state: handshake.state,
      nonce: handshake.nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return { url: url.href, handshake };
  }

  /**
   * Who somebody is, from the parameters that the provider sent the browser back with. Throws `SIGN_IN_INVALID`,
   * `SIGN_IN_REFUSED`, `IDENTITY_PROVIDER_UNAVAILABLE`.
   */
  async finish(parameters: string, { state, nonce, verifier, redirectUri }: Handshake): Promise<ProvidedIdentity> {
    const configuration = await this.#discover();
    const answer = new URL(redirectUri);
    answer.search = parameters;
    try {
      const tokens = await openid.authorizationCodeGrant(configuration, answer, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const said = (tokens.claims() ?? {}) as unknown as JsonObject & { iss: string; sub: string };
      const hasMore = configuration.serverMetadata().userinfo_endpoint !== undefined;
      const more =
        hasMore && lacksClaims(said, this.options.mapping)
          ? await openid.fetchUserInfo(configuration, tokens.access_token, said.sub)
          : {};
      return { issuer: said.iss, subject: said.sub, claims: { ...(more as unknown as JsonObject), ...said } };
    } catch (thrown) {
      throw this.#faultOf(thrown);
    }
  }

  /** Where somebody signs out at the provider too, if that is known by now; never waits. */
  signOutUrl(returnTo: string): string | null {
    const configuration = this.#known?.configuration;
    if (configuration?.serverMetadata().end_session_endpoint === undefined) return null;
    const { clientId } = this.options;
    return openid.buildEndSessionUrl(configuration, { client_id: clientId, post_logout_redirect_uri: returnTo }).href;
  }

  #discover(): Promise<openid.Configuration> {
    const now = this.options.clock.now();
    if (this.#known && this.#known.until > now) return Promise.resolve(this.#known.configuration);
    if (this.#failedUntil > now)
      return this.#known ? Promise.resolve(this.#known.configuration) : Promise.reject(this.#unavailable());
    return this.#discoveries.run('', async () => {
      try {
        const configuration = await this.#ask();
        this.#known = { configuration, until: this.options.clock.now() + knownMs };
        return configuration;
      } catch (thrown) {
        this.#failedUntil = this.options.clock.now() + coolDownMs;
        // What was right an hour ago is better than shutting everybody out.
        if (this.#known) return this.#known.configuration;
        throw this.#unavailable(thrown);
      }
    });
  }

  async #ask(): Promise<openid.Configuration> {
    const { issuer, clientId, clientSecret } = this.options;
    const settings = {
      timeout: oidcLimits.requestMs / 1000,
      [openid.customFetch]: boundedFetch(this.options.fetch ?? ((input, init) => globalThis.fetch(input, init))),
    };
    // Where the operator wrote http:, as on the loopback address, nothing else is to be had.
    const execute = new URL(issuer).protocol === 'http:' ? [openid.allowInsecureRequests] : [];
    const found = await openid.discovery(new URL(issuer), clientId, {}, openid.None(), { ...settings, execute });
    const metadata = found.serverMetadata();
    const configuration = new openid.Configuration(
      metadata,
      clientId,
      { [openid.clockTolerance]: toleranceS },
      authentication(clientSecret, metadata.token_endpoint_auth_methods_supported),
    );
    configuration.timeout = settings.timeout;
    configuration[openid.customFetch] = settings[openid.customFetch];
    for (const prepare of execute) prepare(configuration);
    // The signature counts even though the token came from the provider itself.
    openid.enableNonRepudiationChecks(configuration);
    return configuration;
  }

  #faultOf(thrown: unknown): Error {
    if (thrown instanceof openid.AuthorizationResponseError) {
      const reason = thrown.error_description ?? thrown.error;
      return accessErrors.error('SIGN_IN_REFUSED', `The identity provider says: ${quote(reason, 200)}`);
    }
    const isOfAnswer =
      (thrown instanceof openid.ResponseBodyError && thrown.error === 'invalid_grant') ||
      (thrown instanceof openid.ClientError && faultsOfAnswers.has(thrown.code ?? ''));
    this.options.logger.warn({ err: thrown }, `a sign-in at the identity provider failed: ${messageOf(thrown)}`);
    return isOfAnswer ? signInInvalid(thrown) : this.#unavailable(thrown);
  }

  #unavailable(cause?: unknown): Error {
    return accessErrors.error(
      'IDENTITY_PROVIDER_UNAVAILABLE',
      `${this.options.issuer} does not answer as it should. Try again shortly, or sign in with a password.`,
      { retryAfterS: 5, cause },
    );
  }
}

/** What somebody gets whose sign-in cannot be told from a forged one. */
export function signInInvalid(cause?: unknown): Error {
  return accessErrors.error(
    'SIGN_IN_INVALID',
    'The sign-in took too long, was begun in another browser or tab, or was finished already. Begin it again.',
    { cause },
  );
}

/** As RFC 6749 §2.3.1 prefers, unless the provider says that it takes the secret in the body only. */
function authentication(secret: string | undefined, supported: string[] | undefined): openid.ClientAuth {
  if (secret === undefined) return openid.None();
  return supported === undefined || supported.includes('client_secret_basic')
    ? openid.ClientSecretBasic(secret)
    : openid.ClientSecretPost(secret);
}

/** Reads each answer as far as it may go, so that no provider can fill the memory. */
function boundedFetch(fetch: typeof globalThis.fetch): openid.CustomFetch {
  return async (url, options) => {
    const response = await fetch(url, options as RequestInit);
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of response.body ?? []) {
      size += part.byteLength;
      if (size > oidcLimits.answerBytes)
        throw new Error(`the identity provider answered more than ${oidcLimits.answerBytes} bytes`);
      parts.push(part);
    }
    const body = parts.length === 0 ? null : Buffer.concat(parts);
    return new Response(body, { status: response.status, headers: response.headers });
  };
}
