import { storageProblem } from '@annex/host-api';
import type { Id, Json } from '@annex/kernel';
import type { UsageRecord } from '@annex/limits';
import type { TenantTransaction } from '@annex/database';
import type { Registration, RunOutcome } from '@annex/sandbox';
import type { RunEffect } from '../host-calls/run-identity.js';
import type { InstallationSnapshot } from '../snapshots/snapshot.js';
import type { RunScope } from './run-scope.js';

/** A claimed background run, as dispatch hands it over. */
export interface AttemptRun {
  id: Id<'run'>;
  tenantId: Id<'tenant'>;
  installationId: Id<'installation'>;
  kind: 'event' | 'job' | 'webhook' | 'lifecycle';
  /** The event pattern, job or lifecycle hook, as the plugin registered it. */
  name: string;
  /** Which of several handlers with the same kind and name, from 0. */
  ordinal: number;
  /** The handler's second argument; `undefined`: none. */
  payload: Json | undefined;
  /** From 1. */
  attempt: number;
  depth: number;
  policy: { timeoutMs?: number };
}

/** How an attempt ended. `release`: the version that ran, `null` when none did. */
export type AttemptOutcome = { limits: Json; release: string | null } & (
  | {
      status: 'succeeded';
      result: Json | undefined;
      /**
       * Carries out what the run did to the tenant's data (events emitted, jobs started). To be called once, in the
       * transaction that ends the run well; when it throws, the transaction must not commit and the attempt has failed
       * with what it threw.
       */
      commit?: (tx: TenantTransaction) => Promise<void>;
    }
  | { status: 'failed'; error: { code: string; message: string }; retryAfterMs?: number }
  | { status: 'cancelled' }
);

/** Where a background run's handler stands among the registrations; `-1` when the active release has none. */
export function findHandler(
  snapshot: InstallationSnapshot,
  { kind, name, ordinal }: Pick<AttemptRun, 'kind' | 'name' | 'ordinal'>,
): number {
  const wanted: Registration['kind'] | undefined = kind === 'webhook' ? undefined : kind;
  let seen = 0;
  for (let index = 0; index < snapshot.registrations.length; index += 1) {
    const registration = snapshot.registrations[index];
    if (
      registration === undefined ||
      registration.kind !== wanted ||
      !('name' in registration) ||
      registration.name !== name
    )
      continue;
    if (seen === ordinal) return index;
    seen += 1;
  }
  return -1;
}

/** Why an installation may not run something now, as the outcome of an attempt; `undefined` when it may. */
export function whyNot(
  snapshot: InstallationSnapshot | undefined,
  kind: AttemptRun['kind'],
): { code: string; message: string } | undefined {
  if (!snapshot) return { code: 'PLUGIN_DISABLED', message: 'The plugin was uninstalled.' };
  if (snapshot.status === 'suspended') {
    return {
      code: 'PLUGIN_SUSPENDED',
      message: `The plugin ${snapshot.slug} is suspended: ${snapshot.statusReason ?? 'it was stopped too often'}. Enable it to go on.`,
    };
  }
  // Hooks such as onShutdown run while a plugin is being switched off.
  if (snapshot.status === 'enabled' || kind === 'lifecycle') return undefined;
  return { code: 'PLUGIN_DISABLED', message: `The plugin ${snapshot.slug} is ${snapshot.status}. Enable it to go on.` };
}

/**
 * How an attempt ended, its result and error masked; a result that cannot be kept fails it. Its effects wait in
 * `commit`.
 */
export function attemptOutcome(scope: RunScope, outcome: RunOutcome, limits: UsageRecord): AttemptOutcome {
  const common = {
    limits: Object.fromEntries(Object.entries(limits).map(([name, { used, max }]) => [name, { used, max }])),
    release: scope.snapshot.version,
  };
  if (outcome.status === 'failed') {
    const error = scope.explain(outcome.error);
    if (error.code === 'CANCELLED') return { ...common, status: 'cancelled' };
    const { retryAfterMs } = outcome.error;
    return { ...common, status: 'failed', error, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  }
  const text = outcome.response === undefined ? outcome.result : undefined;
  let result: Json | undefined;
  if (text !== undefined) {
    result = JSON.parse(text) as Json;
    const problem = storageProblem(result);
    if (problem?.startsWith('nested'))
      return {
        ...common,
        status: 'failed',
        error: {
          code: 'OUTPUT_LIMIT',
          message: `The result is ${problem}, so it cannot be kept. Answer something flatter.`,
        },
      };
    result = scope.mask(result, 'The result');
  }
  const effects = scope.effects;
  return {
    ...common,
    status: 'succeeded',
    result,
    ...(effects && effects.length > 0 && { commit: commitAll(effects) }),
  };
}

function commitAll(effects: readonly RunEffect[]): RunEffect {
  return async (tx) => {
    for (const effect of effects) await effect(tx);
  };
}
