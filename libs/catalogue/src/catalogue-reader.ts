/**
 * The operator's catalogue. Each reading checks its signature, its date, and that it is not older than one that any
 * process ever saw: an attacker who holds the server can keep a new one back, but not bring an old one again.
 */
import { appendPlatformAudit } from '@annex/audit';
import { isAnnexError, messageOf, SingleFlight, type AnnexError } from '@annex/kernel';
import { catalogueLimits } from '@annex/limits';
import { readCatalogue, type Catalogue, type CatalogueRelease } from '@annex/signing';
import { catalogueErrors } from './errors.js';
import { Place, type ReadTerms } from './place.js';
import type { CatalogueParts } from './ports.js';
import { reasonOf, type PublisherList } from './publisher-list.js';
import { advanceState, findState } from './rows/catalogue-states.js';

/** What is shown of the catalogue. */
export interface ShownCatalogue {
  /** `undefined`: there is none that counts. */
  catalogue: Catalogue | undefined;
  /** What is wrong with it; `undefined`: nothing. */
  problem: AnnexError | undefined;
  readAt: Date;
}

/** Reads `ANNEX_CATALOGUE_URL`. */
export class CatalogueReader {
  readonly #place: Place;
  readonly #name: string;
  readonly #reads = new SingleFlight<ShownCatalogue & { catalogue: Catalogue }>();
  #shown: ShownCatalogue | undefined;

  constructor(
    private readonly parts: CatalogueParts & { publishers: PublisherList },
    address: string,
  ) {
    this.#place = new Place(address, parts.web, 'catalogue.json');
    this.#name = `catalogue/${this.#place.id}`;
  }

  /**
   * The catalogue as it stands now; while it cannot be reached, the last good one until it expires. Throws
   * `CATALOGUE_UNAVAILABLE`, `CATALOGUE_ROLLED_BACK`, and what reading it throws.
   */
  async fresh(): Promise<Catalogue> {
    const shown = await this.#reads.run('', () => this.#read());
    this.#shown = shown;
    return shown.catalogue;
  }

  /** The catalogue as it was a minute ago at most. Throws nothing that is wrong with it. */
  async shown(): Promise<ShownCatalogue> {
    const now = this.parts.clock.now();
    if (this.#shown && now - this.#shown.readAt.getTime() < catalogueLimits.freshMs) return this.#shown;
    try {
      await this.fresh();
    } catch (thrown) {
      if (!isAnnexError(thrown)) throw thrown;
      this.parts.logger.warn({ catalogue: this.#place.shown, code: thrown.code, why: thrown.detail }, 'no catalogue');
      this.#shown = { catalogue: undefined, problem: thrown, readAt: new Date(now) };
    }
    if (!this.#shown) throw new Error('nothing was read');
    return this.#shown;
  }

  /** The bytes of a release. Throws `CATALOGUE_UNAVAILABLE`. */
  async download({ slug, version, url }: CatalogueRelease, terms: ReadTerms): Promise<Uint8Array> {
    try {
      return await this.#place.beside(url, terms);
    } catch (thrown) {
      throw catalogueErrors.error(
        'CATALOGUE_UNAVAILABLE',
        `The package of ${slug} ${version} cannot be fetched: ${reasonOf(thrown)}. Try again; if it stays so, ` +
          `tell whoever publishes the catalogue.`,
        { retryAfterS: 30, cause: thrown },
      );
    }
  }

  async #read(): Promise<ShownCatalogue & { catalogue: Catalogue }> {
    const { clock, publishers } = this.parts;
    const readAt = new Date(clock.now());
    const terms = { publishers: await publishers.read(), now: readAt };
    let text: string;
    try {
      text = await this.#place.text({ maxBytes: catalogueLimits.bytes, timeoutMs: catalogueLimits.readMs });
    } catch (thrown) {
      const kept = await this.parts.database.platform((tx) => findState(tx, this.#name));
      const problem = unavailable(this.#place.shown, thrown);
      if (!kept) throw problem;
      this.parts.logger.warn(
        { catalogue: this.#place.shown, why: messageOf(thrown) },
        'the last good catalogue is used',
      );
      return { catalogue: await readCatalogue(kept.content, terms), problem, readAt };
    }
    const catalogue = await readCatalogue(text, terms);
    await this.#advance(catalogue, text, readAt);
    return { catalogue, problem: undefined, readAt };
  }

  async #advance({ serial, by }: Catalogue, content: string, readAt: Date): Promise<void> {
    const seen = await this.parts.database.platform(async (tx) => {
      const done = await advanceState(tx, { name: this.#name, serial, content, readAt });
      if (done === 'newer')
        await appendPlatformAudit(tx, {
          actor: 'system',
          email: null,
          action: 'catalogue.accepted',
          target: 'catalogue',
          detail: { serial, publisher: by.publisher, key_id: by.kid },
          requestId: null,
        });
      return done;
    });
    if (typeof seen === 'string') return;
    throw catalogueErrors.error(
      'CATALOGUE_ROLLED_BACK',
      `The catalogue at ${this.#place.shown} has the serial ${serial}, and ${
        seen.older > serial ? `${seen.older} was seen already` : 'another one with this serial was seen already'
      }. Somebody brought an old one back, or published two: whoever publishes it makes one with a greater serial.`,
    );
  }
}

function unavailable(place: string, thrown: unknown): AnnexError {
  return catalogueErrors.error(
    'CATALOGUE_UNAVAILABLE',
    `The catalogue at ${place} cannot be read: ${reasonOf(thrown)}. Try again; the operator looks at ` +
      `ANNEX_CATALOGUE_URL.`,
    { retryAfterS: 30, cause: thrown },
  );
}
