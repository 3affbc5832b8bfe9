/**
 * Numbers of a JSON text that a double does not keep. `JSON.parse` reads 1610521604143693813 as 1610521604143693800 and
 * says nothing, and ids of that size are common (Snowflakes, Square, Meta). RFC 8259 §6 names the range in which
 * readers agree; what lies beyond is found here, by its place. A fraction is rounded by every reader, so its last
 * digits do not count.
 */

/** A number that would come out as another one. */
export interface InexactNumber {
  /**
   * JSON pointer (RFC 6901) of its place, at most 64 levels of it, of a long key its beginning and `…`; '' for the
   * 101st number and later ones, and when all pointers together would be longer than 8 KiB: what is found costs no more
   * than looking for it.
   */
  pointer: string;
  /** As it is written. */
  text: string;
  /** Where it stands in the text: `[start, end)`. */
  start: number;
  end: number;
}

const maxPointers = 100;
const maxLevels = 64;
/** Characters of all pointers of a text. */
const maxPointerLength = 8192;
/** Characters of a key as it is written, of those that a pointer repeats. */
const maxKeyLength = 100;

/**
 * A look that costs little and finds nothing in most texts: 16 digits in a row, or an exponent of three digits. Strings
 * may hold those too.
 */
const suspicious = /[\d.]{16}|\d[eE][+-]?\d{3}/;

/**
 * The first numbers of a JSON text that a double does not keep, in order; `most` of them, after which nobody looks
 * further. `text` is valid JSON: parse it first. One pass, without recursion.
 */
export function inexactNumbers(text: string, most = Infinity): InexactNumber[] {
  if (!suspicious.test(text)) return [];
  const found: InexactNumber[] = [];
  const pointerTo = pointers();
  // Of each open list its index, of each open object its present key as it is written, quotes included.
  const path: (number | string)[] = [];
  // Strings, numbers and the signs that move the place; whatever stands between is passed over.
  const token = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|[[\]{},]/g;
  let isKeyNext = false;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [word] = match;
    const last = path.length - 1;
    switch (word) {
      case '{':
        path.push('""');
        isKeyNext = true;
        break;
      case '[':
        path.push(0);
        isKeyNext = false;
        break;
      case '}':
      case ']':
        path.pop();
        isKeyNext = false;
        break;
      case ',': {
        const place = path[last];
        if (typeof place === 'number') path[last] = place + 1;
        isKeyNext = typeof place === 'string';
        break;
      }
      default:
        if (word.startsWith('"')) {
          if (isKeyNext) path[last] = word;
          isKeyNext = false;
        } else if (!isKept(word)) {
          found.push({ pointer: pointerTo(path), text: word, start: match.index, end: token.lastIndex });
          if (found.length >= most) return found;
        }
    }
  }
  return found;
}

/**
 * A JSON text with the numbers that a double does not keep written as strings, and the places of the first hundred at
 * most.
 */
export function quoteInexactNumbers(text: string): { text: string; pointers: string[] } {
  const found = inexactNumbers(text);
  if (found.length === 0) return { text, pointers: [] };
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text: number } of found) {
    parts.push(text.slice(at, start), `"${number}"`);
    at = end;
  }
  return {
    text: parts.join('') + text.slice(at),
    pointers: found.map(({ pointer }) => pointer).filter((pointer) => pointer !== '' || found.length === 1),
  };
}

/**
 * Whether a number comes out as it went in. An integer has to be printed with the same digits again; a fraction must
 * not become infinite or zero. The cheap looks come first: a text may hold a hundred thousand numbers.
 */
function isKept(literal: string): boolean {
  const value = Number(literal);
  if (value === 0) return !/^-?[0.]*[1-9]/.test(literal);
  if (!Number.isFinite(value)) return false;
  // Up to 15 digits every double prints as they were written.
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER || literal.length <= 15) return true;
  if (String(value) === literal) return true;
  const asked = decimalOf(literal);
  return asked.exponent < 0 || same(asked, decimalOf(String(value)));
}

interface Decimal {
  sign: string;
  /** Without zeros at either end; '' for zero. */
  digits: string;
  /** The power of ten behind the last digit. */
  exponent: number;
}

function decimalOf(literal: string): Decimal {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal) ?? [];
  const all = `${whole}${fraction}`;
  let end = all.length;
  while (end > 0 && all.charCodeAt(end - 1) === 48) end -= 1;
  let start = 0;
  while (start < end && all.charCodeAt(start) === 48) start += 1;
  const digits = all.slice(start, end);
  return digits === ''
    ? { sign: '', digits, exponent: 0 }
    : { sign, digits, exponent: Number(power) - fraction.length + (all.length - end) };
}

function same(a: Decimal, b: Decimal): boolean {
  return a.sign === b.sign && a.digits === b.digits && a.exponent === b.exponent;
}

/** Writes the pointer of a path; '' once there were enough of them. */
function pointers(): (path: readonly (number | string)[]) => string {
  let left = maxPointers;
  let room = maxPointerLength;
  return (path) => {
    if (left === 0) return '';
    const pointer = path
      .slice(0, maxLevels)
      .map((place) => `/${typeof place === 'number' ? place : keyOf(place)}`)
      .join('');
    left = pointer.length > room ? 0 : left - 1;
    room -= pointer.length;
    return room < 0 ? '' : pointer;
  };
}

/** A key as a pointer writes it. `written`: with its quotes. */
function keyOf(written: string): string {
  const isLong = written.length > maxKeyLength + 2;
  // No escape is cut in two.
  const [text] = isLong
    ? (/^"(?:[^"\\]|\\u[\da-fA-F]{4}|\\[^u])*/.exec(written.slice(0, maxKeyLength)) ?? ['"'])
    : [written.slice(0, -1)];
  const key = (JSON.parse(`${text}"`) as string).replaceAll('~', '~0').replaceAll('/', '~1');
  return isLong ? `${key.toWellFormed()}…` : key;
}
