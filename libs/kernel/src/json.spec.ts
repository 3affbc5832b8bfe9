import { expect, it } from 'vitest';
import { isDeeperThan, type Json } from './json.js';

it.each<[Json, number]>([
  ['text', 0],
  [[], 0],
  [[1], 1],
  [{ a: [] }, 1],
  [[{ a: [1] }, 2], 3],
  [[[[]], { a: 1 }], 2],
])('%j is nested %i levels deep', (value, levels) => {
  expect(isDeeperThan(value, levels)).toBe(false);
  if (levels > 0) expect(isDeeperThan(value, levels - 1)).toBe(true);
});

it('what is nested without end is looked at no deeper than was asked', () => {
  let value: Json = 1;
  for (let level = 0; level < 200_000; level += 1) value = level % 2 ? [value] : { a: value };
  expect(isDeeperThan(value, 32)).toBe(true);
});
