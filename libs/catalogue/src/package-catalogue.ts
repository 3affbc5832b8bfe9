import { createHash } from 'node:crypto';
import type { GrantInput, InstallationsCaller, UploadResult } from '@annex/installations';
import {
  didYouMean,
  FairGate,
  pageOf,
  quote,
  readCursor,
  textCursor,
  type AnnexError,
  type Page,
  type PageRequest,
} from '@annex/kernel';
import { archiveLimits, catalogueLimits } from '@annex/limits';
import type { Catalogue, CatalogueRelease } from '@annex/signing';
import type { CatalogueReader } from './catalogue-reader.js';
import { catalogueErrors } from './errors.js';
import { vouchOf, yanked } from './package-policy.js';
import type { InstallationsPort } from './ports.js';
import type { PublisherList } from './publisher-list.js';
import { groupReleases, latestOf, viewListed, type ListedPlugin } from './views.js';

/** Which plugins of the catalogue are shown. */
export interface CatalogueQuery extends PageRequest {
  /** A part of slug, name or description, in any case. */
  q?: string | undefined;
  /** `installed`: those that the tenant has. `newer`: those of which there is a newer version. Default: all. */
  show?: 'all' | 'installed' | 'newer' | undefined;
}

/** A page of the catalogue, with what is to be said of it as a whole. */
export interface CataloguePage extends Page<ListedPlugin> {
  /** `null`: there is none that counts. */
  catalogue: {
    serial: number;
    issued_at: string;
    expires_at: string;
    signed_by: { publisher: string; key_id: string };
    read_at: string;
  } | null;
  /** Why there is none, or why it is the last good one; `null`: all is well. */
  problem: { code: string; message: string } | null;
}

/** What an installation takes. */
export interface InstallTerms {
  /** Default: the newest that was not taken back. */
  version?: string | undefined;
  enable?: boolean | undefined;
  grant?: GrantInput | undefined;
  activate?: boolean | undefined;
}

/** Releases of a plugin that a list shows. */
const releasesInLists = 20;

/** What tenants see of the operator's catalogue, and install from it. */
export class PackageCatalogue {
  readonly #downloads = new FairGate({ atOnce: 4, atOncePerKey: 2 });

  /** `source`: where it is read; `undefined`: there is none. */
  constructor(
    private readonly installations: InstallationsPort,
    private readonly source: { reader: CatalogueReader; publishers: PublisherList } | undefined,
  ) {}

  /** Plugins in order of slug. Throws `CURSOR_INVALID`; what is wrong with the catalogue is answered. */
  async list(caller: InstallationsCaller, { q, show = 'all', ...page }: CatalogueQuery): Promise<CataloguePage> {
    const after = readCursor(page.cursor, textCursor.read, refuseCursor);
    if (!this.source) return { items: [], next_cursor: null, catalogue: null, problem: problemOf(off()) };
    const { catalogue, problem, readAt } = await this.source.reader.shown();
    const installed = await this.#installed(caller);
    const word = q?.toLowerCase();
    const found: ListedPlugin[] = [];
    for (const [slug, releases] of catalogue ? groupReleases(catalogue) : []) {
      if (found.length > page.limit) break;
      if (after !== undefined && slug <= after) continue;
      const view = viewListed(releases, installed.get(slug), releasesInLists);
      if (
        word !== undefined &&
        ![slug, view.name, view.description ?? ''].some((text) => text.toLowerCase().includes(word))
      )
        continue;
      if (show === 'installed' && !view.installed) continue;
      if (show === 'newer' && !view.installed?.newer) continue;
      found.push(view);
    }
    return {
      ...pageOf(found, page, ({ slug }) => textCursor.write(slug)),
      catalogue: catalogue ? describe(catalogue, readAt) : null,
      problem: problem ? problemOf(problem) : null,
    };
  }

