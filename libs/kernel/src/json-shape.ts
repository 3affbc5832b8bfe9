/**
 * The shape of a JSON text, read off its bytes before anything is made of it. Each list, object and member costs the
 * reader far more than its few bytes: a megabyte of `[]` took a fifth of a second, and what recurses would end with an
 * exhausted stack.
 */

/**
 * Most of each in one JSON text. A quarter of a MiB, the largest value that Annex keeps, cannot hold more of anything
 * that means something.
 */
export const jsonLimits = {
  /** Levels of lists and objects in each other. */
  levels: 128,
  /** Lists and objects. */
  containers: 50_000,
  /** Members of objects, all together. */
  members: 50_000,
  /** Values of any kind, those inside others too. */
  values: 250_000,
} as const;

export interface JsonShape {
  levels: number;
  containers: number;
  members: number;
  values: number;
  /** Some text or key holds a `\u` escape, so that it may be other than it looks. */
  hasEscapes: boolean;
  /** Some number is as long as one that a double may not keep (`inexactNumbers`). */
  hasLongNumbers: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const LETTER_E = 0x65;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
/** A shorter number has at most 15 digits, which every double keeps. */
const LONG_NUMBER = 16;
/** Letter, sign and digits of an exponent that may lead beyond the range of a double, or below it. */
const LONG_EXPONENT = 4;

/**
 * Counts in one pass; what is no JSON is counted as if it were, and found out by `JSON.parse`. Stops early beyond a
 * limit.
 */
export function readJsonShape(text: Uint8Array): JsonShape {
  const shape = { levels: 0, containers: 0, members: 0, values: 1, hasEscapes: false, hasLongNumbers: false };
  let level = 0;
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at] as number;
    if (byte >= DIGIT_0 && byte <= DIGIT_9) {
      const start = at;
      at = numberEnd(text, at);
      if (!shape.hasLongNumbers) shape.hasLongNumbers = isLong(text, start, at);
      at -= 1;
      continue;
    }
    switch (byte) {
      case QUOTE:
        for (at += 1; at < text.length && text[at] !== QUOTE; at += 1) {
          if (text[at] !== BACKSLASH) continue;
          at += 1;
          if (text[at] === LETTER_U) shape.hasEscapes = true;
        }
        break;
      case 0x5b: // [
      case 0x7b: // {
        level += 1;
        shape.containers += 1;
        shape.values += 1;
        if (level > shape.levels) shape.levels = level;
        if (level > jsonLimits.levels || shape.containers > jsonLimits.containers) return shape;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        level -= 1;
        break;
      case 0x3a: // :
        shape.members += 1;
        break;
      case 0x2c: // ,
        shape.values += 1;
        break;
    }
  }
  return shape;
}

/** Where a number ends of which a digit stands at `at`. */
function numberEnd(text: Uint8Array, at: number): number {
  let end = at + 1;
  for (; end < text.length; end += 1) {
    const byte = text[end] as number;
    if ((byte < DIGIT_0 || byte > DIGIT_9) && byte !== 0x2e && (byte | 0x20) !== LETTER_E) {
      if ((byte !== 0x2b && byte !== 0x2d) || ((text[end - 1] as number) | 0x20) !== LETTER_E) break;
    }
  }
  return end;
}

function isLong(text: Uint8Array, start: number, end: number): boolean {
  if (end - start >= LONG_NUMBER) return true;
  for (let at = start; at + LONG_EXPONENT <= end; at += 1) if (((text[at] as number) | 0x20) === LETTER_E) return true;
  return false;
}

/** Why a JSON text is too much of a thing, as a clause for people; `undefined`: it is not. */
export function jsonShapeFault({
  levels,
  containers,
  members,
  values,
}: JsonShape): { code: string; detail: string } | undefined {
  if (levels > jsonLimits.levels)
    return { code: 'TOO_DEEP', detail: `is nested more than ${jsonLimits.levels} levels deep; flatten it` };
  if (containers > jsonLimits.containers)
    return {
      code: 'TOO_MANY_VALUES',
      detail: `holds more than ${jsonLimits.containers} lists and objects; send less at a time`,
    };
  if (members > jsonLimits.members)
    return {
      code: 'TOO_MANY_VALUES',
      detail: `holds more than ${jsonLimits.members} members of objects; send less at a time`,
    };
  if (values > jsonLimits.values)
    return { code: 'TOO_MANY_VALUES', detail: `holds more than ${jsonLimits.values} values; send less at a time` };
  return undefined;
}
