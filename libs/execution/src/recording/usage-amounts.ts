/** What runs add to the counts of their installation's day, under the names of `GET /api/usage`. */
import type { RunKind, UsageRecord } from '@annex/limits';
import type { CallTotals, RunStatus } from '@annex/runs';

/** What to add to an installation's counts of the day. */
export type UsageAmounts = Record<string, number>;

/** Names of the counts by kind. */
const runsOf: Record<RunKind, string> = {
  route: 'route_runs',
  event: 'event_runs',
  job: 'job_runs',
  webhook: 'webhook_runs',
  filter: 'filter_runs',
  lifecycle: 'lifecycle_runs',
  source: 'source_runs',
};

/** Of a run that has ended, however many attempts it took. */
export function runAmounts(kind: RunKind, status: RunStatus): UsageAmounts {
  return { runs: 1, [runsOf[kind]]: 1, failed_runs: status === 'failed' ? 1 : 0 };
}

/** Seconds up to which handlings of events are counted together. */
export const handlingBucketsS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];

/**
 * What `GET /api/metrics` counts of a run that has ended. The names hold a slash, which those of `GET /api/usage` do
 * not, and what the package declares, so that there are only so many.
 */
export function seriesOfRun(kind: RunKind, name: string, status: RunStatus): UsageAmounts {
  if (kind === 'event') return { [`event/${name}`]: 1 };
  if (kind === 'job' || kind === 'webhook' || kind === 'source') return { [`${kind}/${status}/${name}`]: 1 };
  return {};
}

/** What `GET /api/metrics` counts of an attempt. `code`: of its error, if it failed. */
export function seriesOfAttempt(kind: RunKind, wallMs: number, code: string | undefined): UsageAmounts {
  const bucket = handlingBucketsS.find((seconds) => wallMs <= seconds * 1000);
  return {
    ...(code !== undefined && { [`error/${code}`]: 1 }),
    ...(kind === 'event' && { 'handled/sum_ms': wallMs, [`handled/le/${bucket ?? '+Inf'}`]: 1 }),
    ...(kind === 'job' && { 'jobs/sum_ms': wallMs, 'jobs/count': 1 }),
  };
}

/** Of one attempt. */
export function attemptAmounts(used: UsageRecord): UsageAmounts {
  return {
    attempts: 1,
    wall_ms: used.wall_ms.used,
    cpu_ms: used.cpu_ms.used,
    host_calls: used.host_calls.used,
    http_calls: used.http_calls.used,
    emits: used.emits.used,
    log_lines: used.log_lines.used,
  };
}

/** Of many plain calls: the sum of both of the above. */
export function callAmounts({ runs, wallMs, cpuMs }: Omit<CallTotals, 'day' | 'installationId'>): UsageAmounts {
  return {
    runs,
    [runsOf.route]: runs,
    failed_runs: 0,
    attempts: runs,
    wall_ms: wallMs,
    cpu_ms: cpuMs,
    host_calls: 0,
    http_calls: 0,
    emits: 0,
    log_lines: 0,
  };
}
