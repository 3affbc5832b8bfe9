import { hkdfSync } from 'node:crypto';
import { SECOND, type Clock } from '@annex/kernel';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { SigningKeys, type SigningSecrets } from './signing-keys.js';

const AUDIENCE = 'annex streams';
/** Time in which a stream must be opened with a token; one that is open goes on. In seconds. */
const lifeS = 60;

/** Who asked for a stream token, and for which tenant. */
export interface StreamBearer {
  /** The bearer token that the caller came with. */
  bearer: string;
  /** The tenant's slug. */
  tenant: string;
}

/**
 * Short-lived tokens for readers that can send no header, as the browser's EventSource: the caller's own bearer,
 * encrypted (JWE, RFC 7516), so that an address that was written down somewhere opens nothing a minute later, and
 * nothing but a stream before. What ends the bearer ends it too.
 */
export class StreamTokens {
  readonly #keys: SigningKeys;

  constructor(private readonly options: SigningSecrets & { clock: Clock }) {
    this.#keys = new SigningKeys(options, (secret) => new Uint8Array(hkdfSync('sha256', secret, '', AUDIENCE, 32)));
  }

  async make({ bearer, tenant }: StreamBearer): Promise<{ token: string; expires_at: string }> {
    const { kid, key } = this.#keys.current;
    const nowS = Math.floor(this.options.clock.now() / 1000);
    const token = await new EncryptJWT({ bearer, tenant })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid })
      .setAudience(AUDIENCE)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + lifeS)
      .encrypt(key);
    return { token, expires_at: new Date((nowS + lifeS) * SECOND).toISOString() };
  }

  /** `undefined`: it is forged, expired or none. */
  async open(token: string): Promise<StreamBearer | undefined> {
    try {
      const { payload } = await this.#keys.open(token, (key) =>
        jwtDecrypt<Partial<StreamBearer>>(token, key, {
          audience: AUDIENCE,
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
          requiredClaims: ['exp', 'bearer', 'tenant'],
          currentDate: new Date(this.options.clock.now()),
        }),
      );
      const { bearer, tenant } = payload;
      return typeof bearer === 'string' && typeof tenant === 'string' ? { bearer, tenant } : undefined;
    } catch {
      return undefined;
    }
  }
}
