/**
 * The builtins as they were before any plugin code ran. State that several runs of one isolate share (timers, the
 * random pool, what is sent to the host) is only ever touched through these: a plugin that rewrites a prototype breaks
 * itself, not its neighbours.
 */

/** `Reflect.apply` as it was. */
export const apply: <T, A extends unknown[], R>(fn: (this: T, ...args: A) => R, self: T, args: A) => R = Reflect.apply;

const { bind, call } = Function.prototype;

/** Turns a method into a function whose first argument is the receiver. */
export const uncurryThis: <T, A extends unknown[], R>(
  method: (this: T, ...args: A) => R,
) => (self: T, ...args: A) => R = bind.bind(call as never) as never;

/** Reads an accessor property's getter off a prototype; throws when there is none. */
function getterOf<T>(prototype: object, name: PropertyKey): (self: object) => T {
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get;
  if (get === undefined) throw new TypeError(`no getter ${String(name)}`);
  return uncurryThis(get as (this: object) => T);
}

export const ObjectCreate: (prototype: object | null) => object = Object.create;
export const ObjectDefineProperty = Object.defineProperty;
export const ObjectFreeze = Object.freeze;
export const ObjectGetOwnPropertyDescriptor = Object.getOwnPropertyDescriptor;
export const ObjectGetPrototypeOf: (value: object) => object | null = Object.getPrototypeOf;
export const ObjectSetPrototypeOf = Object.setPrototypeOf;
export const ObjectKeys = Object.keys;
export const ObjectHasOwn = Object.hasOwn;
export const ObjectPrototype = Object.prototype;
export const ObjectPrototypeToString = uncurryThis(Object.prototype.toString) as (self: unknown) => string;
export const ReflectOwnKeys = Reflect.ownKeys;
export const FunctionPrototypeToString = uncurryThis(Function.prototype.toString);

export const ArrayIsArray = Array.isArray;
export const ArrayPrototypePush = uncurryThis(Array.prototype.push) as <T>(self: T[], value: T) => number;

export const StringPrototypeCharCodeAt = uncurryThis(String.prototype.charCodeAt);
export const StringPrototypeIndexOf = uncurryThis(String.prototype.indexOf);
export const StringPrototypeSlice = uncurryThis(String.prototype.slice);
export const StringPrototypeToLowerCase = uncurryThis(String.prototype.toLowerCase);
export const StringPrototypeToUpperCase = uncurryThis(String.prototype.toUpperCase);
export const StringPrototypeToWellFormed = uncurryThis(String.prototype.toWellFormed);
export const StringPrototypeRepeat = uncurryThis(String.prototype.repeat);
export const StringFromCharCode = String.fromCharCode;

export const NumberIsFinite = Number.isFinite;
export const NumberPrototypeToString = uncurryThis(Number.prototype.toString);
export const MathFloor = Math.floor;
export const MathMin = Math.min;
export const MathTrunc = Math.trunc;

export const MapCtor = Map;
export const SetCtor = Set;
export const MapPrototypeGet = uncurryThis(Map.prototype.get) as <K, V>(self: Map<K, V>, key: K) => V | undefined;
export const MapPrototypeSet = uncurryThis(Map.prototype.set) as <K, V>(self: Map<K, V>, key: K, value: V) => Map<K, V>;
export const MapPrototypeDelete = uncurryThis(Map.prototype.delete) as <K, V>(self: Map<K, V>, key: K) => boolean;
export const MapPrototypeForEach = uncurryThis(Map.prototype.forEach) as <K, V>(
  self: Map<K, V>,
  each: (value: V, key: K) => void,
) => void;
export const MapPrototypeSize = getterOf<number>(Map.prototype, 'size');
export const SetPrototypeAdd = uncurryThis(Set.prototype.add) as <T>(self: Set<T>, value: T) => Set<T>;
export const SetPrototypeHas = uncurryThis(Set.prototype.has) as <T>(self: Set<T>, value: T) => boolean;
export const SetPrototypeDelete = uncurryThis(Set.prototype.delete) as <T>(self: Set<T>, value: T) => boolean;
export const SetPrototypeForEach = uncurryThis(Set.prototype.forEach) as <T>(
  self: Set<T>,
  each: (value: T) => void,
) => void;
export const SetPrototypeSize = getterOf<number>(Set.prototype, 'size');

