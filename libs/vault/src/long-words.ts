/**
 * Finds pieces of long words (keys, certificates) in one pass over the text (Karp and Rabin, 1987). A word is kept as pieces of
 * {@link pieceLength} characters, so that a large secret costs little memory, and a private key that is printed line by line is found too.
 */
import { randomInt } from 'node:crypto';

export const pieceLength = 64;
const MODULUS = 0x7fffffff;

export class LongWords {
  readonly #pieces = new Map<number, string[]>();
  /** Random, so that nobody can write text whose pieces all look alike. */
  readonly #base = randomInt(0x10000, 0x3fffffff);
  /** `base ** (pieceLength - 1)`: the weight of the character that leaves. */
  readonly #leaving: number;

  constructor(words: Iterable<string>) {
    let weight = 1;
    for (let count = 1; count < pieceLength; count += 1) weight = multiply(weight, this.#base);
    this.#leaving = weight;
    for (const word of words) {
      for (let at = 0; at + pieceLength <= word.length; at += pieceLength) this.#add(word.slice(at, at + pieceLength));
      this.#add(word.slice(-pieceLength));
    }
  }

  /** Calls `found(start, end)` for each piece, in rising order. */
  scan(text: string, found: (start: number, end: number) => void): void {
    if (this.#pieces.size === 0 || text.length < pieceLength) return;
    let hash = 0;
    for (let at = 0; at < text.length; at += 1) {
      if (at >= pieceLength) hash = (hash + MODULUS - multiply(text.charCodeAt(at - pieceLength), this.#leaving)) % MODULUS;
      hash = (multiply(hash, this.#base) + text.charCodeAt(at)) % MODULUS;
      if (at < pieceLength - 1) continue;
      const candidates = this.#pieces.get(hash);
      const start = at + 1 - pieceLength;
      if (candidates?.some((piece) => text.startsWith(piece, start))) found(start, at + 1);
    }
  }

  #add(piece: string): void {
    let hash = 0;
    for (let at = 0; at < piece.length; at += 1) hash = (multiply(hash, this.#base) + piece.charCodeAt(at)) % MODULUS;
    const same = this.#pieces.get(hash);
    if (same === undefined) this.#pieces.set(hash, [piece]);
    else if (!same.includes(piece)) same.push(piece);
  }
}

/** `a * b` modulo 2³¹ − 1 for numbers below 2³¹, without leaving the integers that a double holds exactly. */
function multiply(a: number, b: number): number {
  const high = Math.floor(b / 65536);
  const low = b % 65536;
  return ((((a * high) % MODULUS) * 65536) % MODULUS + a * low) % MODULUS;
}
