export type { AttemptOutcome, AttemptPort } from './attempt-port.js';
export { Attempts, type AttemptCounts, type Claim } from './attempts.js';
export type { FailingPlugin } from './ends.js';
export { Runs, type ReplayedDeadLetters, type ReplayedEvent } from './runs.js';
export type { RunsCaller } from './runs-caller.js';
export { jobTerms } from './job-terms.js';
export { Events } from './events.js';
export { poll, readPlace, writePlace } from './poll.js';
export { findOpenRuns, readRunsAfter, runsFromNow, type FollowedRuns, type RunPlace } from './sql/follow-runs.js';
export { writingMs } from './sql/settled.js';
export { hasEnded, runStatuses, type RunStatus } from './run-status.js';
export { countsAgainstPlugin, isOutcomeCode, outcomeErrors, outcomeOf } from './outcomes.js';
export { nextAttempt, retryPolicyFor, type NextAttempt, type RetryPolicy } from './retry.js';
export { emitEvent, type EmitEvent, type NewEvent } from './sql/emit-event.js';
export { enqueueRun, ensureRoom, insertQueued, wakeRelays, type NewRun, type RunPolicy } from './sql/enqueue-run.js';
export { PlainCalls, plainUntilMs, runsOf, type CallTotals, type PlainCall, type RunChunk } from './plain-calls.js';
export { endOfPage, openedFor } from './sql/every-run.js';
export { recordChunks } from './sql/record-chunks.js';
export { recordRuns, type FinishedRun } from './sql/record-runs.js';
export { findRun, listRuns, tenantLoad, type StoredRun } from './sql/read-runs.js';
export {
  countRuns,
  runMetrics,
  seriesKeys,
  timeRuns,
  type RunMetrics,
  type Series,
  type SeriesKey,
} from './sql/run-numbers.js';
export { readRunStory, type EventMention, type RunMention, type RunStory } from './sql/run-story.js';
export { readQueueByTenant, readSlots, type TenantQueue } from './sql/queue-by-tenant.js';
export { removeWorker, reportWorker } from './sql/workers.js';
export {
  claimSettings,
  listDueTenants,
  type ClaimedRun,
  type DueAnswer,
  type DueAsk,
  type DueTenant,
} from './sql/claim-due.js';
export { expireLeases, takeBackHandedOver } from './sql/reconcile.js';
export {
  cancelJobRuns,
  countJobRuns,
  lockJob,
  unparkEnabled,
  unparkJob,
  unparkOverlaps,
  takePlaceInTurn,
  tellParked,
} from './sql/overlap.js';
export {
  hasOpenLifecycleRun,
  latestLifecycleRun,
  openLifecycleRuns,
  withoutOpenLifecycleRun,
  type LatestLifecycleRun,
} from './sql/lifecycle-runs.js';
export { cancelRun } from './sql/cancel-run.js';
export { supersedeUnbegun } from './sql/supersede-unbegun.js';
export { lockRunForReplay, markReplayed, type DeadLetterFilter } from './sql/replay.js';
export { readStandings, type RunStanding } from './sql/run-standings.js';
export { recordSkippedStretch, recordSkippedTicks } from './sql/record-skipped-ticks.js';
export { endAlert, listDueStates, settleState, untilNextStateMs, type DueState } from './sql/due-states.js';
export { alertColumns, alertFrom, type AlertRow, type RawAlert } from './sql/alert-states.js';
export { makeResolvedEvent } from './sql/resolved-event.js';
export { listActiveMappings } from './sql/mapping-rules.js';
export { mappedCounts, type MappedCounts } from './mapped-counts.js';
export { readBacklog, type Backlog } from './sql/backlog.js';
export { listDueBulkReplays, type BulkReplay } from './sql/bulk-replay.js';
export { wakeQuotaWaiters } from './sql/wake-quota-waiters.js';
export { unparkEndpoints } from './sql/endpoint-turns.js';
export { discardLettersOfUninstalled, endRunsOfUninstalled } from './sql/uninstalled-runs.js';
export { ofLivingTenant } from './sql/living-tenants.js';
export { startJob, type StartedRun } from './start-job.js';
export { bulkPortion, postponeBulk } from './bulk-portion.js';
export { RunBatches } from './run-batches.js';
export {
  batchActions,
  type BatchAction,
  type BatchExtent,
  type BatchFilter,
  type RunBatch,
} from './sql/run-batches.js';
export { DeadLetterReplayRow } from './rows/dead-letter-replay-row.js';
export { CorrelationStateRow } from './rows/correlation-state-row.js';
export { EventRow } from './rows/event-row.js';
export { EventStateRow } from './rows/event-state-row.js';
export { MappingHeadRow } from './rows/mapping-head-row.js';
export { MappingRow } from './rows/mapping-row.js';
export { RunChunkRow } from './rows/run-chunk-row.js';
export { RunRow } from './rows/run-row.js';
export { WorkerRow } from './rows/worker-row.js';
export { isDeadLetterSql } from './sql/dead-letters.js';
export { firstUuidOf } from './id-times.js';
export { cancelUnderWay } from './sql/cancel-run.js';
