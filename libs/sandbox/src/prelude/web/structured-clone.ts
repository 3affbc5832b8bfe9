import { isAbortSignal } from './abort.js';
import { File, blobBytes, isBlob, isFile, wrapBlob } from './blob.js';
import { isCryptoKey } from './crypto-key.js';
import { DOMException, isDomException } from './dom-exception.js';
import { Event, isEventTarget } from './events.js';
import { isFormData } from './form-data.js';
import { isHeaders } from './headers.js';
import { dataProperty, isError } from './inspect.js';
import {
  ArrayBufferByteLength,
  ArrayBufferDetached,
  ArrayBufferIsView,
  ArrayBufferSlice,
  ArrayBufferTransfer,
  ArrayIsArray,
  BigIntPrototypeValueOf,
  BooleanPrototypeValueOf,
  DataViewBuffer,
  DataViewByteLength,
  DataViewByteOffset,
  DatePrototypeGetTime,
  MapCtor,
  MapPrototypeForEach,
  MapPrototypeGet,
  MapPrototypeSet,
  NumberPrototypeValueOf,
  ObjectDefineProperty,
  ObjectGetPrototypeOf,
  ObjectHasOwn,
  ObjectKeys,
  ObjectPrototype,
  ObjectPrototypeToString,
  RegExpFlags,
  RegExpSource,
  SetCtor,
  SetPrototypeAdd,
  SetPrototypeForEach,
  SetPrototypeSize,
  MapPrototypeSize,
  StringPrototypeValueOf,
  SymbolToStringTag,
  TypedArrayBuffer,
  TypedArrayByteOffset,
  TypedArrayLength,
  TypedArrayTag,
} from './primordials.js';
import { isReadableStream } from './streams.js';
import { isUncloneable } from './uncloneable.js';
import { isUrl, isUrlSearchParams } from './url.js';
import { isArrayBuffer, isObject, requireArguments, toDictionary } from './webidl.js';

const VIEWS: Record<string, (new (buffer: ArrayBuffer, offset: number, length: number) => object) | undefined> = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  Float16Array: (globalThis as { Float16Array?: new (buffer: ArrayBuffer, offset: number, length: number) => object })
    .Float16Array,
};
const ERRORS: Record<string, ErrorConstructor> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
} as Record<string, ErrorConstructor>;
Object.setPrototypeOf(VIEWS, null);
Object.setPrototypeOf(ERRORS, null);

function refuse(what: string): DOMException {
  return new DOMException(`${what} could not be cloned`, 'DataCloneError');
}

/**
 * HTML §2.7; StructuredSerialize and StructuredDeserialize in one walk. Only ArrayBuffers can be transferred: they are
 * copied and the originals detached at the end, so that a failure leaves them alone.
 */
export function structuredClone(value: unknown, options?: unknown): unknown {
  requireArguments(arguments.length, 1, 'structuredClone');
  const transfer = transferList(options);
  const result = walk(value, new MapCtor<object, object>());
  for (const buffer of transfer) if (ArrayBufferDetached(buffer)) throw refuse('A detached ArrayBuffer');
  for (const buffer of transfer) ArrayBufferTransfer(buffer);
  return result;
}

function transferList(options: unknown): Set<ArrayBuffer> {
  const list = new SetCtor<ArrayBuffer>();
  const given = toDictionary(options, 'structuredClone options')['transfer'];
  if (given === undefined) return list;
  if (!isObject(given)) throw new TypeError('structuredClone: transfer must be a sequence');
  for (const item of given as Iterable<unknown>) {
    if (!isObject(item)) throw new TypeError('structuredClone: transfer must hold objects');
    if (!isArrayBuffer(item)) throw refuse('A value that cannot be transferred');
    if (ArrayBufferDetached(item)) throw refuse('A detached ArrayBuffer');
    if (list.has(item)) throw refuse('An ArrayBuffer that is listed twice');
    SetPrototypeAdd(list, item);
  }
  return list;
}

