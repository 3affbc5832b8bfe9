import { describe, expect, it } from 'vitest';
import { ceilingOf, effectiveLimits, limitNames } from './limits.js';
import { runKinds } from './run-kinds.js';
import { addUsage, usageRecord } from './usage.js';

describe('limits', () => {
  it('are those of the contract when nobody says anything', () => {
    expect(effectiveLimits('route')).toMatchObject({
      wallMs: 5000,
      cpuMs: 1000,
      memoryMb: 100,
      requestBytes: 1_048_576,
      resultBytes: 5_242_880,
    });
    expect(effectiveLimits('event')).toMatchObject({
      wallMs: 5000,
      cpuMs: 1000,
      payloadBytes: 262_144,
      resultBytes: 1_048_576,
      emits: 100,
      emitDepth: 10,
    });
    expect(effectiveLimits('job')).toMatchObject({
      wallMs: 30_000,
      cpuMs: 10_000,
      logLines: 1000,
      logBytes: 262_144,
      httpCalls: 50,
      httpCallsAtOnce: 6,
    });
    expect(effectiveLimits('filter')).toMatchObject({ wallMs: 1000 });
  });

  it('are lowered by a manifest but never raised over the ceiling', () => {
    expect(effectiveLimits('route', { memoryMb: 64, timeoutMs: 2000 })).toMatchObject({ memoryMb: 64, wallMs: 2000 });
    expect(effectiveLimits('route', { memoryMb: 4096, timeoutMs: 60_000 })).toMatchObject({
      memoryMb: 100,
      wallMs: 5000,
    });
    expect(effectiveLimits('job', { jobTimeoutMs: 600_000, timeoutMs: 1 })).toMatchObject({ wallMs: 600_000 });
    expect(effectiveLimits('job', { jobTimeoutMs: 3_600_000 })).toMatchObject({ wallMs: 900_000 });
  });

  it('follow the operator’s ceilings both ways', () => {
    expect(effectiveLimits('route', { memoryMb: 200 }, { memoryMb: 256, httpCalls: 5 })).toMatchObject({
      memoryMb: 200,
      httpCalls: 5,
    });
    expect(effectiveLimits('route', {}, { memoryMb: 256 })).toMatchObject({ memoryMb: 100 });
  });

  it('are positive for every kind and never over their ceiling', () => {
    for (const kind of runKinds) {
      const limits = effectiveLimits(kind);
      for (const name of limitNames) {
        expect(limits[name], `${kind} ${name}`).toBeGreaterThan(0);
        expect(limits[name], `${kind} ${name}`).toBeLessThanOrEqual(ceilingOf(name, kind));
      }
    }
  });
});

describe('usage', () => {
  it('shows what was used beside what was allowed', () => {
    const usage = usageRecord(effectiveLimits('route'), { wallMs: 12.4, hostCalls: 2 });
    expect(usage).toMatchObject({
      wall_ms: { used: 12, max: 5000 },
      host_calls: { used: 2, max: 1000 },
      cpu_ms: { used: 0, max: 1000 },
    });
    expect(Object.keys(usage)).toHaveLength(9);
  });

  it('adds attempts up, but takes the largest heap and result', () => {
    const usage = usageRecord(effectiveLimits('route'), { wallMs: 10, memoryMb: 8, resultBytes: 5 });
    const smaller = usageRecord(effectiveLimits('route'), { wallMs: 10, memoryMb: 2, resultBytes: 9 });
    expect(addUsage(usage, smaller)).toMatchObject({
      wall_ms: { used: 20 },
      memory_mb: { used: 8 },
      result_bytes: { used: 9 },
    });
  });
});
