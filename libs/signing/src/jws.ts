/** JSON Web Signatures (RFC 7515) with Ed25519, in the one spelling that Annex writes and reads. */
import type { webcrypto } from 'node:crypto';
import { compactVerify, decodeProtectedHeader } from 'jose';
import { signingErrors } from './errors.js';
import type { Publishers, PublisherKey, Signs } from './publishers.js';

/** What signatures of packages and of catalogues say they are, so that none passes for the other. */
export const signatureTypes = { packages: 'annex-package', catalogue: 'annex-catalogue' } as const;

/** RFC 8037, and the name of the same since RFC 9864. */
const algorithms = ['EdDSA', 'Ed25519'];

/** A key to sign with. */
export interface SigningKey {
  kid: string;
  key: webcrypto.CryptoKey;
}

/** Whose signature it is, and the bytes that were signed. */
export interface VerifiedJws {
  by: PublisherKey;
  payload: Uint8Array;
}

/**
 * Checks a compact JWS. Throws `SIGNATURE_INVALID`, and what {@link Publishers.require} throws.
 * @param signs what it has to be a signature of
 */
export async function verifyJws(jws: string, publishers: Publishers, signs: Signs): Promise<VerifiedJws> {
  const { alg, kid, typ } = readHeader(jws);
  if (!algorithms.includes(String(alg)))
    throw invalidSignature('its algorithm is not EdDSA: only Ed25519 keys sign here');
  if (typeof kid !== 'string' || kid === '') throw invalidSignature('its head has no kid, which names the key');
  if (typ !== undefined && typ !== signatureTypes[signs])
    throw invalidSignature(`it is a signature of something else: its typ is not ${signatureTypes[signs]}`);
  const by = publishers.require(kid, signs);
  try {
    const { payload } = await compactVerify(jws, by.key, { algorithms });
    return { by, payload };
  } catch (thrown) {
    throw invalidSignature(`it was not made with the key ${kid.slice(0, 60)}, or was changed since`, thrown);
  }
}

/** The `SIGNATURE_INVALID` that says why. */
export function invalidSignature(why: string, cause?: unknown): Error {
  return signingErrors.error(
    'SIGNATURE_INVALID',
    `The signature is not valid: ${why}. "annex sign" makes one.`,
    cause === undefined ? {} : { cause },
  );
}

function readHeader(jws: string): { alg?: unknown; kid?: unknown; typ?: unknown } {
  try {
    return decodeProtectedHeader(jws);
  } catch (thrown) {
    throw invalidSignature('it is no compact JWS', thrown);
  }
}
