/**
 * Reads source maps (version 3) without holding up the program: a plugin's map may have four million characters, which
 * Node's own reader takes a third of a second for.
 */

/** A place in a source, lines and columns from 1. */
export interface SourcePlace {
  source: string;
  line: number;
  column: number;
}

/** Characters that are decoded before others get their turn; about 2 ms. */
const sliceChars = 200_000;
const digits = new Int8Array(128).fill(-1);
for (const [value, character] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries())
  digits[character.charCodeAt(0)] = value;
const comma = 44;
const semicolon = 59;
/** Numbers of one mapping: generated column, source, line, column. */
const width = 4;

/** Where the places of a generated script come from. */
export class SourcePlaces {
  readonly #sources: readonly string[];
  /** Mappings one after the other, {@link width} numbers each. */
  readonly #mappings: Int32Array;
  /** Number of the first mapping of each generated line, and one more. */
  readonly #lines: readonly number[];

  private constructor(sources: readonly string[], mappings: Int32Array, lines: readonly number[]) {
    this.#sources = sources;
    this.#mappings = mappings;
    this.#lines = lines;
  }

  /** Reads a source map from its JSON text; `undefined` for what is none. */
  static async read(json: string): Promise<SourcePlaces | undefined> {
    let map: { sources?: unknown; mappings?: unknown };
    try {
      map = JSON.parse(json) as typeof map;
    } catch {
      return undefined;
    }
    const { sources, mappings } = map ?? {};
    if (typeof mappings !== 'string' || !Array.isArray(sources)) return undefined;
    const decoder = new MappingDecoder();
    for (let from = 0; from < mappings.length; from += sliceChars) {
      if (from > 0) await new Promise((resolve) => setImmediate(resolve));
      decoder.take(mappings, from, Math.min(mappings.length, from + sliceChars));
    }
    const { numbers, lines } = decoder.finish();
    return new SourcePlaces(sources.map(String), numbers, lines);
  }

  /** The source of a place, lines and columns from 1; `undefined` when nothing is known of it. */
  find(line: number, column: number): SourcePlace | undefined {
    let low = this.#lines[line - 1] ?? 0;
    const first = low;
    let high = this.#lines[line] ?? low;
    // The last mapping that begins at the column or before it.
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#mappings[middle * width] ?? 0) <= column - 1) low = middle + 1;
      else high = middle;
    }
    if (low === first) return undefined;
    const at = (low - 1) * width;
    const source = this.#sources[this.#mappings[at + 1] ?? -1];
    return source === undefined
      ? undefined
      : { source, line: (this.#mappings[at + 2] ?? 0) + 1, column: (this.#mappings[at + 3] ?? 0) + 1 };
  }
}

/** Decodes `mappings`: base64 VLQ, each number relative to the one before it in its field. */
class MappingDecoder {
  #numbers = new Int32Array(4096);
  #used = 0;
  readonly #lines: number[] = [0];
  readonly #state = new Int32Array(5);
  readonly #fields = new Int32Array(5);
  #field = 0;
  #value = 0;
  #shift = 0;

  take(text: string, from: number, to: number): void {
    for (let index = from; index < to; index += 1) {
      const code = text.charCodeAt(index);
      if (code === comma || code === semicolon) {
        this.#endMapping();
        if (code === semicolon) {
          this.#lines.push(this.#used / width);
          this.#state[0] = 0;
        }
        continue;
      }
      const digit = code < 128 ? (digits[code] ?? -1) : -1;
      if (digit < 0) continue;
      this.#value += (digit & 31) << this.#shift;
      this.#shift += 5;
      if ((digit & 32) !== 0) continue;
      if (this.#field < 5) this.#fields[this.#field] = (this.#value & 1) === 1 ? -(this.#value >> 1) : this.#value >> 1;
      this.#field += 1;
      this.#value = 0;
      this.#shift = 0;
    }
  }

  #endMapping(): void {
    const fields = this.#field;
    this.#field = 0;
    if (fields === 0) return;
    for (let at = 0; at < fields && at < 5; at += 1) this.#state[at] = (this.#state[at] ?? 0) + (this.#fields[at] ?? 0);
    if (this.#used + width > this.#numbers.length) {
      const larger = new Int32Array(this.#numbers.length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#used] = this.#state[0] ?? 0;
    // A mapping of one number says that nothing is known from here on.
    this.#numbers[this.#used + 1] = fields >= width ? (this.#state[1] ?? 0) : -1;
    this.#numbers[this.#used + 2] = this.#state[2] ?? 0;
    this.#numbers[this.#used + 3] = this.#state[3] ?? 0;
    this.#used += width;
  }

  finish(): { numbers: Int32Array; lines: number[] } {
    this.#endMapping();
    this.#lines.push(this.#used / width);
    return { numbers: this.#numbers.slice(0, this.#used), lines: this.#lines };
  }
}
