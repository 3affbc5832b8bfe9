import { storageProblem } from '@annex/host-api';
import type { Id, Json } from '@annex/kernel';
import type { UsageRecord } from '@annex/limits';
import type { AttemptOutcome, ClaimedRun } from '@annex/runs';
import type { Registration, RunOutcome } from '@annex/sandbox';
import { sourceStopPrefix } from '@annex/installations';
import type { RunEffect } from '../host-calls/run-identity.js';
import type { InstallationSnapshot } from '../snapshots/snapshot.js';
import type { RunScope } from './run-scope.js';

/** A claimed background run of an installation. */
export type AttemptRun = Pick<
  ClaimedRun,
  'id' | 'tenantId' | 'kind' | 'name' | 'ordinal' | 'payload' | 'attempt' | 'depth' | 'policy'
> & { installationId: Id<'installation'> };

/** Where a background run's handler stands among the registrations; `-1` when the active release has none. */
export function findHandler(
  snapshot: InstallationSnapshot,
  run: Pick<AttemptRun, 'kind' | 'name' | 'ordinal'>,
): number {
  const { kind, name, ordinal } = stoppedSource(run) ?? run;
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

/** A lifecycle run that tells a source to stop goes to the source's own handler. */
function stoppedSource(
  run: Pick<AttemptRun, 'kind' | 'name'>,
): { kind: 'source'; name: string; ordinal: 0 } | undefined {
  if (run.kind !== 'lifecycle' || !run.name.startsWith(sourceStopPrefix)) return undefined;
  return { kind: 'source', name: run.name.slice(sourceStopPrefix.length), ordinal: 0 };
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
      message:
        `The plugin ${snapshot.slug} is suspended: ${snapshot.statusReason ?? 'it was stopped too often'}. Enable it ` +
        'to go on.',
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
