/** Sends one hop: reads its URL, resolves and vets its host, and has the thread dial an address that was vetted. */
import { LARGE_TEXT, largeWork, quote } from '@annex/kernel';
import type { AllowHosts } from './allow-hosts.js';
import { unlessAborted } from './deadline.js';
import { egressErrors } from './errors.js';
import { incomingHeaders, rawHeader } from './headers.js';
import type { Hop } from './hops.js';
import { HttpThread } from './http-thread.js';
import type { EgressResponse } from './request.js';
import type { Resolver } from './resolver.js';
import { readTarget, vetAddresses, type Target, type TargetRules } from './target.js';

/** What hops are sent with. */
export interface HopNetwork extends Omit<TargetRules, 'allowHosts'> {
  resolver: Resolver;
  /** More certificates to trust, in PEM. */
  ca: readonly string[] | undefined;
}

/** An answer that names another address. */
export interface Redirect {
  status: number;
  location: string;
}

/** What is wanted of a hop. */
export interface HopWishes {
  allowHosts: AllowHosts;
  maxBytes: number;
  overflow: 'fail' | 'cut';
  stopAtRedirect: boolean;
  signal: AbortSignal;
}

/** One for the process: a thread costs memory, and requests of different egresses have nothing in common there. */
export const thread = new HttpThread();

const redirects = new Set([301, 302, 303, 307, 308]);

/** The answer of one hop. Throws an `AnnexError` with a code of `egressErrors`. */
export async function sendVettedHop(
  network: HopNetwork,
  hop: Hop,
  { allowHosts, signal, ...wanted }: HopWishes,
): Promise<EgressResponse | Redirect> {
  const target = readTarget(hop.url, { ...network, allowHosts });
  const addresses = await resolveTarget(network, target, signal);
  const { url, host, port } = target;
  if (hop.body !== null && hop.body.length >= LARGE_TEXT) await largeWork.turn();
  const order = {
    secure: url.protocol === 'https:',
    host,
    authority: url.hostname.replace(/\.$/, ''),
    port,
    addresses,
    ca: network.ca,
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

/** The addresses that may be dialled, IPv4 first. */
export async function resolveTarget(network: HopNetwork, target: Target, signal: AbortSignal): Promise<string[]> {
  let addresses = target.addresses;
  if (!addresses) {
    try {
      addresses = await unlessAborted(network.resolver.resolve(target.host, signal), signal);
    } catch (thrown) {
      signal.throwIfAborted();
      const code = (thrown as { code?: unknown } | null)?.code;
      throw egressErrors.error(
        'EGRESS_DNS',
        `The name ${quote(target.host)} could not be resolved${typeof code === 'string' ? ` (${code})` : ''}. Try ` +
          'again later.',
        { cause: thrown },
      );
    }
  }
  const vetted = vetAddresses(target, addresses, network);
  return vetted.sort((a, b) => Number(a.includes(':')) - Number(b.includes(':')));
}

/** A copy in a buffer of its own: it is handed over to the thread, and a redirect may need the body again. */
function ownBytes(body: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body);
}
