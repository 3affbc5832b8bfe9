import type { Json } from '@annex/kernel';
import { secretLimits } from '@annex/limits';
import { formsOf, partsOf } from './secret-forms.js';
import { WordIndex } from './word-index.js';

const MASK = '***';

/**
 * Replaces secrets by `***` before words are kept or shown. Takes time in proportion to the text, whatever text and
 * secrets are.
 */
export interface Masker {
  text(text: string): string;
  /**
   * Masks every string of a value, and names of members; a number whose digits hold a secret becomes `"***"`. Never
   * changes its argument.
   */
  json(value: Json): Json;
}

/** A masker that learns. */
export interface GrowingMasker extends Masker {
  /**
   * Hides a value from now on; when the answer is there, in all its forms. Takes many short turns of the program for a
   * large value.
   */
  add(value: string): Promise<void>;
  /** A measure of its memory, about 24 bytes each. */
  readonly size: number;
}

/** Characters of a secret of which the forms are made in one turn. */
const charsPerTurn = 2_048;

/**
 * A masker of values in plain form, in base64 and base64url (alone or inside something longer, of UTF-8 or Latin-1),
 * hex, URL-encoded in the ways of `encodeURIComponent`, `encodeURI`, `escape` and `URLSearchParams`, HTML- and
 * JSON-escaped. Values of fewer than 4 characters are left alone. For large values {@link growingMasker} is kinder to
 * the program.
 */
export function createMasker(values: Iterable<string>): Masker {
  const index = new WordIndex();
  for (const value of new Set(values)) {
    if (value.length < secretLimits.fewestMaskedChars) continue;
    for (const part of partsOf(value)) addForms(index, part);
  }
  return maskerOf(index);
}

/** A masker that knows nothing yet. */
export function growingMasker(): GrowingMasker {
  const index = new WordIndex();
  return {
    ...maskerOf(index),
    async add(value) {
      if (value.length < secretLimits.fewestMaskedChars) return;
      let chars = 0;
      for (const part of partsOf(value)) {
        if (chars > 0 && chars + part.length > charsPerTurn) {
          await new Promise((resolve) => setImmediate(resolve));
          chars = 0;
        }
        addForms(index, part);
        chars += part.length;
      }
    },
    get size() {
      return index.size;
    },
  };
}

function addForms(index: WordIndex, part: string): void {
  for (const form of formsOf(part)) index.add(form);
}

function maskerOf(index: WordIndex): Masker {
  const text = (input: string): string => {
    const found = ranges(index, input);
    return found.length === 0 ? input : withoutRanges(input, found);
  };
  return { text, json: (value) => (index.size === 0 ? value : maskJson(value, text)) };
}

type Range = [start: number, end: number];

/**
 * Where words stand, by their start; touching ones of a width made one at once: text made of nothing but secrets must
 * not fill the memory.
 */
function ranges(index: WordIndex, text: string): Range[] {
  const found: Range[] = [];
  index.scan(text, (start, end) => {
    let from = start;
    // A width after another begins again at the start of the text.
    for (let last = found.at(-1); last && last[1] >= from && last[1] <= end; last = found.at(-1)) {
      from = Math.min(from, last[0]);
      found.pop();
    }
    found.push([from, end]);
  });
  return found.sort((a, b) => a[0] - b[0]);
}

/** The text with each run of touching or overlapping ranges (sorted by start) replaced by one mask. */
function withoutRanges(text: string, found: readonly Range[]): string {
  let out = '';
  let end = 0;
  for (const [start, stop] of found) {
    if (out === '' || start > end) out += text.slice(end, start) + MASK;
    end = Math.max(end, stop);
  }
  return out + text.slice(end);
}

/** Walks without recursion: a plugin may return a value that is nested deeper than the stack. */
function maskJson(root: Json, mask: (text: string) => string): Json {
  const open: { from: Json[] | { [key: string]: Json }; to: Json[] | { [key: string]: Json } }[] = [];
  const copyOf = (value: Json): Json => {
    if (typeof value === 'string') return mask(value);
    if (typeof value === 'number') return mask(String(value)) === String(value) ? value : MASK;
    if (typeof value !== 'object' || value === null) return value;
    const to = Array.isArray(value) ? [] : {};
    open.push({ from: value, to });
    return to;
  };
  const result = copyOf(root);
  for (let job = open.pop(); job; job = open.pop()) {
    const { from, to } = job;
    if (Array.isArray(from)) {
      for (const item of from) (to as Json[]).push(copyOf(item));
      continue;
    }
    for (const [key, value] of Object.entries(from)) {
      const name = mask(key);
      // Assigning to __proto__ would change the prototype instead of adding a member.
      if (name === '__proto__')
        Object.defineProperty(to, name, { value: copyOf(value), enumerable: true, writable: true, configurable: true });
      else (to as { [key: string]: Json })[name] = copyOf(value);
    }
  }
  return result;
}
