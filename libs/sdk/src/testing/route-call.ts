/**
 * What the door of the platform does around a route: who may call, what the handler sees of the request, what the
 * caller gets.
 */
import { isUtf8 } from 'node:buffer';
import { roleAtLeast } from '@annex/access';
import type { InstallationSnapshot } from '@annex/execution';
import type { RouteRequest, RouteResponse } from '@annex/sandbox';
import type { JsonInput, User } from '../context.js';

/** What a test sends to a route. */
export interface RequestInit {
  headers?: Record<string, string>;
  /** Text and bytes go as they are, anything else as JSON. */
  body?: string | Uint8Array | JsonInput;
  /** Who calls; `null`: nobody signed in. Default: the user that `openPlugin` was given. */
  user?: User | null;
}

/** A plugin never sees what its caller signs in with. */
const withheld = new Set(['authorization', 'proxy-authorization', 'cookie']);

/** The route that takes a request, or the answer with which the platform turns it away. */
export function admitRequest(
  snapshot: InstallationSnapshot,
  { method, path, user }: { method: string; path: string; user: User | null },
) {
  const found = snapshot.routes.match(method, path);
  if (!found) return { refused: problem(404, 'NOT_FOUND', `The plugin ${snapshot.slug} has no route ${path}.`) };
  if (!found.route) {
    const allow = found.methodNotAllowed.join(', ');
    return { refused: problem(405, 'METHOD_NOT_ALLOWED', `This route takes ${allow}.`, { allow }) };
  }
  const { auth, roles } = found.route;
  if (auth === 'member') {
    if (user === null)
      return {
        refused: problem(401, 'UNAUTHENTICATED', 'This route is for members of the tenant; call it with a user.'),
      };
    if (roles && roles.length > 0 && !roles.some((role) => roleAtLeast(user.role, role as User['role']))) {
      return { refused: problem(403, 'FORBIDDEN', `This route is for ${roles.join(', ')}; the role is ${user.role}.`) };
    }
  }
  return { route: found.route, params: found.params };
}

/** The request as it crosses into the sandbox. `target`: path and query. */
export function writeRequest(
  slug: string,
  method: string,
  target: string,
  { headers = {}, body }: RequestInit,
  params: Record<string, string>,
): RouteRequest {
  const list = Object.entries(headers).map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  const text =
    body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  if (text !== body && !list.some(([name]) => name === 'content-type')) list.push(['content-type', 'application/json']);
  const url = new URL(`http://annex.test/ext/${slug}${target}`);
  return {
    method,
    url: url.href,
    headers: list.filter(([name]) => !withheld.has(name)),
    params,
    query: readQuery(url.searchParams),
    body: writeBody(text),
  };
}

/** What the caller gets. */
export function readResponse({ status, headers, body }: RouteResponse): Response {
  const content = body === null ? null : body.encoding === 'utf8' ? body.data : Buffer.from(body.data, 'base64');
  return new Response(content, { status, headers });
}

/** An answer of the platform itself (RFC 9457). */
export function problem(status: number, code: string, detail: string, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify({ code, status, detail }), {
    status,
    headers: { ...headers, 'content-type': 'application/problem+json' },
  });
}

/** Bytes of a request's body, as they count against the limit. */
export function bodyBytes({ body }: RouteRequest): number {
  return body === null ? 0 : Buffer.byteLength(body.data, body.encoding);
}

function writeBody(body: string | Uint8Array | undefined): RouteRequest['body'] {
  if (body === undefined || body.length === 0) return null;
  if (typeof body === 'string') return { encoding: 'utf8', data: body };
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return isUtf8(bytes)
    ? { encoding: 'utf8', data: bytes.toString('utf8') }
    : { encoding: 'base64', data: bytes.toString('base64') };
}

function readQuery(params: URLSearchParams): Record<string, string | string[]> {
  const query = new Map<string, string | string[]>();
  for (const name of new Set(params.keys())) {
    const values = params.getAll(name);
    query.set(name, values.length > 1 ? values : (values[0] ?? ''));
  }
  return Object.fromEntries(query);
}
