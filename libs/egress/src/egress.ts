/**
 * Outbound HTTP that cannot reach where it should not. Every hop of a request goes the same way: read the URL, look its
 * host up in the allowed ones, resolve, vet every address; then the thread dials a vetted address, compares the
 * socket's and talks. What may be reached is decided here, what a server makes of its answer is read there. Redirects
 * are followed here, so that each hop is one such way. A connection serves one hop and is closed: nothing of one tenant
 * can arrive at another through a pool.
 */
import type { Socket } from 'node:net';
import {
  FairGate,
  MINUTE,
  SECOND,
  isAnnexError,
  tracedPart,
  tracing,
  type AnnexError,
  type Span,
  type SpanStart,
} from '@annex/kernel';
import { httpLimits, longestRunMs } from '@annex/limits';
import type { AllowHosts } from './allow-hosts.js';
import { parseAllowPrivate } from './allow-private.js';
import { dial, type DialRequest } from './dial.js';
import { givenUp, startDeadline, type Deadline } from './deadline.js';
import { egressErrors } from './errors.js';
import { follow } from './follow.js';
import { outgoingHeaders } from './headers.js';
import { firstHop } from './hops.js';
import { ownAddresses } from './own-addresses.js';
import type { EgressRequest, EgressResponse } from './request.js';
import { systemResolver, type Resolver } from './resolver.js';
import { thread, type HopNetwork } from './vetted-hop.js';
import { readTarget } from './target.js';

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
  /** How long a request waits for its place, in milliseconds. Default {@link httpLimits.waitMs}. */
  maxWaitMs?: number;
}

/** Sends requests. Holds nothing between them, so there is nothing to stop. */
export interface Egress {
  /** Sends a request. Throws an `AnnexError` with a code of {@link egressErrors}. */
  request(request: EgressRequest): Promise<EgressResponse>;
  /** Opens a connection that speaks something else than HTTP. Throws as {@link Egress.request}. */
  dial(to: DialRequest): Promise<Socket>;
  /** Starts the thread, which else starts with the first request. */
  start(): void;
  /**
   * What is wrong with a URL as far as its text tells, or `undefined`: for manifests, webhooks and settings. Names are
   * not resolved.
   */
  checkUrl(url: string, allowHosts: AllowHosts): AnnexError | undefined;
}

/**
 * A request that may take longer holds one of the long places: what is in their way holds the others no longer than
 * this.
 */
const longMs = MINUTE;

/** Makes an egress. Throws `RangeError` when `allowPrivate` has an entry that cannot be read. */
export function createEgress(options: EgressOptions = {}): Egress {
  const { maxWaitMs = httpLimits.waitMs } = options;
  const network: HopNetwork = {
    resolver: options.resolver ?? systemResolver(),
    ca: options.ca,
    allowPrivate: parseAllowPrivate(options.allowPrivate ?? []),
    isOwn: options.own ?? ownAddresses(),
  };
  const placesFor = openPlaces(options);

  const send = async (request: EgressRequest): Promise<EgressResponse> => {
    const { allowHosts, tenant = '', signal } = request;
    const hop = firstHop(request, headersOf(request));
    readTarget(hop.url, { ...network, allowHosts });
    if (signal?.aborted) throw givenUp();
    const timeoutMs = Math.min(Math.max(request.timeoutMs ?? httpLimits.defaultTimeoutMs, 1), longestRunMs);
    let waiting: Deadline | undefined;
    const work = (): Promise<EgressResponse> => {
      waiting?.stop();
      return follow(network, hop, request, timeoutMs);
    };
    try {
      return await placesFor(timeoutMs).run(
        tenant,
        work,
        () => (waiting = startDeadline(maxWaitMs, signal, () => busy(maxWaitMs))).signal,
      );
    } finally {
      waiting?.stop();
    }
  };

  return {
    start: () => thread.start(),
    dial: (to) => dial(network, to),
    request: (request) => tracedPart('HTTP request', spanOf(request), (span) => answered(send(request), span)),
    checkUrl(url, allowHosts) {
      try {
        readTarget(url, { ...network, allowHosts });
        return undefined;
      } catch (thrown) {
        if (isAnnexError(thrown)) return thrown;
        throw thrown;
      }
    },
  };
}

/** The places of requests, by how long a request may take. */
function openPlaces(options: EgressOptions): (timeoutMs: number) => FairGate {
  const short = new FairGate({
    atOnce: options.atOnce ?? 48,
    atOncePerKey: options.atOncePerTenant ?? 16,
    shrinks: true,
  });
  const long = new FairGate({
    atOnce: options.longAtOnce ?? 24,
    atOncePerKey: options.longAtOncePerTenant ?? 8,
    shrinks: true,
  });
  return (timeoutMs) => (timeoutMs > longMs ? long : short);
}

/** What a request is sent with. Throws `EGRESS_LOOP` when it passed through the platform too often. */
function headersOf({ headers = [], source, hops = 0 }: EgressRequest): [string, string][] {
  if (hops >= httpLimits.hops)
    throw egressErrors.error(
      'EGRESS_LOOP',
      `The request passed through this platform ${hops} times already; a plugin seems to call itself.`,
    );
  return withTrace(outgoingHeaders(headers, { source, hops }));
}

/** Whoever is asked may go on with the trace. What the asker wrote itself stays. */
function withTrace(fields: [string, string][]): [string, string][] {
  const active = tracing()?.active();
  if (active === undefined || fields.some(([name]) => name === 'traceparent')) return fields;
  return [...fields, ['traceparent', active.traceparent]];
}

/** A path may hold what is secret; the host is what is granted. */
function spanOf({ method, url }: EgressRequest): SpanStart {
  const host = URL.parse(url)?.hostname ?? '';
  return { kind: 'client', attributes: { 'http.request.method': method, 'server.address': host } };
}

async function answered(sending: Promise<EgressResponse>, span: Span | undefined): Promise<EgressResponse> {
  const response = await sending;
  span?.set({ 'http.response.status_code': response.status });
  return response;
}

function busy(maxWaitMs: number): AnnexError {
  return egressErrors.error(
    'EGRESS_BUSY',
    `No place for the request came free within ${maxWaitMs / SECOND} s, so it was not sent. Try again later, and ` +
      'send fewer at a time.',
  );
}
