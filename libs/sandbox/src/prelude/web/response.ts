import {
  cloneBody,
  defineBodyMixin,
  extractBody,
  isUnusable,
  openBody,
  receivedBody,
  takeBody,
  takeNow,
} from './body.js';
import type { Body, BodyText } from './body.js';
import { Headers, combined, copyPairs, fillHeaders, guardHeaders, headerListOf, wrapHeaders } from './headers.js';
import type { HeaderPair } from './headers.js';
import type { ReadableStreamReader } from './streams.js';
import { JSONStringify, StringPrototypeCharCodeAt } from './primordials.js';
import { refuseToClone } from './uncloneable.js';
import { parseAbsoluteUrl } from './url.js';
import { finishInterface, requireArguments, toByteString, toDictionary, toUsvString } from './webidl.js';

/** A response as it crosses the wall. */
export interface ResponseParts {
  status: number;
  headers: HeaderPair[];
  body: BodyText | null;
}

/** Where an answer came from. */
export interface ResponseOrigin {
  /** Without fragment. */
  url: string;
  redirected: boolean;
  /** Reading the body rejects once this is aborted. */
  signal: Body['signal'];
}

const RECEIVED = Symbol('received');
/** A Response for an answer that arrived from outside; its headers cannot be changed. */
export let createResponse: (parts: ResponseParts, origin: ResponseOrigin) => Response;
/**
 * Status, headers and body of a Response, read to its end. See {@link takeBody} for `maxBytes`. Rejects when the body
 * was read already.
 */
export let readResponse: (response: Response, maxBytes?: number) => Promise<ResponseParts>;
/**
 * Like {@link readResponse}, at once; undefined when the body is a stream and has to be waited for. Throws when it was
 * read already.
 */
export let readResponseNow: (response: Response) => ResponseParts | undefined;
/**
 * A Response whose body is a stream, opened for reading; undefined: its body is none. Throws when it was read already.
 */
export let openResponse: (
  response: Response,
) => { status: number; headers: HeaderPair[]; reader: ReadableStreamReader } | undefined;
/** The body of a Response. */
export let responseBody: (response: Response) => Body | null;
/** True for a Response, whatever its prototype. */
export let isResponse: (value: unknown) => value is Response;

/** Fetch §5.5. */
export class Response {
  #type = 'default';
  #status = 200;
  #statusText = '';
  #headers: Headers;
  #body: Body | null = null;
  #url = '';
  #redirected = false;

  constructor(body?: unknown, init?: unknown) {
    if (body === RECEIVED) {
      const parts = init as ResponseParts;
      this.#status = parts.status;
      this.#headers = wrapHeaders(parts.headers, 'immutable');
      this.#body = receivedBody(parts.body);
      return;
    }
    this.#headers = new Headers();
    const extracted = body === undefined || body === null ? null : extractBody(body);
    this.#initialize(init, extracted?.body ?? null, extracted?.type ?? null);
  }

