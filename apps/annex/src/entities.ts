import {
  ApiTokenRow,
  IdentityRow,
  InvitationRow,
  OperatorRow,
  PasswordResetRow,
  SessionRow,
  TenantRow,
  UserRow,
} from '@annex/access';
import { AuditRow, PlatformAuditRow } from '@annex/audit';
import { CatalogueStateRow } from '@annex/catalogue';
import { KvRow, RecordedCallsRow, SharedEntryRow, RunLogRow, TrackedRow, UsageRow } from '@annex/execution';
import { FileObjectRow, FileRow, FileUsageRow } from '@annex/files';
import {
  BlobRow,
  ConfigRevisionRow,
  InstallationRow,
  PermissionUseRow,
  PluginCheckRow,
  PluginFailuresRow,
  QuarantineRow,
  ReleaseFileRow,
  ReleaseReachRow,
  ReleaseRow,
  ScheduleRow,
  SubscriptionRow,
  UninstalledRow,
} from '@annex/installations';
import { LlmDayRow } from '@annex/llm';
import { MailAttachmentRow, MailRow } from '@annex/mail';
import { ProcessRow } from '@annex/operations';
import { NoticeLookRow, NoticeRow, NoticeRuleRow, NoticeStateRow } from '@annex/notices';
import { LogTrimRow, QuotaDayRow, QuotaDefaultRow, QuotaUseRow } from '@annex/quotas';
import {
  CorrelationStateRow,
  DeadLetterReplayRow,
  EventRow,
  EventStateRow,
  MappingHeadRow,
  MappingRow,
  RunChunkRow,
  RunRow,
  WorkerRow,
} from '@annex/runs';
import { SavedViewRow } from '@annex/saved-views';
import { SettingChangeRow, SettingHeadRow, SettingMirrorRow, SettingRow, SettingWatchRow } from '@annex/settings';
import { SourceRow } from '@annex/sources';
import { SpendDayRow, SpendRow } from '@annex/spend';
import { DocumentRow, DocumentTableRow, DocumentUsageRow, DocumentValueRow } from '@annex/tables';
import { SecretRow, TenantKeyRow } from '@annex/vault';
import { AgentQuestionRow, HookSourceRow, WebhookAttemptRow, WebhookDeliveryRow, WebhookRow } from '@annex/webhooks';

/**
 * Every table of the libraries as a class, which stands in `rows/` of the library that owns it. entities.spec.ts
 * compares them
 * with the schema.
 */
export const entities = [
  ApiTokenRow,
  IdentityRow,
  InvitationRow,
  OperatorRow,
  PasswordResetRow,
  SessionRow,
  TenantRow,
  UserRow,
  ProcessRow,
  SecretRow,
  TenantKeyRow,
  BlobRow,
  ConfigRevisionRow,
  InstallationRow,
  PermissionUseRow,
  PluginCheckRow,
  PluginFailuresRow,
  ReleaseFileRow,
  ReleaseReachRow,
  ReleaseRow,
  ScheduleRow,
  SubscriptionRow,
  QuarantineRow,
  UninstalledRow,
  CatalogueStateRow,
  CorrelationStateRow,
  DeadLetterReplayRow,
  EventRow,
  EventStateRow,
  MappingHeadRow,
  MappingRow,
  RunChunkRow,
  RunRow,
  WorkerRow,
  KvRow,
  SharedEntryRow,
  RecordedCallsRow,
  RunLogRow,
  TrackedRow,
  UsageRow,
  LogTrimRow,
  QuotaDayRow,
  QuotaDefaultRow,
  QuotaUseRow,
  AuditRow,
  PlatformAuditRow,
  MailAttachmentRow,
  MailRow,
  LlmDayRow,
  FileObjectRow,
  FileRow,
  FileUsageRow,
  DocumentRow,
  DocumentTableRow,
  DocumentUsageRow,
  DocumentValueRow,
  SavedViewRow,
  SettingRow,
  SettingChangeRow,
  SettingHeadRow,
  SettingMirrorRow,
  SettingWatchRow,
  SourceRow,
  SpendDayRow,
  SpendRow,
  NoticeLookRow,
  NoticeRow,
  NoticeRuleRow,
  NoticeStateRow,
  HookSourceRow,
  AgentQuestionRow,
  WebhookAttemptRow,
  WebhookDeliveryRow,
  WebhookRow,
];
