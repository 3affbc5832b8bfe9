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
};

/** Of a run that has ended, however many attempts it took. */
export function runAmounts(kind: RunKind, status: RunStatus): UsageAmounts {
  return { runs: 1, [runsOf[kind]]: 1, failed_runs: status === 'failed' ? 1 : 0 };
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
