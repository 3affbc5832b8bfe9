/**
 * Fingerprints of 52 bits that roll over a text (Karp and Rabin, 1987): 26 bits modulo a prime, whose base is random so
 * that nobody can write texts that look alike, and 26 that keep chance matches away. A table of fingerprints is an
 * eighth of the words that they stand for.
 */
import { randomInt } from 'node:crypto';

const PRIME = 67_108_859;
const INVERSE = 1 / PRIME;
const TWO_26 = 2 ** 26;
const base = randomInt(2 ** 20, PRIME);
const secondBase = randomInt(2 ** 20, 2 ** 31) | 1;

/** Fingerprints of windows of fixed width. */
export class RollingHash {
  /** What the character that leaves has come to weigh. */
  readonly #weight: number;
  readonly #secondWeight: number;

  constructor(readonly width: number) {
    let weight = 1;
    let secondWeight = 1;
    for (let count = 0; count < width; count += 1) {
      weight = modulo(weight * base);
      secondWeight = Math.imul(secondWeight, secondBase);
    }
    this.#weight = weight;
    this.#secondWeight = secondWeight;
  }

  /** Of the window that begins at `from`. Never 0. */
  of(text: string, from: number): number {
    let first = 0;
    let second = 0;
    for (let at = from; at < from + this.width; at += 1) {
      const unit = text.charCodeAt(at);
      first = modulo(first * base + unit);
      second = (Math.imul(second, secondBase) + unit) | 0;
    }
    return fingerprint(first, second);
  }

  /**
   * Calls `visit` for each window of a text that may be one of `known`, with the place of its last character. `all`, a
   * ring whose length is a power of two, is given the fingerprint of every window at the place of its last character.
   */
  each(text: string, known: Fingerprints, visit: (key: number, at: number) => void, all?: Float64Array): void {
    const { width } = this;
    const weight = this.#weight;
    const secondWeight = this.#secondWeight;
    const { sieve } = known;
    const sieveMask = 8 * sieve.length - 1;
    let first = 0;
    let second = 0;
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      const leaving = at < width ? 0 : text.charCodeAt(at - width);
      first = modulo(first * base + unit - leaving * weight);
      second = (Math.imul(second, secondBase) + unit - Math.imul(leaving, secondWeight)) | 0;
      if (at < width - 1) continue;
      if (all !== undefined) all[at & (all.length - 1)] = fingerprint(first, second);
      const bit = first & sieveMask;
      if (((sieve[bit >> 3] ?? 0) >> (bit & 7)) & 1) visit(fingerprint(first, second), at);
    }
  }
}

function fingerprint(first: number, second: number): number {
  return first * TWO_26 + (second >>> 6) + 1;
}

/** For whole numbers between −2⁵² and 2⁵². */
function modulo(value: number): number {
  let rest = value - Math.floor(value * INVERSE) * PRIME;
  if (rest < 0) rest += PRIME;
  else if (rest >= PRIME) rest -= PRIME;
  return rest;
}

/** Cells of an empty set: a power of two. */
const fewestCells = 16;

/** A set of fingerprints, each with a small number: open addressing, at most half full. */
export class Fingerprints {
  #keys = new Float64Array(fewestCells);
  #values = new Int32Array(fewestCells);
  #size = 0;
  #sieve = new Uint8Array(fewestCells);

  get size(): number {
    return this.#size;
  }

  /**
   * A bit for each of many classes of fingerprints, set where one of the class is there; sixteen bits and more for each
   * fingerprint. It stays in the processor's nearest cache where the set itself does not.
   */
  get sieve(): Uint8Array {
    return this.#sieve;
  }

  /** The number of a fingerprint, -1 when it is not there. */
  get(key: number): number {
    const mask = this.#keys.length - 1;
    for (let cell = Math.floor(key / TWO_26) & mask; ; cell = (cell + 1) & mask) {
      const found = this.#keys[cell];
      if (found === key) return this.#values[cell] ?? 0;
      if (found === 0) return -1;
    }
  }

  set(key: number, value: number): void {
    if (2 * (this.#size + 1) > this.#keys.length) this.#grow();
    const mask = this.#keys.length - 1;
    let cell = Math.floor(key / TWO_26) & mask;
    while (this.#keys[cell] !== 0 && this.#keys[cell] !== key) cell = (cell + 1) & mask;
    if (this.#keys[cell] === 0) this.#size += 1;
    this.#keys[cell] = key;
    this.#values[cell] = value;
    const bit = Math.floor((key - 1) / TWO_26) & (8 * this.#sieve.length - 1);
    this.#sieve[bit >> 3] = (this.#sieve[bit >> 3] ?? 0) | (1 << (bit & 7));
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Float64Array(2 * keys.length);
    this.#values = new Int32Array(2 * keys.length);
    this.#sieve = new Uint8Array(2 * keys.length);
    this.#size = 0;
    for (let cell = 0; cell < keys.length; cell += 1)
      if (keys[cell] !== 0) this.set(keys[cell] ?? 0, values[cell] ?? 0);
  }
}
