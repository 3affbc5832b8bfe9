import { expect, it } from 'vitest';
import { clockOffsetMs } from './clock-offset.js';

const databaseAt = (ms: number) => ({ now: () => Promise.resolve(new Date(ms)) });
const clockOf = (...times: number[]) => ({ now: () => times.shift() ?? 0 });

it.each([
  ['ahead', 100_000, [10_000, 11_000], 89_000],
  ['behind', 10_000, [50_000, 90_000], -40_000],
  ['no further off than its answer took', 60_000, [10_000, 90_000], 0],
])('a clock that is %s', async (_name, there, here, expected) => {
  expect(await clockOffsetMs(databaseAt(there), clockOf(...here))).toBe(expected);
});
