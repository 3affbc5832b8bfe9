import { createHash, randomBytes } from 'node:crypto';

/** What a token is for, by how it begins; scanners for leaked secrets find it by that. */
const prefixes = { invitation: 'annexinv_', reset: 'annexpwr_' } as const;
export type OneTimeUse = keyof typeof prefixes;

/** A fresh token of 256 random bits in base64url. */
export function makeOneTimeToken(use: OneTimeUse): string {
  return prefixes[use] + randomBytes(32).toString('base64url');
}

/** What is kept of a token; `undefined`: it is none of this use. */
export function hashOneTimeToken(use: OneTimeUse, token: string): Buffer | undefined {
  const isOne = token.startsWith(prefixes[use]) && /^[A-Za-z0-9_-]{43}$/.test(token.slice(prefixes[use].length));
  return isOne ? createHash('sha256').update(token).digest() : undefined;
}
