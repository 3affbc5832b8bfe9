import { describe, expect, it } from 'vitest';
import {
  countTicks,
  decideOverlap,
  jitterOffsetS,
  nextTick,
  planTicks,
  scheduleSpecHash,
  type CatchUp,
  type OverlapPolicy,
  type TickPlanRequest,
} from './ticks.js';
import { parseSchedule } from './parse-schedule.js';
import type { Schedule } from './schedule.js';

const read = (text: string): Schedule => {
  const reading = parseSchedule(text);
  if (!reading.ok) throw new Error(JSON.stringify(reading.errors));
  return reading.schedule;
};
const minute = 60_000;
const start = Date.UTC(2026, 0, 1);
const hourly = (catchUp: CatchUp, nowMs: number, more: Partial<TickPlanRequest> = {}): TickPlanRequest => ({
  schedule: read('@hourly'),
  timezone: 'UTC',
  nextAtMs: start,
  nowMs,
  catchUp,
  misfireDeadlineS: null,
  ...more,
});
const hour = 60 * minute;

describe('ticks that are due', () => {
  it('are none before their time', () => {
    expect(planTicks(hourly('all', start - 1))).toEqual({ fire: [], skipped: [], nextAtMs: start, more: false });
  });

  it.each(['none', 'latest', 'all'] as const)('on time fire under catch_up %s', (catchUp) => {
    expect(planTicks(hourly(catchUp, start + 500))).toEqual({
      fire: [start],
      skipped: [],
      nextAtMs: start + hour,
      more: false,
    });
  });

  it('after a downtime fire as catch_up says, and the others say why not', () => {
    const now = start + 2 * hour + 10 * minute;
    const missed = (reason: string, count: number) =>
      Array.from({ length: count }, (_, index) => ({ at: start + index * hour, reason }));
    expect(planTicks(hourly('latest', now))).toMatchObject({
      fire: [start + 2 * hour],
      skipped: missed('superseded', 2),
    });
    expect(planTicks(hourly('all', now))).toMatchObject({ fire: [start, start + hour, start + 2 * hour], skipped: [] });
    expect(planTicks(hourly('none', now))).toMatchObject({ fire: [], skipped: missed('missed', 3) });
    expect(planTicks(hourly('none', start + 2 * hour + 1000))).toMatchObject({
      fire: [start + 2 * hour],
      skipped: missed('missed', 2),
    });
  });

  it('past the misfire deadline never fire', () => {
    const late = { misfireDeadlineS: 3600 };
    const now = start + 2 * hour + 10 * minute;
    expect(planTicks(hourly('all', now, late))).toMatchObject({
      fire: [start + 2 * hour],
      skipped: [
        { at: start, reason: 'misfire_deadline' },
        { at: start + hour, reason: 'misfire_deadline' },
      ],
    });
    expect(planTicks(hourly('latest', start + 90 * minute, { misfireDeadlineS: 600 }))).toMatchObject({ fire: [] });
  });

  it('are decided exactly once however many there are and however they are cut', () => {
    const now = start + 10 * hour;
    const decided: number[] = [];
    const fired: number[] = [];
    let nextAtMs = start;
    for (let round = 0; round < 10; round += 1) {
      const plan = planTicks(hourly('latest', now, { nextAtMs, maxTicks: 4 }));
      fired.push(...plan.fire);
      decided.push(...plan.fire, ...plan.skipped.map((tick) => tick.at));
      nextAtMs = plan.nextAtMs ?? Number.NaN;
      if (!plan.more) break;
    }
    expect(fired).toEqual([now]);
    expect(decided.sort((a, b) => a - b)).toEqual(Array.from({ length: 11 }, (_, index) => start + index * hour));
    expect(nextAtMs).toBe(now + hour);
  });
});

