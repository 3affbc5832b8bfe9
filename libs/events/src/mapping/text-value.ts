import type { Json } from '@annex/kernel';
import { mappingLimits } from '@annex/limits';

/** What a path of a text leads to; `undefined`: nothing. */
export type Value = Json | undefined;

/** Puts texts one behind the other and stops at the most that a text makes, so that nothing larger is ever held. */
export function concat(texts: Iterable<string>): string {
  let out = '';
  for (const text of texts) {
    out += text;
    if (out.length > mappingLimits.renderedChars) return out.slice(0, mappingLimits.renderedChars);
  }
  return out;
}

/**
 * As Liquid puts a value out: nothing for what is not there, the items of a list one behind the other. An object is its
 * JSON: a text that says no more than that there is one would make one alert of all keys.
 */
export function textOf(value: Value): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value.slice(0, mappingLimits.renderedChars);
  if (typeof value !== 'object') return String(value);
  return concat(Array.isArray(value) ? mapped(value) : jsonParts(value));
}

function* mapped(values: readonly Json[]): Iterable<string> {
  for (const value of values) yield textOf(value);
}

/** In parts, so that whoever has enough of a large one stops. */
function* jsonParts(value: Json): Iterable<string> {
  if (typeof value === 'string') return yield quoted(value);
  if (typeof value !== 'object' || value === null) return yield String(value);
  const isList = Array.isArray(value);
  yield isList ? '[' : '{';
  let isFirst = true;
  for (const name in value) {
    yield (isFirst ? '' : ',') + (isList ? '' : `${quoted(name)}:`);
    yield* jsonParts((value as { [name: string]: Json })[name] ?? null);
    isFirst = false;
  }
  yield isList ? ']' : '}';
}

/** No more of it than anybody gets to see. */
const quoted = (text: string): string => JSON.stringify(text.slice(0, mappingLimits.renderedChars));

/** A cut may halve a surrogate pair, which PostgreSQL would not keep. */
export function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}
