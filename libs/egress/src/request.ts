/** What is asked of an egress, and what it answers. */
import type { AllowHosts } from './allow-hosts.js';
import type { HeaderList } from './headers.js';

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
   * Whether a redirect is followed (the default, at most `httpLimits.redirects` of them), answered like any other
   * status, or fails with `EGRESS_REDIRECTS`.
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
