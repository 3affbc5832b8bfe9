import { describe, expect, it } from 'vitest';
import { Allowance } from './allowance.js';

describe('the allowance of an executor', () => {
  const clock = { ms: 5000 };
  const now = (): number => clock.ms;
  const fresh = (): Allowance => new Allowance({ bytesPerSecond: 1000, burstBytes: 2000, now });

  it('lets a burst pass at once', () => {
    const allowance = fresh();
    expect([allowance.take(1500), allowance.take(500)]).toEqual([0, 0]);
  });

  it('makes what comes after it wait for as long as the rate needs', () => {
    const allowance = fresh();
    expect(allowance.take(2500)).toBe(500);
    clock.ms += 500;
    expect(allowance.take(100)).toBe(100);
  });

  it('fills up to the burst and no further', () => {
    const allowance = fresh();
    allowance.take(2001);
    clock.ms += 3_600_000;
    expect(allowance.take(2000)).toBe(0);
    expect(allowance.take(1)).toBe(1);
  });

  it('never lets more through in a time than the rate gives beside one burst', () => {
    const allowance = fresh();
    const begin = clock.ms;
    let through = 0;
    for (let turn = 0; turn < 200; turn += 1) {
      const bytes = (turn * 37) % 400;
      through += bytes;
      clock.ms += allowance.take(bytes);
      expect(through).toBeLessThanOrEqual(2000 + (clock.ms - begin) + 1);
    }
  });
});
