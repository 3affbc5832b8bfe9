import type { QuotaName } from '@annex/quotas';

/**
 * Why a table cannot grow for ever. `retention`: a step removes what is old. `quota`: a tenant may only have so much.
 * `with`: its rows go with those of another table, which is bound itself, by a foreign key that cascades. `fixed`: how
 * many rows there can be, and what sees to it.
 */
export interface TableBound {
  retention?: string;
  quota?: QuotaName;
  with?: string;
  fixed?: string;
}

/**
 * Every table of the schema. The spec beside this file fails for one that is missing here, or whose bound is not there.
 */
export const tableBounds: Readonly<Record<string, TableBound>> = {
  agent_questions: { with: 'webhook_deliveries' },
  api_tokens: { fixed: '100 for each user (TOKEN_LIMIT)' },
  audit: { retention: 'audit' },
  blobs: { quota: 'package_bytes' },
  catalogue_states: { fixed: 'one row for each list of publishers and catalogue that the settings ever named' },
  config_revisions: { with: 'installations', fixed: 'the latest 100 an installation' },
  correlation_states: { fixed: '10,000 a tenant, each forgotten when its time is over (state ticker)' },
  database_logins: { fixed: 'one row a role of the application' },
  dead_letter_replays: { retention: 'dead_letter_replays' },
  document_tables: { quota: 'tables' },
  document_usage: { fixed: 'one row a tenant' },
  document_values: { quota: 'row_bytes', fixed: 'one row for each value of a document, removed with it' },
  documents: { quota: 'rows' },
  event_states: {
    quota: 'events',
    fixed: '10,000 that fire a tenant; resolved ones go after seven days (state ticker), and each has an event',
  },
  events: { retention: 'events', quota: 'events' },
  executor_kills: { retention: 'executor_kills' },
  file_objects: { fixed: 'objects being written or removed: the sweeper ends each' },
  file_usage: { fixed: 'one row a tenant' },
  files: { quota: 'files' },
  hook_sources: { fixed: '100 a tenant (WEBHOOK_LIMIT)' },
  idempotency_keys: { retention: 'idempotency_keys', quota: 'idempotency_keys' },
  identities: { with: 'users' },
  installations: { quota: 'plugins' },
  invitations: { retention: 'invitations', fixed: '500 open ones a tenant (INVITATION_LIMIT), 100 an hour' },
  kv: { retention: 'kv', quota: 'kv_bytes' },
  llm_days: { retention: 'llm_days' },
  log_trims: { fixed: 'one row a tenant' },
  mail_attachments: { with: 'mails' },
  mails: { retention: 'mails', quota: 'mails_per_day' },
  mapping_heads: { fixed: 'one row a tenant' },
  mappings: { fixed: '100 a tenant (MAPPING_LIMIT)' },
  migrations: { fixed: 'one row a migration' },
  notice_looks: { fixed: 'one row' },
  notice_rules: { fixed: '20 a tenant (NOTICE_RULE_LIMIT)' },
  notice_states: { fixed: 'one row a rule and plugin, quota, job or source that needs people' },
  notices: { retention: 'notices' },
  operator_idempotency_keys: { retention: 'operator_idempotency_keys' },
  operators: { fixed: 'made by settings only' },
  password_resets: { retention: 'password_resets' },
  permission_uses: { with: 'installations' },
  platform_audit: { retention: 'platform_audit' },
  plugin_checks: { with: 'installations', fixed: 'one row an installation' },
  plugin_failures: { fixed: 'one row an installation, removed when it is uninstalled' },
  quarantines: { fixed: 'made by operators only' },
  quota_days: { retention: 'quota_days' },
  quota_defaults: { fixed: 'one row a quota' },
  processes: { fixed: 'a row that was not renewed for ten minutes is removed' },
  quota_use: { fixed: '64 rows a tenant and kind' },
  recorded_calls: {
    retention: 'recorded_calls',
    fixed: '1,000 attempts and 32 MiB a tenant (recordingLimits), the oldest go',
  },
  release_files: { with: 'releases' },
  release_reach: { with: 'releases' },
  releases: { with: 'installations', fixed: 'the latest 50 an installation (keepReleases)' },
  run_logs: { retention: 'logs', quota: 'log_bytes' },
  run_chunks: { retention: 'run_chunks' },
  runs: { retention: 'runs', fixed: '10,000 unfinished background runs a tenant (QUEUE_FULL)' },
  saved_views: { fixed: '50 a tenant and list (VIEW_LIMIT)' },
  schedules: { with: 'installations', fixed: 'one row a job of the manifest' },
  secrets: { quota: 'secrets' },
  sessions: { retention: 'sessions' },
  setting_changes: { retention: 'setting_changes', fixed: 'the latest 5,000 a tenant' },
  setting_heads: { fixed: 'one row a tenant' },
  setting_mirrors: { fixed: 'made by settings only (ANNEX_ETCD_MIRRORS)' },
  setting_watches: { with: 'installations', fixed: 'one row an installation' },
  shared_entries: { quota: 'kv_bytes', with: 'installations' },
  settings: { quota: 'setting_keys' },
  sources: { fixed: '100 of its own a tenant (SOURCE_LIMIT), and one a source of an active release' },
  spend: { retention: 'spend' },
  spend_days: { fixed: 'one row a day' },
  subscriptions: { with: 'installations', fixed: 'one row a handler of the active release' },
  tenant_keys: { fixed: 'one row a tenant and version of its key' },
  tenants: { fixed: 'made by operators only' },
  tracked: { retention: 'tracked', fixed: '200 names a plugin and day (ANALYTICS_LIMIT)' },
  uninstalled: { retention: 'uninstalled' },
  usage: { retention: 'usage' },
  users: { quota: 'users' },
  webhook_attempts: { with: 'webhook_deliveries' },
  webhook_deliveries: { retention: 'webhook_deliveries' },
  webhooks: {
    retention: 'webhooks',
    fixed: '100 of its own a tenant (WEBHOOK_LIMIT), and one a file of an active release',
  },
  workers: { fixed: 'a row that was not renewed for ten minutes is removed' },
};
