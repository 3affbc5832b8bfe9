import { ArrayPrototypePush, StringPrototypeCharCodeAt, StringPrototypeToLowerCase } from './primordials.js';
import { defineIterable } from './pair-iterator.js';
import { finishInterface, isObject, requireArguments, toByteString, toDomString } from './webidl.js';

/** `[lower-case name, value]`. */
export type HeaderPair = [string, string];
/** Who may change a Headers object (Fetch §5.1); on this side of the network no header name is forbidden. */
export type HeadersGuard = 'none' | 'immutable';

/** Throws a TypeError when the text is no header name (an HTTP token). */
export function checkHeaderName(name: string): void {
  if (!isToken(name)) throw new TypeError(`Invalid header name: ${JSON.stringify(name)}`);
}

/** True for an HTTP token (RFC 9110 §5.6.2). */
export function isToken(text: string): boolean {
  if (text === '') return false;
  for (let i = 0; i < text.length; i++) {
    const c = StringPrototypeCharCodeAt(text, i);
    const fine =
      (c >= 97 && c <= 122) ||
      (c >= 65 && c <= 90) ||
      (c >= 48 && c <= 57) ||
      c === 45 ||
      c === 95 ||
      c === 33 ||
      (c >= 35 && c <= 39) ||
      c === 42 ||
      c === 43 ||
      c === 46 ||
      c === 94 ||
      c === 96 ||
      c === 124 ||
      c === 126;
    if (!fine) return false;
  }
  return true;
}

/**
 * "Normalize" of Fetch §2.2.2: a value without the blanks around it. Headers carry bytes, one for each character:
 * throws a TypeError that names the header for a character above U+00FF, a line break or NUL.
 */
export function headerValue(name: string, value: unknown): string {
  const text = toDomString(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '');
  for (let i = 0; i < text.length; i++) {
    const c = StringPrototypeCharCodeAt(text, i);
    if (c === 0 || c === 10 || c === 13)
      throw new TypeError(`The header ${JSON.stringify(name.slice(0, 64))} contains a line break or NUL`);
    if (c > 255)
      throw new TypeError(
        `The header ${JSON.stringify(name.slice(0, 64))} contains the character ` +
          `U+${c.toString(16).toUpperCase().padStart(4, '0')}, and headers carry bytes; encode it, for example with ` +
          'encodeURIComponent',
      );
  }
  return text;
}

/** The live list behind a Headers object, in the order of addition. */
export let headerListOf: (headers: Headers) => HeaderPair[];
/** Sets the guard of a Headers object. */
export let guardHeaders: (headers: Headers, guard: HeadersGuard) => void;
/** A Headers object over a list that is known to be well-formed; the list becomes its own. */
export let wrapHeaders: (list: HeaderPair[], guard: HeadersGuard) => Headers;
/** True for Headers, whatever the prototype. */
export let isHeaders: (value: unknown) => value is Headers;
const WRAP: unique symbol = Symbol('wrap');

/** Fetch §5.1. */
export class Headers {
  #list: HeaderPair[];
  #guard: HeadersGuard = 'none';
  #sorted: HeaderPair[] | null = null;

  constructor(init?: unknown, list?: unknown) {
    if (init === WRAP) {
      this.#list = list as HeaderPair[];
      return;
    }
    this.#list = [];
    if (init !== undefined) fillHeaders(this, init);
  }

