import { isDomException } from './dom-exception.js';
import { headerListOf, isHeaders } from './headers.js';
import {
  ArrayBufferByteLength,
  ArrayIsArray,
  ArrayPrototypePush,
  BigIntPrototypeToString,
  DatePrototypeGetTime,
  DatePrototypeToISOString,
  FunctionPrototypeToString,
  MapPrototypeForEach,
  MapPrototypeSize,
  NumberIsFinite,
  NumberPrototypeToString,
  ObjectGetOwnPropertyDescriptor,
  ObjectGetPrototypeOf,
  ObjectPrototype,
  ObjectPrototypeToString,
  RegExpPrototypeExec,
  RegExpPrototypeToString,
  ReflectOwnKeys,
  SetCtor,
  SetPrototypeAdd,
  SetPrototypeDelete,
  SetPrototypeForEach,
  SetPrototypeHas,
  SetPrototypeSize,
  StringPrototypeIndexOf,
  StringPrototypeRepeat,
  StringPrototypeSlice,
  SymbolPrototypeToString,
  TypedArrayLength,
  TypedArrayTag,
  quote,
} from './primordials.js';
import { isUrl } from './url.js';

/** How much of a value is shown. */
export interface InspectOptions {
  /** Levels of nesting that are opened; default 4. */
  depth: number;
  /** Most properties or elements shown of one object; default 100. */
  items: number;
  /** Most characters of the result, roughly; default 16384. */
  length: number;
}

interface State {
  options: InspectOptions;
  path: Set<object>;
  left: number;
}

const IDENTIFIER = /^[A-Za-z_$][A-Za-z0-9_$]*$/;
const LINE_WIDTH = 76;

/** A value as text, in the manner of Node. Getters are not called, cycles are marked, nothing throws. */
export function inspect(value: unknown, options: Partial<InspectOptions> = {}): string {
  const state: State = {
    options: { depth: options.depth ?? 4, items: options.items ?? 100, length: options.length ?? 16384 },
    path: new SetCtor<object>(),
    left: options.length ?? 16384,
  };
  try {
    return show(value, 0, state);
  } catch {
    return '[cannot be shown]';
  }
}

function show(value: unknown, level: number, state: State): string {
  const text = showPrimitive(value) ?? showObject(value as object, level, state);
  state.left -= text.length > 200 ? text.length : 8;
  return text;
}

function showPrimitive(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return quoteString(value);
    case 'number':
      return value === 0 && 1 / value < 0 ? '-0' : NumberPrototypeToString(value);
    case 'bigint':
      return `${BigIntPrototypeToString(value)}n`;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'undefined':
      return 'undefined';
    case 'symbol':
      return SymbolPrototypeToString(value);
    case 'object':
      return value === null ? 'null' : undefined;
    default:
      return undefined;
  }
}

function quoteString(text: string): string {
  const shown =
    text.length > 10_000 ? `${StringPrototypeSlice(text, 0, 10_000)}… ${text.length - 10_000} more characters` : text;
  const json = quote(shown);
  if (StringPrototypeIndexOf(shown, "'") >= 0) return json;
  if (StringPrototypeIndexOf(shown, '"') < 0) return `'${StringPrototypeSlice(json, 1, -1)}'`;
  let inner = '';
  for (let i = 1; i < json.length - 1; i++) {
    if (json[i] === '\\') {
      i++;
      inner += json[i] === '"' ? '"' : `\\${json[i] ?? ''}`;
    } else {
      inner += json[i] ?? '';
    }
  }
  return `'${inner}'`;
}

/** A data property on the object or its prototypes, without calling a getter. */
export function dataProperty(object: object, name: PropertyKey): unknown {
  for (let at: object | null = object, hops = 0; at !== null && hops < 50; at = ObjectGetPrototypeOf(at), hops++) {
    const descriptor = ObjectGetOwnPropertyDescriptor(at, name);
    if (descriptor !== undefined) return descriptor.value;
  }
  return undefined;
}

/** The name of an object's class, as its prototypes say, without calling a getter. */
export function constructorName(object: object): string | null {
  for (let at: object | null = object, hops = 0; at !== null && hops < 50; at = ObjectGetPrototypeOf(at), hops++) {
    const constructor: unknown = ObjectGetOwnPropertyDescriptor(at, 'constructor')?.value;
    if (typeof constructor !== 'function') continue;
    const name: unknown = ObjectGetOwnPropertyDescriptor(constructor, 'name')?.value;
    if (typeof name === 'string' && name !== '') return name;
  }
  return null;
}

