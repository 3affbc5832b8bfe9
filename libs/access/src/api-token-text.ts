import { createHash, randomBytes } from 'node:crypto';

const PREFIX = 'annex_';
const shape = /^annex_[A-Za-z0-9_-]{43}$/;

/** A fresh API token: `annex_` and 256 random bits in base64url. */
export function makeApiToken(): string {
  return PREFIX + randomBytes(32).toString('base64url');
}

export function isApiToken(text: string): boolean {
  return shape.test(text);
}

/** What is kept of a token. It has 256 bits of its own, so a plain SHA-256 cannot be guessed backwards. */
export function hashApiToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
