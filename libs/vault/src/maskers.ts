import { createHash } from 'node:crypto';
import { growingMasker, type GrowingMasker, type Masker } from './masker.js';

/** Maskers kept, and fingerprints of all of them together (about 24 bytes each). */
const maxKept = 500;
const maxSize = 1_000_000;

/** Keeps the maskers of values that are needed again and again, such as those of each delivery to one endpoint. */
export class Maskers {
  readonly #kept = new Map<string, { masker: GrowingMasker; ready: Promise<unknown> }>();
  #size = 0;

  /** A masker of all these values; the program goes on while it is made. */
  async of(values: Iterable<string>): Promise<Masker> {
    const sorted = [...new Set(values)].sort();
    const key = createHash('sha256').update(JSON.stringify(sorted)).digest('base64');
    const known = this.#kept.get(key) ?? this.#make(sorted);
    this.#kept.delete(key);
    this.#kept.set(key, known);
    await known.ready;
    return known.masker;
  }

  #make(values: readonly string[]): { masker: GrowingMasker; ready: Promise<unknown> } {
    const masker = growingMasker();
    const ready = (async () => {
      for (const value of values) await masker.add(value);
      this.#size += masker.size;
      for (const [oldest, { masker: left }] of this.#kept) {
        if (this.#kept.size <= maxKept && this.#size <= maxSize) break;
        this.#kept.delete(oldest);
        this.#size -= left.size;
      }
    })();
    return { masker, ready };
  }
}
