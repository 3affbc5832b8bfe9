import {
  ArrayBufferByteLength,
  ArrayBufferDetached,
  ArrayBufferIsView,
  DataViewBuffer,
  DataViewByteLength,
  DataViewByteOffset,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  ReflectOwnKeys,
  StringPrototypeToWellFormed,
  SymbolToStringTag,
  TypedArrayBuffer,
  TypedArrayByteLength,
  TypedArrayByteOffset,
  TypedArrayTag,
  Uint8ArrayCtor,
} from './primordials.js';

/** Web IDL `DOMString`: any value as a string; throws a TypeError for symbols. */
export function toDomString(value: unknown): string {
  return typeof value === 'string' ? value : `${value as string}`;
}

/** Web IDL `USVString`: a string whose lone surrogates became U+FFFD. */
export function toUsvString(value: unknown): string {
  return StringPrototypeToWellFormed(toDomString(value));
}

/** Web IDL `ByteString`: throws a TypeError for characters above U+00FF. */
export function toByteString(value: unknown): string {
  const text = toDomString(value);
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 255)
      throw new TypeError(`Cannot convert to a ByteString: the character at index ${i} is greater than 255`);
  }
  return text;
}

/** Web IDL dictionaries: undefined and null mean "no members"; any other primitive is a TypeError. */
export function toDictionary(value: unknown, what: string): Record<string, unknown> {
  if (value === undefined || value === null) return EMPTY;
  if (typeof value !== 'object' && typeof value !== 'function') throw new TypeError(`${what} must be an object`);
  return value as Record<string, unknown>;
}
const EMPTY: Record<string, unknown> = Object.freeze(Object.create(null) as Record<string, unknown>);

/** Throws the TypeError of Web IDL for too few arguments. */
export function requireArguments(given: number, wanted: number, where: string): void {
  if (given < wanted)
    throw new TypeError(`${where}: ${wanted} argument${wanted === 1 ? '' : 's'} required, but only ${given} present`);
}

/** True for objects and functions. */
export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** True for a real ArrayBuffer, whatever its prototype claims. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  if (!isObject(value)) return false;
  try {
    ArrayBufferByteLength(value);
    return true;
  } catch {
    return false;
  }
}

/**
 * The bytes of a `BufferSource` as a view on the same memory, or undefined for any other value. A detached buffer has
 * no bytes.
 */
export function viewBytes(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (ArrayBufferIsView(value)) {
    const typed = TypedArrayTag(value) !== undefined;
    const buffer = typed ? TypedArrayBuffer(value) : DataViewBuffer(value);
    if (ArrayBufferDetached(buffer)) return new Uint8ArrayCtor(0);
    return typed
      ? new Uint8ArrayCtor(buffer, TypedArrayByteOffset(value), TypedArrayByteLength(value))
      : new Uint8ArrayCtor(buffer, DataViewByteOffset(value), DataViewByteLength(value));
  }
  if (isArrayBuffer(value)) return ArrayBufferDetached(value) ? new Uint8ArrayCtor(0) : new Uint8ArrayCtor(value);
  return undefined;
}

/**
 * Gives a class the shape Web IDL asks for: its name (minifying loses it), enumerable members and a
 * `Symbol.toStringTag`.
 * @param lengths how many arguments must be given where TypeScript's optional ones count too; `constructor` is the
 * class itself, `static x` its own `x`
 */
export function finishInterface(
  constructor: { prototype: object },
  name: string,
  lengths: Record<string, number> = {},
): void {
  setName(constructor, name);
  for (const member of Object.keys(lengths)) setLength(constructor, member, lengths[member] as number);
  makeEnumerable(constructor.prototype);
  makeEnumerable(constructor, ['length', 'name', 'prototype']);
  ObjectDefineProperty(constructor.prototype, SymbolToStringTag, { value: name, configurable: true });
}

function setLength(constructor: { prototype: object }, member: string, value: number): void {
  const isStatic = member.startsWith('static ');
  const target =
    member === 'constructor'
      ? constructor
      : ObjectGetOwnPropertyDescriptor(
          isStatic ? constructor : constructor.prototype,
          isStatic ? member.slice(7) : member,
        )?.value;
  ObjectDefineProperty(target as object, 'length', { value, configurable: true });
}

/** Names a function or class. */
export function setName(target: object, name: string): void {
  ObjectDefineProperty(target, 'name', { value: name, configurable: true });
}

function makeEnumerable(target: object, except: string[] = ['constructor']): void {
  for (const key of ReflectOwnKeys(target)) {
    if (typeof key !== 'string' || except.includes(key)) continue;
    const descriptor = ObjectGetOwnPropertyDescriptor(target, key);
    if (descriptor?.configurable) ObjectDefineProperty(target, key, { ...descriptor, enumerable: true });
  }
}

/** Defines constants on an interface and its prototype. */
export function defineConstants(constructor: { prototype: object }, constants: Record<string, number>): void {
  for (const name of Object.keys(constants)) {
    const descriptor = { value: constants[name], enumerable: true };
    ObjectDefineProperty(constructor, name, descriptor);
    ObjectDefineProperty(constructor.prototype, name, descriptor);
  }
}