  /** One plugin with all its releases. Throws `CATALOGUE_ENTRY_NOT_FOUND`, `CATALOGUE_OFF`, and why there is none. */
  async get(caller: InstallationsCaller, slug: string): Promise<ListedPlugin> {
    const { reader } = this.#require();
    const { catalogue, problem } = await reader.shown();
    if (!catalogue) throw problem ?? off();
    const releases = requireListed(catalogue, slug);
    return viewListed(releases, (await this.#installed(caller)).get(slug), releases.length);
  }

  /**
   * Installs a release as an upload of its bytes would, or upgrades to it. The catalogue is read anew. Throws
   * `CATALOGUE_OFF`, `CATALOGUE_ENTRY_NOT_FOUND`, `RELEASE_YANKED`, `PACKAGE_SWAPPED`, what the catalogue is refused
   * with, and what an upload throws.
   */
  async install(
    caller: InstallationsCaller,
    slug: string,
    { version, ...terms }: InstallTerms = {},
  ): Promise<UploadResult> {
    const { reader, publishers } = this.#require();
    const catalogue = await reader.fresh();
    const release = choose(requireListed(catalogue, slug), { slug, version });
    const vouch = await vouchOf(release, { catalogue, publishers: await publishers.read() });
    return this.#downloads.run(caller.tenant.id, async () => {
      const bytes = await reader.download(release, {
        maxBytes: archiveLimits.maxPackedBytes,
        timeoutMs: catalogueLimits.downloadMs,
        tenant: caller.tenant.id,
      });
      requireBytes(bytes, release);
      return this.installations.upload(caller, bytes, { ...terms, vouch });
    });
  }

  #require(): { reader: CatalogueReader; publishers: PublisherList } {
    if (!this.source) throw off();
    return this.source;
  }

  async #installed({ tenant }: InstallationsCaller): Promise<Map<string, { version: string; sha256: string }>> {
    const all = await this.installations.installed(tenant.id);
    return new Map(all.map(({ slug, ...release }) => [slug, release]));
  }
}

function describe(catalogue: Catalogue, readAt: Date): CataloguePage['catalogue'] {
  const { serial, issued_at, expires_at, by } = catalogue;
  const signer = { publisher: by.publisher, key_id: by.kid };
  return { serial, issued_at, expires_at, signed_by: signer, read_at: readAt.toISOString() };
}

function requireListed(catalogue: Catalogue, slug: string): readonly CatalogueRelease[] {
  const groups = groupReleases(catalogue);
  const found = groups.get(slug);
  if (found) return found;
  throw catalogueErrors.error(
    'CATALOGUE_ENTRY_NOT_FOUND',
    `The catalogue lists no plugin ${quote(slug, 70)}.${didYouMean(slug, [...groups.keys()])} GET /api/catalogue ` +
      `lists them.`,
  );
}

function choose(
  releases: readonly CatalogueRelease[],
  { slug, version }: { slug: string; version: string | undefined },
): CatalogueRelease {
  const release =
    version === undefined ? (latestOf(releases) ?? releases[0]) : releases.find((one) => one.version === version);
  if (!release)
    throw catalogueErrors.error(
      'CATALOGUE_ENTRY_NOT_FOUND',
      `The catalogue lists ${slug}, but not its version ${quote(version ?? '', 70)}. It has ${releases
        .slice(0, 10)
        .map((one) => one.version)
        .join(', ')}.`,
    );
  if (release.yanked) throw yanked(release);
  return release;
}

function requireBytes(bytes: Uint8Array, { slug, version, sha256 }: CatalogueRelease): void {
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found === sha256) return;
  throw catalogueErrors.error(
    'PACKAGE_SWAPPED',
    `The bytes of ${slug} ${version} have the sha256 ${found}, and the catalogue lists ${sha256}. Nothing was ` +
      `installed. Tell whoever publishes ` +
      'the catalogue: the package was exchanged, or the catalogue was not made anew.',
  );
}

function problemOf({ code, detail }: AnnexError): { code: string; message: string } {
  return { code, message: detail };
}

function off(): AnnexError {
  return catalogueErrors.error(
    'CATALOGUE_OFF',
    'This Annex has no catalogue. The operator names one with ANNEX_CATALOGUE_URL; packages are uploaded.',
  );
}

function refuseCursor(): never {
  throw catalogueErrors.error('CURSOR_INVALID', 'The cursor does not come from this list. Begin without one.');
}
