/**
 * Outbound HTTP that cannot reach where it should not. Every hop of a request goes the same way: read the URL, look its
 * host up in the allowed ones, resolve, vet every address; then the thread dials a vetted address, compares the
 * socket's and talks. What may be reached is decided here, what a server makes of its answer is read there. Redirects
 * are followed here, so that each hop is one such way. A connection serves one hop and is closed: nothing of one tenant
 * can arrive at another through a pool.
 */
import { FairGate, LARGE_TEXT, MINUTE, SECOND, isAnnexError, largeWork, quote, type AnnexError } from '@annex/kernel';
import { longestRunMs, maxHttpBodyBytes } from '@annex/limits';
import type { AllowHosts } from './allow-hosts.js';
import { parseAllowPrivate } from './allow-private.js';
import { egressErrors } from './errors.js';
import { incomingHeaders, outgoingHeaders, rawHeader, redirectedHeaders, type HeaderList } from './headers.js';
import { HttpThread } from './http-thread.js';
import { ownAddresses } from './own-addresses.js';
import { systemResolver, type Resolver } from './resolver.js';
import { readTarget, vetAddresses, type Target } from './target.js';

/** What an egress is made with. */
export interface EgressOptions {
  /** Entries of `ANNEX_EGRESS_ALLOW_PRIVATE`. Default: none. */
  allowPrivate?: readonly string[];
  /** Default: the hosts file and DNS of the machine. */
  resolver?: Resolver;
  /** Addresses of this machine's own interfaces, which are as private as loopback. Default: asked of the system. */
  own?: (address: string) => boolean;
  /** More certificates to trust, in PEM. Default: Node's. */
  ca?: readonly string[];
  /**
   * Requests under way at once, of all and of one tenant. Default 48 and 16. The more of all are taken, the fewer one
   * tenant takes.
   */
  atOnce?: number;
  atOncePerTenant?: number;
  /** The same for requests that may take more than a minute, which have places of their own. Default 24 and 8. */
  longAtOnce?: number;
  longAtOncePerTenant?: number;
  /** How long a request waits for its place, in milliseconds. Default {@link defaultWaitMs}. */
  maxWaitMs?: number;
}

/** One outbound request. */
export interface EgressRequest {
  method: string;
  url: string;
  headers?: HeaderList;
  body?: Uint8Array | string | null;
  /** Which hosts may be asked, redirects included. */
  allowHosts: AllowHosts;
  /**
   * For the whole request: names, connections, redirects and the body's last byte. In milliseconds; default 10,000, at
   * most 900,000.
   */
  timeoutMs?: number;
  /** Of the request's body. Default, and at most, 10 MiB. */
  maxRequestBytes?: number;
  /** Of the response's body, as it arrives and inflated. Default and contract: 10 MiB. */
  maxResponseBytes?: number;
  /**
   * What happens to a body that is larger, broken, unfinished at the deadline or given up: the request fails (`fail`,
   * the default), or the answer holds what was read of it (`cut`), for whoever wants the status.
   */
  overflow?: 'fail' | 'cut';
  /**
   * Whether a redirect is followed (the default, at most {@link maxRedirects} of them), answered like any other status,
   * or fails with `EGRESS_REDIRECTS`.
   */
  redirect?: 'follow' | 'manual' | 'error';
  /**
   * Refuses to follow a redirect to another origin, with `EGRESS_REDIRECTS`: for requests that carry a secret. Default
   * false.
   */
  stayOnOrigin?: boolean;
  /** Gives the request up. */
  signal?: AbortSignal;
  /**
   * Whose request it is: tenants take turns, because each request holds a socket, and an answer of up to ten megabytes
   * several times over while it is handed on. What is over a tenant's share waits, and its time does not run meanwhile;
   * after `maxWaitMs` it fails with
   * `EGRESS_BUSY`. Requests of no tenant share one share.
   */
  tenant?: string;
  /** `<tenant>/<plugin>`, sent as `x-annex-source`. */
  source?: string;
  /**
   * How often this platform was passed already, from the `x-annex-hops` of the request that caused this one. Default 0.
   */
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
  /** Whether there was more of the body, or may have been; only with `overflow: 'cut'`. */
  cut: boolean;
}

/** Sends requests. Holds nothing between them, so there is nothing to stop. */
export interface Egress {
  /** Sends a request. Throws an `AnnexError` with a code of {@link egressErrors}. */
  request(request: EgressRequest): Promise<EgressResponse>;
  /** Starts the thread, which else starts with the first request. */
  start(): void;
  /**
   * What is wrong with a URL as far as its text tells, or `undefined`: for manifests, webhooks and settings. Names are
   * not resolved.
   */
  checkUrl(url: string, allowHosts: AllowHosts): AnnexError | undefined;
}