describe('jitter', () => {
  it('is the same for the same schedule, within its window, and spreads many', () => {
    const offsets = Array.from({ length: 500 }, (_, index) => jitterOffsetS(`plg_${index}/nightly`, 59));
    expect(offsets).toEqual(Array.from({ length: 500 }, (_, index) => jitterOffsetS(`plg_${index}/nightly`, 59)));
    expect(Math.min(...offsets)).toBe(0);
    expect(Math.max(...offsets)).toBe(59);
    expect(new Set(offsets).size).toBe(60);
    expect(jitterOffsetS('plg_1/nightly', 0)).toBe(0);
  });

  it('moves every tick and loses none, also one whose time has come but whose moment has not', () => {
    const plan = (nowMs: number) => planTicks(hourly('all', nowMs, { offsetS: 90, nextAtMs: start + 90_000 }));
    expect(plan(start + 60_000)).toMatchObject({ fire: [], nextAtMs: start + 90_000 });
    expect(plan(start + 90_000)).toMatchObject({ fire: [start + 90_000], nextAtMs: start + hour + 90_000 });
    expect(nextTick(read('@hourly'), 'UTC', 90, start + 10_000)).toBe(start + 90_000);
    expect(nextTick(read('@hourly'), 'UTC', 90, start + 90_000)).toBe(start + hour + 90_000);
  });

  it('makes another schedule of it only when there is some', () => {
    const schedule = read('@hourly');
    expect(scheduleSpecHash({ schedule, timezone: 'UTC', offsetS: 0 })).toBe(
      scheduleSpecHash({ schedule, timezone: 'UTC' }),
    );
    expect(scheduleSpecHash({ schedule, timezone: 'UTC', offsetS: 1 })).not.toBe(
      scheduleSpecHash({ schedule, timezone: 'UTC' }),
    );
  });
});

describe('counting ticks', () => {
  const count = (untilMs: number, max?: number) =>
    countTicks(read('@hourly'), 'UTC', 0, { firstMs: start, untilMs, ...(max !== undefined && { max }) });
  it('takes in both ends, and says when it stopped early', () => {
    expect(count(start - 1)).toBeUndefined();
    expect(count(start)).toEqual({ ticks: 1, firstMs: start, lastMs: start, isCut: false });
    expect(count(start + 3 * hour)).toEqual({ ticks: 4, firstMs: start, lastMs: start + 3 * hour, isCut: false });
    expect(count(start + 3 * hour, 4)).toMatchObject({ ticks: 4, isCut: false });
    expect(count(start + 3 * hour, 3)).toEqual({ ticks: 3, firstMs: start, lastMs: start + 2 * hour, isCut: true });
  });
});

describe('a tick that meets an earlier run', () => {
  it.each<[OverlapPolicy, number, number, object]>([
    ['skip', 0, 0, { action: 'start' }],
    ['skip', 1, 0, { action: 'skip', reason: 'overlap' }],
    ['skip', 0, 1, { action: 'skip', reason: 'overlap' }],
    ['queue', 0, 0, { action: 'start' }],
    ['queue', 1, 3, { action: 'queue' }],
    ['queue', 1, 100, { action: 'skip', reason: 'queue_full' }],
    ['allow', 5, 5, { action: 'start' }],
    ['replace', 0, 0, { action: 'start' }],
    ['replace', 1, 0, { action: 'replace' }],
  ])('under %s with %i running and %i waiting', (policy, running, queued, expected) => {
    expect(decideOverlap(policy, { running, queued })).toEqual(expected);
  });
});

describe("a schedule's hash", () => {
  it('changes with the ticks only', () => {
    const hash = (text: string, timezone = 'UTC') => scheduleSpecHash({ schedule: read(text), timezone });
    expect(hash('@daily')).toBe(hash('0  0 * * *'));
    expect(hash('0 0 * * MON')).toBe(hash('0 0 * * 1'));
    expect(hash('@daily')).not.toBe(hash('@hourly'));
    expect(hash('@daily')).not.toBe(hash('@daily', 'Europe/Berlin'));
  });
});
