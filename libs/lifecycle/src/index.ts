export { hasEnded, runStatuses, type RunStatus } from './run-status.js';
export { countsAgainstPlugin, outcomeErrors, outcomeOf } from './outcomes.js';
export {
  countsAsAttempt,
  failureLimits,
  killSuspension,
  maxClaims,
  nextAttempt,
  retryPolicyFor,
  type NextAttempt,
  type RetryPolicy,
} from './retry.js';
