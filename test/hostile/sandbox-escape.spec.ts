import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunOutcome } from '@annex/sandbox';
import { endOf, handlersOf, openHostileHost, patientLimits, type HostileHost } from './support/hostile-host.js';

let host: HostileHost;
beforeAll(async () => {
  host = await openHostileHost();
});
afterAll(() => host.stop());

// Time enough for what ends by itself.
const limits = { ...patientLimits, cpuMs: 10_000 };

function valueOf(outcome: RunOutcome): unknown {
  if (outcome.status === 'failed') return outcome.error;
  return outcome.response === undefined ? (JSON.parse(outcome.result ?? 'null') as unknown) : outcome.response;
}

describe('there is no way out of the isolate', async () => {
  it.each(await handlersOf('escape.js'))('%s finds nothing', async (name) => {
    expect(valueOf(await host.attack('escape.js', name, { limits }))).toEqual([]);
  });
});

/** What a run may answer after it rewrote the built-ins: it may break itself, and nothing else. */
const honest: Record<string, unknown> = {
  json_stringify: { honest: true },
  promise_then: { value: 'v' },
  function_call_and_apply: { value: 'v' },
  array_iterators: { value: 'v' },
  array_index_setters: { value: 'v' },
  maps: { value: 'v' },
  strings_and_numbers: { value: 'v' },
  globals: { value: 'v' },
  catches_what_passes_by: [],
  after_all_that: { value: 'v' },
};

describe('a plugin that rewrites the built-ins breaks at most itself', async () => {
  it.each(await handlersOf('tamper.js'))('%s', async (name) => {
    const outcome = await host.attack('tamper.js', name, { tenantId: `tamper ${name}`, limits });
    if (name in honest) expect(valueOf(outcome)).toEqual(honest[name]);
    else expect(['succeeded', 'PLUGIN_ERROR']).toContain(endOf(outcome));
    expect(await host.innocentRun()).toMatchObject({ status: 'succeeded' });
    expect(host.innocentFailures).toEqual([]);
  });
});

describe('what a run leaves behind', () => {
  it('reaches neither another installation nor another tenant', async () => {
    await host.attack('state.js', 'leave_a_mark', { tenantId: 'first', limits, payload: '{"mark":"mine"}' });
    const clean = { marks: [], inherited: null };
    expect(valueOf(await host.attack('state.js', 'read_marks', { tenantId: 'second', limits }))).toEqual(clean);
    expect(
      valueOf(
        await host.attack('state.js', 'read_marks', { tenantId: 'first', limits, isolateKey: 'another installation' }),
      ),
    ).toEqual(clean);
    expect(valueOf(await host.attack('state.js', 'read_marks', { tenantId: 'first', limits }))).toEqual({
      marks: ['mine'],
      inherited: 'mine',
    });
  });

  it('puts two tenants into two processes', () => {
    const tenants = host.sandbox
      .stats()
      .executors.flatMap(({ tenantId, pid }) => (tenantId === 'first' || tenantId === 'second' ? [pid] : []));
    expect(new Set(tenants).size).toBe(2);
  });

  it('is not a working ctx', async () => {
    const tenantId = 'keeper';
    expect(endOf(await host.attack('state.js', 'keep_the_ctx', { tenantId, limits }))).toBe('succeeded');
    let calls = 0;
    const outcome = await host.attack('state.js', 'use_the_kept_ctx', {
      tenantId,
      limits,
      async hostCall() {
        calls += 1;
        return { ok: true, value: '1' };
      },
    });
    expect(valueOf(outcome)).toEqual(['RUN_ENDED', 'RUN_ENDED', 'RUN_ENDED', 'RUN_ENDED']);
    expect(calls).toBe(0);
  });

  it('is not woken by an answer that comes too late, nor by a timer', async () => {
    const tenantId = 'late';
    const over = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    // The run waits for its call until the deadline; the answer leaves when that is over, and so does the timer.
    const ended = host.attack('state.js', 'end_before_the_answer', {
      tenantId,
      async hostCall() {
        await over.promise;
        await new Promise((resolve) => setTimeout(resolve, 600));
        answered.resolve();
        return { ok: true, value: '1' };
      },
    });
    expect(valueOf(await ended)).toBe('ended');
    over.resolve();
    await answered.promise;
    expect(valueOf(await host.attack('state.js', 'look_for_late_effects', { tenantId, limits }))).toEqual({
      late: null,
      timer: null,
    });
  });
});
