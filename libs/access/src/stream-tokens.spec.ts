import { describe, expect, it } from 'vitest';
import { StreamTokens } from './stream-tokens.js';

const secret = 'a secret that is long enough to sign with';
let nowMs = Date.parse('2026-03-01T10:00:00Z');
const clock = { now: () => nowMs };
const tokens = new StreamTokens({ secret, clock });
const given = { bearer: 'the-bearer-of-somebody', tenant: 'acme' };

describe('a stream token', () => {
  it('gives back who asked for it, and shows nothing of that', async () => {
    const { token, expires_at: expiresAt } = await tokens.make(given);
    expect(expiresAt).toBe('2026-03-01T10:01:00.000Z');
    expect(await tokens.open(token)).toEqual(given);
    const shown = token.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'));
    expect(shown.join(' ')).not.toMatch(/the-bearer|acme/);
  });

  it('opens nothing after a minute, with another key, changed, or when it is none', async () => {
    const { token } = await tokens.make(given);
    const other = new StreamTokens({ secret: `${secret} of another server`, clock });
    expect(await other.open(token)).toBeUndefined();
    const parts = token.split('.');
    parts[3] = (parts[3] ?? '').replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
    for (const wrong of [parts.join('.'), '', 'none', given.bearer, 'a.b.c.d.e'])
      expect(await tokens.open(wrong)).toBeUndefined();
    nowMs += 60_000;
    expect(await tokens.open(token)).toBeUndefined();
  });
});
