export { emitEvent, type EmitEvent, type EmittedEvent, type NewEvent } from './events/emit-event.js';
export { enqueueRun, wakeRelays, type NewRun, type RunPolicy } from './runs/enqueue-run.js';
export { TenantRow } from './tenants/tenant-row.js';
export {
  appendTenantAudit,
  countTenant,
  eraseTenantPortion,
  findTenantBySlug,
  insertTenant,
  listTenants,
  listTenantsToErase,
  lockTenantBySlug,
  readErasesAt,
  restoreTenant,
  suspendTenant,
  updateTenant,
  type ErasedPortion,
} from './tenants/tenants.js';
export { UserRow } from './users/user-row.js';
export {
  deleteUser,
  endSignIns,
  findSignIns,
  findPasswordHashes,
  findUser,
  findUsersByEmail,
  findUsersByIds,
  insertUser,
  listUsers,
  lockOwners,
  updateUser,
  type UserChange,
  type UserInTenant,
} from './users/users.js';
export { ApiTokenRow } from './tokens/api-token-row.js';
export {
  countApiTokens,
  deleteApiToken,
  deleteApiTokensOf,
  findApiToken,
  findApiTokenByHash,
  insertApiToken,
  listApiTokens,
  touchApiTokens,
} from './tokens/api-tokens.js';
export {
  deleteSessions,
  insertSession,
  listSessions,
  sessionExists,
  type SessionOwner,
  type SessionRow,
} from './sessions/sessions.js';
export { OperatorRow } from './operators/operator-row.js';
export { findOperator, findOperatorByEmail, insertOperator, updateOperatorPassword } from './operators/operators.js';
export { completeIdempotent, releaseIdempotent, reserveIdempotent } from './idempotency/idempotency.js';
export { InstallationRow, type InstallationStatus } from './installations/installation-row.js';
export {
  deleteInstallation,
  eraseInstallationRows,
  eraseUninstalled,
  findInstallation,
  findInstallationBySlug,
  insertInstallation,
  isLockTimeout,
  listInstallations,
  lockInstallations,
  updateInstallation,
} from './installations/installations.js';
export { ReleaseRow } from './installations/release-row.js';
export {
  findRelease,
  findReleaseBySha256,
  findReleases,
  insertRelease,
  listReleases,
  pruneReleases,
  type ReleaseSummary,
} from './installations/releases.js';
export {
  linkReleaseFiles,
  readBlob,
  readReleaseFile,
  readReleaseFolder,
  removeUnusedBlobs,
  storeBlobs,
} from './installations/blobs.js';
export { replaceSubscriptions, type Subscription } from './installations/subscriptions.js';
export {
  findLastRuns,
  listPluginSchedules,
  restPluginSchedules,
  savePluginSchedule,
  type LastRun,
  type PluginSchedule,
} from './installations/plugin-schedules.js';
export { forgetExecutorKills, recordExecutorKill } from './installations/executor-kills.js';
export { forgetPluginFailures, listPluginFailures, type PluginFailures } from './installations/plugin-failures.js';
export { recordRuns, type FinishedRun } from './runs/record-runs.js';
export { findRun, listRuns, runMetrics, tenantLoad, type RunMetrics, type RunRow } from './runs/read-runs.js';
export { findReleaseReach, insertReleaseReach } from './installations/release-reach.js';
export { lastPermissionUses, recordPermissionUses, type PermissionUse } from './usage/permission-uses.js';
export { findDependencyNodes, findEnabledDependents, type DependencyNode } from './installations/dependencies.js';
export { findEvent, listEvents, type Delivery, type StoredEvent } from './events/read-events.js';
export { findCause, findCausedEvents, type CausedEvents } from './events/caused-events.js';
export { planFanOut } from './events/emit-event.js';
export { ensureRoom, insertQueued, roomLeft } from './runs/enqueue-run.js';
export { handOverRuns, listHandedOver, removeWorker, reportWorker, takeBack } from './runs/hand-over.js';
export {
  claimRuns,
  finishAttempts,
  handBack,
  renewLeases,
  type AttemptEnd,
  type ClaimedRun,
  type EndedAttempt,
  type WantedRun,
} from './runs/claim.js';
export { expireLeases } from './runs/reconcile.js';
export {
  cancelJobRuns,
  countJobRuns,
  lockJob,
  releaseEnabled,
  releaseJob,
  releaseOverlaps,
  takePlaceInTurn,
  tellParked,
} from './runs/overlap.js';
export { cancelRun, findRunState, hasOpenLifecycleRun } from './runs/cancel-run.js';
export {
  countDeadLetters,
  discardDeadLetters,
  discardRun,
  latestRunsOfEvent,
  listDeadLetterIds,
  lockDeadLetters,
  lockRunForReplay,
  markReplayed,
  type DeadLetterFilter,
  type ReplayableRun,
} from './runs/replay.js';
export {
  listDueSchedules,
  lockDueSchedules,
  moveSchedule,
  recordSkippedStretch,
  recordSkippedTicks,
  untilNextTickMs,
  type DueSchedule,
} from './schedules/ticks.js';
export { removeExpired, retentionSteps } from './retention/retention.js';
export { findInstalledJobs } from './schedules/find-job.js';
export { readBacklog, type Backlog } from './runs/backlog.js';
export {
  advanceBulkReplay,
  findBulkReplay,
  insertBulkReplay,
  listBulkReplays,
  listDueBulkReplays,
  lockBulkReplay,
  type BulkReplay,
} from './runs/bulk-replay.js';
export { releaseEndpoint, releaseEndpoints } from './runs/endpoint-turns.js';
export {
  connectPackageWebhooks,
  countAttempt,
  countOwnWebhooks,
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  findPackageWebhook,
  findWebhook,
  findWebhooksByName,
  insertWebhook,
  listWebhooks,
  restPackageWebhooks,
  updateWebhook,
  type DeclaredWebhook,
  type OwnWebhook,
  type SealedValue,
  type WebhookRow,
} from './webhooks/webhooks.js';
export {
  beginDeliveryAttempt,
  endDeliveryAttempt,
  findDelivery,
  keepDeliveryBody,
  listDeliveries,
  listDeliveryAttempts,
  readDeliveryBody,
  type DeliveryAttempt,
  type DeliveryRow,
} from './webhooks/deliveries.js';
export {
  countHookSources,
  deleteHookSource,
  findHookSource,
  listHookSources,
  noteHookReceived,
  upsertHookSource,
  type HookSourceRow,
} from './webhooks/hook-sources.js';