function walk(value: unknown, memory: Map<object, object>): unknown {
  if (typeof value === 'symbol') throw refuse('A symbol');
  if (typeof value === 'function') throw refuse(`The function ${nameOf(value)}`);
  if (typeof value !== 'object' || value === null) return value;
  const known = MapPrototypeGet(memory, value);
  if (known !== undefined) return known;
  const remember = <T extends object>(copy: T): T => {
    MapPrototypeSet(memory, value, copy);
    return copy;
  };
  const recur = (inner: unknown): unknown => walk(inner, memory);

  if (ArrayIsArray(value)) {
    const copy = remember(new Array<unknown>(value.length));
    copyProperties(value, copy, recur);
    return copy;
  }
  const prototype = ObjectGetPrototypeOf(value);
  const tag = ObjectPrototypeToString(value);
  if ((prototype === ObjectPrototype || prototype === null) && tag === '[object Object]')
    return plain(value, remember, recur);
  if (ArrayBufferIsView(value)) return remember(cloneView(value, recur));
  if (isArrayBuffer(value)) return remember(cloneBuffer(value));
  return special(value, tag, remember, recur) ?? platform(value, remember) ?? plain(value, remember, recur);
}

function nameOf(fn: object): string {
  const name = dataProperty(fn, 'name');
  return typeof name === 'string' && name !== '' ? name.slice(0, 100) : '(anonymous)';
}

function plain(value: object, remember: <T extends object>(copy: T) => T, recur: (inner: unknown) => unknown): object {
  const tag = (value as { [Symbol.toStringTag]?: unknown })[SymbolToStringTag];
  if (typeof tag === 'string' && UNCLONABLE.includes(tag) && ObjectGetPrototypeOf(value) !== ObjectPrototype)
    throw refuse(`A ${tag}`);
  const copy = remember({});
  copyProperties(value, copy, recur);
  return copy;
}
const UNCLONABLE = [
  'Promise',
  'WeakMap',
  'WeakSet',
  'WeakRef',
  'FinalizationRegistry',
  'Generator',
  'AsyncGenerator',
  'Map Iterator',
  'Set Iterator',
  'Array Iterator',
  'String Iterator',
  'RegExp String Iterator',
  'TextEncoder',
  'TextDecoder',
  'WritableStream',
  'TransformStream',
  'SubtleCrypto',
  'Crypto',
  'Performance',
];

