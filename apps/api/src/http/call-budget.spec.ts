import { describe, expect, it } from 'vitest';
import { CallBudget, EventBudget } from './call-budget.js';

function budget(perMinute: number) {
  let nowMs = 0;
  const made = new CallBudget(perMinute, () => nowMs);
  const spend = (tenant: string, points: number): string => {
    try {
      made.spend(tenant, points);
      return 'taken';
    } catch (thrown) {
      return (thrown as { code: string; retryAfterS: number }).code + (thrown as { retryAfterS: number }).retryAfterS;
    }
  };
  return { made, spend, wait: (ms: number) => void (nowMs += ms) };
}

describe('the points of a tenant', () => {
  it('are those of ten seconds at once, and come back with time', () => {
    const { spend, wait } = budget(60);
    expect(Array.from({ length: 11 }, () => spend('one', 1)).filter((answer) => answer === 'taken')).toHaveLength(10);
    expect(spend('one', 1)).toBe('RATE_LIMITED1');
    wait(2000);
    expect([spend('one', 1), spend('one', 1), spend('one', 1)]).toEqual(['taken', 'taken', 'RATE_LIMITED1']);
    wait(3_600_000);
    expect(Array.from({ length: 20 }, () => spend('one', 1)).filter((answer) => answer === 'taken')).toHaveLength(10);
  });

  it('are its own', () => {
    const { spend } = budget(60);
    for (let call = 0; call < 20; call += 1) spend('one', 1);
    expect(spend('other', 1)).toBe('taken');
  });

  it('go for large bodies too, and are owed when there are not enough', () => {
    const { made, spend, wait } = budget(60);
    made.charge('one', 10_000);
    expect(spend('one', 1)).toBe('taken');
    made.charge('one', 1024 * 1024);
    // Never more than the points of ten seconds.
    for (let call = 0; call < 1000; call += 1) made.charge('one', 1024 * 1024);
    expect(spend('one', 1)).toBe('RATE_LIMITED11');
    wait(11_000);
    expect(spend('one', 1)).toBe('taken');
  });

  it('are named with true numbers when they are used up', () => {
    const { made } = budget(12_000);
    for (let call = 0; call < 100; call += 1) made.spend('one', 20);
    expect(() => made.spend('one', 20)).toThrow(
      'This tenant has used its points for costly calls (12000 a minute, 2000 at once). The next call is taken in 1 s.',
    );
  });

  it('are without end when the operator says 0', () => {
    const { spend } = budget(0);
    expect(new Set(Array.from({ length: 1000 }, () => spend('one', 100)))).toEqual(new Set(['taken']));
  });
});

describe('the points for events', () => {
  function taking(perMinute: number) {
    let nowMs = 0;
    const budget = new EventBudget(perMinute, () => nowMs);
    const event = (tenant: string, bytes: number): string => {
      try {
        budget.charge(tenant, bytes);
        return 'taken';
      } catch (thrown) {
        return (thrown as Error).message;
      }
    };
    return { budget, event, wait: (ms: number) => void (nowMs += ms) };
  }
  const KiB = 1024;

  it('go for each 64 KiB beyond the first, and small events need none', () => {
    const { budget, event, wait } = taking(60);
    // Ten at once: of 256 KiB each takes 3, and the fourth is owed in part.
    expect(Array.from({ length: 5 }, () => event('one', 256 * KiB))).toEqual([
      ...['taken', 'taken', 'taken', 'taken'],
      'This tenant has used its points for events of more than 65536 bytes (60 a minute, 10 at once). Smaller ones ' +
        'are taken at any time, the next large one in 3 s.',
    ]);
    expect(() => budget.require('one', 64 * KiB + 1)).toThrow('has used its points');
    expect([event('one', 64 * KiB), event('one', 10), event('other', 1024 * KiB)]).toEqual(['taken', 'taken', 'taken']);
    wait(3000);
    expect(event('one', 65 * KiB)).toBe('taken');
  });

  it('are without end when the operator says 0', () => {
    const { event } = taking(0);
    expect(new Set(Array.from({ length: 1000 }, () => event('one', 1024 * KiB)))).toEqual(new Set(['taken']));
  });
});
