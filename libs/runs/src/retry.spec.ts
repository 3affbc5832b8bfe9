import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomeCodes } from './outcomes.js';
import {
  countsAsAttempt,
  defaultRetryPolicies,
  delayMs,
  nextAttempt,
  platformRetryPolicy,
  retryPolicyFor,
  type AttemptFailure,
} from './retry.js';
import { retryLimits, runKinds } from '@annex/limits';

const middle = (): number => 0.5;
const failure = (over: Partial<AttemptFailure>): AttemptFailure => ({
  kind: 'event',
  policy: defaultRetryPolicies.event,
  attempts: 1,
  platformFailures: 0,
  error: { code: 'PLUGIN_ERROR' },
  random: middle,
  ...over,
});

describe('retries', () => {
  it('double the delay up to its cap', () => {
    const policy = { maxAttempts: 9, backoff: 'exponential', initialDelayS: 5, maxDelayS: 60 } as const;
    expect([1, 2, 3, 4, 5, 6].map((failures) => delayMs(policy, failures, middle))).toEqual([
      5000, 10_000, 20_000, 40_000, 60_000, 60_000,
    ]);
    expect([1, 2, 3].map((failures) => delayMs({ ...policy, backoff: 'fixed' }, failures, middle))).toEqual([
      5000, 5000, 5000,
    ]);
  });

  it('are spread by a fifth either way and never pass the cap', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, random) => {
          const delay = delayMs(defaultRetryPolicies.event, failures, () => random);
          const plain = Math.min(5000 * 2 ** (failures - 1), 3_600_000);
          return delay >= Math.floor(plain * 0.8) && delay <= Math.min(Math.ceil(plain * 1.2), 3_600_000);
        },
      ),
    );
  });

  it('end when the attempts of the policy are spent', () => {
    expect(nextAttempt(failure({ attempts: 4 }))).toEqual({ then: 'retry', delayMs: 40_000, countsAsAttempt: true });
    expect(nextAttempt(failure({ attempts: 5 }))).toEqual({ then: 'dead', reason: 'attempts_spent' });
  });

  it('by the platform’s fault do not use up the plugin’s attempts and have a cap of their own', () => {
    const lost = { error: { code: 'EXECUTOR_LOST' }, attempts: 5 };
    expect(nextAttempt(failure({ ...lost, platformFailures: 1 }))).toEqual({
      then: 'retry',
      delayMs: 1000,
      countsAsAttempt: false,
    });
    expect(nextAttempt(failure({ ...lost, platformFailures: platformRetryPolicy.maxAttempts }))).toEqual({
      then: 'dead',
      reason: 'platform_failures_spent',
    });
  });

  it('of a job come when it asks for them, although its manifest asks for none, unless it says how many', () => {
    const job = (attempts: number, asked?: { maxAttempts?: number; backoff?: 'fixed' }) =>
      nextAttempt(
        failure({
          kind: 'job',
          policy: retryPolicyFor('job', asked),
          attempts,
          error: { code: 'RETRY_AFTER', retryAfterMs: 7 },
        }),
      );
    expect(job(1)).toEqual({ then: 'retry', delayMs: 7, countsAsAttempt: true });
    expect(job(4, { backoff: 'fixed' })).toMatchObject({ then: 'retry' });
    expect(job(5)).toEqual({ then: 'dead', reason: 'attempts_spent' });
    expect(job(1, { maxAttempts: 1 })).toEqual({ then: 'dead', reason: 'attempts_spent' });
    expect(job(2, { maxAttempts: 3 })).toMatchObject({ then: 'retry' });
    expect(
      nextAttempt(
        failure({
          kind: 'job',
          policy: retryPolicyFor('job', undefined),
          attempts: 1,
          error: { code: 'PLUGIN_ERROR' },
        }),
      ),
    ).toEqual({ then: 'dead', reason: 'attempts_spent' });
  });

  it('come when the plugin asked for, within a day, and count', () => {
    const asked = (retryAfterMs?: number) => nextAttempt(failure({ error: { code: 'RETRY_AFTER', retryAfterMs } }));
    expect(asked(1234)).toEqual({ then: 'retry', delayMs: 1234, countsAsAttempt: true });
    expect(asked(-5)).toMatchObject({ delayMs: 0 });
    expect(asked(1e15)).toMatchObject({ delayMs: retryLimits.retryAfterMs });
    expect(asked(Number.NaN)).toMatchObject({ delayMs: 5000 });
    expect(asked()).toMatchObject({ delayMs: 5000 });
    expect(nextAttempt(failure({ attempts: 5, error: { code: 'RETRY_AFTER', retryAfterMs: 1 } }))).toMatchObject({
      then: 'dead',
    });
  });

  it('never follow what would fail again, and park what waits for its plugin', () => {
    for (const code of ['NON_RETRYABLE', 'EMIT_DEPTH', 'OUTPUT_LIMIT', 'CANCELLED', 'PERMISSION_DENIED']) {
      expect(nextAttempt(failure({ error: { code } })), code).toEqual({ then: 'dead', reason: 'not_retryable' });
    }
    expect(nextAttempt(failure({ error: { code: 'PLUGIN_DISABLED' } }))).toEqual({ then: 'park' });
  });

  it('never happen while somebody waits for the answer', () => {
    for (const kind of ['route', 'filter', 'lifecycle'] as const) {
      for (const code of outcomeCodes)
        expect(nextAttempt(failure({ kind, error: { code } })), `${kind} ${code}`).toMatchObject({ then: 'dead' });
    }
  });

  it('come to an end for every code, however it fails', () => {
    for (const code of outcomeCodes) {
      let [attempts, platformFailures, steps] = [0, 0, 0];
      for (; ; steps += 1) {
        if (countsAsAttempt(code)) attempts += 1;
        else platformFailures += 1;
        const next = nextAttempt(failure({ attempts, platformFailures, error: { code } }));
        if (next.then !== 'retry') break;
        expect(next.countsAsAttempt, code).toBe(countsAsAttempt(code));
        expect(steps, code).toBeLessThan(100);
      }
    }
  });

  it('fill the gaps of a manifest’s policy from its kind', () => {
    expect(retryPolicyFor('job', { maxAttempts: 3, backoff: undefined })).toEqual({
      maxAttempts: 3,
      backoff: 'exponential',
      initialDelayS: 5,
      maxDelayS: 3600,
    });
    expect(retryPolicyFor('job', { maxAttempts: 999, initialDelayS: 9999 })).toMatchObject({
      maxAttempts: 20,
      maxDelayS: 9999,
    });
    for (const kind of runKinds) expect(retryPolicyFor(kind, undefined)).toEqual(defaultRetryPolicies[kind]);
  });
});
