/** Which packages the operator lets in. */
import {
  requireVouched,
  requireSlug,
  verifyPackage,
  type Catalogue,
  type CatalogueRelease,
  type PackageVouch,
  type Publishers,
} from '@annex/signing';
import { catalogueErrors } from './errors.js';
import type { CatalogueReader } from './catalogue-reader.js';
import type { PublisherList } from './publisher-list.js';

/** `ANNEX_PACKAGES`: `any`, those of a publisher, or those of the catalogue alone. */
export const packageRules = ['any', 'signed', 'catalogue'] as const;
export type PackageRule = (typeof packageRules)[number];

/** Where it is read who vouches for packages. */
export interface PolicyParts {
  rule: PackageRule;
  /** `undefined`: there are none, so signatures are not looked at. */
  publishers: PublisherList | undefined;
  /** `undefined`: there is none. */
  reader: CatalogueReader | undefined;
}

/** Judges what is uploaded. */
export class PackagePolicy {
  constructor(private readonly parts: PolicyParts) {}

  /**
   * Who vouches for an archive; `null`: nobody, and nobody has to. Throws `PACKAGE_UNSIGNED`, `PACKAGE_UNLISTED`,
   * `RELEASE_YANKED`, and what reading signature, publishers and catalogue throws.
   */
  async judge({ sha256, signature }: { sha256: string; signature: string | undefined }): Promise<PackageVouch | null> {
    const { rule, publishers, reader } = this.parts;
    const trusted = publishers && (signature !== undefined || rule !== 'any') ? await publishers.read() : undefined;
    const signed =
      trusted && signature !== undefined ? await verifyPackage(signature, { sha256, publishers: trusted }) : null;
    if (rule === 'any') return signed;
    const listed = reader && (await findListed(reader, { sha256, rule }));
    if (listed?.release.yanked) throw yanked(listed.release);
    if (signed) {
      if (rule === 'signed' || listed) return signed;
    } else if (trusted && listed) return vouchOf(listed.release, { catalogue: listed.catalogue, publishers: trusted });
    throw rule === 'signed' ? unsigned() : unlisted(sha256);
  }
}

/** Who vouches for a release that a catalogue lists. Throws what refuses it. */
export async function vouchOf(
  release: CatalogueRelease,
  { catalogue, publishers }: { catalogue: Catalogue; publishers: Publishers },
): Promise<PackageVouch> {
  const { slug, version, sha256, signature } = release;
  requireSlug(catalogue.by, slug);
  if (signature === undefined)
    return { slug, version, sha256, publisher: catalogue.by.publisher, keyId: catalogue.by.kid, by: 'catalogue' };
  const vouch = await verifyPackage(signature, { sha256, publishers });
  requireVouched(vouch, release);
  return vouch;
}

/** The `RELEASE_YANKED` of a release. */
export function yanked({ slug, version, yanked_because: why }: CatalogueRelease): Error {
  return catalogueErrors.error(
    'RELEASE_YANKED',
    `${slug} ${version} was taken back${why === undefined ? '' : `: ${why}`}. Install another version.`,
  );
}

/** With the rule `signed` a catalogue that does not count keeps nobody out who brings a signature. */
async function findListed(
  reader: CatalogueReader,
  { sha256, rule }: { sha256: string; rule: PackageRule },
): Promise<{ catalogue: Catalogue; release: CatalogueRelease } | undefined> {
  const catalogue = rule === 'catalogue' ? await reader.fresh() : (await reader.shown()).catalogue;
  const release = catalogue?.releases.find((one) => one.sha256 === sha256);
  return catalogue && release && { catalogue, release };
}

function unsigned(): Error {
  return catalogueErrors.error(
    'PACKAGE_UNSIGNED',
    'This Annex lets in packages only that one of its publishers signed. Sign it with "annex sign" and send the ' +
      'signature ' +
      'in the field `signature`, or take a release of the catalogue.',
  );
}

function unlisted(sha256: string): Error {
  return catalogueErrors.error(
    'PACKAGE_UNLISTED',
    `This Annex lets in what its catalogue lists, and that lists no package with the sha256 ${sha256}. GET ` +
      `/api/catalogue shows it; whoever ` +
      'publishes it adds the package with "annex catalogue build".',
  );
}
