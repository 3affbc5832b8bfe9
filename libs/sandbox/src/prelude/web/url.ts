import { lazyScript, lazySourceOf } from './lazy.js';
import { defineIterable } from './pair-iterator.js';
import { RegExpPrototypeExec } from './primordials.js';
import type { UrlMachine, UrlRecord } from './url-machine.js';
import { parseUrlencoded, serializeUrlencoded } from './urlencoded.js';
import { finishInterface, isObject, requireArguments, toUsvString } from './webidl.js';

const machineScript = lazyScript<{ install(lazySource: (name: string) => string): UrlMachine }>('url');
let loadedMachine: UrlMachine | undefined;

/** The whole parser: the reference implementation, loaded when the first address needs it. */
function machine(): UrlMachine {
  return (loadedMachine ??= machineScript().install(lazySourceOf()));
}

// A web address in its normal form: nothing to escape, no dot segments, no default port, no number that is an address.
// Most are like that.
const NORMAL = new RegExp(
  '^(https?)://((?:[a-z0-9-]+\\.)*[a-z][a-z0-9-]*)(?::([1-9][0-9]{0,4}))?' +
    "((?:/(?:(?:[A-Za-z0-9_~$&+,;=:@!*()'-]|%(?!2[eE])|\\.[A-Za-z0-9_-])[A-Za-z0-9._~$&+,;=:@!*()'%-]*)?)*)" +
    '(?:\\?([!$-&(-;=?-~]*))?(?:#([!#-;=?-_a-~]*))?$',
);

/** The record of an address in normal form, or null for one that needs the whole parser. */
function parseNormal(input: string): UrlRecord | null {
  const normal = RegExpPrototypeExec(NORMAL, input);
  if (normal === null) return null;
  const scheme = normal[1] ?? '';
  const port = normal[3] === undefined ? null : Number(normal[3]);
  if (port !== null && (port > 65535 || port === (scheme === 'http' ? 80 : 443))) return null;
  const path = (normal[4] ?? '').slice(1).split('/');
  return {
    scheme,
    username: '',
    password: '',
    host: normal[2] ?? '',
    port,
    path,
    query: normal[5] ?? null,
    fragment: normal[6] ?? null,
  };
}

/** The basic URL parser (URL §4.4); null on failure. */
function parse(input: string, base?: UrlRecord | null): UrlRecord | null {
  return parseNormal(input) ?? machine().basicURLParse(input, { baseURL: base ?? null });
}

function parseWithBase(url: string, base: unknown): UrlRecord | null {
  if (base === undefined) return parse(url);
  const parsedBase = parse(toUsvString(base));
  return parsedBase === null ? null : parse(url, parsedBase);
}

function hostText(host: UrlRecord['host']): string {
  return host === null ? '' : typeof host === 'string' ? host : machine().serializeHost(host);
}

function pathText(record: UrlRecord): string {
  if (typeof record.path === 'string') return record.path;
  let text = '';
  for (let i = 0; i < record.path.length; i++) text += `/${record.path[i] ?? ''}`;
  return text;
}

/** The URL serializer (URL §4.5). */
function serialize(record: UrlRecord): string {
  let text = `${record.scheme}:`;
  if (record.host !== null) {
    text += '//';
    if (record.username !== '' || record.password !== '')
      text += `${record.username}${record.password === '' ? '' : `:${record.password}`}@`;
    text += hostText(record.host);
    if (record.port !== null) text += `:${record.port}`;
  } else if (typeof record.path !== 'string' && record.path.length > 1 && record.path[0] === '') {
    text += '/.';
  }
  text += pathText(record);
  if (record.query !== null) text += `?${record.query}`;
  if (record.fragment !== null) text += `#${record.fragment}`;
  return text;
}

/** URL §4.7, serialised. */
function originText(record: UrlRecord): string {
  switch (record.scheme) {
    case 'http':
    case 'https':
    case 'ws':
    case 'wss':
    case 'ftp':
      return `${record.scheme}://${hostText(record.host)}${record.port === null ? '' : `:${record.port}`}`;
    case 'blob': {
      const inner = parse(pathText(record));
      return inner !== null && (inner.scheme === 'http' || inner.scheme === 'https') ? originText(inner) : 'null';
    }
    default:
      return 'null';
  }
}

function hasNoCredentialsOrPort(record: UrlRecord): boolean {
  return record.host === null || record.host === '' || record.scheme === 'file';
}

type Pair = [string, string];

let setList: (params: URLSearchParams, list: Pair[]) => void;
let bindToUrl: (params: URLSearchParams, update: (query: string | null) => void) => void;
/** True for URLSearchParams, whatever the prototype. */
export let isUrlSearchParams: (value: unknown) => value is URLSearchParams;

