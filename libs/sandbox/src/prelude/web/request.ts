import { createSignal, isAbortSignal, onSignalAbort, signalAbort } from './abort.js';
import type { AbortSignal } from './abort.js';
import { cloneBody, defineBodyMixin, extractBody, isUnusable, receivedBody, takeOver } from './body.js';
import type { Body, BodyText } from './body.js';
import { Headers, combined, copyPairs, fillHeaders, headerListOf, isToken, wrapHeaders } from './headers.js';
import type { HeaderPair } from './headers.js';
import { StringPrototypeToUpperCase } from './primordials.js';
import { refuseToClone } from './uncloneable.js';
import { parseAbsoluteUrl } from './url.js';
import { finishInterface, requireArguments, toByteString, toDictionary, toDomString, toUsvString } from './webidl.js';

const ENUMS: Record<string, Record<string, true>> = Object.create(null) as Record<string, Record<string, true>>;
for (const [name, values] of Object.entries({
  redirect: ['follow', 'error', 'manual'],
  mode: ['cors', 'no-cors', 'same-origin', 'navigate'],
  credentials: ['same-origin', 'include', 'omit'],
  cache: ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'],
  referrerPolicy: [
    '',
    'no-referrer',
    'no-referrer-when-downgrade',
    'same-origin',
    'origin',
    'strict-origin',
    'origin-when-cross-origin',
    'strict-origin-when-cross-origin',
    'unsafe-url',
  ],
  duplex: ['half'],
  priority: ['high', 'low', 'auto'],
})) {
  ENUMS[name] = Object.create(null) as Record<string, true>;
  for (const value of values) ENUMS[name][value] = true;
}
const ENUM_NAMES = Object.keys(ENUMS);

const DEFAULTS: Record<EnumName, string> = {
  redirect: 'follow',
  mode: 'cors',
  credentials: 'same-origin',
  cache: 'default',
  referrerPolicy: '',
};

type EnumName = 'redirect' | 'mode' | 'credentials' | 'cache' | 'referrerPolicy';

/** What a request outside is turned into. */
export interface RequestParts {
  method: string;
  /** Absolute. */
  url: string;
  /** Lower-case names. */
  headers: HeaderPair[];
  body: BodyText | null;
}

/** Everything `fetch` has to know about a request. */
export interface RequestState {
  method: string;
  url: string;
  headers: readonly HeaderPair[];
  body: Body | null;
  redirect: string;
  signal: AbortSignal | null;
  timeoutMs: number | undefined;
}

const RECEIVED = Symbol('received');
/** A Request for something that arrived from outside; nothing in it is checked again. */
export let createRequest: (parts: RequestParts, signal?: AbortSignal | null) => Request;
/** The parts of a Request that `fetch` sends. */
export let requestState: (request: Request) => RequestState;
/** True for a Request, whatever its prototype. */
export let isRequest: (value: unknown) => value is Request;

/** Normalises a method (Fetch §2.2.1). Throws a TypeError for one that is no token or that no fetch may use. */
function normalizeMethod(given: unknown): string {
  const method = toByteString(given);
  const upper = StringPrototypeToUpperCase(method);
  if (!isToken(method)) throw new TypeError(`Invalid request method: ${JSON.stringify(method)}`);
  if (upper === 'CONNECT' || upper === 'TRACE' || upper === 'TRACK')
    throw new TypeError(`The request method ${upper} is not allowed`);
  return upper === 'DELETE' ||
    upper === 'GET' ||
    upper === 'HEAD' ||
    upper === 'OPTIONS' ||
    upper === 'POST' ||
    upper === 'PUT'
    ? upper
    : method;
}

/**
 * Fetch §5.4. There is no page around it: relative URLs are errors, and what only a browser could honour is kept but
 * has no effect.
 */
export class Request {
  #method = 'GET';
  #url = '';
  #headers: Headers;
  #body: Body | null = null;
  #signal: AbortSignal | null = null;
  #enums: Record<EnumName, string> = DEFAULTS;
  #integrity = '';
  #keepalive = false;
  #referrer = 'about:client';
  #timeoutMs: number | undefined;

