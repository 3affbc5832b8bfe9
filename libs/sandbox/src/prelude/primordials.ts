/**
 * Built-ins as they were before plugin code ran. Code that runs later uses these, indexes null-prototype records
 * instead of maps, and neither spreads nor iterates, so that a plugin which rewrites a prototype breaks only itself.
 */
export const apply = Reflect.apply;
export const construct = Reflect.construct;
export const defineProperty = Object.defineProperty;
export const getPrototypeOf = Object.getPrototypeOf;
export const create = Object.create as (proto: object | null) => Record<PropertyKey, never>;
export const freeze = Object.freeze;
export const keys = Object.keys;
export const hasOwn = Object.hasOwn;
export const isArray = Array.isArray;
export const isInteger = Number.isInteger;
export const isFiniteNumber = Number.isFinite;
export const parseJson = JSON.parse as (text: string, reviver?: (key: string, value: unknown) => unknown) => unknown;
export const toJson = JSON.stringify as (
  value: unknown,
  replacer?: (this: unknown, key: string, value: unknown) => unknown,
) => string | undefined;
export const SafePromise = Promise;
export const SafeError = Error;
export const SafeTypeError = TypeError;
export const SafeDate = Date;
export const SafeMap = Map;
export const SafeSet = Set;
export const SafeString = String;
export const SafeBoolean = Boolean;
export const SafeRegExp = RegExp;
export const objectPrototype: object = Object.prototype;
export const SafeUint8Array = Uint8Array;
export const SafeNumber = Number;
export const iterator: typeof Symbol.iterator = Symbol.iterator;
export const indirectEval = eval;

const NativeArrayBuffer = ArrayBuffer;
const stringSlice = String.prototype.slice;
const stringIndexOf = String.prototype.indexOf;
const stringToUpperCase = String.prototype.toUpperCase;
const stringToLowerCase = String.prototype.toLowerCase;
const byteToBase64 = Uint8Array.prototype.toBase64;
const bytesFromBase64 = Uint8Array.fromBase64;
const typedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype) as object;
const typedArrayTag = getterOf(typedArrayPrototype, Symbol.toStringTag);
const typedArrayBuffer = getterOf(typedArrayPrototype, 'buffer');
const typedArrayOffset = getterOf(typedArrayPrototype, 'byteOffset');
const typedArrayLength = getterOf(typedArrayPrototype, 'byteLength');
const viewBuffer = getterOf(DataView.prototype, 'buffer');
const viewOffset = getterOf(DataView.prototype, 'byteOffset');
const viewLength = getterOf(DataView.prototype, 'byteLength');
const isView = ArrayBuffer.isView;
const bufferLength = getterOf(ArrayBuffer.prototype, 'byteLength');

function getterOf(target: object, name: PropertyKey): () => unknown {
  const found = Object.getOwnPropertyDescriptor(target, name)?.get;
  if (found === undefined) throw new Error(`no getter for ${String(name)}`);
  return found;
}

/** A record without a prototype: the only kind of table the prelude keeps. */
export function record<T>(): Record<PropertyKey, T> {
  return create(null) as Record<PropertyKey, T>;
}

export function slice(text: string, start: number, end?: number): string {
  return apply(stringSlice, text, [start, end]) as string;
}

export function indexOf(text: string, search: string): number {
  return apply(stringIndexOf, text, [search]) as number;
}

export function upperCase(text: string): string {
  return apply(stringToUpperCase, text, []) as string;
}

export function lowerCase(text: string): string {
  return apply(stringToLowerCase, text, []) as string;
}

/** Whether a value is a typed array, whatever its prototype. */
export function isTypedArray(value: unknown): boolean {
  return apply(typedArrayTag, value, []) !== undefined;
}

/** The bytes of a typed array, a DataView or an ArrayBuffer; `undefined` for anything else. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (isView(value) && apply(typedArrayTag, value, []) === undefined) {
    return new SafeUint8Array(
      apply(viewBuffer, value, []) as ArrayBuffer,
      apply(viewOffset, value, []) as number,
      apply(viewLength, value, []) as number,
    );
  }
  if (apply(typedArrayTag, value, []) !== undefined) {
    const buffer = apply(typedArrayBuffer, value, []) as ArrayBuffer;
    return new SafeUint8Array(
      buffer,
      apply(typedArrayOffset, value, []) as number,
      apply(typedArrayLength, value, []) as number,
    );
  }
  // The chain alone can be forged; asking every object for its length would throw, which costs more than all else here.
  if (!(value instanceof NativeArrayBuffer)) return undefined;
  try {
    apply(bufferLength, value, []);
  } catch {
    return undefined;
  }
  return new SafeUint8Array(value as ArrayBuffer);
}

export function toBase64(bytes: Uint8Array): string {
  return apply(byteToBase64, bytes, []) as string;
}

/** A view of a part of some bytes. */
export function partOf(bytes: Uint8Array, at: number, size: number): Uint8Array {
  return new SafeUint8Array(
    apply(typedArrayBuffer, bytes, []) as ArrayBuffer,
    (apply(typedArrayOffset, bytes, []) as number) + at,
    size,
  );
}

export function fromBase64(text: string): Uint8Array {
  return apply(bytesFromBase64, SafeUint8Array, [text]) as Uint8Array;
}

/** JSON text of one string, whatever happened to the prototypes. */
export function quote(text: string): string {
  return toJson(text) ?? '""';
}
