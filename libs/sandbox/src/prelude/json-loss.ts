/**
 * What JSON loses without a word: a promise becomes `{}`, a division by zero `null`. Found in two steps, because
 * looking at every value costs more than writing it: the text shows whether something may have been lost, and only then
 * the value is walked through.
 */
import {
  bytesOf,
  getPrototypeOf,
  hasOwn,
  indexOf,
  isArray,
  isFiniteNumber,
  isTypedArray,
  iterator,
  objectPrototype,
  quote,
  SafeBoolean,
  SafeDate,
  SafeError,
  SafeMap,
  SafeNumber,
  SafePromise,
  SafeRegExp,
  SafeSet,
  SafeString,
  SafeTypeError,
  slice,
  toJson,
} from './primordials.js';
import { constructorName } from './web/inspect.js';

/** Something that JSON cannot say, and where: a JSON pointer, `''` for the value itself. */
export interface JsonLoss {
  path: string;
  what: string;
}

/** Integers beyond it are not told apart by a double. */
const maxSafe = 9_007_199_254_740_991;

/** What is wrong with a number: no JSON, or digits that were lost before it came here. */
export function numberLoss(value: number, isExact: boolean): string | undefined {
  if (!isFiniteNumber(value)) return `the number ${value}`;
  if (!isExact || (value <= maxSafe && value >= -maxSafe) || value % 1 !== 0) return undefined;
  return (
    `the number ${value}, which is beyond 2^53, so its last digits may be others than were meant; ` + 'write it as text'
  );
}

/** What an object without members of its own is, when it is more than an empty object; JSON writes `{}`. */
export function emptyLoss(object: object): string | undefined {
  const prototype = getPrototypeOf(object) as object | null;
  if (prototype === null || prototype === objectPrototype || isArray(object)) return undefined;
  if (object instanceof SafePromise) return 'a promise; write await before it';
  if (object instanceof SafeMap) return 'a Map; write Object.fromEntries(map)';
  if (object instanceof SafeSet) return 'a Set; write [...set]';
  if (object instanceof SafeError) return 'an Error; write its message';
  if (object instanceof SafeRegExp) return 'a RegExp; write its source';
  if (object instanceof SafeNumber || object instanceof SafeString || object instanceof SafeBoolean) return undefined;
  const name = constructorName(object) ?? 'Object';
  const isList = (object as { [Symbol.iterator]?: unknown })[iterator] !== undefined;
  return `an object of the class ${slice(name, 0, 60)} without members of its own${isList ? '; write [...it]' : ''}`;
}

/**
 * A value as JSON text, `undefined` for what has none. Throws a TypeError that names the path of what JSON would lose:
 * promises, maps, errors and the like that have no members of their own, numbers that are none, dates that are none,
 * functions in lists, bytes. Members that are undefined or functions are left out, and `undefined` in a list is null,
 * as JSON does.
 */
export function jsonText(value: unknown, what: string): string | undefined {
  let text: string | undefined;
  try {
    text = toJson(value);
  } catch (error) {
    // A cycle is named by V8; a BigInt is not.
    const loss = lossIn(value, false);
    if (loss === undefined) throw error;
    throw new SafeTypeError(sentence(what, loss));
  }
  const lost = text === undefined ? undefined : lossText(value, text, what);
  if (lost !== undefined) throw new SafeTypeError(lost);
  return text;
}

/** What JSON lost of a value when it wrote the text, as a sentence; undefined for nothing. */
export function lossText(value: unknown, text: string, what: string): string | undefined {
  const loss = maySayLess(text) ? lossIn(value, false) : undefined;
  return loss === undefined ? undefined : sentence(what, loss);
}

function maySayLess(text: string): boolean {
  return indexOf(text, 'null') >= 0 || indexOf(text, '{}') >= 0 || indexOf(text, '{"0":') >= 0;
}

function sentence(what: string, { path, what: lost }: JsonLoss): string {
  return `${what}${path === '' ? ' is' : ` holds at ${quote(slice(path, 0, 200))}`} ${lost}`;
}

/**
 * The first loss in a value. `isExact`: functions, symbols and numbers that have lost digits count, too. What answers
 * `toJSON` is left alone.
 */
export function lossIn(value: unknown, isExact: boolean): JsonLoss | undefined {
  try {
    const what = lossOf(value, isExact, true);
    if (what !== undefined) return { path: '', what };
    return typeof value === 'object' && value !== null ? lossInside(value, isExact) : undefined;
  } catch {
    // A getter threw, or it is nested too deep to be walked through.
    return undefined;
  }
}

/** What is lost of one value, its members left aside. */
function lossOf(value: unknown, isExact: boolean, isListed: boolean): string | undefined {
  switch (typeof value) {
    case 'number':
      return numberLoss(value, isExact);
    case 'bigint':
      return 'a BigInt; write its digits as text';
    case 'function':
      return isExact || isListed ? 'a function' : undefined;
    case 'symbol':
      return isExact || isListed ? 'a symbol' : undefined;
    default:
      return undefined;
  }
}

function lossInside(object: object, isExact: boolean): JsonLoss | undefined {
  if (isArray(object)) {
    for (let index = 0; index < object.length; index += 1) {
      const found = lossAt(object[index], isExact, true);
      if (found !== undefined) return { path: `/${index}${found.path}`, what: found.what };
    }
    return undefined;
  }
  if (isExact ? bytesOf(object) !== undefined : isTypedArray(object))
    return isExact ? undefined : { path: '', what: 'bytes; write them as base64 text' };
  if (typeof (object as { toJSON?: unknown }).toJSON === 'function') {
    return object instanceof SafeDate && !isFiniteNumber(+object)
      ? { path: '', what: 'a Date that is no time' }
      : undefined;
  }
  if (!hasMembers(object)) {
    const what = emptyLoss(object);
    return what === undefined ? undefined : { path: '', what };
  }
  for (const name in object) {
    const found = lossAt((object as Record<string, unknown>)[name], isExact, false);
    if (found !== undefined && hasOwn(object, name)) return { path: `/${name}${found.path}`, what: found.what };
  }
  return undefined;
}

/** Whether JSON would write a member of the object, undefined ones counted. */
export function hasMembers(object: object): boolean {
  for (const name in object) if (hasOwn(object, name)) return true;
  return false;
}

function lossAt(value: unknown, isExact: boolean, isListed: boolean): JsonLoss | undefined {
  if (typeof value === 'string' || value === null) return undefined;
  if (typeof value === 'object') return lossInside(value, isExact);
  const what = lossOf(value, isExact, isListed);
  return what === undefined ? undefined : { path: '', what };
}
