import { expect, it } from 'vitest';
import { readRetryAfter } from './retry-after.js';

const now = Date.parse('2026-01-01T00:00:00Z');

it.each<[string | undefined, number | undefined]>([
  ['120', 120_000],
  [' 0 ', 0],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
  [undefined, undefined],
  ['', undefined],
  ['-5', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['2026-01-01', undefined],
  ['Thu, nonsense', undefined],
])('a Retry-After of %j asks for %s ms', (value, expected) => {
  expect(readRetryAfter(value, now)).toBe(expected);
});
