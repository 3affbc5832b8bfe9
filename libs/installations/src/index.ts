export { Installations, type UploadResult, type UploadTerms } from './installations.js';
export type { InstallationsCaller, InstallationsOptions, PackageJudge, SecretsPort } from './ports.js';
export { installationErrors } from './errors.js';
export {
  readGrants,
  requestedPermissions,
  type GrantInput,
  type PermissionsReport,
  type PermissionsView,
} from './grants.js';
export type { PackageReportView } from './package-report.js';
export { sourceStopPrefix, sourceStops, type RouteView } from './handlers.js';
export type { DeclaredSecret } from './declared-secrets.js';
export type { ReleaseDetail, ReleaseDiff } from './release-detail.js';
export { readHealth, type HealthSaid } from './health.js';
export type { PluginHealthLine, PluginsHealth } from './plugins-health.js';
export { DueHealthChecks, type DueCheck, type DueHealthChecksOptions } from './due-health-checks.js';
export { tellChange } from './tell-change.js';
export { UnfinishedPlugins, type UnfinishedPluginsOptions } from './unfinished-plugins.js';
export type { JobChange } from './changing-jobs.js';
export type { JobTimesView, SchedulePreviewView, TimeSpan } from './job-times.js';
export type { ConfigTerms, NumberedConfig } from './settings.js';
export type {
  ConfigRevisionView,
  JobSummary,
  JobView,
  LastRunView,
  PluginView,
  ReleaseView,
  TenantJobView,
} from './views.js';
export { InstallationRow, type InstallationStatus } from './rows/installation-row.js';
export { pluginLogLevels, type PluginLogLevel } from './log-levels.js';
export { deleteInstallation, findInstallation } from './rows/installations.js';
export { listInstallationsAnywhere, type InstallationAnywhere } from './rows/everywhere.js';
export { findRelease } from './rows/releases.js';
export { ReleaseRow } from './rows/release-row.js';
export { readBlob, readReleaseFolder, storeBlobs } from './rows/blobs.js';
export { recordPermissionUses, secretUse, type PermissionUse, type Use } from './rows/permission-uses.js';
export { BlobRow } from './rows/blob-row.js';
export { PermissionUseRow } from './rows/permission-use-row.js';
export { ConfigRevisionRow } from './rows/config-revision-row.js';
export { PluginCheckRow } from './rows/plugin-check-row.js';
export { PluginFailuresRow } from './rows/plugin-failures-row.js';
export { ReleaseFileRow } from './rows/release-file-row.js';
export { ReleaseReachRow } from './rows/release-reach-row.js';
export { ScheduleRow } from './rows/schedule-row.js';
export { SubscriptionRow } from './rows/subscription-row.js';
export { UninstalledRow } from './rows/uninstalled-row.js';
export { Quarantines, type QuarantineActor, type QuarantineView } from './quarantines.js';
export { QuarantineRow } from './rows/quarantine-row.js';
