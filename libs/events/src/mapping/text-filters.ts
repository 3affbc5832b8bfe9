/** Liquid's filters that texts of mappings may use. Each looks at the beginning of a long text only. */
import type { Json } from '@annex/kernel';
import { mappingLimits } from '@annex/limits';
import { concat, textOf, type Value } from './text-value.js';

interface TextFilter {
  /** How many values stand behind its name. */
  least: number;
  most: number;
  apply(input: Value, given: Value[]): Value;
}

const maxItems = mappingLimits.renderedChars;
const cut = (text: string): string => text.slice(0, mappingLimits.renderedChars);
const listOf = (value: Value): Json[] =>
  Array.isArray(value) ? value.slice(0, maxItems) : value === undefined || value === null ? [] : [value];

/** A filter of one text, without values. */
const plain = (change: (text: string) => string): TextFilter => ({
  least: 0,
  most: 0,
  apply: (input) => cut(change(textOf(input))),
});

/** By name. */
export const filters: Readonly<Record<string, TextFilter>> = {
  append: { least: 1, most: 1, apply: (input, [end]) => cut(textOf(input) + textOf(end)) },
  capitalize: plain((text) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase()),
  default: { least: 1, most: 1, apply: (input, [other]) => (isEmpty(input) ? other : input) },
  downcase: plain((text) => text.toLowerCase()),
  first: { least: 0, most: 0, apply: (input) => itemOf(input, 0) },
  join: {
    least: 0,
    most: 1,
    apply: (input, [between = ' ']) =>
      concat(joined(listOf(input).map(plainly), between === null ? ' ' : textOf(between))),
  },
  last: { least: 0, most: 0, apply: (input) => itemOf(input, -1) },
  prepend: { least: 1, most: 1, apply: (input, [start]) => cut(textOf(start) + textOf(input)) },
  remove: { least: 1, most: 1, apply: (input, [what]) => concat(textOf(input).split(textOf(what))) },
  replace: {
    least: 1,
    most: 2,
    apply: (input, [what, by]) => concat(joined(textOf(input).split(textOf(what)), textOf(by))),
  },
  size: {
    least: 0,
    most: 0,
    apply: (input) => (Array.isArray(input) || typeof input === 'string' ? input.length : 0),
  },
  slice: { least: 1, most: 2, apply: (input, [from, length = 1]) => slice(input, wholeOf(from), wholeOf(length)) },
  strip: plain((text) => text.trim()),
  truncate: {
    least: 0,
    most: 2,
    apply: (input, [length = 50, end = '...']) => truncate(input, wholeOf(length), textOf(end)),
  },
  upcase: plain((text) => text.toUpperCase()),
};

function* joined(texts: readonly string[], between: string): Iterable<string> {
  for (const [index, text] of texts.entries()) yield index === 0 ? text : between + text;
}

function isEmpty(value: Value): boolean {
  return (
    value === undefined ||
    value === null ||
    value === false ||
    value === '' ||
    (Array.isArray(value) && value.length === 0)
  );
}

/** The first or last item of a list, or character of a text. */
function itemOf(value: Value, place: 0 | -1): Value {
  return Array.isArray(value) || typeof value === 'string' ? (value.at(place) ?? '') : '';
}

/** As JavaScript joins lists: those inside have commas. */
function plainly(value: Json): string {
  return Array.isArray(value) ? concat(joined(value.map(plainly), ',')) : textOf(value);
}

function wholeOf(value: Value): number {
  return Math.trunc(Number(value)) || 0;
}

function slice(input: Value, from: number, length: number): Value {
  if (input === undefined || input === null) return [];
  const items = Array.isArray(input) ? input : [...textOf(input)];
  const begin = from < 0 ? items.length + from : from;
  const part = begin < 0 || length < 0 ? [] : items.slice(begin, begin + length);
  return Array.isArray(input) ? part : part.join('');
}

function truncate(input: Value, length: number, end: string): Value {
  const characters = [...textOf(input)];
  if (characters.length <= length) return input;
  return characters.slice(0, Math.max(0, length - [...end].length)).join('') + end;
}
