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
  first: { least: 0, most: 0, apply: (input) => (Array.isArray(input) ? input[0] : '') },
  join: {
    least: 0,
    most: 1,
    apply: (input, [between = ' ']) => concat(joined(listOf(input).map(textOf), textOf(between))),
  },
  last: { least: 0, most: 0, apply: (input) => (Array.isArray(input) ? input.at(-1) : '') },
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
  slice: { least: 1, most: 2, apply: (input, [from, length = 1]) => slice(textOf(input), from, length) },
  strip: plain((text) => text.trim()),
  truncate: {
    least: 0,
    most: 2,
    apply: (input, [length = 50, end = '...']) => truncate(textOf(input), Number(length) || 0, textOf(end)),
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

function slice(text: string, from: Value, length: Value): string {
  const start = Math.trunc(Number(from)) || 0;
  const begin = start < 0 ? text.length + start : start;
  return text.slice(begin, begin + (Math.trunc(Number(length)) || 0));
}

function truncate(text: string, length: number, end: string): string {
  return text.length <= length ? text : text.slice(0, Math.max(0, length - end.length)) + end;
}
