import { SECOND } from '@annex/kernel';
import { retryLimits } from '@annex/limits';
import { outcomeOf } from './outcomes.js';
import type { RunKind } from '@annex/limits';

/** How often and when failed work is tried again. */
export interface RetryPolicy {
  /** All tries together, the first included; 1 means no retry. */
  maxAttempts: number;
  /** All tries together when the handler itself asks for another one with `RetryAfter`. Default: `maxAttempts`. */
  maxAskedAttempts?: number;
  /** `exponential`: the delay doubles with each attempt. `fixed`: it stays. */
  backoff: 'exponential' | 'fixed';
  /** Before the second attempt, in seconds. */
  initialDelayS: number;
  /** No delay is longer, in seconds, jitter included. */
  maxDelayS: number;
}

/**
 * What holds when a manifest says nothing. Events are delivered at least once, so a hook is tried five times over about
 * 75 seconds. A job is tried once, because nothing says that doing it twice is harmless, unless it throws `RetryAfter`,
 * which says just that; its manifest may ask for more. A poll that failed has written nothing, so it is tried again
 * before its next tick. Routes and filters have a caller who waits, and lifecycle hooks
 * an admin: they are never tried again.
 */
export const defaultRetryPolicies: Readonly<Record<RunKind, RetryPolicy>> = {
  event: { maxAttempts: 5, backoff: 'exponential', initialDelayS: 5, maxDelayS: 3600 },
  webhook: { maxAttempts: 6, backoff: 'exponential', initialDelayS: 5, maxDelayS: 3600 },
  job: { maxAttempts: 1, maxAskedAttempts: 5, backoff: 'exponential', initialDelayS: 5, maxDelayS: 3600 },
  source: { maxAttempts: 5, backoff: 'exponential', initialDelayS: 1, maxDelayS: 300 },
  route: { maxAttempts: 1, backoff: 'fixed', initialDelayS: 0, maxDelayS: 0 },
  filter: { maxAttempts: 1, backoff: 'fixed', initialDelayS: 0, maxDelayS: 0 },
  lifecycle: { maxAttempts: 1, backoff: 'fixed', initialDelayS: 0, maxDelayS: 0 },
};

/** Tries that failed by the platform's fault and are repeated without asking: about an hour and a half of trouble. */
export const platformRetryPolicy: RetryPolicy = {
  maxAttempts: 25,
  backoff: 'exponential',
  initialDelayS: 1,
  maxDelayS: 300,
};

/** A policy with the gaps of what a manifest says filled from the kind's default. */
export function retryPolicyFor(kind: RunKind, asked: Partial<RetryPolicy> | undefined): RetryPolicy {
  const { maxAskedAttempts, ...base } = defaultRetryPolicies[kind];
  const given = Object.fromEntries(
    Object.entries(asked ?? {}).filter(([, value]) => value !== undefined),
  ) as Partial<RetryPolicy>;
  // Who says how often means it, whoever asks.
  const policy: RetryPolicy = {
    ...base,
    ...(maxAskedAttempts !== undefined && given.maxAttempts === undefined && { maxAskedAttempts }),
    ...given,
  };
  return {
    ...policy,
    maxAttempts: Math.min(policy.maxAttempts, retryLimits.attempts),
    maxDelayS: Math.max(policy.maxDelayS, policy.initialDelayS),
  };
}

/** What {@link nextAttempt} decides from. */
export interface AttemptFailure {
  kind: RunKind;
  policy: RetryPolicy;
  /** Attempts that the handler itself failed, the one just failed included when it counts. */
  attempts: number;
  /** Tries that the platform failed, the one just failed included when it is one. */
  platformFailures: number;
  error: { code: string; /** For `RETRY_AFTER`: what the plugin asked for, in milliseconds. */ retryAfterMs?: number };
  /** A number in [0, 1), such as `Math.random`. */
  random: () => number;
}

/**
 * What happens after a failed attempt. `countsAsAttempt`: whether the run's `attempts` has to go up for the failure.
 */
export type NextAttempt =
  | { then: 'retry'; delayMs: number; countsAsAttempt: boolean }
  | { then: 'park' }
  | { then: 'dead'; reason: 'not_retryable' | 'attempts_spent' | 'platform_failures_spent' };

/** Whether a failure with this code goes into `attempts` (the plugin's) rather than `platformFailures`. */
export function countsAsAttempt(code: string): boolean {
  const { retry } = outcomeOf(code);
  return retry !== 'platform' && retry !== 'park';
}

/**
 * Decides what happens after a failed attempt. Somebody waits for a route, a filter and a lifecycle hook, so those
 * never retry, not even after a fault of the platform.
 */
export function nextAttempt({ kind, policy, attempts, platformFailures, error, random }: AttemptFailure): NextAttempt {
  if (kind === 'route' || kind === 'filter' || kind === 'lifecycle') return { then: 'dead', reason: 'not_retryable' };
  const { retry } = outcomeOf(error.code);
  if (retry === 'park') return { then: 'park' };
  if (retry === 'never') return { then: 'dead', reason: 'not_retryable' };
  if (retry === 'platform') {
    if (platformFailures >= platformRetryPolicy.maxAttempts) return { then: 'dead', reason: 'platform_failures_spent' };
    return { then: 'retry', delayMs: delayMs(platformRetryPolicy, platformFailures, random), countsAsAttempt: false };
  }
  const mostAttempts = retry === 'asked' ? (policy.maxAskedAttempts ?? policy.maxAttempts) : policy.maxAttempts;
  if (attempts >= mostAttempts) return { then: 'dead', reason: 'attempts_spent' };
  if (retry === 'asked' && error.retryAfterMs !== undefined && Number.isFinite(error.retryAfterMs)) {
    return {
      then: 'retry',
      delayMs: Math.round(Math.min(Math.max(error.retryAfterMs, 0), retryLimits.retryAfterMs)),
      countsAsAttempt: true,
    };
  }
  return { then: 'retry', delayMs: delayMs(policy, attempts, random), countsAsAttempt: true };
}

/**
 * Milliseconds before the attempt after `failures` failed ones: `initialDelayS`, doubled each time when exponential,
 * spread by ±20 % so that work that failed together does not come back together, and never over `maxDelayS`.
 */
export function delayMs(policy: RetryPolicy, failures: number, random: () => number): number {
  const doublings = policy.backoff === 'exponential' ? Math.min(Math.max(failures - 1, 0), 40) : 0;
  const plain = Math.min(policy.initialDelayS * SECOND * 2 ** doublings, policy.maxDelayS * SECOND);
  return Math.round(Math.min(plain * (0.8 + 0.4 * random()), policy.maxDelayS * SECOND));
}
