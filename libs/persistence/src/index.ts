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
export { findReleaseReach, insertReleaseReach } from './installations/release-reach.js';
export { lastPermissionUses, recordPermissionUses, type PermissionUse } from './usage/permission-uses.js';
export { findDependencyNodes, findEnabledDependents, type DependencyNode } from './installations/dependencies.js';
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
