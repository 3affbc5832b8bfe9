/** The operator's list of publishers, read whenever it is needed; the last good one is kept across restarts. */
import { appendPlatformAudit } from '@annex/audit';
import type { PlatformTransaction } from '@annex/database';
import { isAnnexError, messageOf, SingleFlight } from '@annex/kernel';
import { catalogueLimits, publisherLimits } from '@annex/limits';
import { readPublishers, type Publishers } from '@annex/signing';
import { catalogueErrors } from './errors.js';
import { Place } from './place.js';
import type { CatalogueParts } from './ports.js';
import { findState, saveState } from './rows/catalogue-states.js';

/** Reads `ANNEX_PUBLISHERS`. */
export class PublisherList {
  readonly #place: Place;
  readonly #name: string;
  readonly #reads = new SingleFlight<Publishers>();
  #last: { text: string; publishers: Publishers } | undefined;

  constructor(
    private readonly parts: CatalogueParts,
    place: string,
  ) {
    this.#place = new Place(place, parts.web, 'publishers.json');
    this.#name = `publishers/${this.#place.id}`;
  }

  /**
   * The list as it stands now; while it cannot be read, the last good one. Throws `PUBLISHERS_INVALID`,
   * `PUBLISHERS_UNAVAILABLE` where there never was a good one.
   */
  read(): Promise<Publishers> {
    return this.#reads.run('', async () => {
      try {
        const text = await this.#fetch();
        if (text !== this.#last?.text) this.#last = { text, publishers: await this.#accept(text) };
        return this.#last.publishers;
      } catch (thrown) {
        this.#last ??= await this.#kept();
        if (!this.#last) throw thrown;
        const why = messageOf(thrown);
        this.parts.logger.warn({ publishers: this.#place.shown, why }, 'the last good list of publishers is used');
        return this.#last.publishers;
      }
    });
  }

  async #fetch(): Promise<string> {
    try {
      return await this.#place.text({ maxBytes: publisherLimits.bytes, timeoutMs: catalogueLimits.readMs });
    } catch (thrown) {
      throw catalogueErrors.error(
        'PUBLISHERS_UNAVAILABLE',
        `The list of publishers at ${this.#place.shown} cannot be read: ${reasonOf(thrown)}. Try again; the ` +
          `operator looks at ANNEX_PUBLISHERS.`,
        { retryAfterS: 30, cause: thrown },
      );
    }
  }

  /** A key that was listed and is no more counts as revoked: its owner did not take it out for nothing. */
  async #accept(text: string): Promise<Publishers> {
    const listed = await readPublishers(text);
    return this.parts.database.platform(async (tx) => {
      const before = await this.#stateOf(tx);
      const publishers = listed.withFormer([...(before?.former ?? []), ...(before?.kids ?? [])]);
      if (before?.text === text) return publishers;
      const former = publishers.former.slice(-publisherLimits.formerKeys);
      const readAt = new Date(this.parts.clock.now());
      await saveState(tx, { name: this.#name, serial: 0, content: text, former, readAt });
      await appendPlatformAudit(tx, {
        actor: 'system',
        email: null,
        action: 'publishers.changed',
        target: 'publishers',
        detail: { listed: publishers.kids.length, gone: former.filter((kid) => before?.kids.includes(kid)) },
        requestId: null,
      });
      return publishers;
    });
  }

  async #stateOf(tx: PlatformTransaction): Promise<{ text: string; kids: string[]; former: string[] } | undefined> {
    const row = await findState(tx, this.#name);
    return row ? { text: row.content, kids: (await readPublishers(row.content)).kids, former: row.former } : undefined;
  }

  async #kept(): Promise<{ text: string; publishers: Publishers } | undefined> {
    return this.parts.database.platform(async (tx) => {
      const row = await findState(tx, this.#name);
      if (!row) return undefined;
      return { text: row.content, publishers: (await readPublishers(row.content)).withFormer(row.former) };
    });
  }
}

/** Why something could not be read, in a few words. */
export function reasonOf(thrown: unknown): string {
  const why = isAnnexError(thrown) ? thrown.detail : messageOf(thrown);
  return why.slice(0, 300).replace(/\.$/, '');
}
