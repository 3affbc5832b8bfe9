/** Who vouches for a package: a JWS over its slug, its version and the hash of its bytes. */
import { createHash } from 'node:crypto';
import { quote } from '@annex/kernel';
import { publisherLimits } from '@annex/limits';
import { CompactSign } from 'jose';
import { z } from 'zod';
import { signingErrors } from './errors.js';
import { invalidSignature, signatureTypes, verifyJws, type SigningKey } from './jws.js';
import { coversSlug, type Publishers } from './publishers.js';

/** What a package is, as its publisher says. */
export interface PackageClaim {
  slug: string;
  version: string;
  /** Hex SHA-256 of the archive. */
  sha256: string;
}

/** Somebody vouches for a package. */
export interface PackageVouch extends PackageClaim {
  publisher: string;
  keyId: string;
  /** What was signed: the package itself, or the catalogue that lists it. */
  by: 'package' | 'catalogue';
}

// Nothing but these, so that no other signed object is one by accident.
const claimShape = z.strictObject({
  slug: z.string().min(1).max(64),
  version: z.string().min(1).max(256),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** The hex SHA-256 that names an archive. */
export function packageSha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Signs a package: a compact JWS. */
export async function signPackage({ slug, version, sha256 }: PackageClaim, { kid, key }: SigningKey): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify({ slug, version, sha256 })))
    .setProtectedHeader({ alg: 'EdDSA', kid, typ: signatureTypes.packages })
    .sign(key);
}

/**
 * Who signed these bytes, and as what. Throws `SIGNATURE_INVALID`, `SIGNATURE_MISMATCH` for other bytes,
 * `PUBLISHER_UNKNOWN`, `PUBLISHER_REFUSED`, `KEY_REVOKED`.
 */
export async function verifyPackage(
  signature: string,
  { sha256, publishers }: { sha256: string; publishers: Publishers },
): Promise<PackageVouch> {
  const jws = signature.trim();
  if (jws.length > publisherLimits.signatureBytes)
    throw invalidSignature(`it is longer than ${publisherLimits.signatureBytes} characters`);
  const { by, payload } = await verifyJws(jws, publishers, 'packages');
  const claim = readClaim(payload);
  if (claim.sha256 !== sha256)
    throw signingErrors.error(
      'SIGNATURE_MISMATCH',
      `The signature is for ${claim.slug} ${claim.version} with the sha256 ${claim.sha256}; these bytes have ` +
        `${sha256}. ` +
        'Send the archive that was signed, or sign this one.',
    );
  requireSlug(by, claim.slug);
  return { ...claim, publisher: by.publisher, keyId: by.kid, by: 'package' };
}

/** Throws `SIGNATURE_MISMATCH` unless the package is what is vouched for. */
export function requireVouched(
  { slug, version, by }: PackageVouch,
  found: Pick<PackageClaim, 'slug' | 'version'>,
): void {
  if (slug === found.slug && version === found.version) return;
  throw signingErrors.error(
    'SIGNATURE_MISMATCH',
    `The ${by === 'package' ? 'signature' : 'catalogue'} is for ${quote(`${slug} ${version}`, 330)}, and the ` +
      `package says ` +
      `that it is ${quote(`${found.slug} ${found.version}`, 330)}. Sign it as what it is.`,
  );
}

/** Throws `PUBLISHER_REFUSED` unless the key may sign the slug. */
export function requireSlug(
  by: Parameters<typeof coversSlug>[0] & { kid: string; publisher: string },
  slug: string,
): void {
  if (coversSlug(by, slug)) return;
  throw signingErrors.error(
    'PUBLISHER_REFUSED',
    `The key ${quote(by.kid, 60)} of ${by.publisher} may not sign ${quote(slug, 70)}; its slugs are ` +
      `${by.slugs?.join(', ')}.`,
  );
}

function readClaim(payload: Uint8Array): PackageClaim {
  try {
    return claimShape.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
  } catch (thrown) {
    throw invalidSignature('it does not say { slug, version, sha256 } and nothing else', thrown);
  }
}
