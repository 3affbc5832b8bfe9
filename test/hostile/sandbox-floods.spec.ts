import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxLog } from '@annex/sandbox';
import { endOf, handlersOf, openHostileHost, patientLimits, type HostileHost } from './support/hostile-host.js';

let host: HostileHost;
beforeAll(async () => {
  host = await openHostileHost();
});
afterAll(() => host.stop());

const limits = { ...patientLimits, cpuMs: 20_000, memoryMb: 128 };
/** For what may need a lot of processor time, and for what waits until its deadline. */
const short = { ...limits, cpuMs: 2000 };
const soonOver = { ...short, wallMs: 6000 };
const ends: Record<string, string[]> = {
  result_flood: ['OUTPUT_LIMIT'],
  result_of_many_strings: ['OUTPUT_LIMIT', 'MEMORY_LIMIT'],
  deep_result: ['PLUGIN_ERROR', 'OUTPUT_LIMIT', 'CPU_LIMIT', 'MEMORY_LIMIT'],
  '/response_flood': ['OUTPUT_LIMIT', 'MEMORY_LIMIT'],
  '/stream_flood': ['OUTPUT_LIMIT', 'MEMORY_LIMIT', 'PLUGIN_ERROR'],
  '/binary_flood': ['OUTPUT_LIMIT', 'MEMORY_LIMIT'],
  '/header_flood': ['OUTPUT_LIMIT'],
  log_flood: ['LOG_LIMIT'],
  caught_log_flood: ['LOG_LIMIT'],
  one_giant_log_line: ['LOG_LIMIT'],
  giant_log_fields: ['LOG_LIMIT'],
  host_call_flood: ['succeeded'],
  giant_host_call: ['succeeded', 'MEMORY_LIMIT'],
  timer_flood: ['succeeded'],
  timers_set_and_cleared: ['PLUGIN_ERROR'],
  interval_that_never_ends: ['TIMEOUT', 'CPU_LIMIT'],
  unhandled_rejections: ['succeeded'],
  crypto_flood: ['succeeded', 'CPU_LIMIT'],
};

describe('a flood ends at its limit', async () => {
  it.each(await handlersOf('floods.js'))('%s', async (name) => {
    const possible = ends[name] ?? [];
    const own = possible.includes('TIMEOUT') ? soonOver : possible.includes('CPU_LIMIT') ? short : limits;
    const outcome = await host.attack('floods.js', name, { limits: own });
    expect(possible, `a row for ${name}`).toContain(endOf(outcome));
    expect(await host.innocentRun()).toMatchObject({ status: 'succeeded' });
    expect(host.innocentFailures).toEqual([]);
  });

  it('passes on no more log lines than the limit', async () => {
    const lines: SandboxLog[] = [];
    await host.attack('floods.js', 'caught_log_flood', { limits, log: (line) => lines.push(line) });
    expect(lines.length).toBe(limits.logLines);
  });

  it('passes on no more host calls than the limit, and no more at once', async () => {
    let calls = 0;
    let underWay = 0;
    let most = 0;
    await host.attack('floods.js', 'host_call_flood', {
      limits,
      async hostCall() {
        calls += 1;
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise((resolve) => setImmediate(resolve));
        underWay -= 1;
        return { ok: true, value: '1' };
      },
    });
    expect(calls).toBe(limits.hostCalls);
    expect(most).toBeLessThanOrEqual(limits.hostCallsAtOnce);
  });

  it('refuses the runs of a tenant beyond its share as OVERLOADED', async () => {
    const small = await openHostileHost({ maxRunsPerTenant: 4 });
    try {
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, () => small.attack('loops.js', 'promise_that_never_settles', { limits: soonOver })),
      );
      expect(outcomes.map(endOf).sort()).toEqual([
        ...Array<string>(4).fill('OVERLOADED'),
        ...Array<string>(4).fill('TIMEOUT'),
      ]);
      expect(await small.innocentRun()).toMatchObject({ status: 'succeeded' });
    } finally {
      await small.stop();
    }
  });
});