function copyProperties(from: object, to: object, recur: (inner: unknown) => unknown): void {
  const keys = ObjectKeys(from);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] ?? '';
    // A getter may have removed a later property.
    if (!ObjectHasOwn(from, key)) continue;
    ObjectDefineProperty(to, key, {
      value: recur((from as Record<string, unknown>)[key]),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
}

function cloneBuffer(buffer: ArrayBuffer): ArrayBuffer {
  if (ArrayBufferDetached(buffer)) throw refuse('A detached ArrayBuffer');
  return ArrayBufferSlice(buffer, 0, ArrayBufferByteLength(buffer));
}

function cloneView(view: ArrayBufferView, recur: (inner: unknown) => unknown): object {
  const kind = TypedArrayTag(view);
  if (kind === undefined) {
    const buffer = recur(DataViewBuffer(view)) as ArrayBuffer;
    return new DataView(buffer, DataViewByteOffset(view), DataViewByteLength(view));
  }
  const constructor = VIEWS[kind];
  if (constructor === undefined) throw refuse(`A ${kind}`);
  const buffer = recur(TypedArrayBuffer(view)) as ArrayBuffer;
  return new constructor(buffer, TypedArrayByteOffset(view), TypedArrayLength(view));
}

function attempt<T>(read: () => T): { value: T } | undefined {
  try {
    return { value: read() };
  } catch {
    return undefined;
  }
}

/** Objects of ECMAScript with internal slots; undefined for any other. */
function special(
  value: object,
  tag: string,
  remember: <T extends object>(copy: T) => T,
  recur: (inner: unknown) => unknown,
): object | undefined {
  switch (tag) {
    case '[object Boolean]': {
      const read = attempt(() => BooleanPrototypeValueOf(value));
      if (read) return remember(Object(read.value) as object);
      break;
    }
    case '[object Number]': {
      const read = attempt(() => NumberPrototypeValueOf(value));
      if (read) return remember(Object(read.value) as object);
      break;
    }
    case '[object String]': {
      const read = attempt(() => StringPrototypeValueOf(value));
      if (read) return remember(Object(read.value) as object);
      break;
    }
    case '[object BigInt]': {
      const read = attempt(() => BigIntPrototypeValueOf(value));
      if (read) return remember(Object(read.value) as object);
      break;
    }
    case '[object Symbol]':
      throw refuse('A symbol');
    case '[object Date]': {
      const read = attempt(() => DatePrototypeGetTime(value as Date));
      if (read) return remember(new Date(read.value));
      break;
    }
    case '[object RegExp]': {
      const read = attempt(() => [RegExpSource(value), RegExpFlags(value)] as const);
      if (read) return remember(new RegExp(read.value[0], read.value[1]));
      break;
    }
    case '[object Arguments]':
      return undefined;
    default:
  }
  if (attempt(() => MapPrototypeSize(value))) {
    const copy = remember(new MapCtor<unknown, unknown>());
    const entries: unknown[] = [];
    MapPrototypeForEach(value as Map<unknown, unknown>, (item, key) => {
      entries.push(key, item);
    });
    for (let i = 0; i < entries.length; i += 2) MapPrototypeSet(copy, recur(entries[i]), recur(entries[i + 1]));
    return copy;
  }
  if (attempt(() => SetPrototypeSize(value))) {
    const copy = remember(new SetCtor<unknown>());
    const entries: unknown[] = [];
    SetPrototypeForEach(value as Set<unknown>, (item) => {
      entries.push(item);
    });
    for (let i = 0; i < entries.length; i++) SetPrototypeAdd(copy, recur(entries[i]));
    return copy;
  }
  if (isDomException(value)) {
    const copy = new DOMException(value.message, value.name);
    ObjectDefineProperty(copy, 'stack', { value: (value as Error).stack, writable: true, configurable: true });
    return remember(copy);
  }
  return isError(value) ? cloneError(value, remember, recur) : undefined;
}

function cloneError(
  error: object,
  remember: <T extends object>(copy: T) => T,
  recur: (inner: unknown) => unknown,
): object {
  const named = (error as Error).name as unknown;
  const constructor = ERRORS[typeof named === 'string' ? named : 'Error'] ?? Error;
  const own = Object.getOwnPropertyDescriptor(error, 'message');
  const message = own !== undefined && 'value' in own ? `${own.value as string}` : undefined;
  const copy = remember(Reflect.construct(constructor, message === undefined ? [] : [message]) as Error);
  ObjectDefineProperty(copy, 'stack', {
    value: `${String((error as Error).stack ?? '')}`,
    writable: true,
    configurable: true,
  });
  if (ObjectHasOwn(error, 'cause'))
    ObjectDefineProperty(copy, 'cause', { value: recur((error as Error).cause), writable: true, configurable: true });
  return copy;
}

/** Platform objects: the serialisable ones are copied, the others refused; undefined for what is none. */
function platform(value: object, remember: <T extends object>(copy: T) => T): object | undefined {
  if (isFile(value))
    return remember(new File([blobBytes(value)], value.name, { type: value.type, lastModified: value.lastModified }));
  if (isBlob(value)) return remember(wrapBlob(blobBytes(value), value.type));
  // A key cannot change, so the same object serves.
  if (isCryptoKey(value)) return remember(value);
  const refused =
    isHeaders(value) ||
    isUncloneable(value) ||
    isUrl(value) ||
    isUrlSearchParams(value) ||
    isFormData(value) ||
    isReadableStream(value) ||
    isAbortSignal(value) ||
    isEventTarget(value) ||
    value instanceof Event;
  if (refused) throw refuse(`A ${nameOf(value.constructor)}`);
  return undefined;
}
