/**
 * Outbound HTTP that cannot reach where it should not. Every hop of a request goes the same way: read the URL, look its host up in the
 * allowed ones, resolve, vet every address, dial a vetted address, compare the socket's. Redirects are followed here and not by undici, so
 * that each hop is one such way. A connection serves one hop and is closed: nothing of one tenant can arrive at another through a pool.
 */
import { MiB, SECOND, isAnnexError, messageOf, quote, type AnnexError } from '@annex/kernel';
import { Client, type Dispatcher } from 'undici';
import type { AllowHosts } from './allow-hosts.js';
import { parseAllowPrivate } from './allow-private.js';
import { readBody, tooLarge } from './body.js';
import { dial } from './dial.js';
import { egressErrors } from './errors.js';
import { incomingHeaders, outgoingHeaders, rawHeader, redirectedHeaders, type HeaderList } from './headers.js';
import { systemResolver, type Resolver } from './resolver.js';
import { readTarget, vetAddresses, type Target } from './target.js';

/** What an egress is made with. */
export interface EgressOptions {
  /** Entries of `ANNEX_EGRESS_ALLOW_PRIVATE`. Default: none. */
  allowPrivate?: readonly string[];
  /** Default: the hosts file and DNS of the machine. */
  resolver?: Resolver;
  /** More certificates to trust, in PEM. Default: Node's. */
  ca?: readonly string[];
}

/** One outbound request. */
export interface EgressRequest {
  method: string;
  url: string;
  headers?: HeaderList;
  body?: Uint8Array | string | null;
  /** Which hosts may be asked, redirects included. */
  allowHosts: AllowHosts;
  /** For the whole request: names, connections, redirects and the body's last byte. In milliseconds; default 10,000, at most 900,000. */
  timeoutMs?: number;
  /** Of the response's body, as it arrives and inflated. Default and contract: 10 MiB. */
  maxResponseBytes?: number;
  /** Whether a redirect is followed (the default, at most {@link maxRedirects} of them), answered like any other status, or fails with `EGRESS_REDIRECTS`. */
  redirect?: 'follow' | 'manual' | 'error';
  /** Refuses to follow a redirect to another origin, with `EGRESS_REDIRECTS`: for requests that carry a secret. Default false. */
  stayOnOrigin?: boolean;
  /** Gives the request up. */
  signal?: AbortSignal;
  /** `<tenant>/<plugin>`, sent as `x-annex-source`. */
  source?: string;
  /** How often this platform was passed already, from the `x-annex-hops` of the request that caused this one. Default 0. */
  hops?: number;
}

/** What came back. A status of 400 or more is an answer like any other. */
export interface EgressResponse {
  status: number;
  /** Lower-case names, in order. */
  headers: [string, string][];
  /** The URL that answered, after redirects. */
  url: string;
  body: Uint8Array;
}

/** Sends requests. Holds nothing between them, so there is nothing to stop. */
export interface Egress {
  /** Sends a request. Throws an `AnnexError` with a code of {@link egressErrors}. */
  request(request: EgressRequest): Promise<EgressResponse>;
  /** What is wrong with a URL as far as its text tells, or `undefined`: for manifests, webhooks and settings. Names are not resolved. */
  checkUrl(url: string, allowHosts: AllowHosts): AnnexError | undefined;
}

const defaultTimeoutMs = 10 * SECOND;
const maxTimeoutMs = 900 * SECOND;
const defaultMaxBytes = 10 * MiB;
const maxRequestBytes = 10 * MiB;
/** Redirects that one request follows. */
const maxRedirects = 3;
/** All header fields of a response together, in bytes, and their number. */
const maxResponseHeaderBytes = 64 * 1024;
const maxResponseFields = 500;
/** A request that passed through the platform this often goes in circles. More than a chain of events may be deep, whose last run may still call out. */
const maxHops = 16;

