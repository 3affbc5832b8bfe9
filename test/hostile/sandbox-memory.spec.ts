import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  endOf,
  handlersOf,
  hostileLimits,
  openHostileHost,
  patientLimits,
  type HostileHost,
} from './support/hostile-host.js';

let host: HostileHost;
beforeAll(async () => {
  host = await openHostileHost({ executorRssMb: 300 });
});
afterAll(() => host.stop());

// Time enough to fill the memory; a bomb that is too slow for its time limit is ended by that.
const limits = { ...hostileLimits, wallMs: 8000, cpuMs: 5000 };

describe('memory is limited, whatever it is made of', async () => {
  it.each(await handlersOf('memory.js'))('%s', async (name) => {
    const outcome = await host.attack('memory.js', name, { limits });
    expect(['MEMORY_LIMIT', 'CPU_LIMIT', 'TIMEOUT', 'PLUGIN_ERROR', 'OUTPUT_LIMIT']).toContain(endOf(outcome));
    expect(await host.innocentRun()).toMatchObject({ status: 'succeeded' });
    expect(host.innocentFailures).toEqual([]);
  });
});

describe('an isolate that reached its heap limit', () => {
  it('is thrown away, so that the next run starts afresh', async () => {
    const over = { tenantId: 'afresh', limits: { ...patientLimits, cpuMs: 60_000 } };
    expect(endOf(await host.attack('memory.js', 'arrays', over))).toBe('MEMORY_LIMIT');
    expect(endOf(await host.attack('memory.js', 'deep_recursion', over))).toBe('PLUGIN_ERROR');
    expect(endOf(await host.attack('innocent.js', 'ping', over))).toBe('succeeded');
  });
});
