/**
 * Finds any of a set of words in a text, one pass for each of five widths, however the words and the text were chosen.
 * A word is known by the fingerprints of its first and its last window, which together cover it; of a longer one every
 * piece of {@link pieceLength} characters is a word by itself, so that a private key that is printed line by line is
 * found too. The words themselves are not kept.
 */
import { Fingerprints, RollingHash } from './rolling-hash.js';

export const pieceLength = 64;
const widths = [64, 32, 16, 8, 4] as const;
/** Where fingerprints of former windows are kept: a power of two that is no less than the widest window. */
const RING = 64;

export type Found = (start: number, end: number) => void;

export class WordIndex {
  readonly #windows = widths.map((width) => new Window(width));

  /** Fingerprints kept; a measure of memory, about 24 bytes each. */
  get size(): number {
    return this.#windows.reduce((sum, window) => sum + window.size, 0);
  }

  /** Takes a word of at least four characters in. */
  add(word: string): void {
    if (word.length <= pieceLength) return this.#windows.find(({ width }) => width <= word.length)?.add(word);
    const [pieces] = this.#windows;
    for (let at = 0; at + pieceLength <= word.length; at += pieceLength) pieces?.addWhole(word, at);
    if (word.length % pieceLength !== 0) pieces?.addWhole(word, word.length - pieceLength);
  }

  /** Calls `found` for each occurrence of a word; ends rise within a width. */
  scan(text: string, found: Found): void {
    for (const window of this.#windows) window.scan(text, found);
  }
}

/**
 * Words that end with the same window: by how much they are longer than it, the fingerprints of their first windows.
 */
interface Ends {
  whole: boolean;
  longer: { by: number; firsts: Set<number> }[];
}

/** The words of `width` to `2 * width - 1` characters. */
class Window {
  readonly #hash: RollingHash;
  /**
   * Of last windows; the number is 0 for a word that is no longer than the window, else one more than its place in
   * {@link #ends}.
   */
  readonly #lasts = new Fingerprints();
  readonly #ends: Ends[] = [];

  constructor(readonly width: number) {
    this.#hash = new RollingHash(width);
  }

  get size(): number {
    return this.#lasts.size + this.#ends.reduce((sum, { longer }) => sum + longer.length, 0);
  }

  addWhole(text: string, from: number): void {
    const key = this.#hash.of(text, from);
    const place = this.#lasts.get(key);
    const ends = place > 0 ? this.#ends[place - 1] : undefined;
    if (ends) ends.whole = true;
    else this.#lasts.set(key, 0);
  }

  add(word: string): void {
    const by = word.length - this.width;
    if (by === 0) return this.addWhole(word, 0);
    const first = this.#hash.of(word, 0);
    const last = this.#hash.of(word, by);
    const place = this.#lasts.get(last);
    let ends = place > 0 ? this.#ends[place - 1] : undefined;
    if (!ends) {
      ends = { whole: place === 0, longer: [] };
      this.#lasts.set(last, this.#ends.push(ends));
    }
    const same = ends.longer.find((each) => each.by === by);
    if (same) same.firsts.add(first);
    else ends.longer.push({ by, firsts: new Set([first]) });
  }

  scan(text: string, found: Found): void {
    const { width } = this;
    if (this.#lasts.size === 0 || text.length < width) return;
    const ring = this.#ends.length === 0 ? undefined : new Float64Array(RING);
    const visit = (key: number, at: number): void => {
      const place = this.#lasts.get(key);
      if (place < 0) return;
      const length = place === 0 ? width : this.#longest(this.#ends[place - 1], ring, at);
      if (length > 0) found(at + 1 - length, at + 1);
    };
    this.#hash.each(text, this.#lasts, visit, ring);
  }

  /** Length of the longest word that ends at a place whose last window is known; 0: none. */
  #longest(ends: Ends | undefined, ring: Float64Array | undefined, at: number): number {
    if (!ends || !ring) return 0;
    let length = ends.whole ? this.width : 0;
    for (const { by, firsts } of ends.longer) {
      if (this.width + by > length && at - by >= this.width - 1 && firsts.has(ring[(at - by) & (RING - 1)] ?? 0))
        length = this.width + by;
    }
    return length;
  }
}