function succeeds(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

const builtinError = (Error as { isError?: (value: unknown) => boolean }).isError;

/** True for errors of any kind, DOMException included. */
export function isError(value: object): boolean {
  return builtinError === undefined ? value instanceof Error : builtinError(value);
}

/** An error's stack with its causes, or its name and message when there is no stack. Getters are not called. */
function showError(error: object, level: number, state: State): string {
  const stack = isDomException(error) ? (error as Error).stack : stackOf(error);
  let text: string;
  if (typeof stack === 'string' && stack !== '') {
    text = stack;
  } else {
    const name = dataProperty(error, 'name');
    const message = dataProperty(error, 'message');
    const said = typeof message === 'string' && message !== '' ? `: ${message}` : '';
    text = `${typeof name === 'string' ? name : 'Error'}${said}`;
  }
  const extra: string[] = [];
  const keys = ReflectOwnKeys(error);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] ?? '';
    if (key === 'stack' || key === 'message' || key === 'name') continue;
    const descriptor = ObjectGetOwnPropertyDescriptor(error, key);
    if (
      descriptor === undefined ||
      (descriptor.enumerable !== true && key !== 'cause' && key !== 'errors' && key !== 'code')
    )
      continue;
    ArrayPrototypePush(extra, property(key, descriptor, level, state));
  }
  return extra.length === 0 ? text : `${text} ${wrap('{', extra, '}', level)}`;
}

/** An error's stack, as V8 keeps it; `undefined` where a getter of the plugin would have to be called. */
export function stackOf(error: object): unknown {
  const own = ObjectGetOwnPropertyDescriptor(error, 'stack');
  if (own === undefined) return undefined;
  // V8 may keep the stack behind its own accessor; only a native one is trusted.
  if (own.get === undefined) return own.value;
  return StringPrototypeIndexOf(FunctionPrototypeToString(own.get), '[native code]') >= 0
    ? (error as Error).stack
    : undefined;
}

function showObject(object: object, level: number, state: State): string {
  if (SetPrototypeHas(state.path, object)) return '[Circular]';
  if (typeof object === 'function') return showFunction(object);
  if (state.left <= 0) return '…';
  const tag = ObjectPrototypeToString(object);
  if (isError(object)) {
    SetPrototypeAdd(state.path, object);
    const text = level > state.options.depth ? '[Error]' : showError(object, level, state);
    SetPrototypeDelete(state.path, object);
    return text;
  }
  if (tag === '[object Date]' && succeeds(() => DatePrototypeGetTime(object as Date))) {
    return NumberIsFinite(DatePrototypeGetTime(object as Date))
      ? DatePrototypeToISOString(object as Date)
      : 'Invalid Date';
  }
  if (tag === '[object RegExp]') return RegExpPrototypeToString(object as RegExp);
  if (isUrl(object)) return `URL ${quoteString(object.href)}`;
  const name = constructorName(object);
  if (level > state.options.depth) return ArrayIsArray(object) ? '[Array]' : `[${name ?? 'Object'}]`;
  SetPrototypeAdd(state.path, object);
  const text = showParts(object, name, tag, level, state);
  SetPrototypeDelete(state.path, object);
  return text;
}

function showFunction(object: object): string {
  const isClass = StringPrototypeIndexOf(FunctionPrototypeToString(object as () => void), 'class') === 0;
  const name: unknown = ObjectGetOwnPropertyDescriptor(object, 'name')?.value;
  const label = typeof name === 'string' && name !== '' ? name : '(anonymous)';
  return isClass ? `[class ${label}]` : `[Function: ${label}]`;
}

