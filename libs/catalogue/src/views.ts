/** The catalogue as the API shows it. */
import type { Catalogue, CatalogueRelease } from '@annex/signing';
import semver from 'semver';

/** A release that the catalogue lists. */
export interface ListedRelease {
  version: string;
  sha256: string;
  publisher: string;
  permissions: string[];
  yanked: boolean;
  /** `null`: nobody said why, or it is not. */
  yanked_because: string | null;
}

/** A plugin that the catalogue lists. */
export interface ListedPlugin {
  slug: string;
  name: string;
  description: string | null;
  publisher: string;
  /** The release that an installation takes; `null`: all were taken back. */
  latest: string | null;
  /** The newest first. */
  releases: ListedRelease[];
  /** `null`: the tenant has no such plugin. */
  installed: InstalledListing | null;
}

/** What a tenant has of a plugin that is listed. */
export interface InstalledListing {
  version: string;
  sha256: string;
  /** The catalogue lists these very bytes. */
  listed: boolean;
  yanked: boolean;
  /** A newer version that is not taken back; `null`: there is none. */
  newer: string | null;
}

const grouped = new WeakMap<Catalogue, Map<string, CatalogueRelease[]>>();

/**
 * The plugins of a catalogue in order of slug, each with its releases, the newest first. Sorted once: whoever looks at
 * a list of twenty thousand again and again must not cost seconds each time.
 */
export function groupReleases(catalogue: Catalogue): ReadonlyMap<string, readonly CatalogueRelease[]> {
  const known = grouped.get(catalogue);
  if (known) return known;
  const groups = Map.groupBy(catalogue.releases, ({ slug }) => slug);
  const sorted = [...groups].sort(([one], [other]) => (one < other ? -1 : 1));
  for (const [, releases] of sorted) releases.sort((a, b) => compareVersions(b.version, a.version));
  const made = new Map(sorted);
  grouped.set(catalogue, made);
  return made;
}

/** The release that is taken where none is named: the newest that is no pre-release, else the newest. */
export function latestOf(newestFirst: readonly CatalogueRelease[]): CatalogueRelease | undefined {
  const open = newestFirst.filter(({ yanked }) => !yanked);
  return open.find(({ version }) => semver.prerelease(version) === null) ?? open[0];
}

/** One plugin with what the tenant has of it. `releases`: how many are shown. */
export function viewListed(
  newestFirst: readonly CatalogueRelease[],
  installed: { version: string; sha256: string } | undefined,
  releases: number,
): ListedPlugin {
  const latest = latestOf(newestFirst);
  const shown = latest ?? newestFirst[0];
  if (!shown) throw new Error('a plugin of a catalogue has no release');
  return {
    slug: shown.slug,
    name: shown.name ?? shown.slug,
    description: shown.description ?? null,
    publisher: shown.publisher,
    latest: latest?.version ?? null,
    releases: newestFirst
      .slice(0, releases)
      .map(({ version, sha256, publisher, permissions, yanked, yanked_because }) => ({
        version,
        sha256,
        publisher,
        permissions,
        yanked,
        yanked_because: yanked_because ?? null,
      })),
    installed: installed ? viewInstalled(newestFirst, installed, latest) : null,
  };
}

function viewInstalled(
  releases: readonly CatalogueRelease[],
  { version, sha256 }: { version: string; sha256: string },
  latest: CatalogueRelease | undefined,
): InstalledListing {
  const listed = releases.find((one) => one.sha256 === sha256);
  const isNewer = latest !== undefined && compareVersions(latest.version, version) > 0;
  return {
    version,
    sha256,
    listed: listed !== undefined,
    yanked: listed?.yanked ?? false,
    newer: isNewer ? latest.version : null,
  };
}

/** By SemVer precedence; what is no SemVer comes first, in order of its text. */
function compareVersions(one: string, other: string): number {
  const [a, b] = [semver.parse(one), semver.parse(other)];
  if (a && b) return a.compare(b) || a.compareBuild(b);
  if (a || b) return a ? 1 : -1;
  return one < other ? -1 : Number(one > other);
}
