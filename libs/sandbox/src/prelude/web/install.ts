import type { PreludeHost } from '../host.js';
import { AbortController, AbortSignal } from './abort.js';
import { atob, btoa } from './base64.js';
import { Blob, File, isBlob } from './blob.js';
import { takeBody } from './body.js';
import type { BodyText } from './body.js';
import { connectConsole, console, reportUncaught } from './console.js';
import { connectCrypto } from './crypto-call.js';
import { Crypto, SubtleCrypto, crypto } from './crypto.js';
import { CryptoKey } from './crypto-key.js';
import { DOMException } from './dom-exception.js';
import { TextDecoder, TextEncoder, utf8Decode, utf8Encode } from './encoding.js';
import { CustomEvent, Event, EventTarget, setListenerErrorReporter } from './events.js';
import { connectFetch, fetch } from './fetch.js';
import { FormData, isFormData } from './form-data.js';
import { Headers } from './headers.js';
import { inspect } from './inspect.js';
import { connectLazy, defineLazyGlobal } from './lazy.js';
import { Navigator, Performance } from './performance.js';
import { PromisePrototypeThen, PromiseResolve, PromiseCtor } from './primordials.js';
import { connectRandom } from './random.js';
import { Request, createRequest, isRequest, requestState } from './request.js';
import type { RequestParts } from './request.js';
import { Response, isResponse, openResponse, responseBody, readResponse, readResponseNow } from './response.js';
import type { ResponseParts } from './response.js';
import { STREAM_GLOBALS, isReadableStream, streams } from './streams.js';
import { structuredClone } from './structured-clone.js';
import { clearTimeout, connectTimers, fireTimer, forgetTimer, setInterval, setTimeout } from './timers.js';
import { URL, URLSearchParams, isUrlSearchParams } from './url.js';
import { requireArguments, setName } from './webidl.js';

export type { BodyText, RequestParts, ResponseParts };

/** What the rest of the prelude may use of the web platform; captured before plugin code runs. */
export interface WebInternals {
  /** Runs a timer's callback. Unknown ids are ignored; what the callback throws is logged. */
  fireTimer(timerId: number): void;
  /** Forgets a timer of a run that ended, so that it no longer counts among the pending ones. */
  forgetTimer(timerId: number): void;
  Request: typeof Request;
  Response: typeof Response;
  Headers: typeof Headers;
  /**
   * A Request for a call from outside: nothing is checked again, its headers cannot be changed. The list of headers
   * becomes its own.
   */
  createRequest(parts: RequestParts, signal?: AbortSignal | null): Request;
  isRequest(value: unknown): value is Request;
  /** True for a real Response, whatever its prototype says. */
  isResponse(value: unknown): value is Response;
  /**
   * Status, headers (lower-case names, in order of addition, live list) and body; undefined when the body is a stream.
   * Throws a TypeError when it was read already.
   */
  readResponseNow(response: Response): ResponseParts | undefined;
  /**
   * A Response whose body is a stream, opened for reading; undefined when it is none. Throws a TypeError when it was
   * read already.
   */
  openResponse: typeof openResponse;
  /** The body alone of a Response or Request; null when there is none. Rejects when it was read already. */
  readBody(owner: Response | Request, maxBytes?: number): Promise<BodyText | null>;
  /** The same for every body; rejects with a RangeError when a stream gives more than `maxBytes`. */
  readResponse(response: Response, maxBytes?: number): Promise<ResponseParts>;
  /** An AbortController whose parts plugin code cannot replace. `abort` without a reason aborts with an AbortError. */
  createAbortController(): { signal: AbortSignal; abort(reason?: unknown): void };
  /** A value as `console.log` shows it; calls no getter, never throws. */
  inspect(value: unknown): string;
  DOMException: typeof DOMException;
  /** UTF-8 bytes; lone surrogates become U+FFFD. */
  encodeUtf8(text: string): Uint8Array<ArrayBuffer>;
  /** Text of UTF-8 bytes: malformed parts become U+FFFD, a leading byte order mark is dropped. */
  decodeUtf8(bytes: Uint8Array): string;
  /**
   * Whether a value is a body with a media type or a length of its own: URLSearchParams, FormData, Blob,
   * ReadableStream. Bytes and strings are not.
   */
  isWebBody(value: unknown): boolean;
}

