/**
 * Tokens of the operator's identity provider (OpenID Connect Core 1.0): found through discovery, checked against its
 * published keys. Only asymmetric algorithms: a provider's client secret must never be enough to forge somebody.
 */
import { SingleFlight, type Clock } from '@annex/kernel';
import { createRemoteJWKSet, customFetch, decodeJwt, errors, jwtVerify, type RemoteJWKSet } from 'jose';
import { accessErrors, unauthenticated } from './errors.js';

const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const TIMEOUT_MS = 5000;
const MAX_BYTES = 1024 * 1024;
/** How long what discovery said is believed. */
const DISCOVERY_MS = 3_600_000;
/** After a failure nobody asks again for so long, so that a storm of tokens is not a storm of requests. */
const COOL_DOWN_MS = 5000;

export interface OidcOptions {
  /** As the provider writes it, such as `https://login.example.com`. */
  issuer: string;
  audience: string;
  clock: Clock;
  /** Default: the global `fetch`. */
  fetch?: typeof globalThis.fetch;
}

/** Somebody the provider vouches for. */
export interface OidcIdentity {
  issuer: string;
  subject: string;
  /** Only an address that the provider says it has verified. */
  email: string | null;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

interface Provider {
  issuer: string;
  keys: RemoteJWKSet;
  until: number;
}

export function isOidcAlgorithm(algorithm: string): boolean {
  return algorithms.includes(algorithm);
}

export class OidcIdentities {
  readonly #fetch: typeof globalThis.fetch;
  readonly #discoveries = new SingleFlight<Provider>();
  #provider: Provider | undefined;
  #failedUntil = 0;

  constructor(private readonly options: OidcOptions) {
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  }

  /** Who a token names. Throws `UNAUTHENTICATED`, or `IDENTITY_PROVIDER_UNAVAILABLE` when its keys cannot be had. */
  async verify(token: string): Promise<OidcIdentity> {
    // Look at the issuer first: a stranger's token must not make this server send requests.
    if (withoutSlash(issuerOf(token)) !== withoutSlash(this.options.issuer))
      throw unauthenticated('The token comes from an issuer that Annex does not know.');
    const provider = await this.#discover();
    try {
      const { payload } = await jwtVerify(token, provider.keys, {
        algorithms,
        issuer: provider.issuer,
        audience: this.options.audience,
        requiredClaims: ['sub', 'exp', 'iat'],
        clockTolerance: 30,
        currentDate: new Date(this.options.clock.now()),
      });
      const verified = payload.email_verified === true || payload.email_verified === 'true';
      return {
        issuer: provider.issuer,
        subject: String(payload.sub),
        email: verified && typeof payload.email === 'string' ? payload.email : null,
        expiresAt: (payload.exp ?? 0) * 1000 + 30_000,
      };
    } catch (thrown) {
      if (isProviderFailure(thrown)) throw unavailable(this.options.issuer, thrown);
      throw unauthenticated(
        'The token is not valid: it is forged, has expired or was made for somebody else. Sign in again.',
        thrown,
      );
    }
  }

  #discover(): Promise<Provider> {
    const now = this.options.clock.now();
    if (this.#provider && this.#provider.until > now) return Promise.resolve(this.#provider);
    if (this.#failedUntil > now)
      return this.#provider ? Promise.resolve(this.#provider) : Promise.reject(unavailable(this.options.issuer));
    return this.#discoveries.run('', async () => {
      try {
        this.#provider = await this.#askProvider();
        return this.#provider;
      } catch (thrown) {
        this.#failedUntil = this.options.clock.now() + COOL_DOWN_MS;
        // Keys that were good an hour ago are better than shutting everybody out.
        if (this.#provider) return this.#provider;
        throw unavailable(this.options.issuer, thrown);
      }
    });
  }

  /** OpenID Connect Discovery 1.0 §4. */
  async #askProvider(): Promise<Provider> {
    const issuer = withoutSlash(this.options.issuer);
    const response = await this.#fetch(`${issuer}/.well-known/openid-configuration`, {
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`discovery answered ${response.status}`);
    const metadata = JSON.parse(await limitedText(response)) as { issuer?: unknown; jwks_uri?: unknown };
    if (typeof metadata.issuer !== 'string' || withoutSlash(metadata.issuer) !== issuer)
      throw new Error('discovery names another issuer');
    const url = new URL(String(metadata.jwks_uri));
    if (url.protocol !== 'https:' && url.protocol !== new URL(issuer).protocol)
      throw new Error('the keys are not served over https');
    const keys = createRemoteJWKSet(url, {
      timeoutDuration: TIMEOUT_MS,
      [customFetch]: (input, init) => this.#fetch(input, init),
    });
    return { issuer: metadata.issuer, keys, until: this.options.clock.now() + DISCOVERY_MS };
  }
}

function issuerOf(token: string): string {
  try {
    return decodeJwt(token).iss ?? '';
  } catch (thrown) {
    throw unauthenticated('The token is not a JWT.', thrown);
  }
}

function withoutSlash(url: string): string {
  return url.endsWith('/') ? url.slice(0, -1) : url;
}

async function limitedText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > MAX_BYTES) throw new Error(`discovery answered more than ${MAX_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Whether the provider failed us, as opposed to the token being bad. */
function isProviderFailure(thrown: unknown): boolean {
  if (!(thrown instanceof errors.JOSEError)) return true;
  return (
    thrown instanceof errors.JWKSTimeout || thrown instanceof errors.JWKSInvalid || thrown.code === 'ERR_JOSE_GENERIC'
  );
}

function unavailable(issuer: string, cause?: unknown): Error {
  return accessErrors.error(
    'IDENTITY_PROVIDER_UNAVAILABLE',
    `The keys of ${issuer} cannot be read at the moment. Try again shortly.`,
    { retryAfterS: 5, cause },
  );
}