const refusedMethods = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** Makes an egress. Throws `RangeError` when `allowPrivate` has an entry that cannot be read. */
export function createEgress({ allowPrivate: opened = [], resolver = systemResolver(), ca }: EgressOptions = {}): Egress {
  const allowPrivate = parseAllowPrivate(opened);

  async function resolveTarget(target: Target, signal: AbortSignal): Promise<string[]> {
    let addresses = target.addresses;
    if (!addresses) {
      try {
        addresses = await unlessAborted(resolver.resolve(target.host, signal), signal);
      } catch (thrown) {
        signal.throwIfAborted();
        const code = (thrown as { code?: unknown } | null)?.code;
        throw egressErrors.error('EGRESS_DNS', `The name ${quote(target.host)} could not be resolved${typeof code === 'string' ? ` (${code})` : ''}. Try again later.`, { cause: thrown });
      }
    }
    const vetted = vetAddresses(target, addresses, allowPrivate);
    return vetted.sort((a, b) => Number(a.includes(':')) - Number(b.includes(':')));
  }

  async function sendHop(hop: Hop, allowHosts: AllowHosts, limits: HopLimits): Promise<HopAnswer> {
    const { signal } = limits;
    const target = readTarget(hop.url, { allowHosts, allowPrivate });
    const addresses = await resolveTarget(target, signal);
    const socket = await dial({ host: target.host, port: target.port, secure: target.url.protocol === 'https:', addresses, ca, signal });
    let unused = true;
    const name = target.url.hostname.replace(/\.$/, '');
    const client = new Client(`${target.url.protocol}//${name}:${target.port}`, {
      // The one socket, once: undici must not open a second connection by itself. It expects the answer after this call has returned.
      connect: (_options, done) => {
        const first = unused;
        unused = false;
        queueMicrotask(() => (first ? done(null, socket) : done(new Error('the connection was closed before the request was answered'), null)));
      },
      allowH2: false,
      pipelining: 1,
      maxHeaderSize: maxResponseHeaderBytes,
      // The deadline of the whole request is ours; undici's own are for each part and start anew.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    try {
      const answer = await client.request({
        path: `${target.url.pathname}${target.url.search}`,
        method: hop.method as Dispatcher.HttpMethod,
        headers: hop.headers.flat(),
        body: hop.body,
        signal,
        reset: true,
        responseHeaders: 'raw',
      });
      answer.body.on('error', () => undefined);
      return await limits.read(target, { status: answer.statusCode, headers: answer.headers as unknown as string[], body: answer.body });
    } catch (thrown) {
      signal.throwIfAborted();
      throw isAnnexError(thrown) ? thrown : responseError(thrown, target.host);
    } finally {
      socket.destroy();
      client.destroy().catch(() => undefined);
    }
  }

  async function request(request: EgressRequest): Promise<EgressResponse> {
    const { allowHosts, redirect = 'follow', maxResponseBytes = defaultMaxBytes, hops = 0, source, stayOnOrigin = false } = request;
    if (hops >= maxHops) throw egressErrors.error('EGRESS_LOOP', `The request passed through this platform ${hops} times already; a plugin seems to call itself.`);
    const timeoutMs = Math.min(Math.max(request.timeoutMs ?? defaultTimeoutMs, 1), maxTimeoutMs);
    let hop = firstHop(request, outgoingHeaders(request.headers ?? [], { source, hops }));
    readTarget(hop.url, { allowHosts, allowPrivate });
    const deadline = startDeadline(timeoutMs, request.signal);
    try {
      for (let redirects = 0; ; redirects += 1) {
        const read = (target: Target, raw: RawAnswer): Promise<HopAnswer> => readAnswer(target, hop, raw, { maxResponseBytes, stopAtRedirect: redirect !== 'manual' });
        const answer = await sendHop(hop, allowHosts, { signal: deadline.signal, read });
        if (!('location' in answer)) return answer;
        if (redirect === 'error') throw egressErrors.error('EGRESS_REDIRECTS', `${quote(new URL(hop.url).host)} redirects, and the request asked for redirect: "error". Send it to the final address.`);
        if (redirects >= maxRedirects) throw egressErrors.error('EGRESS_REDIRECTS', `More than ${maxRedirects} redirects, the last one from ${quote(new URL(hop.url).host)}.`);
        const next = nextHop(hop, answer.status, answer.location);
        if (stayOnOrigin && new URL(next.url).origin !== new URL(hop.url).origin) {
          throw egressErrors.error('EGRESS_REDIRECTS', `${quote(new URL(hop.url).host)} redirects to another origin, ${quote(new URL(next.url).host)}, and the request carries a secret. Send it to the final address.`);
        }
        hop = next;
      }
    } catch (thrown) {
      deadline.signal.throwIfAborted();
      throw thrown;
    } finally {
      deadline.stop();
    }
  }

  return {
    request,
    checkUrl(url, allowHosts) {
      try {
        readTarget(url, { allowHosts, allowPrivate });
        return undefined;
      } catch (thrown) {
        if (isAnnexError(thrown)) return thrown;
        throw thrown;
      }
    },
  };
}

interface Hop {
  method: string;
  url: string;
  headers: [string, string][];
  body: Uint8Array | string | null;
}

interface RawAnswer {
  status: number;
  /** Name, value, name, value … */
  headers: string[];
  body: Dispatcher.ResponseData['body'];
}

type HopAnswer = EgressResponse | { status: number; location: string };

interface HopLimits {
  signal: AbortSignal;
  read: (target: Target, raw: RawAnswer) => Promise<HopAnswer>;
}

function firstHop({ method, url, body = null }: EgressRequest, headers: [string, string][]): Hop {
  const verb = /^[a-z]+$/i.test(method) ? method.toUpperCase() : method;
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/.test(verb) || refusedMethods.has(verb)) {
    throw egressErrors.error('EGRESS_REQUEST', `${quote(method)} is not a method that can be sent. Use GET, POST, PUT, PATCH or DELETE.`);
  }
  const bytes = body === null ? 0 : Buffer.byteLength(body);
  if (bytes > maxRequestBytes) throw egressErrors.error('HTTP_LIMIT', `The request's body is ${bytes} bytes; the limit is ${maxRequestBytes}.`);
  return { method: verb, url, headers, body: bytes === 0 ? null : body };
}

