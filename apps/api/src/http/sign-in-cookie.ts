/**
 * What a browser keeps while somebody signs in at the identity provider. Only the two requests of such a sign-in are
 * sent it, and no script reads it.
 */
import { oidcLimits } from '@annex/limits';
import type { FastifyReply, FastifyRequest } from 'fastify';

const path = '/api/auth/oidc';
const name = 'annex_sign_in';

/** Gives the browser what it brings back, for `lifeS` seconds; 0: takes it away. */
export function setSignInCookie(
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  text: string,
  lifeS: number,
): void {
  const secure = request.protocol === 'https' ? '; Secure' : '';
  void reply.header(
    'set-cookie',
    `${name}=${text}; Path=${path}; Max-Age=${lifeS}; HttpOnly; SameSite=Strict${secure}`,
  );
}

/** `undefined`: the browser sent none. */
export function signInCookieOf(header: string | undefined): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at < 0 || pair.slice(0, at).trim() !== name) continue;
    const value = pair.slice(at + 1).trim();
    if (/^[\w\-.]+$/.test(value) && value.length <= oidcLimits.cookieChars) return value;
  }
  return undefined;
}
