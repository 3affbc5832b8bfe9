export { Execution, sandboxHostMethods, type ExecutionOptions, type RouteCall, type ValueCall } from './execution.js';
export { InstallationSnapshots } from './snapshots/installation-snapshots.js';
export type { InstallationSnapshot, SnapshotLimits, SnapshotRoute } from './snapshots/snapshot.js';
export type { AttemptOutcome, AttemptRun } from './running/attempts.js';
export type { CreateMasker, EgressPort, JobStart, Masker, SecretsPort, StartJob } from './host-calls/ports.js';
export { RunReader, type LogQuery, type MetricsView, type Page, type PageRequest, type RunQuery, type UsageView } from './reading/run-reader.js';
export { LogTail } from './reading/log-tail.js';
export { logView, runView, type LogView, type RunView } from './reading/views.js';
export { executionErrors } from './errors.js';
// What @annex/sdk/testing joins over memory instead of a database, so that a plugin meets the same rules there as here.
export { attemptOutcome } from './running/attempts.js';
export { RunScope, type RunStart, type ScopeParts } from './running/run-scope.js';
export { SecretMasks } from './masking/secret-masks.js';
export { flowHandlers, type FlowOptions } from './host-calls/flow.js';
export { httpHandlers } from './host-calls/http.js';
export type { RunIdentity } from './host-calls/run-identity.js';
export { buildSnapshot, type SnapshotRow } from './snapshots/snapshot.js';
