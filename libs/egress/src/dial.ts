/**
 * A connection that speaks something else than HTTP, for the host's own connectors: the same rules for where it may
 * lead, and the same vetting of what a name resolves to.
 */
import { connect, type Socket } from 'node:net';
import { quote } from '@annex/kernel';
import { canonicalAddress } from './address.js';
import type { AllowHosts } from './allow-hosts.js';
import { egressErrors } from './errors.js';
import { readTarget } from './target.js';
import { resolveTarget, type HopNetwork } from './vetted-hop.js';

/** Where a connection shall lead. */
export interface DialRequest {
  /** A name or an address; IPv6 without brackets. */
  host: string;
  port: number;
  /** As of a request; a pattern has to name the port. */
  allowHosts: AllowHosts;
  /** Until it stands, in milliseconds. Default 15,000. */
  timeoutMs?: number;
  signal: AbortSignal;
}

const dialMs = 15_000;

/**
 * Opens a connection to a vetted address. Its `signal` ends it while it is being made; afterwards it is its owner's.
 * Throws an `AnnexError` with a code of `egressErrors`.
 */
export async function dial(network: HopNetwork, request: DialRequest): Promise<Socket> {
  const { host, port, allowHosts, timeoutMs = dialMs } = request;
  const authority = host.includes(':') ? `[${host}]` : host;
  const target = readTarget(`http://${authority}:${port}/`, { ...network, allowHosts });
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]);
  let failure: unknown;
  for (const address of await resolveTarget(network, target, signal)) {
    try {
      return await connectTo(address, target.port, signal);
    } catch (thrown) {
      if (request.signal.aborted) throw request.signal.reason;
      failure = thrown;
    }
  }
  throw egressErrors.error(
    signal.aborted ? 'EGRESS_TIMEOUT' : 'EGRESS_CONNECT',
    `No connection to ${quote(host, 100)}, port ${port}${signal.aborted ? `, within ${timeoutMs} ms` : ''}. See that ` +
      'it runs and can be reached from here.',
    { cause: failure },
  );
}

function connectTo(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port });
    const fail = (thrown: unknown): void => {
      signal.removeEventListener('abort', giveUp);
      socket.destroy();
      reject(thrown instanceof Error ? thrown : new Error('the connection was given up'));
    };
    const giveUp = (): void => fail(signal.reason);
    socket.once('error', fail);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    socket.once('connect', () => {
      // The address that was vetted, and no other.
      if (canonicalAddress(socket.remoteAddress ?? '') !== canonicalAddress(address))
        return fail(new Error('the connection leads elsewhere'));
      socket.off('error', fail);
      signal.removeEventListener('abort', giveUp);
      resolve(socket);
    });
  });
}
