import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endOf, handlersOf, hostileLimits, openHostileHost, type HostileHost } from './support/hostile-host.js';

let host: HostileHost;
beforeAll(async () => {
  host = await openHostileHost({ executorRssMb: 400 });
});
afterAll(() => host.stop());

const limits = { ...hostileLimits, wallMs: 3000, cpuMs: 1500 };
const named = [
  'succeeded',
  'PLUGIN_ERROR',
  'TIMEOUT',
  'CPU_LIMIT',
  'MEMORY_LIMIT',
  'OUTPUT_LIMIT',
  'LOG_LIMIT',
  'RATE_LIMITED',
];

describe('an answer, a promise to wait for, or work outside of the isolate, made to trick the platform', async () => {
  it.each(await handlersOf('answers.js'))('ends in a way that has a name, and harms nobody: %s', async (name) => {
    const outcome = await host.attack('answers.js', name, { limits, tenantId: `answers ${name}` });
    expect(named).toContain(endOf(outcome));
    expect(await host.innocentRun()).toMatchObject({ status: 'succeeded' });
    expect(host.innocentFailures).toEqual([]);
  });
});

describe('what costs the platform time', () => {
  it.each([
    ['crypto_flood', 'CPU_LIMIT'],
    ['crypto_algorithm_getters', 'CPU_LIMIT'],
    ['answer_getter_second_time', 'CPU_LIMIT'],
    ['wait_thenable_loops', 'CPU_LIMIT'],
    ['wait_chain', 'CPU_LIMIT'],
  ])('%s ends as %s', async (name, code) => {
    const outcome = await host.attack('answers.js', name, {
      limits: { ...limits, wallMs: 30_000, cpuMs: 300 },
      tenantId: `again ${name}`,
    });
    expect(endOf(outcome)).toBe(code);
  });
});
