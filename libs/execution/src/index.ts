export { askHealth, healthSaid } from './ask-health.js';
export { atDepth } from './cause.js';
export { Execution, sandboxHostMethods, type ExecutionOptions, type RouteCall, type RouteEnding } from './execution.js';
export { type FilterAnswer, type FilterCall, type FilterStep } from './filters/filter-chain.js';
export { InstallationSnapshots } from './snapshots/installation-snapshots.js';
export type { InstallationSnapshot, SnapshotLimits, SnapshotRoute } from './snapshots/snapshot.js';
export { type AttemptRun } from './running/run-attempt.js';
export {
  pollOutcome,
  type SourceCall,
  type SourceEnding,
  type SourceRunsPort,
  type SourceStart,
  type SourceTakes,
} from './running/source-runs.js';
export type { CreateMasker, EgressPort, JobStart, LlmPort, Masker, SecretsPort, StartJob } from './host-calls/ports.js';
export { RunReader, type LogQuery, type MetricsView, type RunQuery, type UsageView } from './reading/run-reader.js';
export { LogTail } from './reading/log-tail.js';
export { logView, runView, type LogView, type RunView } from './reading/views.js';
export { executionErrors } from './errors.js';
// What @annex/sdk/testing joins over memory instead of a database, so that a plugin meets the same rules there as here.
export { attemptOutcome } from './running/run-attempt.js';
export { StackMaps } from './running/stack-map.js';
export { RunScope, type RunStart, type ScopeParts } from './running/run-scope.js';
export { SecretMasks } from './masking/secret-masks.js';
export { flowHandlers, type FlowOptions } from './host-calls/flow.js';
export { emailHandlers, type EmailOptions, type MailPort } from './host-calls/email.js';
export { templateHandlers, type LoadTemplates, type TemplatesPort } from './host-calls/templates.js';
export { fileHandlers, type FilesPort } from './host-calls/files.js';
export { llmHandlers, type LlmHandlerOptions } from './host-calls/llm.js';
export { webhookHandlers } from './host-calls/webhooks.js';
export { dbHandlers, type TablesPort } from './host-calls/db.js';
export { httpHandlers } from './host-calls/http.js';
export { callerHeader, withheldHeaders } from './host-calls/plugins.js';
export type { RunIdentity } from './host-calls/run-identity.js';
export { buildSnapshot } from './snapshots/snapshot.js';
export type { SnapshotRow } from './rows/snapshot-rows.js';
export type { TransformCall, TransformEnding } from './running/transforms.js';
export { KvRow } from './rows/kv-row.js';
export { SharedEntryRow } from './rows/shared-entry-row.js';
export { kvChanged, kvNotANumber } from './host-calls/kv-errors.js';
export { findSharedOwner } from './host-calls/find-shared-owner.js';
export type { SharedMethod } from './host-calls/shared.js';
export { RecordedCallsRow } from './rows/recorded-calls-row.js';
export { logLevels, RunLogRow } from './rows/run-log-row.js';
export { TrackedRow } from './rows/tracked-row.js';
export { UsageRow } from './rows/usage-row.js';
