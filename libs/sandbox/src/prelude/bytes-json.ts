import { emptyLoss, hasMembers, lossIn, numberLoss } from './json-loss.js';
import {
  bytesOf,
  defineProperty,
  fromBase64,
  indexOf,
  isArray,
  keys,
  parseJson,
  quote,
  record,
  SafeDate,
  slice,
  toBase64,
  toJson,
} from './primordials.js';
import { hostError } from './run-state.js';

/** What JSON would drop or turn into something else without a word, and where it stood. */
class Unsendable {
  constructor(
    readonly key: string,
    readonly what: string,
  ) {}
}

/**
 * Refuses what JSON would lose: a forgotten `await` must not become `{}`, nor a division by zero "no limit", and no id
 * may lose its last digits.
 * `isExact`: numbers that have lost digits are refused, too.
 */
function refuseLoss(holder: unknown, key: string, value: unknown, isExact: boolean): unknown {
  let what: string | undefined;
  switch (typeof value) {
    case 'number':
      what = numberLoss(value, isExact);
      break;
    case 'bigint':
      what = 'a BigInt; write its digits as text';
      break;
    case 'function':
      what = 'a function';
      break;
    case 'symbol':
      what = 'a symbol';
      break;
    case 'object':
      if (value === null)
        what = (holder as Record<string, unknown>)[key] instanceof SafeDate ? 'a Date that is no time' : undefined;
      else if (!hasMembers(value)) what = emptyLoss(value);
      break;
    default:
  }
  if (what !== undefined) throw new Unsendable(key, what);
  return value;
}

/** Replaces bytes by `{"$bytes": "<base64>"}` wherever they stand, and refuses what JSON would lose. */
function writeValue(this: unknown, key: string, value: unknown): unknown {
  const bytes = typeof value === 'object' ? bytesOf(value) : undefined;
  if (bytes === undefined) return refuseLoss(this, key, value, true);
  const tagged = record<string>();
  tagged.$bytes = toBase64(bytes);
  return tagged;
}

function writePlain(this: unknown, key: string, value: unknown): unknown {
  return refuseLoss(this, key, value, false);
}

/** A call that was given what cannot be sent. */
export function invalidArguments(call: string, detail: string, cause?: unknown): Error {
  const error = hostError('INVALID_ARGUMENTS', `ctx.${call}: ${detail}`);
  if (cause !== undefined) defineProperty(error, 'cause', { value: cause, configurable: true, writable: true });
  return error;
}

function refusal(call: string, what: string, error: unknown, value: unknown): Error {
  if (error instanceof Unsendable) {
    // The walk finds the way there, unless it leads through a `toJSON`.
    const found = lossIn(value, true) ?? { path: error.key === '' ? '' : `/${error.key}`, what: error.what };
    const place = found.path === '' ? '' : ` at ${quote(slice(found.path, 0, 200))}`;
    return invalidArguments(call, `${what} holds${place} ${found.what}. Arguments are JSON values and bytes.`);
  }
  let reason = '';
  try {
    const message = (error as Error).message;
    if (typeof message === 'string') reason = `: ${slice(message, 0, 200)}`;
  } catch {
    // The message was a getter of the plugin's.
  }
  return invalidArguments(call, `${what} cannot be written as JSON${reason}`, error);
}

/**
 * One value as JSON, bytes tagged. Throws `INVALID_ARGUMENTS` for what JSON cannot hold. `what` names it in the error:
 * "argument 2".
 */
export function argumentToJson(call: string, what: string, value: unknown): string {
  try {
    return toJson(value, writeValue) ?? 'null';
  } catch (error) {
    throw refusal(call, what, error, value);
  }
}

/**
 * A value as the JSON that another server gets, so without tags. Throws `INVALID_ARGUMENTS` for what JSON cannot hold.
 */
export function plainJson(call: string, what: string, value: unknown): string {
  try {
    return toJson(value, writePlain) ?? 'null';
  } catch (error) {
    throw refusal(call, what, error, value);
  }
}

function reviveBytes(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || isArray(value)) return value;
  const text = (value as { $bytes?: unknown }).$bytes;
  return typeof text === 'string' && keys(value).length === 1 ? fromBase64(text) : value;
}

/**
 * The arguments of a host call as one JSON array; trailing `undefined`s are left out. Throws `INVALID_ARGUMENTS` for
 * what JSON cannot hold.
 */
export function argsToJson(call: string, args: unknown[]): string {
  let count = args.length;
  while (count > 0 && args[count - 1] === undefined) count -= 1;
  let text = '';
  for (let index = 0; index < count; index += 1) {
    text += `${index === 0 ? '' : ','}${argumentToJson(call, `argument ${index + 1}`, args[index])}`;
  }
  return `[${text}]`;
}

/** The answer to a host call, bytes restored. */
export function answerFromJson(text: string): unknown {
  if (text === '') return undefined;
  return indexOf(text, '"$bytes"') >= 0 ? parseJson(text, reviveBytes) : parseJson(text);
}
