import { expect, it } from 'vitest';
import { sessionLocks, turns } from './locks.js';

it('gives no two advisory locks the same number', () => {
  const numbers = [...Object.values(sessionLocks), ...Object.values(turns)];
  expect(new Set(numbers).size).toBe(numbers.length);
});
