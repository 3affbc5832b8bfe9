/** One hop of a request: what is sent to one server, and what a redirect makes of it. */
import { quote } from '@annex/kernel';
import { maxHttpBodyBytes } from '@annex/limits';
import { egressErrors } from './errors.js';
import { redirectedHeaders } from './headers.js';
import type { EgressRequest } from './request.js';

/** What one server is sent. */
export interface Hop {
  method: string;
  url: string;
  headers: [string, string][];
  body: Uint8Array | string | null;
}

const refusedMethods = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** The first hop of a request. Throws `EGRESS_REQUEST` or `HTTP_LIMIT`. */
export function firstHop(
  { method, url, body = null, maxRequestBytes = maxHttpBodyBytes }: EgressRequest,
  headers: Hop['headers'],
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
export function nextHop(hop: Hop, status: number, location: string): Hop {
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
