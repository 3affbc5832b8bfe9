import { hkdfSync } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';

/** The platform's secret, and those before it that still open what they made. */
export interface SigningSecrets {
  /** At least 32 bytes of UTF-8. */
  secret: string;
  /** Default: none. */
  oldSecrets?: readonly string[] | undefined;
}

interface SigningKey {
  /** Names the secret in a token's header and tells nothing of it. */
  kid: string;
  key: Uint8Array;
}

/** One key of each secret. New tokens are made with the current one and name it; former ones only open. */
export class SigningKeys {
  readonly current: SigningKey;
  readonly #all: readonly SigningKey[];

  /** `keyOf`: what of a secret is the key. */
  constructor({ secret, oldSecrets = [] }: SigningSecrets, keyOf: (secret: string) => Uint8Array) {
    const make = (each: string): SigningKey => ({
      kid: Buffer.from(hkdfSync('sha256', each, '', 'annex key id', 6)).toString('base64url'),
      key: keyOf(each),
    });
    this.current = make(secret);
    this.#all = [this.current, ...oldSecrets.map(make)];
  }

  /**
   * Opens a token with the key that its header names. One that names none was made before keys had names: each key is
   * tried. Throws what the last try threw, and `TypeError` when the key is not ours any more or the token is none.
   */
  async open<T>(token: string, work: (key: Uint8Array) => Promise<T>): Promise<T> {
    const { kid } = decodeProtectedHeader(token);
    let thrown: unknown = new TypeError('the token is made with a key that is not in use');
    for (const each of this.#all) {
      if (kid !== undefined && kid !== each.kid) continue;
      try {
        return await work(each.key);
      } catch (caught) {
        thrown = caught;
      }
    }
    throw thrown;
  }
}
