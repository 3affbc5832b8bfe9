import { hkdfSync } from 'node:crypto';
import { SECOND, type Clock } from '@annex/kernel';
import { oidcLimits } from '@annex/limits';
import { EncryptJWT, jwtDecrypt } from 'jose';

const audience = 'annex sign-ins';

/** What must be the same when a browser comes back from the identity provider. */
export interface Handshake {
  state: string;
  nonce: string;
  /** The secret behind the challenge that the provider was given (PKCE, RFC 7636). */
  verifier: string;
  /** Where the provider sends the browser. */
  redirectUri: string;
}

/**
 * Sign-ins that are under way at the identity provider. The browser keeps each, encrypted (JWE, RFC 7516), so that any
 * process can finish it, and no other browser can.
 */
export class Handshakes {
  readonly #key: Uint8Array;

  constructor(private readonly options: { secret: string; clock: Clock }) {
    this.#key = new Uint8Array(hkdfSync('sha256', options.secret, '', audience, 32));
  }

  /** What the browser keeps, and for how many seconds. */
  async seal(handshake: Handshake): Promise<{ text: string; lifeS: number }> {
    const lifeS = oidcLimits.signInMs / SECOND;
    const nowS = Math.floor(this.options.clock.now() / SECOND);
    const text = await new EncryptJWT({ ...handshake })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setAudience(audience)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + lifeS)
      .encrypt(this.#key);
    return { text, lifeS };
  }

  /** `undefined`: it is forged, expired or none. */
  async open(text: string): Promise<Handshake | undefined> {
    if (text.length > oidcLimits.cookieChars) return undefined;
    try {
      const { payload } = await jwtDecrypt(text, this.#key, {
        audience,
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
        requiredClaims: ['exp'],
        currentDate: new Date(this.options.clock.now()),
      });
      const { state, nonce, verifier, redirectUri } = payload;
      const isWhole = [state, nonce, verifier, redirectUri].every((part) => typeof part === 'string');
      return isWhole ? ({ state, nonce, verifier, redirectUri } as Handshake) : undefined;
    } catch {
      return undefined;
    }
  }
}