  append(name: unknown, value: unknown): void {
    requireArguments(arguments.length, 2, 'Headers.append');
    const key = toByteString(name);
    const text = headerValue(key, value);
    checkHeaderName(key);
    this.#change();
    ArrayPrototypePush(this.#list, [StringPrototypeToLowerCase(key), text]);
  }

  delete(name: unknown): void {
    requireArguments(arguments.length, 1, 'Headers.delete');
    const key = this.#key(name);
    this.#change();
    this.#list = this.#list.filter((pair) => pair[0] !== key);
  }

  get(name: unknown): string | null {
    requireArguments(arguments.length, 1, 'Headers.get');
    return combined(this.#list, this.#key(name));
  }

  getSetCookie(): string[] {
    return this.#list.filter((pair) => pair[0] === 'set-cookie').map((pair) => pair[1]);
  }

  has(name: unknown): boolean {
    requireArguments(arguments.length, 1, 'Headers.has');
    const key = this.#key(name);
    return this.#list.some((pair) => pair[0] === key);
  }

  set(name: unknown, value: unknown): void {
    requireArguments(arguments.length, 2, 'Headers.set');
    const given = toByteString(name);
    const text = headerValue(given, value);
    checkHeaderName(given);
    this.#change();
    const key = StringPrototypeToLowerCase(given);
    const first = this.#list.find((pair) => pair[0] === key);
    if (first === undefined) {
      ArrayPrototypePush(this.#list, [key, text]);
      return;
    }
    first[1] = text;
    this.#list = this.#list.filter((pair) => pair === first || pair[0] !== key);
  }

  #key(name: unknown): string {
    const key = toByteString(name);
    checkHeaderName(key);
    return StringPrototypeToLowerCase(key);
  }

  #change(): void {
    if (this.#guard === 'immutable') throw new TypeError('These headers cannot be changed');
    this.#sorted = null;
  }

  static {
    headerListOf = (headers) => headers.#list;
    guardHeaders = (headers, guard) => {
      headers.#guard = guard;
    };
    isHeaders = (value): value is Headers => typeof value === 'object' && value !== null && #list in value;
    wrapHeaders = (list, guard) => {
      const headers = new Headers(WRAP, list);
      headers.#guard = guard;
      return headers;
    };
    defineIterable(Headers, 'Headers', (headers) => (headers.#sorted ??= sortAndCombine(headers.#list)));
  }
}
finishInterface(Headers, 'Headers', { constructor: 0 });

/** "Get a value" of Fetch §2.2.2: all values of a lower-case name joined by `, `, or null. */
export function combined(list: readonly HeaderPair[], key: string): string | null {
  let value: string | null = null;
  for (let i = 0; i < list.length; i++) {
    const pair = list[i];
    if (pair !== undefined && pair[0] === key) value = value === null ? pair[1] : `${value}, ${pair[1]}`;
  }
  return value;
}

/** Adds copies of all pairs of one list to another. */
export function copyPairs(from: readonly HeaderPair[], to: HeaderPair[]): void {
  for (let i = 0; i < from.length; i++) {
    const pair = from[i];
    if (pair !== undefined) ArrayPrototypePush(to, [pair[0], pair[1]]);
  }
}

function sortAndCombine(list: HeaderPair[]): HeaderPair[] {
  const names = [...new Set(list.map((pair) => pair[0]))].sort();
  const result: HeaderPair[] = [];
  for (const name of names) {
    if (name === 'set-cookie') {
      for (const pair of list) if (pair[0] === name) result.push([name, pair[1]]);
    } else {
      result.push([name, combined(list, name) ?? '']);
    }
  }
  return result;
}

/** "Fill" of Fetch §5.1: from another Headers, a sequence of pairs, or a record. */
export function fillHeaders(headers: Headers, init: unknown): void {
  if (!isObject(init)) throw new TypeError('Headers: the initialiser must be an object or a sequence of pairs');
  const iterate = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  if (iterate === undefined || iterate === null) {
    const entries: [unknown, unknown][] = [];
    for (const key of Reflect.ownKeys(init)) {
      if (Reflect.getOwnPropertyDescriptor(init, key)?.enumerable !== true) continue;
      const name = toByteString(key);
      entries.push([name, headerValue(name, (init as Record<PropertyKey, unknown>)[key])]);
    }
    for (const entry of entries) headers.append(entry[0], entry[1]);
    return;
  }
  if (typeof iterate !== 'function') throw new TypeError('Headers: the initialiser is not iterable');
  const pairs: unknown[][] = [];
  for (const pair of init as Iterable<unknown>) {
    if (!isObject(pair) || typeof (pair as { [Symbol.iterator]?: unknown })[Symbol.iterator] !== 'function') {
      throw new TypeError('Headers: every element must be a pair');
    }
    const parts = [...(pair as Iterable<unknown>)];
    if (parts.length !== 2) throw new TypeError('Headers: every element must be a pair');
    pairs.push(parts);
  }
  for (const pair of pairs) headers.append(pair[0], pair[1]);
}