  #initialize(init: unknown, body: Body | null, type: string | null): void {
    const options = toDictionary(init, 'Response init');
    const headers = options['headers'];
    const status = options['status'] === undefined ? 200 : Math.trunc(Number(options['status'])) & 0xffff;
    const statusText = options['statusText'] === undefined ? '' : toByteString(options['statusText']);
    if (status < 200 || status > 599)
      throw new RangeError(`Response: the status must be from 200 to 599, not ${status}`);
    for (let i = 0; i < statusText.length; i++) {
      const c = StringPrototypeCharCodeAt(statusText, i);
      if ((c < 32 && c !== 9) || c === 127) throw new TypeError('Response: statusText contains a control character');
    }
    this.#status = status;
    this.#statusText = statusText;
    if (headers !== undefined) fillHeaders(this.#headers, headers);
    if (body === null) return;
    if (status === 204 || status === 205 || status === 304)
      throw new TypeError(`A response with status ${status} cannot have a body`);
    this.#body = body;
    if (type !== null && combined(headerListOf(this.#headers), 'content-type') === null)
      headerListOf(this.#headers).push(['content-type', type]);
  }

  static error(): Response {
    const response = new Response();
    response.#type = 'error';
    response.#status = 0;
    guardHeaders(response.#headers, 'immutable');
    return response;
  }

  static redirect(url: unknown, status: unknown = 302): Response {
    requireArguments(arguments.length, 1, 'Response.redirect');
    const parsed = parseAbsoluteUrl(toUsvString(url));
    if (parsed === null) throw new TypeError('Response.redirect: the URL is not valid');
    const code = Math.trunc(Number(status)) & 0xffff;
    if (code !== 301 && code !== 302 && code !== 303 && code !== 307 && code !== 308)
      throw new RangeError(`Response.redirect: ${code} is no redirect status`);
    const response = new Response();
    response.#status = code;
    headerListOf(response.#headers).push(['location', parsed.href]);
    guardHeaders(response.#headers, 'immutable');
    return response;
  }

  static json(data: unknown, init?: unknown): Response {
    requireArguments(arguments.length, 1, 'Response.json');
    const text = JSONStringify(data);
    if (text === undefined) throw new TypeError('Response.json: the value has no JSON form');
    const response = new Response();
    response.#initialize(init, extractBody(text).body, 'application/json');
    return response;
  }

  get type(): string {
    return this.#type;
  }
  get url(): string {
    return this.#url;
  }
  get redirected(): boolean {
    return this.#redirected;
  }
  get status(): number {
    return this.#status;
  }
  get ok(): boolean {
    return this.#status >= 200 && this.#status <= 299;
  }
  get statusText(): string {
    return this.#statusText;
  }
  get headers(): Headers {
    return this.#headers;
  }

  clone(): Response {
    if (this.#body !== null && isUnusable(this.#body)) throw new TypeError('The body was read already');
    const copy = new Response();
    copy.#type = this.#type;
    copy.#status = this.#status;
    copy.#statusText = this.#statusText;
    copy.#url = this.#url;
    copy.#redirected = this.#redirected;
    copyPairs(headerListOf(this.#headers), headerListOf(copy.#headers));
    if (this.#type !== 'default') guardHeaders(copy.#headers, 'immutable');
    copy.#body = this.#body === null ? null : cloneBody(this.#body);
    return copy;
  }

  static {
    isResponse = (value): value is Response => typeof value === 'object' && value !== null && #status in value;
    refuseToClone(isResponse);
    responseBody = (response) => response.#body;
    createResponse = (parts, { url, redirected, signal }) => {
      const response = new Response(RECEIVED, parts);
      response.#type = 'basic';
      if (response.#body !== null) response.#body.signal = signal;
      response.#url = url;
      response.#redirected = redirected;
      response.#statusText = REASONS[parts.status] ?? '';
      return response;
    };
    readResponse = async (response, maxBytes) => ({
      status: response.#status,
      headers: headerListOf(response.#headers),
      body: response.#body === null ? null : await takeBody(response.#body, maxBytes),
    });
    openResponse = (response) => {
      const body = response.#body;
      if (body === null) return undefined;
      const reader = openBody(body);
      return reader === undefined
        ? undefined
        : { status: response.#status, headers: headerListOf(response.#headers), reader };
    };
    readResponseNow = (response) => {
      const body = response.#body;
      if (body === null) return { status: response.#status, headers: headerListOf(response.#headers), body: null };
      if (isUnusable(body)) throw new TypeError('The body was read already');
      const taken = takeNow(body);
      return taken === undefined
        ? undefined
        : { status: response.#status, headers: headerListOf(response.#headers), body: taken };
    };
    defineBodyMixin(Response, {
      bodyOf: (response) => response.#body,
      typeOf: (response) => combined(headerListOf(response.#headers), 'content-type'),
    });
  }
}
finishInterface(Response, 'Response', { constructor: 0, 'static json': 1 });

/** RFC 9110 §15; HTTP/2 has no reason phrases, so answers get the usual ones. */
const REASONS: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};
Object.setPrototypeOf(REASONS, null);