const defaultTimeoutMs = 10 * SECOND;
/**
 * A request that may take longer holds one of the long places: what is in their way holds the others no longer than
 * this.
 */
const longMs = MINUTE;
/** How long a request waits for its place. */
const defaultWaitMs = 2 * MINUTE;
/** Redirects that one request follows. */
const maxRedirects = 3;
/**
 * A request that passed through the platform this often goes in circles. More than a chain of events may be deep, whose
 * last run may still call out.
 */
const maxHops = 16;

const refusedMethods = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** One for the process: a thread costs memory, and requests of different egresses have nothing in common there. */
const thread = new HttpThread();

/** Makes an egress. Throws `RangeError` when `allowPrivate` has an entry that cannot be read. */
export function createEgress(options: EgressOptions = {}): Egress {
  const {
    allowPrivate: opened = [],
    resolver = systemResolver(),
    ca,
    own: isOwn = ownAddresses(),
    maxWaitMs = defaultWaitMs,
  } = options;
  const places = new FairGate({
    atOnce: options.atOnce ?? 48,
    atOncePerKey: options.atOncePerTenant ?? 16,
    shrinks: true,
  });
  const longPlaces = new FairGate({
    atOnce: options.longAtOnce ?? 24,
    atOncePerKey: options.longAtOncePerTenant ?? 8,
    shrinks: true,
  });
  const allowPrivate = parseAllowPrivate(opened);

  async function resolveTarget(target: Target, signal: AbortSignal): Promise<string[]> {
    let addresses = target.addresses;
    if (!addresses) {
      try {
        addresses = await unlessAborted(resolver.resolve(target.host, signal), signal);
      } catch (thrown) {
        signal.throwIfAborted();
        const code = (thrown as { code?: unknown } | null)?.code;
        throw egressErrors.error(
          'EGRESS_DNS',
          `The name ${quote(target.host)} could not be resolved${typeof code === 'string' ? ` (${code})` : ''}. Try again later.`,
          { cause: thrown },
        );
      }
    }
    const vetted = vetAddresses(target, addresses, { allowPrivate, isOwn });
    return vetted.sort((a, b) => Number(a.includes(':')) - Number(b.includes(':')));
  }

  async function sendHop(hop: Hop, { allowHosts, signal, ...wanted }: HopWishes): Promise<EgressResponse | Redirect> {
    const target = readTarget(hop.url, { allowHosts, allowPrivate, isOwn });
    const addresses = await resolveTarget(target, signal);
    const { url, host, port } = target;
    if (hop.body !== null && hop.body.length >= LARGE_TEXT) await largeWork.turn();
    const order = {
      secure: url.protocol === 'https:',
      host,
      authority: url.hostname.replace(/\.$/, ''),
      port,
      addresses,
      ca,
      method: hop.method,
      path: `${url.pathname}${url.search}`,
      headers: hop.headers,
      body: hop.body === null ? null : ownBytes(hop.body),
      ...wanted,
    };
    const { status, headers, body, inflated, cut } = await thread.send(order, signal);
    const location = redirects.has(status) ? rawHeader(headers, 'location') : undefined;
    if (wanted.stopAtRedirect && location !== undefined) return { status, location };
    const answered = new URL(url);
    answered.hash = '';
    return {
      status,
      headers: incomingHeaders(headers, { inflated }),
      url: answered.href,
      body: Buffer.from(body.buffer),
      cut,
    };
  }

  async function request(request: EgressRequest): Promise<EgressResponse> {
    const { allowHosts, headers = [], source, hops = 0, tenant = '', signal } = request;
    if (hops >= maxHops)
      throw egressErrors.error(
        'EGRESS_LOOP',
        `The request passed through this platform ${hops} times already; a plugin seems to call itself.`,
      );
    const hop = firstHop(request, outgoingHeaders(headers, { source, hops }));
    readTarget(hop.url, { allowHosts, allowPrivate, isOwn });
    if (signal?.aborted) throw givenUp();
    const timeoutMs = Math.min(Math.max(request.timeoutMs ?? defaultTimeoutMs, 1), longestRunMs);
    let waiting: Deadline | undefined;
    const work = (): Promise<EgressResponse> => {
      waiting?.stop();
      return follow(request, hop, timeoutMs);
    };
    try {
      return await (timeoutMs > longMs ? longPlaces : places).run(
        tenant,
        work,
        () => (waiting = startDeadline(maxWaitMs, signal, () => busy(maxWaitMs))).signal,
      );
    } finally {
      waiting?.stop();
    }
  }

  async function follow(request: EgressRequest, first: Hop, timeoutMs: number): Promise<EgressResponse> {
    const {
      allowHosts,
      redirect = 'follow',
      maxResponseBytes = maxHttpBodyBytes,
      overflow = 'fail',
      stayOnOrigin = false,
    } = request;
    const deadline = startDeadline(timeoutMs, request.signal, () => late(timeoutMs));
    let hop = first;
    try {
      for (let followed = 0; ; followed += 1) {
        const answer = await sendHop(hop, {
          allowHosts,
          maxBytes: maxResponseBytes,
          overflow,
          stopAtRedirect: redirect !== 'manual',
          signal: deadline.signal,
        });
        if (!('location' in answer)) return answer;
        const host = quote(new URL(hop.url).host);
        if (redirect === 'error')
          throw egressErrors.error(
            'EGRESS_REDIRECTS',
            `${host} redirects, and the request asked for redirect: "error". Send it to the final address.`,
          );
        if (followed >= maxRedirects)
          throw egressErrors.error(
            'EGRESS_REDIRECTS',
            `More than ${maxRedirects} redirects, the last one from ${host}.`,
          );
        const next = nextHop(hop, answer.status, answer.location);
        if (stayOnOrigin && new URL(next.url).origin !== new URL(hop.url).origin) {
          throw egressErrors.error(
            'EGRESS_REDIRECTS',
            `${host} redirects to another origin, ${quote(new URL(next.url).host)}, and the request carries a secret. Send it to the final address.`,
          );
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
    start: () => thread.start(),
    checkUrl(url, allowHosts) {
      try {
        readTarget(url, { allowHosts, allowPrivate, isOwn });
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

interface Redirect {
  status: number;
  location: string;
}

interface HopWishes {
  allowHosts: AllowHosts;
  maxBytes: number;
  overflow: 'fail' | 'cut';
  stopAtRedirect: boolean;
  signal: AbortSignal;
}

const redirects = new Set([301, 302, 303, 307, 308]);

/** A copy in a buffer of its own: it is handed over to the thread, and a redirect may need the body again. */
function ownBytes(body: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body);
}

function firstHop(
  { method, url, body = null, maxRequestBytes = maxHttpBodyBytes }: EgressRequest,
  headers: [string, string][],
): Hop {
  const verb = /^[a-z]+$/i.test(method) ? method.toUpperCase() : method;
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/.test(verb) || refusedMethods.has(verb)) {
    throw egressErrors.error(
      'EGRESS_REQUEST',
      `${quote(method)} is not a method that can be sent. Use GET, POST, PUT, PATCH or DELETE.`,
    );
  }
  const bytes = body === null ? 0 : Buffer.byteLength(body);
  const maxBytes = Math.min(maxRequestBytes, maxHttpBodyBytes);
  if (bytes > maxBytes)
    throw egressErrors.error('HTTP_LIMIT', `The request's body is ${bytes} bytes; the limit is ${maxBytes}.`);
  return { method: verb, url, headers, body: bytes === 0 ? null : body };
}

/**
 * What a redirect asks for, by the rules of the Fetch standard (https://fetch.spec.whatwg.org/#http-redirect-fetch).
 */
function nextHop(hop: Hop, status: number, location: string): Hop {
  const next = URL.parse(location, hop.url);
  if (!next) throw egressErrors.error('EGRESS_RESPONSE', `The redirect to ${quote(location)} is not a URL.`);
  const becomesGet =
    (status === 303 && hop.method !== 'HEAD' && hop.method !== 'GET') ||
    ((status === 301 || status === 302) && hop.method === 'POST');
  const sameOrigin = next.origin === new URL(hop.url).origin;
  return {
    url: next.href,
    method: becomesGet ? 'GET' : hop.method,
    body: becomesGet ? null : hop.body,
    headers: redirectedHeaders(hop.headers, { sameOrigin, keepsBody: !becomesGet }),
  };
}

function givenUp(): AnnexError {
  return egressErrors.error('EGRESS_ABORTED', 'The request was given up before it was answered.');
}

interface Deadline {
  signal: AbortSignal;
  stop(): void;
}

function late(timeoutMs: number): AnnexError {
  return egressErrors.error(
    'EGRESS_TIMEOUT',
    `No complete answer within ${timeoutMs} ms. Allow more time (timeoutMs) or ask for less.`,
  );
}

function busy(maxWaitMs: number): AnnexError {
  return egressErrors.error(
    'EGRESS_BUSY',
    `No place for the request came free within ${maxWaitMs / SECOND} s, so it was not sent. Try again later, and send fewer at a time.`,
  );
}

/** One signal for both ways in which a request is given up; its reason is the error to throw. */
function startDeadline(timeoutMs: number, outer: AbortSignal | undefined, over: () => AnnexError): Deadline {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(over()), timeoutMs);
  const giveUp = (): void => ending.abort(givenUp());
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
