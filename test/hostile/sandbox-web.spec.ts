import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endOf, handlersOf, hostileLimits, openHostileHost, type HostileHost } from './support/hostile-host.js';

let host: HostileHost;
beforeAll(async () => {
  host = await openHostileHost({ executorRssMb: 400 });
});
afterAll(() => host.stop());

const limits = { ...hostileLimits, wallMs: 5000, cpuMs: 2500 };
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

describe('a web global, whatever it is called with', async () => {
  it.each(await handlersOf('web.js'))('%s', async (name) => {
    const outcome = await host.attack('web.js', name, { limits, tenantId: `web ${name}` });
    expect(named).toContain(endOf(outcome));
    expect(await host.innocentRun()).toMatchObject({ status: 'succeeded' });
    expect(host.innocentFailures).toEqual([]);
  });
});

describe('a hostile argument that is only odd', () => {
  it.each([
    'nothing',
    'null',
    'symbols',
    'bigints',
    'throwing_getters',
    'detached_buffers',
    'objects_without_prototype',
    'strings',
    'cyclic',
  ])('ends in an error that the plugin can catch, each of many hundred times: %s', async (name) => {
    const outcome = await host.attack('web.js', name, {
      limits: { ...limits, wallMs: 20_000, cpuMs: 15_000 },
      tenantId: 'odd',
    });
    expect(outcome).toMatchObject({ status: 'succeeded' });
    expect(Number('result' in outcome ? outcome.result : 0)).toBeGreaterThan(1000);
  });
});
