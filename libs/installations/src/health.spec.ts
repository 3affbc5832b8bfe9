import { describe, expect, it } from 'vitest';
import { judgeCheck, readHealth, type HealthSaid } from './health.js';
import type { CheckedStatus } from './rows/plugin-check-row.js';

const at = new Date('2026-03-02T10:00:00Z');
const earlier = new Date('2026-03-01T10:00:00Z');
const healthy: HealthSaid = { status: 'healthy', error: null };
const failed: HealthSaid = { status: 'unhealthy', error: { code: 'PLUGIN_ERROR', message: 'no' } };
const before = (status: CheckedStatus, failures = 0) => ({ status, failures, since: earlier, intervalS: 60 });

describe('what a health handler answers', () => {
  it.each([
    [undefined, 'healthy'],
    [null, 'healthy'],
    [{ status: 'ok' }, 'healthy'],
    ['unhealthy', 'healthy'],
    [['unhealthy'], 'healthy'],
    [{ status: 'degraded' }, 'degraded'],
    [{ status: 'unhealthy' }, 'unhealthy'],
  ])('%j means %s', (result, status) => {
    expect(readHealth(result).status).toBe(status);
  });

  it('is told with its reason, cut to what fits', () => {
    expect(readHealth({ status: 'unhealthy', reason: 'the shop is away' }).error).toEqual({
      code: 'UNHEALTHY',
      message: 'the shop is away',
    });
    expect(readHealth({ status: 'degraded', reason: 7 }).error?.message).toContain('status degraded');
    expect(readHealth({ status: 'degraded', reason: 'x'.repeat(9000) }).error?.message).toHaveLength(500);
  });
});

describe('a check', () => {
  it('makes a plugin unhealthy when it is the third in a row that failed', () => {
    const first = judgeCheck(before('healthy'), failed, at);
    expect(first).toMatchObject({ row: { status: 'healthy', failures: 1, since: earlier }, dropsIsolates: false });
    const second = judgeCheck({ ...first.row, intervalS: 60 }, failed, at);
    const third = judgeCheck({ ...second.row, intervalS: 60 }, failed, at);
    expect(third).toMatchObject({
      row: { status: 'unhealthy', failures: 3, since: at },
      turn: 'unhealthy',
      dropsIsolates: true,
    });
    expect([first.turn, second.turn]).toEqual([undefined, undefined]);
  });

  it('is told of once, however often it fails', () => {
    expect(judgeCheck(before('unhealthy', 7), failed, at)).toMatchObject({ turn: undefined, dropsIsolates: true });
  });

  it('forgets earlier failures when it goes well, and tells of that when the plugin was unhealthy', () => {
    expect(judgeCheck(before('healthy', 2), healthy, at)).toMatchObject({ row: { failures: 0 }, turn: undefined });
    expect(judgeCheck(before('unknown'), healthy, at)).toMatchObject({ row: { status: 'healthy' }, turn: undefined });
    expect(judgeCheck(before('unhealthy', 9), healthy, at)).toMatchObject({
      row: { status: 'healthy', failures: 0, since: at, lastError: null },
      turn: 'recovered',
    });
  });

  it.each([
    ['healthy', 0, 60, 60],
    ['healthy', 1, 60, 60],
    ['healthy', 2, 60, 60],
    ['unhealthy', 3, 60, 120],
    ['unhealthy', 5, 60, 480],
    ['unhealthy', 6, 60, 900],
    ['unhealthy', 500, 60, 900],
    ['unhealthy', 500, 3600, 3600],
  ] as const)('of a plugin that is %s after %i failures, every %i s, is followed after %i s', (...row) => {
    const [status, failures, intervalS, pauseS] = row;
    const { nextAt } = judgeCheck({ status, failures, since: earlier, intervalS }, failed, at).row;
    expect((nextAt.getTime() - at.getTime()) / 1000).toBe(pauseS);
  });
});
