import type { Json } from '@annex/kernel';
import { LongWords, pieceLength } from './long-words.js';
import { formsOf, minMaskedLength } from './secret-forms.js';
import { ShortWords } from './short-words.js';

const MASK = '***';

/** Replaces secrets by `***` before words are kept or shown. Takes time in proportion to the text, whatever text and secrets are. */
export interface Masker {
  text(text: string): string;
  /** Masks every string of a value, and names of members; a number whose digits hold a secret becomes `"***"`. Never changes its argument. */
  json(value: Json): Json;
}

const blind: Masker = { text: (text) => text, json: (value) => value };

/**
 * A masker of values in plain form, in base64 and base64url (alone or inside something longer), hex, URL-encoded and JSON-escaped. Values of
 * fewer than 4 characters are left alone.
 */
export function createMasker(values: Iterable<string>): Masker {
  const short = new Set<string>();
  const long = new Set<string>();
  for (const value of new Set(values)) {
    if (value.length < minMaskedLength) continue;
    for (const form of formsOf(value)) (form.length <= pieceLength ? short : long).add(form);
  }
  if (short.size === 0 && long.size === 0) return blind;
  const shortWords = new ShortWords(short);
  const longWords = new LongWords(long);

  const text = (input: string): string => {
    const found = [...ranges(shortWords, input), ...ranges(longWords, input)];
    if (found.length === 0) return input;
    found.sort((a, b) => a[0] - b[0]);
    return withoutRanges(input, found);
  };
  return { text, json: (value) => maskJson(value, text) };
}

type Range = [start: number, end: number];

/** Where words stand, touching ones made one at once: text made of nothing but secrets must not fill the memory. */
function ranges(words: ShortWords | LongWords, text: string): Range[] {
  const found: Range[] = [];
  words.scan(text, (start, end) => {
    let from = start;
    for (let last = found.at(-1); last && last[1] >= from; last = found.at(-1)) {
      from = Math.min(from, last[0]);
      found.pop();
    }
    found.push([from, end]);
  });
  return found;
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
      if (name === '__proto__') Object.defineProperty(to, name, { value: copyOf(value), enumerable: true, writable: true, configurable: true });
      else (to as { [key: string]: Json })[name] = copyOf(value);
    }
  }
  return result;
}
