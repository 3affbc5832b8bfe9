/** Keys that packages and catalogues are signed with. */
import type { webcrypto } from 'node:crypto';
import { messageOf } from '@annex/kernel';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { signingErrors } from './errors.js';
import type { SigningKey } from './jws.js';

/** A key pair as texts of JSON. */
export interface WrittenKeyPair {
  kid: string;
  /** A private JWK. Whoever has it can sign. */
  privateKey: string;
  /** A JWK Set with the public key, as `ANNEX_PUBLISHERS` takes it. */
  publishers: string;
}

/** Makes an Ed25519 key pair; its `kid` is its thumbprint (RFC 7638). `publisher`: empty for the `kid`. */
export async function makeKeyPair(name: string): Promise<WrittenKeyPair> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const [secret, open] = await Promise.all([exportJWK(privateKey), exportJWK(publicKey)]);
  const kid = await calculateJwkThumbprint(open);
  const publisher = name || kid;
  const write = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return {
    kid,
    privateKey: write({ ...secret, kid, publisher }),
    publishers: write({ keys: [{ ...open, kid, publisher }] }),
  };
}

/** A private JWK, and whose it is. Throws `SIGNATURE_INVALID` for what is none, and never says what it held. */
export async function readSigningKey(json: string): Promise<SigningKey & { publisher: string }> {
  let jwk: JWK & { publisher?: unknown };
  try {
    jwk = JSON.parse(json) as JWK;
  } catch {
    throw refuse('it is not JSON');
  }
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || typeof jwk.d !== 'string')
    throw refuse('it is no private Ed25519 JWK with the members kty, crv, x and d');
  try {
    const { kty, crv, x, d } = jwk;
    const kid = jwk.kid ?? (await calculateJwkThumbprint({ kty, crv, x }));
    const key = (await importJWK({ kty, crv, x, d }, 'EdDSA')) as webcrypto.CryptoKey;
    return { kid, key, publisher: typeof jwk.publisher === 'string' ? jwk.publisher : kid };
  } catch (thrown) {
    throw refuse(messageOf(thrown).includes(jwk.d) ? 'its members do not fit' : messageOf(thrown).slice(0, 100));
  }
}

function refuse(why: string): Error {
  return signingErrors.error('SIGNATURE_INVALID', `The signing key cannot be used: ${why}. "annex keygen" makes one.`);
}