  constructor(input: unknown, init?: unknown, signal?: unknown) {
    if (input === RECEIVED) {
      const parts = init as RequestParts;
      this.#method = parts.method;
      this.#url = parts.url;
      this.#headers = wrapHeaders(parts.headers, 'immutable');
      this.#body = receivedBody(parts.body);
      this.#signal = (signal ?? null) as AbortSignal | null;
      return;
    }
    requireArguments(arguments.length, 1, 'Request');
    const source = isRequest(input) ? input : null;
    if (source !== null) this.#copy(source);
    else this.#url = checkedUrl(toUsvString(input));
    const options = toDictionary(init, 'Request init');
    this.#readOptions(options);
    this.#headers = new Headers();
    if (options['headers'] !== undefined) fillHeaders(this.#headers, options['headers']);
    else if (source !== null) copyPairs(headerListOf(source.#headers), headerListOf(this.#headers));
    this.#takeBody(source, options);
  }

  #copy(source: Request): void {
    this.#url = source.#url;
    this.#method = source.#method;
    this.#enums = source.#enums;
    this.#integrity = source.#integrity;
    this.#keepalive = source.#keepalive;
    this.#referrer = source.#referrer;
    this.#timeoutMs = source.#timeoutMs;
    if (source.#signal !== null) this.#follow(source.#signal);
  }

  #follow(signal: AbortSignal): void {
    const own = createSignal();
    this.#signal = own;
    if (signal.aborted) signalAbort(own, signal.reason);
    else
      onSignalAbort(signal, () => {
        signalAbort(own, signal.reason);
      });
  }

  #readOptions(options: Record<string, unknown>): void {
    if (options['window'] !== undefined && options['window'] !== null)
      throw new TypeError('Request: window must be null');
    for (let i = 0; i < ENUM_NAMES.length; i++) {
      const name = ENUM_NAMES[i] ?? '';
      const given = options[name];
      if (given === undefined) continue;
      const value = toDomString(given);
      if (ENUMS[name]?.[value] !== true)
        throw new TypeError(`Request: ${JSON.stringify(value)} is no valid value of ${name}`);
      if (name !== 'duplex' && name !== 'priority') this.#enums = { ...this.#enums, [name]: value };
    }
    if (this.#enums.mode === 'navigate') throw new TypeError("Request: mode 'navigate' is not allowed");
    if (this.#enums.cache === 'only-if-cached' && this.#enums.mode !== 'same-origin') {
      throw new TypeError("Request: cache 'only-if-cached' needs mode 'same-origin'");
    }
    if (options['method'] !== undefined) this.#method = normalizeMethod(options['method']);
    if (
      this.#enums.mode === 'no-cors' &&
      this.#method !== 'GET' &&
      this.#method !== 'HEAD' &&
      this.#method !== 'POST'
    ) {
      throw new TypeError(`Request: mode 'no-cors' does not allow ${this.#method}`);
    }
    if (options['integrity'] !== undefined) this.#integrity = toDomString(options['integrity']);
    if (options['keepalive'] !== undefined) this.#keepalive = Boolean(options['keepalive']);
    if (options['referrer'] !== undefined) {
      const referrer = toUsvString(options['referrer']);
      this.#referrer = referrer === '' ? '' : checkedUrl(referrer);
    }
    if (options['timeoutMs'] !== undefined) {
      const timeoutMs = Number(options['timeoutMs']);
      if (!(timeoutMs > 0 && timeoutMs < Infinity))
        throw new TypeError('Request: timeoutMs must be a positive number of milliseconds');
      this.#timeoutMs = timeoutMs;
    }
    const signal = options['signal'];
    if (signal === null) this.#signal = null;
    else if (isAbortSignal(signal)) this.#follow(signal);
    else if (signal !== undefined) throw new TypeError('Request: signal must be an AbortSignal');
  }

  #takeBody(source: Request | null, options: Record<string, unknown>): void {
    const given = options['body'];
    const inherited = source === null ? null : source.#body;
    if (
      ((given !== undefined && given !== null) || inherited !== null) &&
      (this.#method === 'GET' || this.#method === 'HEAD')
    ) {
      throw new TypeError(`A ${this.#method} request cannot have a body`);
    }
    if (given !== undefined && given !== null) {
      const { body, type } = extractBody(given);
      if (body.stream !== null && options['duplex'] === undefined)
        throw new TypeError("A body that is a stream needs duplex: 'half'");
      this.#body = body;
      if (type !== null && combined(headerListOf(this.#headers), 'content-type') === null)
        headerListOf(this.#headers).push(['content-type', type]);
      return;
    }
    if (inherited === null) return;
    if (isUnusable(inherited)) throw new TypeError('The body of the request was read already');
    this.#body = takeOver(inherited);
  }

  get method(): string {
    return this.#method;
  }
  get url(): string {
    return this.#url;
  }
  get headers(): Headers {
    return this.#headers;
  }
  get destination(): string {
    return '';
  }
  get referrer(): string {
    return this.#referrer;
  }
  get referrerPolicy(): string {
    return this.#enums.referrerPolicy;
  }
  get mode(): string {
    return this.#enums.mode;
  }
  get credentials(): string {
    return this.#enums.credentials;
  }
  get cache(): string {
    return this.#enums.cache;
  }
  get redirect(): string {
    return this.#enums.redirect;
  }
  get integrity(): string {
    return this.#integrity;
  }
  get keepalive(): boolean {
    return this.#keepalive;
  }
  get isReloadNavigation(): boolean {
    return false;
  }
  get isHistoryNavigation(): boolean {
    return false;
  }
  get duplex(): string {
    return 'half';
  }
  get signal(): AbortSignal {
    return (this.#signal ??= createSignal());
  }

  clone(): Request {
    if (this.#body !== null && isUnusable(this.#body)) throw new TypeError('The body was read already');
    const copy = new Request(RECEIVED, { method: this.#method, url: this.#url, headers: [], body: null });
    copy.#copy(this);
    copy.#headers = new Headers();
    copyPairs(headerListOf(this.#headers), headerListOf(copy.#headers));
    copy.#body = this.#body === null ? null : cloneBody(this.#body);
    return copy;
  }

  static {
    isRequest = (value): value is Request => typeof value === 'object' && value !== null && #method in value;
    refuseToClone(isRequest);
    createRequest = (parts, signal) => new Request(RECEIVED, parts, signal);
    requestState = (request) => ({
      method: request.#method,
      url: request.#url,
      headers: headerListOf(request.#headers),
      body: request.#body,
      redirect: request.#enums.redirect,
      signal: request.#signal,
      timeoutMs: request.#timeoutMs,
    });
    defineBodyMixin(Request, {
      bodyOf: (request) => request.#body,
      typeOf: (request) => combined(headerListOf(request.#headers), 'content-type'),
    });
  }
}
finishInterface(Request, 'Request', { constructor: 1 });

function checkedUrl(text: string): string {
  const url = parseAbsoluteUrl(text);
  if (url === null) throw new TypeError(`Invalid URL: ${text.slice(0, 200)}`);
  if (url.hasCredentials) throw new TypeError('A request URL cannot contain credentials');
  return url.href;
}
