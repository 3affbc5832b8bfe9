import { expect, it } from 'vitest';
import { findIllFormed } from './well-formed.js';

it('points at half a surrogate pair, wherever it is, and at nothing in whole text', () => {
  expect(findIllFormed('a\ud800')).toBe('');
  expect(findIllFormed({ a: [1, { 'b/c': '\udc00' }] })).toBe('/a/1/b~1c');
  expect(findIllFormed({ a: { '\ud800': 1 } })).toBe('/a');
  expect(findIllFormed({ a: ['🎉', 'é\u0000', null, 1, true], '🎉': {} })).toBeUndefined();
  expect(findIllFormed(undefined)).toBeUndefined();
});