/**
 * Defines the web platform's globals in this realm (docs/plugins.md, "What the sandbox has"). Call once, before any
 * plugin code.
 */
export function installWebGlobals(host: PreludeHost): WebInternals {
  connect(host);
  defineInterfaces();
  defineOperations();
  for (const name of STREAM_GLOBALS) defineLazyGlobal(name, () => streams().globals[name]);

  return {
    fireTimer,
    forgetTimer,
    Request,
    Response,
    Headers,
    createRequest,
    isRequest,
    isResponse,
    openResponse,
    readResponseNow,
    readResponse,
    createAbortController() {
      const controller = new AbortController();
      const signal = controller.signal;
      return {
        signal,
        abort: (reason) => {
          abortOf(controller, reason);
        },
      };
    },
    async readBody(owner, maxBytes) {
      const body = isRequest(owner) ? requestState(owner).body : responseBody(owner);
      return body === null ? null : await takeBody(body, maxBytes);
    },
    inspect,
    DOMException,
    encodeUtf8: utf8Encode,
    decodeUtf8: utf8Decode,
    isWebBody: (value) => isUrlSearchParams(value) || isFormData(value) || isBlob(value) || isReadableStream(value),
  };
}

/** Joins what globals do to the host. */
function connect(host: PreludeHost): void {
  connectLazy(host);
  connectRandom(host);
  connectConsole(host);
  connectFetch(host);
  connectCrypto(host);
  connectTimers(host, (error) => {
    reportUncaught(error, 'Uncaught in a timer');
  });
  setListenerErrorReporter((error) => {
    reportUncaught(error, 'Uncaught in an event listener');
  });
}

function defineInterfaces(): void {
  const interfaces = {
    DOMException,
    Event,
    CustomEvent,
    EventTarget,
    AbortSignal,
    AbortController,
    URL,
    URLSearchParams,
    TextEncoder,
    TextDecoder,
    Headers,
    Request,
    Response,
    FormData,
    Blob,
    File,
    Performance,
    Navigator,
    Crypto,
    CryptoKey,
    SubtleCrypto,
  };
  setName(TextEncoder, 'TextEncoder');
  setName(TextDecoder, 'TextDecoder');
  for (const [name, value] of Object.entries(interfaces)) define(name, value, false);
}

function defineOperations(): void {
  const operations = {
    atob,
    btoa,
    setTimeout,
    setInterval,
    clearTimeout,
    clearInterval: {
      clearInterval(id: unknown = 0): void {
        clearTimeout(id);
      },
    }.clearInterval,
    queueMicrotask,
    reportError,
    fetch,
    structuredClone,
    crypto,
    console,
    performance: new Performance(),
    navigator: new Navigator(),
    self: globalThis,
  };
  for (const [name, value] of Object.entries(operations)) {
    if (typeof value === 'function') setName(value, name);
    define(name, value, name !== 'console');
  }
}

const abortMethod = AbortController.prototype.abort;
const { apply } = Reflect;
function abortOf(controller: AbortController, reason: unknown): void {
  apply(abortMethod, controller, [reason]);
}

function define(name: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(globalThis, name, { value, writable: true, enumerable, configurable: true });
}

/** HTML §8.8; what the callback throws is logged. */
function queueMicrotask(callback: unknown): void {
  requireArguments(arguments.length, 1, 'queueMicrotask');
  if (typeof callback !== 'function') throw new TypeError('queueMicrotask: the callback must be a function');
  PromisePrototypeThen(PromiseResolve(PromiseCtor), () => {
    try {
      apply(callback, undefined, []);
    } catch (error) {
      reportUncaught(error, 'Uncaught in a microtask');
    }
  });
}

/** HTML §8.1.4.3; here it logs. */
function reportError(error: unknown): void {
  requireArguments(arguments.length, 1, 'reportError');
  reportUncaught(error, 'Uncaught');
}
