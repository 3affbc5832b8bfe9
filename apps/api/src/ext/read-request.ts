import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { readUtf8 } from '@annex/kernel';
import { callerHeader, withheldHeaders } from '@annex/execution';
import type { RouteRequest } from '@annex/sandbox';
import type { FastifyRequest } from 'fastify';

/** Headers that speak to Annex, not to the plugin. A plugin never sees the caller's token. */
const withheld = new Set([...withheldHeaders, callerHeader]);

/** What a route handler sees of a request. Text stays text; bytes that are not UTF-8 travel as base64. */
export function readRouteRequest(request: FastifyRequest, params: Record<string, string>): RouteRequest {
  const target = requestTarget(request);
  const body = request.body instanceof Buffer && request.body.length > 0 ? request.body : undefined;
  return {
    method: request.method,
    url: `${request.protocol}://${request.host}${target}`,
    headers: shownHeaders(request.headers),
    params,
    query: readQuery(target),
    body:
      body === undefined
        ? null
        : isUtf8(body)
          ? { encoding: 'utf8', data: readUtf8(body) }
          : { encoding: 'base64', data: body.toString('base64') },
  };
}

/** The headers that a plugin sees. */
export function shownHeaders(headers: IncomingHttpHeaders): [string, string][] {
  const shown: [string, string][] = [];
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || withheld.has(name)) continue;
    shown.push([name, typeof value === 'string' ? value : value.join(', ')]);
  }
  return shown;
}

/**
 * Path and query as they were sent. A request may name scheme and host before them (RFC 9112 §3.2.2); the router looks
 * behind those too.
 */
export function requestTarget({ raw: { url = '/' } }: FastifyRequest): string {
  return url.startsWith('/') ? url : url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, '') || '/';
}

/** The query as a plain object: a name that comes more than once gives a list. Names cannot reach a prototype. */
export function readQuery(url: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  const start = url.indexOf('?');
  if (start < 0) return query;
  for (const [name, value] of new URLSearchParams(url.slice(start + 1))) {
    const known = Object.hasOwn(query, name) ? query[name] : undefined;
    if (Array.isArray(known)) known.push(value);
    else
      Object.defineProperty(query, name, {
        value: known === undefined ? value : [known, value],
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
  return query;
}
