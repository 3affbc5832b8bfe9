/** What a plugin's `health` handler says, and what follows from it. Pure. */
import { isJsonObject, type Json } from '@annex/kernel';
import { healthLimits } from '@annex/limits';
import type { CheckedStatus, CheckError, PluginCheckRow } from './rows/plugin-check-row.js';

/**
 * What one check said. `healthy`: the handler answered. `degraded`, `unhealthy`: it answered an object with that
 * `status`, and `reason` where it gave one. `unhealthy` also: it threw, or was ended by a limit.
 */
export interface HealthSaid {
  status: 'healthy' | 'degraded' | 'unhealthy';
  /** `null` of a healthy one. */
  error: CheckError | null;
}

/** Reads the answer of a `health` handler that did not throw. */
export function readHealth(result: Json | undefined): HealthSaid {
  const status = isJsonObject(result) ? result['status'] : undefined;
  if (status !== 'degraded' && status !== 'unhealthy') return { status: 'healthy', error: null };
  const reason = isJsonObject(result) && typeof result['reason'] === 'string' ? result['reason'] : '';
  const message = reason.slice(0, healthLimits.reasonChars) || `The health handler answered the status ${status}.`;
  return { status, error: { code: status === 'degraded' ? 'DEGRADED' : 'UNHEALTHY', message } };
}

/** What of a row a check changes. */
export type Checked = Pick<PluginCheckRow, 'status' | 'failures' | 'since' | 'checkedAt' | 'lastError' | 'nextAt'>;

/** What a check changes, and whether people are to be told. */
export interface CheckVerdict {
  row: Checked;
  /** The plugin became unhealthy, or was and is not any more. */
  turn: 'unhealthy' | 'recovered' | undefined;
  /** Its next check begins in a fresh isolate: it is unhealthy, and what it keeps in memory may be why. */
  dropsIsolates: boolean;
}

/**
 * Judges a check that ended at `at`. Three that failed in a row make a plugin unhealthy; one that did not makes it
 * healthy (or degraded) again. An unhealthy one is asked again after twice the time, and twice that, up to
 * {@link healthLimits}`.longestPauseS` or its own interval, whichever is longer.
 */
export function judgeCheck(
  before: Pick<PluginCheckRow, 'status' | 'failures' | 'since' | 'intervalS'>,
  said: HealthSaid,
  at: Date,
): CheckVerdict {
  const failures = said.status === 'unhealthy' ? before.failures + 1 : 0;
  const isUnhealthy = failures >= healthLimits.unhealthyAfter;
  const status: CheckedStatus = said.status === 'unhealthy' ? (isUnhealthy ? 'unhealthy' : before.status) : said.status;
  const pauseS = isUnhealthy ? backoffS(before.intervalS, failures - healthLimits.unhealthyAfter) : before.intervalS;
  const turn =
    before.status === status
      ? undefined
      : status === 'unhealthy'
        ? 'unhealthy'
        : before.status === 'unhealthy'
          ? 'recovered'
          : undefined;
  return {
    row: {
      status,
      failures,
      since: status === before.status ? before.since : at,
      checkedAt: at,
      lastError: said.error,
      nextAt: new Date(at.getTime() + pauseS * 1000),
    },
    turn,
    dropsIsolates: isUnhealthy,
  };
}

function backoffS(intervalS: number, times: number): number {
  return Math.min(intervalS * 2 ** Math.min(times, 20), Math.max(intervalS, healthLimits.longestPauseS));
}