/** URL §6.2. */
export class URLSearchParams {
  #list: Pair[] = [];
  #update: ((query: string | null) => void) | null = null;

  constructor(init: unknown = '') {
    if (!isObject(init)) {
      const text = toUsvString(init);
      this.#list = parseUrlencoded(text.startsWith('?') ? text.slice(1) : text);
      return;
    }
    const iterate = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator];
    if (iterate !== undefined && iterate !== null) {
      if (typeof iterate !== 'function') throw new TypeError('URLSearchParams: the initialiser is not iterable');
      for (const pair of init as Iterable<unknown>) {
        if (!isObject(pair)) throw new TypeError('URLSearchParams: every element must be a pair');
        const parts = [...(pair as Iterable<unknown>)];
        if (parts.length !== 2) throw new TypeError('URLSearchParams: every element must be a pair');
        this.#list.push([toUsvString(parts[0]), toUsvString(parts[1])]);
      }
      return;
    }
    const seen = new Map<string, Pair>();
    for (const key of Reflect.ownKeys(init)) {
      if (Reflect.getOwnPropertyDescriptor(init, key)?.enumerable !== true) continue;
      const name = toUsvString(key);
      const value = toUsvString((init as Record<PropertyKey, unknown>)[key]);
      const known = seen.get(name);
      if (known !== undefined) {
        known[1] = value;
        continue;
      }
      const pair: Pair = [name, value];
      seen.set(name, pair);
      this.#list.push(pair);
    }
  }

  get size(): number {
    return this.#list.length;
  }

  append(name: unknown, value: unknown): void {
    requireArguments(arguments.length, 2, 'append');
    this.#list.push([toUsvString(name), toUsvString(value)]);
    this.#changed();
  }

  delete(name: unknown, value?: unknown): void {
    requireArguments(arguments.length, 1, 'delete');
    const wanted = toUsvString(name);
    const wantedValue = value === undefined ? undefined : toUsvString(value);
    this.#list = this.#list.filter(
      (pair) => pair[0] !== wanted || (wantedValue !== undefined && pair[1] !== wantedValue),
    );
    this.#changed();
  }

  get(name: unknown): string | null {
    requireArguments(arguments.length, 1, 'get');
    const wanted = toUsvString(name);
    return this.#list.find((pair) => pair[0] === wanted)?.[1] ?? null;
  }

  getAll(name: unknown): string[] {
    requireArguments(arguments.length, 1, 'getAll');
    const wanted = toUsvString(name);
    return this.#list.filter((pair) => pair[0] === wanted).map((pair) => pair[1]);
  }

  has(name: unknown, value?: unknown): boolean {
    requireArguments(arguments.length, 1, 'has');
    const wanted = toUsvString(name);
    const wantedValue = value === undefined ? undefined : toUsvString(value);
    return this.#list.some((pair) => pair[0] === wanted && (wantedValue === undefined || pair[1] === wantedValue));
  }

  set(name: unknown, value: unknown): void {
    requireArguments(arguments.length, 2, 'set');
    const wanted = toUsvString(name);
    const text = toUsvString(value);
    const first = this.#list.find((pair) => pair[0] === wanted);
    if (first === undefined) {
      this.#list.push([wanted, text]);
    } else {
      first[1] = text;
      this.#list = this.#list.filter((pair) => pair === first || pair[0] !== wanted);
    }
    this.#changed();
  }

  sort(): void {
    this.#list.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    this.#changed();
  }

  toString(): string {
    return serializeUrlencoded(this.#list);
  }

  #changed(): void {
    if (this.#update === null) return;
    const query = this.toString();
    this.#update(query === '' ? null : query);
  }

  static {
    setList = (params, list) => {
      params.#list = list;
    };
    bindToUrl = (params, update) => {
      params.#update = update;
    };
    isUrlSearchParams = (value): value is URLSearchParams =>
      typeof value === 'object' && value !== null && #list in value;
    defineIterable(URLSearchParams, 'URLSearchParams', (params) => params.#list);
  }
}
finishInterface(URLSearchParams, 'URLSearchParams', { constructor: 0, delete: 1, has: 1 });

/** True for a URL, whatever its prototype. */
export let isUrl: (value: unknown) => value is URL;
let wrap: (record: UrlRecord) => URL;

/** URL §6.1. */
export class URL {
  #record: UrlRecord;
  #params: URLSearchParams | null = null;

  constructor(url: unknown, base?: unknown) {
    requireArguments(arguments.length, 1, 'URL');
    if (url === WRAP) {
      this.#record = base as UrlRecord;
      return;
    }
    const text = toUsvString(url);
    const record = parseWithBase(text, base);
    if (record === null) throw new TypeError(`Invalid URL: ${text.length > 200 ? `${text.slice(0, 200)}…` : text}`);
    this.#record = record;
  }

  static parse(url: unknown, base?: unknown): URL | null {
    requireArguments(arguments.length, 1, 'URL.parse');
    const record = parseWithBase(toUsvString(url), base);
    return record === null ? null : wrap(record);
  }

  static canParse(url: unknown, base?: unknown): boolean {
    requireArguments(arguments.length, 1, 'URL.canParse');
    return parseWithBase(toUsvString(url), base) !== null;
  }

  get href(): string {
    return serialize(this.#record);
  }
  set href(value: string) {
    const text = toUsvString(value);
    const record = parse(text);
    if (record === null) throw new TypeError(`Invalid URL: ${text}`);
    this.#record = record;
    this.#refreshParams();
  }

  get origin(): string {
    return originText(this.#record);
  }

  get protocol(): string {
    return `${this.#record.scheme}:`;
  }
  set protocol(value: string) {
    this.#override(`${toUsvString(value)}:`, 'scheme start');
  }

  get username(): string {
    return this.#record.username;
  }
  set username(value: string) {
    const text = toUsvString(value);
    if (!hasNoCredentialsOrPort(this.#record)) machine().setTheUsername(this.#record, text);
  }

  get password(): string {
    return this.#record.password;
  }
  set password(value: string) {
    const text = toUsvString(value);
    if (!hasNoCredentialsOrPort(this.#record)) machine().setThePassword(this.#record, text);
  }

  get host(): string {
    const { host, port } = this.#record;
    if (host === null) return '';
    return port === null ? hostText(host) : `${hostText(host)}:${port}`;
  }
  set host(value: string) {
    const text = toUsvString(value);
    if (typeof this.#record.path !== 'string') this.#override(text, 'host');
  }

  get hostname(): string {
    return hostText(this.#record.host);
  }
  set hostname(value: string) {
    const text = toUsvString(value);
    if (typeof this.#record.path !== 'string') this.#override(text, 'hostname');
  }

  get port(): string {
    const { port } = this.#record;
    return port === null ? '' : `${port}`;
  }
  set port(value: string) {
    const text = toUsvString(value);
    if (hasNoCredentialsOrPort(this.#record)) return;
    if (text === '') this.#record.port = null;
    else this.#override(text, 'port');
  }

  get pathname(): string {
    return pathText(this.#record);
  }
  set pathname(value: string) {
    const text = toUsvString(value);
    if (typeof this.#record.path === 'string') return;
    this.#record.path = [];
    this.#override(text, 'path start');
  }

  get search(): string {
    const { query } = this.#record;
    return query === null || query === '' ? '' : `?${query}`;
  }
  set search(value: string) {
    const text = toUsvString(value);
    if (text === '') {
      this.#record.query = null;
    } else {
      this.#record.query = '';
      this.#override(text.startsWith('?') ? text.slice(1) : text, 'query');
    }
    this.#refreshParams();
  }

  get searchParams(): URLSearchParams {
    if (this.#params === null) {
      this.#params = new URLSearchParams();
      this.#refreshParams();
      bindToUrl(this.#params, (query) => {
        this.#record.query = query;
      });
    }
    return this.#params;
  }

  get hash(): string {
    const { fragment } = this.#record;
    return fragment === null || fragment === '' ? '' : `#${fragment}`;
  }
  set hash(value: string) {
    const text = toUsvString(value);
    if (text === '') {
      this.#record.fragment = null;
      return;
    }
    this.#record.fragment = '';
    this.#override(text.startsWith('#') ? text.slice(1) : text, 'fragment');
  }

  toString(): string {
    return this.href;
  }
  toJSON(): string {
    return this.href;
  }

  #override(input: string, stateOverride: string): void {
    machine().basicURLParse(input, { url: this.#record, stateOverride });
  }

  #refreshParams(): void {
    if (this.#params !== null) setList(this.#params, parseUrlencoded(this.#record.query ?? ''));
  }

  static {
    isUrl = (value): value is URL => typeof value === 'object' && value !== null && #record in value;
    wrap = (record) => new URL(WRAP, record);
  }
}
finishInterface(URL, 'URL', { constructor: 1, 'static parse': 1, 'static canParse': 1 });
const WRAP = Symbol('wrap');

/** The serialisation of an absolute URL with its parts, or null when the text is no URL. */
export function parseAbsoluteUrl(text: string): { href: string; scheme: string; hasCredentials: boolean } | null {
  const record = parse(text);
  if (record === null) return null;
  return {
    href: serialize(record),
    scheme: record.scheme,
    hasCredentials: record.username !== '' || record.password !== '',
  };
}

/** Serialises a URL without its fragment. */
export function withoutFragment(href: string): string {
  const at = href.indexOf('#');
  return at < 0 ? href : href.slice(0, at);
}
