import { describe, expect, it } from 'vitest';
import { newId, type Id } from '@annex/kernel';
import type { DueAnswer, DueAsk, DueTenant } from '@annex/runs';
import { maxClaimed, Turns } from './turns.js';

const tenant = (of: Partial<DueTenant> = {}): DueTenant => ({ tenantId: newId('tenant'), weight: 1, cap: 5, ...of });
const shares = (asks: readonly DueAsk[]): Record<Id<'tenant'>, number> =>
  Object.fromEntries(asks.map(({ tenantId, atMost }) => [tenantId, atMost]));

/** Gives each ask what its tenant has left, as PostgreSQL does, and lets it be under way. */
function serve(
  turns: Turns,
  asks: readonly DueAsk[],
  { of, left = new Map(), elsewhere = 0 }: { of: readonly DueTenant[]; left?: Map<string, number>; elsewhere?: number },
): void {
  const answers = asks.map(({ tenantId, atMost }): DueAnswer => {
    const found = Math.min(atMost, left.get(tenantId) ?? Infinity);
    if (left.has(tenantId)) left.set(tenantId, (left.get(tenantId) ?? 0) - found);
    const { weight, cap } = of.find((one) => one.tenantId === tenantId) ?? tenant();
    return { tenantId, weight, cap, running: elsewhere, found, runs: [] };
  });
  turns.answered(asks, answers);
  for (const { tenantId, found } of answers) for (let n = 0; n < found; n += 1) turns.began(tenantId);
}

describe('turns', () => {
  it('are shared evenly by those who have more to do than there is room for', () => {
    const all = [tenant(), tenant(), tenant()];
    const turns = new Turns(14);
    turns.seen(all);
    expect(Object.values(shares(turns.next({ any: 12, newcomers: 0 })))).toEqual([4, 4, 4]);
  });

  it('give a tenant of twice the weight twice as many, and go on where the room ended', () => {
    const [heavy, light] = [tenant({ weight: 2, cap: 1000 }), tenant({ cap: 1000 })];
    const turns = new Turns(14);
    turns.seen([light, heavy]);
    const started = { [heavy.tenantId]: 0, [light.tenantId]: 0 };
    for (let round = 0; round < 300; round += 1) {
      const asks = turns.next({ any: 1, newcomers: 0 });
      serve(turns, asks, { of: [heavy, light] });
      for (const { tenantId, atMost } of asks) started[tenantId] = (started[tenantId] ?? 0) + atMost;
      for (const { tenantId } of asks) turns.ended(tenantId);
    }
    expect(started).toEqual({ [heavy.tenantId]: 200, [light.tenantId]: 100 });
  });

  it('come first to those below their own cap, then evenly to those that have more', () => {
    const [flood, slow, small] = [tenant(), tenant(), tenant()];
    const turns = new Turns(14);
    turns.seen([flood]);
    serve(turns, turns.next({ any: 9, newcomers: 0 }), { of: [flood] });
    turns.seen([slow, small]);
    // Nine of the flood are under way: the others have theirs before it gets another one.
    expect(shares(turns.next({ any: 5, newcomers: 0 }))).toEqual({ [slow.tenantId]: 3, [small.tenantId]: 2 });
    const more = new Turns(14);
    more.seen([flood, slow]);
    expect(shares(more.next({ any: 14, newcomers: 0 }))).toEqual({ [flood.tenantId]: 7, [slow.tenantId]: 7 });
  });

  it('count what other workers have under way', () => {
    const [busy, idle] = [tenant(), tenant()];
    const turns = new Turns(14);
    turns.seen([busy, idle]);
    serve(turns, turns.next({ any: 2, newcomers: 0 }), { of: [busy, idle], elsewhere: 0 });
    turns.told(busy.tenantId);
    turns.told(idle.tenantId);
    const asks = turns.next({ any: 2, newcomers: 0 });
    turns.answered(
      asks,
      asks.map(({ tenantId }) => ({
        tenantId,
        weight: 1,
        cap: 5,
        running: tenantId === busy.tenantId ? 6 : 1,
        found: 1,
        runs: [],
      })),
    );
    expect(shares(turns.next({ any: 4, newcomers: 0 }))).toEqual({ [idle.tenantId]: 4 });
  });

  it('keep places for tenants that have nothing under way, one each', () => {
    const [flood, quiet, other] = [tenant(), tenant(), tenant()];
    const turns = new Turns(14);
    turns.seen([flood]);
    serve(turns, turns.next({ any: 14, newcomers: 2 }), { of: [flood] });
    expect(turns.next({ any: 0, newcomers: 2 })).toEqual([]);
    turns.told(quiet.tenantId);
    turns.told(other.tenantId);
    const asks = turns.next({ any: 0, newcomers: 2 });
    expect(asks).toEqual([
      { tenantId: quiet.tenantId, atMost: 1, onlyIfIdle: true },
      { tenantId: other.tenantId, atMost: 1, onlyIfIdle: true },
    ]);
    // One of them has a run in another worker, which nobody here knew.
    turns.answered(asks, [
      { tenantId: quiet.tenantId, weight: 1, cap: 5, running: 1, found: 0, runs: [] },
      { tenantId: other.tenantId, weight: 1, cap: 5, running: 0, found: 1, runs: [] },
    ]);
    turns.began(other.tenantId);
    expect(turns.hasNewcomer).toBe(false);
    expect(turns.next({ any: 0, newcomers: 1 })).toEqual([]);
  });

  it('end for a tenant that had fewer than were asked for, unless it was told of meanwhile or got no answer', () => {
    const [spent, told, lost] = [tenant(), tenant(), tenant()];
    const turns = new Turns(14);
    turns.seen([spent, told, lost]);
    const asks = turns.next({ any: 9, newcomers: 0 });
    turns.told(told.tenantId);
    serve(
      turns,
      asks.filter(({ tenantId }) => tenantId !== lost.tenantId),
      {
        of: [],
        left: new Map([
          [spent.tenantId, 1],
          [told.tenantId, 1],
        ]),
      },
    );
    turns.unanswered(asks.filter(({ tenantId }) => tenantId === lost.tenantId));
    expect(Object.keys(shares(turns.next({ any: 9, newcomers: 0 }))).sort()).toEqual(
      [told.tenantId, lost.tenantId].sort(),
    );
  });

  it('end for a tenant that is not there any more', () => {
    const turns = new Turns(14);
    turns.seen([tenant()]);
    turns.answered(turns.next({ any: 1, newcomers: 0 }), []);
    expect(turns.isEmpty).toBe(true);
  });

  it('let thousands of tenants come round, so many at a time', () => {
    const all = Array.from({ length: 100 * maxClaimed }, () => tenant());
    const turns = new Turns(14);
    turns.seen(all);
    const served = new Map<string, number>();
    for (let round = 0; round < 100; round += 1) {
      const asks = turns.next({ any: 100, newcomers: 0 });
      for (const { tenantId, atMost } of asks) served.set(tenantId, (served.get(tenantId) ?? 0) + atMost);
      serve(turns, asks, { of: all });
      for (const { tenantId } of asks) turns.ended(tenantId);
    }
    expect([...new Set(served.values())]).toEqual([1]);
    expect(served.size).toBe(all.length);
  });
});
