/**
 * A catalogue: which releases there are and where they lie, signed as a whole. `catalogue.json` is a flattened JWS
 * (RFC 7515 §7.2.2), so that the signed bytes stand in the one file that is fetched.
 */
import { isAnnexError, messageOf, quote } from '@annex/kernel';
import { catalogueLimits } from '@annex/limits';
import { FlattenedSign } from 'jose';
import { z } from 'zod';
import { signingErrors } from './errors.js';
import { signatureTypes, verifyJws, type SigningKey, type VerifiedJws } from './jws.js';
import type { PublisherKey, Publishers } from './publishers.js';

const slug = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/);
const text = (max: number) => z.string().max(max);

/** A release as a catalogue lists it. */
export interface CatalogueRelease {
  slug: string;
  version: string;
  /** Hex SHA-256 of the archive. */
  sha256: string;
  /** Relative to the catalogue, or whole. */
  url: string;
  publisher: string;
  permissions: string[];
  yanked: boolean;
  yanked_because?: string | undefined;
  name?: string | undefined;
  description?: string | undefined;
  /** The package's own signature. */
  signature?: string | undefined;
}

/** What a catalogue says. Each one that is published has a greater `serial` than the one before. */
export interface CatalogueContents {
  serial: number;
  issued_at: string;
  expires_at: string;
  releases: CatalogueRelease[];
}

const releaseShape: z.ZodType<CatalogueRelease> = z.object({
  slug,
  version: text(256).min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  url: text(2000).min(1),
  publisher: text(200).min(1),
  permissions: z.array(text(100)).max(100),
  yanked: z.boolean(),
  yanked_because: text(500).optional(),
  name: text(200).optional(),
  description: text(2000).optional(),
  signature: text(4096).optional(),
});
const catalogueShape: z.ZodType<CatalogueContents> = z.object({
  serial: z.int().min(1),
  issued_at: z.iso.datetime({ offset: true }),
  expires_at: z.iso.datetime({ offset: true }),
  releases: z.array(releaseShape).max(catalogueLimits.releases),
});
const fileShape = z.object({ payload: z.string(), protected: z.string(), signature: z.string() });

/** A catalogue whose signature was checked. */
export interface Catalogue extends CatalogueContents {
  by: PublisherKey;
}

/** Signs a catalogue: the text of `catalogue.json`. Throws `CATALOGUE_INVALID` for what is none. */
export async function writeCatalogue(contents: CatalogueContents, { kid, key }: SigningKey): Promise<string> {
  const payload = Buffer.from(JSON.stringify(readContents(contents)));
  const signed = await new FlattenedSign(payload)
    .setProtectedHeader({ alg: 'EdDSA', kid, typ: signatureTypes.catalogue })
    .sign(key);
  return `${JSON.stringify(signed, null, 2)}\n`;
}

/**
 * Reads `catalogue.json`. Throws `CATALOGUE_INVALID`, `CATALOGUE_EXPIRED`, `PUBLISHER_UNKNOWN`, `PUBLISHER_REFUSED`,
 * `KEY_REVOKED`.
 */
export async function readCatalogue(
  file: string,
  { publishers, now }: { publishers: Publishers; now: Date },
): Promise<Catalogue> {
  if (Buffer.byteLength(file) > catalogueLimits.bytes) throw refuse(`it is larger than ${catalogueLimits.bytes} bytes`);
  const parts = fileShape.safeParse(parse(file));
  if (!parts.success) throw refuse('it has not the members payload, protected and signature');
  const { payload, protected: head, signature } = parts.data;
  const verified = await verify(`${head}.${payload}.${signature}`, publishers);
  const contents = readContents(parse(Buffer.from(verified.payload).toString('utf8')));
  if (Date.parse(contents.expires_at) <= now.getTime())
    throw signingErrors.error(
      'CATALOGUE_EXPIRED',
      `The catalogue ${contents.serial} was good until ${contents.expires_at}. Whoever publishes it signs a new ` +
        `one with ` +
        '"annex catalogue build".',
    );
  return { ...contents, by: verified.by };
}

/** Whoever asks for a release did not sign the catalogue, so its signature is no fault of theirs. */
async function verify(jws: string, publishers: Publishers): Promise<VerifiedJws> {
  try {
    return await verifyJws(jws, publishers, 'catalogue');
  } catch (thrown) {
    if (isAnnexError(thrown) && thrown.code === 'SIGNATURE_INVALID') throw refuse('its signature is not valid', thrown);
    throw thrown;
  }
}

/** What a catalogue says, its signature unchecked: for whoever makes the next one. `undefined`: it cannot be read. */
export function peekCatalogue(file: string): CatalogueContents | undefined {
  try {
    return readContents(parse(Buffer.from(fileShape.parse(parse(file)).payload, 'base64url').toString('utf8')));
  } catch {
    return undefined;
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (thrown) {
    throw refuse(`it is not JSON: ${messageOf(thrown).slice(0, 200)}`);
  }
}

function readContents(value: unknown): CatalogueContents {
  const read = catalogueShape.safeParse(value);
  if (!read.success) {
    const faults = read.error.issues.map(({ path, message }) => `/${path.map(String).join('/')}: ${message}`);
    throw refuse(faults.slice(0, 10).join('; ').slice(0, 1000));
  }
  const names = new Set<string>();
  for (const { slug: name, version } of read.data.releases) {
    const both = `${name} ${version}`;
    if (names.has(both)) throw refuse(`it lists ${quote(both, 330)} twice`);
    names.add(both);
  }
  return read.data;
}

function refuse(why: string, cause?: unknown): Error {
  return signingErrors.error(
    'CATALOGUE_INVALID',
    `The catalogue cannot be read: ${why}. "annex catalogue build" writes one, "annex catalogue verify" checks it.`,
    cause === undefined ? {} : { cause },
  );
}
