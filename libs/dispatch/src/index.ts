export { Dispatcher, type DispatcherOptions, type DispatcherStats } from './dispatcher.js';
export type { AttemptOutcome, AttemptPort } from './attempt.js';
export type { AttemptCounts, FailingPlugin } from './attempts.js';
export type { BulkReplay, ClaimedRun, DeadLetterFilter } from '@annex/persistence';
export {
  maxReplayedAtOnce,
  Runs,
  startJob,
  type DiscardedDeadLetters,
  type ReplayedDeadLetters,
  type ReplayedEvent,
  type RunsCaller,
  type StartedRun,
  type StartJob,
} from './runs.js';
export { jobTerms, type JobTerms } from './job.js';
export { Events, type EventFilter, type EventView } from './events.js';
export { dispatchErrors } from './errors.js';
export { trimLogs } from './sql/trim-logs.js';
