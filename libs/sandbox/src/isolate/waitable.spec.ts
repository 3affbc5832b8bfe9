import { describe, expect, it } from 'vitest';
import { waitableMs } from './waitable.js';

describe('how long a turn is waited for', () => {
  it.each([
    ['a route with all its time', 5000, 1000, 2020],
    ['a filter with all its time', 1000, 1000, 1000],
    ['a run that has computed for a while', 4500, 500, 1020],
    ['a run with little processor time left', 4500, 1, 22],
    ['a run with none left', 4500, -3, 20],
    ['a run near its deadline', 100, 1000, 100],
    ['a run with more time than anything is waited for', 60_000, 30_000, undefined],
  ])('%s', (_, leftMs, cpuLeftMs, limitMs) => {
    expect(waitableMs(leftMs, cpuLeftMs)).toBe(limitMs);
  });
});
