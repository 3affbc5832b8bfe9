export { emitEvent, type EmitEvent, type EmittedEvent, type NewEvent } from './events/emit-event.js';
export {
  enqueueRun,
  wakeRelays,
  type BackgroundKind,
  type NewRun,
  type RunPolicy,
  type WaitReason,
} from './runs/enqueue-run.js';
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
  type NewTenant,
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
  type NewUser,
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
  type NewApiToken,
  type TokenInTenant,
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
export {
  completeIdempotent,
  releaseIdempotent,
  reserveIdempotent,
  type IdempotencyKey,
  type Reservation,
} from './idempotency/idempotency.js';
export { SecretRow } from './secrets/secret-row.js';
export {
  deleteSecret,
  findSecretsFor,
  findTenantSecrets,
  findSetSecretNames,
  holdInstallation,
  listSecrets,
  lockSecret,
  upsertSecret,
  type SealedSecret,
  type SecretListing,
  type SecretScope,
} from './secrets/secrets.js';
export {
  findTenantKey,
  insertTenantKey,
  lockKeysNotWrappedBy,
  rewrapTenantKey,
  type WrappedKey,
} from './secrets/tenant-keys.js';
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
  type InstallationChange,
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
  listReleaseFiles,
  readBlob,
  readReleaseFile,
  readReleaseFolder,
  removeUnusedBlobs,
  storeBlobs,
  type ReleaseFile,
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
export { deleteExpiredKv, deleteKv, getKv, incrementKv, listKv, setKv, type KvEntry, type KvKey } from './kv/kv.js';
export { recordRuns, type FinishedRun } from './runs/record-runs.js';
export {
  findRun,
  listRuns,
  runMetrics,
  tenantLoad,
  type RunFilter,
  type RunMetrics,
  type RunRow,
} from './runs/read-runs.js';
export {
  insertLogs,
  lastLogId,
  listLogs,
  logLevels,
  logsChannel,
  readLogsAfter,
  readRunLogs,
  type LogFilter,
  type LogLevel,
  type LogLine,
  type NewLogLine,
} from './logs/logs.js';
export { addLlmTokens, reserveLlmTokens } from './llm/llm-days.js';
export { findReleaseReach, insertReleaseReach } from './installations/release-reach.js';
export { lastPermissionUses, recordPermissionUses, type PermissionUse } from './usage/permission-uses.js';
export { addTracked, readTracked, trackedNames, type TrackedDay, type TrackedIncrement } from './usage/tracked.js';
export { addUsage, readUsage, type UsageDay, type UsageIncrement } from './usage/usage.js';
export { findDependencyNodes, findEnabledDependents, type DependencyNode } from './installations/dependencies.js';
export {
  findEvent,
  listEvents,
  type Delivery,
  type EventPage,
  type EventQuery,
  type StoredEvent,
} from './events/read-events.js';
export { findCause, findCausedEvents, type CausedEvents, type EventCause } from './events/caused-events.js';
export { planFanOut } from './events/emit-event.js';
export { ensureRoom, insertQueued, roomLeft } from './runs/enqueue-run.js';
export {
  handOverDueRuns,
  handOverRuns,
  listHandedOver,
  removeWorker,
  reportWorker,
  takeBack,
  type HandedOver,
  type HandOverOptions,
} from './runs/hand-over.js';
export {
  claimRun,
  claimRuns,
  finishAttempt,
  finishAttempts,
  handBack,
  renewLeases,
  type AttemptEnd,
  type ClaimedRun,
  type EndedAttempt,
  type HeldClaim,
  type WantedRun,
} from './runs/claim.js';
export { expireLeases, type ExpiredLease } from './runs/reconcile.js';
export {
  cancelJobRuns,
  countJobRuns,
  lockJob,
  releaseEnabled,
  releaseJob,
  releaseOverlap,
  releaseOverlaps,
  takePlaceInTurn,
  tellParked,
  type JobRef,
} from './runs/overlap.js';
export { cancelRun, findRunState, hasOpenLifecycleRun, type RunState } from './runs/cancel-run.js';
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
  type SkippedTick,
} from './schedules/ticks.js';
export { removeExpired, retentionSteps } from './retention/retention.js';
export { findInstalledJobs, type InstalledJobs } from './schedules/find-job.js';
export {
  announceFileObject,
  claimDueFileObjects,
  deleteFile,
  dropFileObject,
  findFile,
  forgetFileObjects,
  listFiles,
  putFile,
  readFileUsage,
  takeFileObject,
  type FileRecord,
  type FileUsage,
} from './files/files.js';
export { trimLogs } from './logs/trim-logs.js';
export { checkViews } from './documents/check-views.js';
export { countRows, findRow, queryRows, type RowPage, type RowQuery, type RowsOf } from './documents/read-documents.js';
export {
  documentSource,
  readUuid,
  systemSources,
  systemTables,
  type CheckedView,
  type MappedView,
  type SystemTable,
} from './documents/sources.js';
export {
  deleteDocument,
  dropTablePortion,
  insertDocument,
  limitStatements,
  listDocumentTables,
  readDocumentUsage,
  updateDocument,
  type DocumentQuota,
  type QuotaPassed,
  type Refusal,
  type StoredDocument,
} from './documents/write-documents.js';
export { indexEntries } from './documents/index-entries.js';
export { findReplacedSecrets, replacedForMs, type ReplacedSecret } from './secrets/secrets.js';
export { handlerKey } from './runs/replay.js';
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
export { deliveriesAtOnce, releaseEndpoint, releaseEndpoints } from './runs/endpoint-turns.js';
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
  type DeliveryFilter,
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
export {
  deleteMail,
  endMail,
  findMail,
  findMailAttachment,
  keepMail,
  keptMailBytes,
  listMails,
  takeMail,
  type MailAttachmentRecord,
  type MailRecipients,
  type MailRecord,
  type MailStatus,
  type NewMail,
} from './mail/mails.js';
export { entities } from './entities.js';
