import { isDomException } from './dom-exception.js';
import { dataProperty, isError, stackOf } from './inspect.js';
import {
  ArrayIsArray,
  BigIntPrototypeToString,
  DatePrototypeToISOString,
  MapPrototypeForEach,
  NumberIsFinite,
  NumberPrototypeToString,
  ObjectGetOwnPropertyDescriptor,
  ObjectGetPrototypeOf,
  ObjectPrototype,
  ObjectPrototypeToString,
  ReflectOwnKeys,
  SetCtor,
  SetPrototypeAdd,
  SetPrototypeDelete,
  SetPrototypeForEach,
  SetPrototypeHas,
  StringPrototypeSlice,
  SymbolPrototypeToString,
  TypedArrayTag,
  quote,
} from './primordials.js';

const MAX_DEPTH = 6;
const MAX_ITEMS = 200;
const MAX_STRING = 8192;

/** True for an object literal: no class, no prototype but the usual one. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || ArrayIsArray(value)) return false;
  const prototype = ObjectGetPrototypeOf(value);
  return prototype === null || prototype === ObjectPrototype;
}

/**
 * JSON text of a log line's fields, or '' when it would be longer than `maxLength`. Never calls a getter or a `toJSON`;
 * what JSON cannot say becomes a string. Strings are cut at `maxString` characters, by default 8192.
 */
export function fieldsJson(fields: object, maxLength: number, maxString = MAX_STRING): string {
  const writer = { path: new SetCtor<object>(), left: maxLength, maxString };
  try {
    const text = write(fields, 0, writer);
    return writer.left < 0 || text.length > maxLength ? '' : text;
  } catch {
    return '';
  }
}

interface Writer {
  path: Set<object>;
  left: number;
  maxString: number;
}

function text(value: string, writer: Writer): string {
  const shown = value.length > writer.maxString ? `${StringPrototypeSlice(value, 0, writer.maxString)}…` : value;
  writer.left -= shown.length;
  return quote(shown);
}

function write(value: unknown, depth: number, writer: Writer): string {
  writer.left -= 4;
  if (writer.left < 0) return 'null';
  switch (typeof value) {
    case 'string':
      return text(value, writer);
    case 'number':
      return NumberIsFinite(value) ? NumberPrototypeToString(value) : quote(NumberPrototypeToString(value));
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return quote(BigIntPrototypeToString(value));
    case 'symbol':
      return quote(SymbolPrototypeToString(value));
    case 'function':
      return quote('[Function]');
    case 'undefined':
      return 'null';
    default:
      return value === null ? 'null' : writeObject(value as object, depth, writer);
  }
}

function writeObject(object: object, depth: number, writer: Writer): string {
  if (SetPrototypeHas(writer.path, object)) return quote('[Circular]');
  if (depth > MAX_DEPTH) return quote(ArrayIsArray(object) ? '[Array]' : '[Object]');
  SetPrototypeAdd(writer.path, object);
  const json = writeParts(object, depth, writer);
  SetPrototypeDelete(writer.path, object);
  return json;
}

function writeParts(object: object, depth: number, writer: Writer): string {
  let inner = '';
  let count = 0;
  const element = (value: unknown): void => {
    if (count < MAX_ITEMS) inner += `${count === 0 ? '' : ','}${write(value, depth + 1, writer)}`;
    count++;
  };
  const member = (key: string, value: unknown): void => {
    if (count < MAX_ITEMS) inner += `${count === 0 ? '' : ','}${text(key, writer)}:${write(value, depth + 1, writer)}`;
    count++;
  };
  if (ArrayIsArray(object) || TypedArrayTag(object) !== undefined) {
    const list: ArrayLike<unknown> = object as unknown[];
    for (let i = 0; i < list.length && count < MAX_ITEMS; i++)
      element(ObjectGetOwnPropertyDescriptor(object, i)?.value);
    return `[${inner}]`;
  }
  const tag = ObjectPrototypeToString(object);
  if (tag === '[object Date]') {
    try {
      return quote(DatePrototypeToISOString(object as Date));
    } catch {
      return 'null';
    }
  }
  if (isError(object)) {
    const known = isDomException(object)
      ? object
      : { name: dataProperty(object, 'name'), message: dataProperty(object, 'message') };
    member('name', known.name);
    member('message', known.message);
    const stack = stackOf(object);
    if (typeof stack === 'string') member('stack', stack);
    const code = ObjectGetOwnPropertyDescriptor(object, 'code');
    if (code !== undefined && code.enumerable !== true && typeof code.value === 'string') member('code', code.value);
  }
  if (tag === '[object Map]')
    MapPrototypeForEach(object as Map<unknown, unknown>, (value, key) => {
      member(typeof key === 'string' ? key : write(key, depth + 1, writer), value);
    });
  if (tag === '[object Set]') {
    SetPrototypeForEach(object as Set<unknown>, element);
    return `[${inner}]`;
  }
  const keys = ReflectOwnKeys(object);
  for (let i = 0; i < keys.length && count < MAX_ITEMS; i++) {
    const key = keys[i];
    if (typeof key !== 'string') continue;
    const descriptor = ObjectGetOwnPropertyDescriptor(object, key);
    if (descriptor?.enumerable !== true) continue;
    if (descriptor.get !== undefined || descriptor.set !== undefined) member(key, '[Getter]');
    else if (descriptor.value !== undefined) member(key, descriptor.value);
  }
  return `{${inner}}`;
}