/** What a redirect asks for, by the rules of the Fetch standard (https://fetch.spec.whatwg.org/#http-redirect-fetch). */
function nextHop(hop: Hop, status: number, location: string): Hop {
  const next = URL.parse(location, hop.url);
  if (!next) throw egressErrors.error('EGRESS_RESPONSE', `The redirect to ${quote(location)} is not a URL.`);
  const becomesGet = (status === 303 && hop.method !== 'HEAD' && hop.method !== 'GET') || ((status === 301 || status === 302) && hop.method === 'POST');
  const sameOrigin = next.origin === new URL(hop.url).origin;
  return {
    url: next.href,
    method: becomesGet ? 'GET' : hop.method,
    body: becomesGet ? null : hop.body,
    headers: redirectedHeaders(hop.headers, { sameOrigin, keepsBody: !becomesGet }),
  };
}

async function readAnswer(target: Target, hop: Hop, { status, headers, body }: RawAnswer, { maxResponseBytes, stopAtRedirect }: { maxResponseBytes: number; stopAtRedirect: boolean }): Promise<HopAnswer> {
  const location = rawHeader(headers, 'location');
  if (stopAtRedirect && location !== undefined && [301, 302, 303, 307, 308].includes(status)) {
    body.destroy();
    return { status, location };
  }
  if (headers.length / 2 > maxResponseFields) throw tooLarge(maxResponseFields, 'number of header fields');
  const announced = Number(rawHeader(headers, 'content-length') ?? 0);
  const hasBody = hop.method !== 'HEAD' && status !== 204 && status !== 304;
  if (hasBody && announced > maxResponseBytes) throw tooLarge(maxResponseBytes, 'body');
  const coding = rawHeader(headers, 'content-encoding')?.trim().toLowerCase();
  const gzip = hasBody && (coding === 'gzip' || coding === 'x-gzip');
  const bytes = await readBody(body, { maxBytes: maxResponseBytes, gzip });
  const url = new URL(target.url);
  url.hash = '';
  return { status, headers: incomingHeaders(headers, { inflated: gzip }), url: url.href, body: bytes };
}

function responseError(thrown: unknown, host: string): AnnexError {
  const code = (thrown as { code?: unknown } | null)?.code;
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return egressErrors.error('HTTP_LIMIT', `The response's headers are larger than ${maxResponseHeaderBytes} bytes, which is the limit.`);
  if (code === 'UND_ERR_INVALID_ARG') return egressErrors.error('EGRESS_REQUEST', `The request cannot be sent: ${messageOf(thrown)}.`, { cause: thrown });
  const detail = typeof code === 'string' ? ` (${code})` : '';
  return egressErrors.error('EGRESS_RESPONSE', `${quote(host)} ended the connection or did not answer in HTTP${detail}.`, { cause: thrown });
}

interface Deadline {
  signal: AbortSignal;
  stop(): void;
}

/** One signal for both ways in which a request is given up; its reason is the error to throw. */
function startDeadline(timeoutMs: number, outer: AbortSignal | undefined): Deadline {
  const ending = new AbortController();
  const timer = setTimeout(() => {
    ending.abort(egressErrors.error('EGRESS_TIMEOUT', `No complete answer within ${timeoutMs} ms. Allow more time (timeoutMs) or ask for less.`));
  }, timeoutMs);
  const giveUp = (): void => ending.abort(egressErrors.error('EGRESS_ABORTED', 'The request was given up before it was answered.'));
  if (outer?.aborted) giveUp();
  else outer?.addEventListener('abort', giveUp, { once: true });
  return {
    signal: ending.signal,
    stop() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', giveUp);
    },
  };
}

/** The work's answer, or the signal's reason if that comes first: a resolver that hangs cannot hold a request up. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