export const DateNow = Date.now;
export const DatePrototypeGetTime = uncurryThis(Date.prototype.getTime);
export const DatePrototypeToISOString = uncurryThis(Date.prototype.toISOString);
export const RegExpPrototypeExec = uncurryThis(RegExp.prototype.exec);
export const RegExpPrototypeToString = uncurryThis(RegExp.prototype.toString);
export const RegExpSource = getterOf<string>(RegExp.prototype, 'source');
export const RegExpFlags = getterOf<string>(RegExp.prototype, 'flags');
export const SymbolPrototypeToString = uncurryThis(Symbol.prototype.toString);
export const BigIntPrototypeToString = uncurryThis(BigInt.prototype.toString);
export const BooleanPrototypeValueOf = uncurryThis(Boolean.prototype.valueOf) as (self: object) => boolean;
export const NumberPrototypeValueOf = uncurryThis(Number.prototype.valueOf) as (self: object) => number;
export const StringPrototypeValueOf = uncurryThis(String.prototype.valueOf) as (self: object) => string;
export const BigIntPrototypeValueOf = uncurryThis(BigInt.prototype.valueOf) as (self: object) => bigint;

export const Uint8ArrayCtor = Uint8Array;
const TypedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
/** The typed array's class name ('Uint8Array', …), or undefined for any other value; cannot be fooled. */
export const TypedArrayTag = getterOf<string | undefined>(TypedArrayPrototype, Symbol.toStringTag) as (
  self: unknown,
) => string | undefined;
export const TypedArrayBuffer = getterOf<ArrayBuffer>(TypedArrayPrototype, 'buffer');
export const TypedArrayByteOffset = getterOf<number>(TypedArrayPrototype, 'byteOffset');
export const TypedArrayByteLength = getterOf<number>(TypedArrayPrototype, 'byteLength');
export const TypedArrayLength = getterOf<number>(TypedArrayPrototype, 'length');
export const TypedArraySet = uncurryThis(TypedArrayPrototype.set) as (
  self: Uint8Array,
  source: ArrayLike<number>,
  offset?: number,
) => void;
export const DataViewBuffer = getterOf<ArrayBuffer>(DataView.prototype, 'buffer');
export const DataViewByteOffset = getterOf<number>(DataView.prototype, 'byteOffset');
export const DataViewByteLength = getterOf<number>(DataView.prototype, 'byteLength');
export const ArrayBufferIsView: (value: unknown) => value is ArrayBufferView = ArrayBuffer.isView;
export const ArrayBufferByteLength = getterOf<number>(ArrayBuffer.prototype, 'byteLength');
export const ArrayBufferSlice = uncurryThis(ArrayBuffer.prototype.slice);
export const ArrayBufferTransfer = uncurryThis(ArrayBuffer.prototype.transfer);
export const ArrayBufferDetached = getterOf<boolean>(ArrayBuffer.prototype, 'detached');
export const Uint8ArrayFromBase64 = Uint8Array.fromBase64;
export const Uint8ArrayToBase64 = uncurryThis(Uint8Array.prototype.toBase64);

export const JSONParse: (text: string) => unknown = JSON.parse;
/** JSON text of one string. Safe against tampering: a primitive string has no `toJSON`. */
export const quote: (text: string) => string = JSON.stringify;
export const JSONStringify: (value: unknown) => string | undefined = JSON.stringify;

export const PromiseCtor = Promise;
export const PromisePrototypeThen = uncurryThis(Promise.prototype.then) as <T, R>(
  self: Promise<T>,
  onFulfilled?: ((value: T) => R) | null,
  onRejected?: ((reason: unknown) => R) | null,
) => Promise<R>;
export const PromiseResolve = uncurryThis(
  Promise.resolve as (this: PromiseConstructor, value?: unknown) => Promise<unknown>,
);

export const IteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;
export const SymbolIterator: typeof Symbol.iterator = Symbol.iterator;
export const SymbolToStringTag: typeof Symbol.toStringTag = Symbol.toStringTag;
/** Evaluates text in the global scope. */
export const globalEval: (text: string) => unknown = eval;

/** A record without prototype, so that no lookup ever reaches a plugin's property. */
export function bareRecord<T extends object>(fields: T): T {
  return ObjectSetPrototypeOf(fields, null) as T;
}
