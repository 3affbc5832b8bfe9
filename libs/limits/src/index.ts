export {
  ceilingOf,
  defaultLimit,
  effectiveLimits,
  forKind,
  limitAdvice,
  limitNames,
  longestRunMs,
  manifestCeilings,
  maxEmitDepth,
  maxFilterValueBytes,
  maxHttpBodyBytes,
  maxPayloadBytes,
  maxRequestBytes,
  runLimits,
  type OperatorCeilings,
  type RunLimits,
} from './limits.js';
export {
  callLimits,
  kvLimits,
  listLimits,
  tableLimits,
  filterLimits,
  fileLimits,
  mailLimits,
  llmLimits,
  httpLimits,
  answerLimits,
  analyticsLimits,
  templateLimits,
  secretLimits,
  filterChainLimits,
} from './groups/calls.js';
export { portalLimits } from './groups/portal.js';
export { operationsLimits } from './groups/operations.js';
export { agentLimits, eventLimits, webhookLimits, hookLimits, mappingLimits } from './groups/events.js';
export {
  archiveLimits,
  packageFileLimits,
  bundleLimits,
  compilerLimits,
  routeLimits,
  settingLimits,
  packageAgentLimits,
  packageWebhookLimits,
} from './groups/packages.js';
export { catalogueLimits, publisherLimits } from './groups/catalogue.js';
export {
  accountLimits,
  supportLimits,
  guessLimits,
  invitationLimits,
  oidcLimits,
  passwordResetLimits,
} from './groups/people.js';
export { restLimits, doorLimits } from './groups/rest.js';
export { type Retention, defaultRetention } from './groups/retention.js';
export {
  retryLimits,
  killLimits,
  failureLimits,
  healthLimits,
  scheduleLimits,
  recordingLimits,
  runListLimits,
  tenantLimits,
  uninstallLimits,
} from './groups/runs.js';
export { sandboxLimits } from './groups/sandbox.js';
export { configChangeLimits, settingTreeLimits } from './groups/settings.js';
export { noticeLimits } from './groups/notices.js';
export { viewLimits } from './groups/saved-views.js';
export { tenantArchiveLimits } from './groups/tenant-archives.js';
export { spendLimits } from './groups/spend.js';
export { sourceLimits } from './groups/sources.js';
export { kindsOf, limitWireName, readOperatorCeilings } from './operator-ceilings.js';
export { usageNames, usageRecord, type UsageName, type UsageRecord } from './usage.js';
export { runKinds, type RunKind } from './run-kinds.js';
