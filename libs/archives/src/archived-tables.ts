/** What of a tenant goes into its archive, in an order in which every row finds what it refers to. */

export interface ArchivedTable {
  name: string;
  /** Columns that mean nothing elsewhere. */
  omit?: readonly string[];
  /** Only rows for which this holds. */
  only?: string;
  /**
   * Of an archive without secrets: `none`, the table is left out; else what stands in place of these columns, as SQL.
   */
  bare?: 'none' | Readonly<Record<string, string>>;
}

const unsealed = { key_version: 'null', nonce: 'null', ciphertext: 'null' };

export const archivedTables: readonly ArchivedTable[] = [
  { name: 'users', bare: { password_hash: 'null' } },
  // Those of operators give their right, which ends where they do.
  { name: 'api_tokens', omit: ['operator_id'], only: 'operator_id is null', bare: 'none' },
  { name: 'invitations', bare: 'none' },
  { name: 'identities', bare: 'none' },
  { name: 'installations' },
  { name: 'releases' },
  { name: 'blobs' },
  { name: 'release_files' },
  { name: 'release_reach' },
  { name: 'secrets', bare: 'none' },
  { name: 'executor_kills' },
  { name: 'subscriptions' },
  { name: 'schedules' },
  { name: 'config_revisions' },
  { name: 'permission_uses' },
  { name: 'plugin_checks' },
  { name: 'plugin_failures' },
  { name: 'uninstalled' },
  { name: 'kv' },
  { name: 'shared_entries' },
  {
    name: 'webhooks',
    bare: {
      ...unsealed,
      disabled_at: 'case when key_version is null then disabled_at else coalesce(disabled_at, now()) end',
      disabled_reason: `case when key_version is null then disabled_reason
        else 'its secrets were left out of the archive' end`,
    },
  },
  { name: 'hook_sources', bare: 'none' },
  { name: 'sources', omit: ['owner', 'lease_until'] },
  { name: 'mappings' },
  { name: 'mapping_heads' },
  { name: 'event_states' },
  { name: 'correlation_states' },
  { name: 'setting_heads' },
  { name: 'settings' },
  { name: 'setting_changes' },
  { name: 'setting_watches' },
  { name: 'saved_views' },
  { name: 'events' },
  { name: 'runs' },
  { name: 'run_chunks' },
  { name: 'run_logs' },
  { name: 'recorded_calls' },
  { name: 'dead_letter_replays' },
  { name: 'webhook_deliveries' },
  { name: 'webhook_attempts' },
  { name: 'agent_questions' },
  { name: 'mails' },
  { name: 'mail_attachments' },
  { name: 'document_tables' },
  { name: 'document_usage' },
  { name: 'documents' },
  { name: 'document_values' },
  { name: 'notice_rules', bare: 'none' },
  { name: 'notice_states', bare: 'none' },
  { name: 'notices' },
  { name: 'usage' },
  { name: 'tracked' },
  { name: 'llm_days' },
  { name: 'quota_days' },
  { name: 'audit' },
];

/** Tables with a tenant's rows that are not written row by row, and why. */
export const otherTables: Readonly<Record<string, string>> = {
  files: 'each stands beside its bytes',
  file_usage: 'counted anew',
  tenant_keys: 'in the first entry, under the passphrase',
  quota_use: 'counted anew',
  idempotency_keys: 'known again by the master key of their server, for a day',
  log_trims: 'work of the server that they are on',
  setting_mirrors: 'made by the settings of their server',
  spend: 'a bill of the server on which it was used',
};
