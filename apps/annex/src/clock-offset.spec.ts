import { silentLogger } from '@annex/kernel';
import { expect, it } from 'vitest';
import { clockOffsetMs, clockReader, clockWarning } from './clock-offset.js';

const databaseAt = (ms: number) => ({ now: () => Promise.resolve(new Date(ms)) });
const clockOf = (...times: number[]) => ({ now: () => times.shift() ?? 0 });

it.each([
  ['ahead', 100_000, [10_000, 11_000], 89_000],
  ['behind', 10_000, [50_000, 90_000], -40_000],
  ['no further off than its answer took', 60_000, [10_000, 90_000], 0],
])('a clock that is %s', async (_name, there, here, expected) => {
  expect(await clockOffsetMs(databaseAt(there), clockOf(...here))).toBe(expected);
});

it('is worth a warning beyond 30 s, either way', () => {
  expect([30_000, -30_000, 0].map(clockWarning)).toEqual([undefined, undefined, undefined]);
  expect(clockWarning(89_400)).toMatch(/^the clock of the database is 89 s ahead of this host's: /);
  expect(clockWarning(-31_000)).toContain('31 s behind');
});

it('is read once for many who ask, and is not known while the database is away', async () => {
  let reads = 0;
  const database = {
    now: () => {
      reads += 1;
      return reads === 1 ? Promise.resolve(new Date(100_000)) : Promise.reject(new Error('away'));
    },
  };
  const options = { clock: { now: () => 10_000 }, logger: silentLogger };
  const read = clockReader(database, options);
  expect(await Promise.all([read(), read(), read()])).toEqual([90_000, 90_000, 90_000]);
  expect(await clockReader(database, options)()).toBeUndefined();
  expect(reads).toBe(2);
});
