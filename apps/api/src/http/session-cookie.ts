/**
 * The session of Annex's own pages: the token that signing in gives, in a cookie that no script can read (ADR 0060).
 * A browser sends cookies by itself, so the cookie counts only for requests that another site cannot make.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { apiErrors } from './errors.js';

/** Only `/api` gets it: plugins' routes, on the same host, never see it. */
const path = '/api';
const name = 'annex_session';
/** A field that only a page of the same origin can send without asking first: no CORS policy of Annex allows it. */
const consoleHeader = 'x-annex-console';

/**
 * Puts the session of a cookie in the place where others send their token. A header that was sent wins. Throws
 * `UNAUTHENTICATED` when the cookie comes with a request that another site could have made.
 */
export function readSessionCookie(request: FastifyRequest & { bySessionCookie?: boolean }): void {
  if (request.headers.authorization !== undefined) return;
  const token = cookieOf(request.headers.cookie);
  if (token === undefined) return;
  requireConsole(request);
  request.headers.authorization = `Bearer ${token}`;
  request.bySessionCookie = true;
}

/** Throws `UNAUTHENTICATED` unless a request is one that no other site can make. */
export function requireConsole({ headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site'];
  if (headers[consoleHeader] === '1' && (site === undefined || site === 'same-origin')) return;
  throw apiErrors.error(
    'UNAUTHENTICATED',
    `The cookie of the console counts only for the console’s own requests, which carry ${consoleHeader}: 1. ` +
      'Send Authorization: Bearer <token>; POST /api/auth/login gives one.',
  );
}

/** Gives the browser a session. `lifeS`: seconds that it is good for. */
export function setSessionCookie(
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  token: string,
  lifeS: number,
): void {
  void reply.header('set-cookie', cookie(request, token, lifeS));
}

/** Takes the browser's session away. */
export function clearSessionCookie({ request, reply }: { request: FastifyRequest; reply: FastifyReply }): void {
  void reply.header('set-cookie', cookie(request, '', 0));
}

/** The token of the cookie; `undefined`: there is none. Of several, as another path could have left, the first. */
export function cookieOf(header: string | undefined): string | undefined {
  if (header === undefined || header.length > 16_384) return undefined;
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at < 0 || pair.slice(0, at).trim() !== name) continue;
    const value = pair.slice(at + 1).trim();
    if (/^[\w\-.]{1,8192}$/.test(value)) return value;
  }
  return undefined;
}

/** `Secure` wherever the browser came by HTTPS; on a plain connection it would be refused. */
function cookie({ protocol }: FastifyRequest, value: string, maxAgeS: number): string {
  const secure = protocol === 'https' ? '; Secure' : '';
  return `${name}=${value}; Path=${path}; Max-Age=${maxAgeS}; HttpOnly; SameSite=Strict${secure}`;
}
