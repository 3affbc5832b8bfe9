import { SECOND } from '@annex/kernel';

/** What operators see of the platform. */
export const operationsLimits = {
  /** How often each process tells what it does. */
  reportEveryMs: 5 * SECOND,
  /** A process that told nothing for so long counts as silent. */
  silentMs: 20 * SECOND,
  /** Executors of one process that it tells of. */
  reportedExecutors: 200,
  /** Tenants of which the queue is told, those with most due runs first. */
  queueTenants: 100,
  /** How long what was read of the queue answers again: every look counts what waits. */
  queueAgeMs: 2 * SECOND,
  /** The longest that one look of the doctor takes; then the look itself is the fault. */
  doctorLookMs: 5 * SECOND,
  /** What the doctor tells at most. */
  doctorFindings: 60,
  /** How long what the doctor found answers again. */
  doctorAgeMs: 2 * SECOND,
} as const;
