import { FairGate } from '@annex/kernel';
import type { EgressPort } from './ports.js';

/** Outbound requests under way at once. */
export interface EgressShares {
  /** In this process. Default 48. */
  atOnce?: number;
  /** Of one tenant. Default 16. */
  atOncePerTenant?: number;
}

/**
 * Gives each tenant its share of the process's outbound requests: each holds a socket, and an answer of up to ten megabytes several times over
 * while it is handed on. What is over waits, until it is given up. The tenant is the first part of `source`.
 */
export function fairEgress(egress: EgressPort, { atOnce = 48, atOncePerTenant = 16 }: EgressShares = {}): EgressPort {
  const gate = new FairGate({ atOnce, atOncePerKey: atOncePerTenant });
  return { request: (request) => gate.run(request.source?.split('/', 1)[0] ?? '', () => egress.request(request), request.signal) };
}
