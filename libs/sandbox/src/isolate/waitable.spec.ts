import { describe, expect, it } from 'vitest';
import { waitableMs, waitableTimeouts } from './waitable.js';

describe('the timeout of a turn that is waited for', () => {
  it.each([
    ['a route with all its time', 5000, 1000, 2048],
    ['a filter with all its time', 1000, 1000, 1024],
    ['a run that has computed for a while', 4500, 500, 1024],
    ['a run with little processor time left', 4500, 1, 512],
    ['a run whose deadline is a little earlier', 800, 1000, 1024],
    ['a run near its deadline', 100, 1000, undefined],
    ['a run whose deadline lies between two of them', 600, 1000, undefined],
    ['a run with more time than any of them', 60_000, 30_000, undefined],
  ])('%s', (_, leftMs, cpuLeftMs, timeoutMs) => {
    expect(waitableMs(leftMs, cpuLeftMs)).toBe(timeoutMs);
  });

  // Every 7.3 ms of ten seconds, with every 13.7 ms of five.
  const cases: { leftMs: number; cpuLeftMs: number }[] = [];
  for (let leftMs = 0.5; leftMs < 10_000; leftMs += 7.3)
    for (let cpuLeftMs = -5; cpuLeftMs < 5000; cpuLeftMs += 13.7) cases.push({ leftMs, cpuLeftMs });

  it('is one of a few, whatever is left', () => {
    const seen = new Set(cases.map(({ leftMs, cpuLeftMs }) => waitableMs(leftMs, cpuLeftMs)));
    expect(seen).toEqual(new Set([...waitableTimeouts, undefined]));
  });

  it('never ends a turn before its run is out of time', () => {
    const early = cases.filter(
      ({ leftMs, cpuLeftMs }) => (waitableMs(leftMs, cpuLeftMs) ?? Infinity) < Math.min(leftMs, cpuLeftMs),
    );
    expect(early).toEqual([]);
  });
});
