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
  host = await openHostileHost();
});
afterAll(() => host.stop());

/** How each program of plugins/loops.js ends that does not end by force, at its limit of processor time. */
const otherEnds: Record<string, string> = {
  prepare_stack_trace_loops: 'PLUGIN_ERROR',
  awaits_a_call_that_is_never_answered: 'TIMEOUT',
  promise_that_never_settles: 'TIMEOUT',
  thenable_that_never_settles: 'TIMEOUT',
  ignores_its_signal: 'TIMEOUT',
  '/response_stream_that_never_ends': 'TIMEOUT',
  '/status_that_loops': 'succeeded',
  '/trusted': 'succeeded',
};

describe('a program that never ends is ended, by its name', async () => {
  it.each(await handlersOf('loops.js'))('%s', async (name) => {
    const end = otherEnds[name] ?? 'CPU_LIMIT';
    const limits = end === 'TIMEOUT' ? hostileLimits : patientLimits;
    expect(endOf(await host.attack('loops.js', name, { limits }))).toBe(end);
    expect(await host.innocentRun()).toMatchObject({ status: 'succeeded' });
    expect(host.innocentFailures).toEqual([]);
  });

  it.each(await handlersOf('uninterruptible.js'))('%s, which V8 cannot interrupt', async (name) => {
    const outcome = await host.attack('uninterruptible.js', name, { limits: patientLimits });
    expect(['CPU_LIMIT', 'MEMORY_LIMIT', 'PLUGIN_ERROR']).toContain(endOf(outcome));
    expect(await host.innocentRun()).toMatchObject({ status: 'succeeded' });
    expect(host.innocentFailures).toEqual([]);
  });
});

describe('what follows when a run is ended by force', () => {
  it('bills the installation that did it, not its neighbours', async () => {
    const before = host.kills.length;
    await host.attack('uninterruptible.js', 'index_of_a_long_array_like', {
      tenantId: 'billed',
      limits: patientLimits,
    });
    expect(host.kills.slice(before)).toMatchObject([
      { tenantId: 'billed', installationId: 'installation of billed', reason: 'unresponsive' },
    ]);
  });

  it('loses only runs of the same tenant, as EXECUTOR_LOST, and the next call works', async () => {
    const tenantId = 'shared_executor';
    await host.attack('innocent.js', 'ping', { tenantId, limits: patientLimits });
    const waiting = host.attack('loops.js', 'awaits_a_call_that_is_never_answered', {
      tenantId,
      limits: patientLimits,
    });
    const outcome = await host.attack('uninterruptible.js', 'index_of_a_long_array_like', {
      tenantId,
      limits: patientLimits,
    });
    expect(endOf(outcome)).toBe('CPU_LIMIT');
    expect(endOf(await waiting)).toBe('EXECUTOR_LOST');
    expect(endOf(await host.attack('innocent.js', 'ping', { tenantId, limits: patientLimits }))).toBe('succeeded');
    expect(host.innocentFailures).toEqual([]);
  });

  it('lets the other runs of the tenant go on when the isolate could be stopped', async () => {
    const tenantId = 'two_plugins';
    const [loop, ping] = await Promise.all([
      host.attack('loops.js', 'infinite_loop', { tenantId, limits: patientLimits }),
      host.attack('innocent.js', 'ping', { tenantId, limits: patientLimits }),
    ]);
    expect(endOf(loop)).toBe('CPU_LIMIT');
    expect(endOf(ping)).toBe('succeeded');
  });

  it.each(['loop', 'index_of', 'unhandled'])(
    'is the same for a handler that was quick twenty times before: %s',
    async (mode) => {
      const tenantId = `trusted until ${mode}`;
      const limits = patientLimits;
      const request = { method: 'GET', url: 'http://localhost/', headers: [], params: {}, query: {}, body: null };
      for (let run = 0; run < 20; run += 1)
        expect(endOf(await host.attack('loops.js', '/trusted', { tenantId, request, limits }))).toBe('succeeded');
      const last = host.attack('loops.js', '/trusted', { tenantId, request: { ...request, query: { mode } }, limits });
      expect(endOf(await last)).toBe('CPU_LIMIT');
      expect(host.innocentFailures).toEqual([]);
    },
  );

  it('cancels a run that ignores its signal', async () => {
    const controller = new AbortController();
    const run = host.attack('loops.js', 'ignores_its_signal', {
      signal: controller.signal,
      limits: patientLimits,
    });
    await host.innocentRun();
    controller.abort();
    expect(endOf(await run)).toBe('CANCELLED');
  });
});
