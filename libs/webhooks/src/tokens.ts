/**
 * Senders that prove who they are by a secret they send along. Compared by digest, so that neither length nor first
 * difference shows in the time.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * `bearer`, `basic`: `Authorization` (RFC 6750, RFC 7617; the secret of `basic` is `user:password`). `token`: a header
 * of its own.
 */
export const tokenSchemes = ['bearer', 'basic', 'token', 'gitlab'] as const;
export type TokenScheme = (typeof tokenSchemes)[number];

export interface TokenRequest {
  scheme: TokenScheme;
  secret: string;
  /** A header's first value by its lower-case name. */
  header: (name: string) => string | undefined;
  /** Where the token stands. Default: where the scheme says. */
  tokenHeader?: string | undefined;
}

const defaultHeader: Record<TokenScheme, string> = {
  bearer: 'authorization',
  basic: 'authorization',
  token: 'x-webhook-token',
  gitlab: 'x-gitlab-token',
};

/** The header that a token stands in; lower-case. */
export function tokenHeaderOf(scheme: TokenScheme, named?: string | null): string {
  return (named ?? defaultHeader[scheme]).toLowerCase();
}

/** Whether a request carries the secret. */
export function verifyToken({ scheme, secret, header, tokenHeader }: TokenRequest): boolean {
  const given = (header(tokenHeaderOf(scheme, tokenHeader)) ?? '').slice(0, 8192);
  if (secret === '' || given === '') return false;
  switch (scheme) {
    case 'bearer':
      return sameText(/^bearer +(.*)$/i.exec(given)?.[1]?.trim(), [secret]);
    case 'basic': {
      const credentials = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(given)?.[1];
      // RFC 7617 leaves the charset open: senders write UTF-8 or Latin-1.
      return (
        credentials !== undefined &&
        sameText(Buffer.from(credentials, 'base64').toString('latin1'), [
          Buffer.from(secret, 'utf8').toString('latin1'),
          secret,
        ])
      );
    }
    case 'token':
    case 'gitlab':
      return sameText(given, [secret]);
    default:
      return false;
  }
}

/** Whether a text is one of those expected. */
export function sameText(given: string | undefined, expected: readonly string[]): boolean {
  if (given === undefined) return false;
  const digest = digestOf(given);
  return expected.map((each) => timingSafeEqual(digest, digestOf(each))).includes(true);
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