function showParts(object: object, name: string | null, tag: string, level: number, state: State): string {
  const { items } = state.options;
  const parts: string[] = [];
  if (ArrayIsArray(object)) {
    const length = object.length;
    for (let i = 0; i < length && i < items && state.left > 0; i++) {
      const descriptor = ObjectGetOwnPropertyDescriptor(object, i);
      ArrayPrototypePush(parts, descriptor === undefined ? '<empty>' : valueOf(descriptor, level, state));
    }
    if (length > parts.length) ArrayPrototypePush(parts, `… ${length - parts.length} more`);
    properties(object, parts, level, state, true);
    return wrap(name === 'Array' ? '[' : `${name ?? 'Array'}(${length}) [`, parts, ']', level);
  }
  const typed = TypedArrayTag(object);
  if (typed !== undefined) {
    const length = TypedArrayLength(object);
    for (let i = 0; i < length && i < items; i++)
      ArrayPrototypePush(parts, showPrimitive((object as Uint8Array)[i]) ?? '');
    if (length > parts.length) ArrayPrototypePush(parts, `… ${length - parts.length} more`);
    return wrap(`${name ?? typed}(${length}) [`, parts, ']', level);
  }
  if (tag === '[object Map]' && succeeds(() => MapPrototypeSize(object))) {
    MapPrototypeForEach(object as Map<unknown, unknown>, (value, key) => {
      if (parts.length < items && state.left > 0)
        ArrayPrototypePush(parts, `${show(key, level + 1, state)} => ${show(value, level + 1, state)}`);
    });
    return finish(
      `${name ?? 'Map'}(${MapPrototypeSize(object)}) `,
      MapPrototypeSize(object),
      object,
      parts,
      level,
      state,
    );
  }
  if (tag === '[object Set]' && succeeds(() => SetPrototypeSize(object))) {
    SetPrototypeForEach(object as Set<unknown>, (value) => {
      if (parts.length < items && state.left > 0) ArrayPrototypePush(parts, show(value, level + 1, state));
    });
    return finish(
      `${name ?? 'Set'}(${SetPrototypeSize(object)}) `,
      SetPrototypeSize(object),
      object,
      parts,
      level,
      state,
    );
  }
  if (tag === '[object ArrayBuffer]' && succeeds(() => ArrayBufferByteLength(object))) {
    return `${name ?? 'ArrayBuffer'} { byteLength: ${ArrayBufferByteLength(object)} }`;
  }
  if (isHeaders(object)) {
    const list = headerListOf(object);
    for (let i = 0; i < list.length && i < items; i++) {
      const pair = list[i];
      if (pair !== undefined) ArrayPrototypePush(parts, `${keyText(pair[0])}: ${quoteString(pair[1])}`);
    }
    return wrap('Headers {', parts, '}', level);
  }
  properties(object, parts, level, state, false);
  const prototype = ObjectGetPrototypeOf(object);
  const prefix =
    prototype === ObjectPrototype ? '' : prototype === null ? '[Object: null prototype] ' : `${name ?? 'Object'} `;
  return wrap(`${prefix}{`, parts, '}', level);
}

function finish(prefix: string, size: number, object: object, parts: string[], level: number, state: State): string {
  if (size > parts.length) ArrayPrototypePush(parts, `… ${size - parts.length} more`);
  properties(object, parts, level, state, false);
  return wrap(`${prefix}{`, parts, '}', level);
}

function properties(object: object, parts: string[], level: number, state: State, skipIndexes: boolean): void {
  const keys = ReflectOwnKeys(object);
  let shown = 0;
  let hidden = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] ?? '';
    if (skipIndexes && typeof key === 'string' && (key === 'length' || RegExpPrototypeExec(/^[0-9]+$/, key) !== null))
      continue;
    const descriptor = ObjectGetOwnPropertyDescriptor(object, key);
    if (descriptor?.enumerable !== true) continue;
    if (shown >= state.options.items || state.left <= 0) {
      hidden++;
      continue;
    }
    shown++;
    ArrayPrototypePush(parts, property(key, descriptor, level, state));
  }
  if (hidden > 0) ArrayPrototypePush(parts, `… ${hidden} more`);
}

function property(key: PropertyKey, descriptor: PropertyDescriptor, level: number, state: State): string {
  return `${keyText(key)}: ${valueOf(descriptor, level, state)}`;
}

function keyText(key: PropertyKey): string {
  if (typeof key === 'symbol') return `[${SymbolPrototypeToString(key)}]`;
  const text = `${key}`;
  return RegExpPrototypeExec(IDENTIFIER, text) === null ? quoteString(text) : text;
}

function valueOf(descriptor: PropertyDescriptor, level: number, state: State): string {
  if (descriptor.get !== undefined) return descriptor.set === undefined ? '[Getter]' : '[Getter/Setter]';
  if (descriptor.set !== undefined) return '[Setter]';
  return show(descriptor.value, level + 1, state);
}

function wrap(open: string, parts: string[], close: string, level: number): string {
  if (parts.length === 0) return `${open}${close}`;
  let width = open.length + level * 2 + 2;
  let lines = false;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] ?? '';
    width += part.length + 2;
    if (StringPrototypeIndexOf(part, '\n') >= 0) lines = true;
  }
  let inner = '';
  if (!lines && width <= LINE_WIDTH) {
    for (let i = 0; i < parts.length; i++) inner += `${i === 0 ? ' ' : ', '}${parts[i] ?? ''}`;
    return `${open}${inner} ${close}`;
  }
  const indent = StringPrototypeRepeat('  ', level + 1);
  for (let i = 0; i < parts.length; i++) inner += `${i === 0 ? '\n' : ',\n'}${indent}${parts[i] ?? ''}`;
  return `${open}${inner}\n${StringPrototypeRepeat('  ', level)}${close}`;
}
