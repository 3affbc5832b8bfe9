import { recordingLimits, type Retention } from '@annex/limits';
import type { PlatformTransaction } from '@annex/database';

/** Each in its own small transaction, so that no lock is held for long. `$1`: days, `$2`: most rows. */
const steps: { what: string; days: (retention: Retention) => number; sql: string }[] = [
  {
    what: 'runs',
    days: ({ runsDays }) => runsDays,
    sql: `delete from runs where ctid = any(array(select ctid from runs
      where queued_at < now() - $1 * interval '1 day' and status in ('succeeded', 'cancelled', 'skipped') limit $2))`,
  },
  {
    what: 'run_chunks',
    days: ({ runsDays }) => runsDays,
    // All of a chunk were made before the one that started last.
    sql: `delete from run_chunks where ctid = any(array(select ctid from run_chunks
      where started_at < now() - $1 * interval '1 day' limit $2))`,
  },
  {
    what: 'failed_runs',
    days: ({ failedDays }) => failedDays,
    sql: `delete from runs where ctid = any(array(select ctid from runs
      where queued_at < now() - $1 * interval '1 day' and status = 'failed' limit $2))`,
  },
  {
    what: 'webhook_deliveries',
    days: ({ runsDays }) => runsDays,
    // A delivery lives as long as the run that sent it last; its attempts go with it.
    sql: `delete from webhook_deliveries where ctid = any(array(select d.ctid from webhook_deliveries d
      where d.created_at < now() - $1 * interval '1 day'
      and not exists (select 1 from runs r where r.tenant_id = d.tenant_id and r.id = d.run_id) limit $2))`,
  },
  {
    what: 'webhooks',
    days: ({ runsDays }) => runsDays,
    sql: `delete from webhooks where ctid = any(array(select w.ctid from webhooks w
      where (w.deleted_at < now() - $1 * interval '1 day' or not w.declared
        and w.updated_at < now() - $1 * interval '1 day')
      and not exists (select 1 from webhook_deliveries d where d.tenant_id = w.tenant_id and d.webhook_id = w.id)
      and not exists (select 1 from runs r where r.tenant_id = w.tenant_id and r.webhook_id = w.id) limit $2))`,
  },
  {
    what: 'uninstalled',
    days: ({ failedDays }) => failedDays,
    // The longest that one of its runs may be kept.
    sql: `delete from uninstalled where ctid = any(array(select u.ctid from uninstalled u
      where u.at < now() - $1 * interval '1 day'
      and not exists (select 1 from runs r where r.tenant_id = u.tenant_id and r.installation_id = u.installation_id)
      and not exists (select 1 from run_chunks c
      where c.tenant_id = u.tenant_id and c.installation_id = u.installation_id)
      limit $2))`,
  },
  {
    what: 'platform_audit',
    days: ({ platformAuditDays }) => platformAuditDays,
    sql: `delete from platform_audit where ctid = any(array(select ctid from platform_audit
      where at < now() - $1 * interval '1 day' limit $2))`,
  },
  {
    what: 'notices',
    days: ({ runsDays }) => runsDays,
    sql: `delete from notices where ctid = any(array(select ctid from notices
      where created_at < now() - $1 * interval '1 day' limit $2))`,
  },
  {
    what: 'spend',
    days: ({ platformAuditDays }) => platformAuditDays,
    sql: `delete from spend where ctid = any(array(select ctid from spend
      where day < now() - $1 * interval '1 day' limit $2))`,
  },
  {
    what: 'quota_days',
    days: () => 7,
    sql: `delete from quota_days where ctid = any(array(select ctid from quota_days
      where day < now() - $1 * interval '1 day' limit $2))`,
  },
  {
    what: 'replaced_secrets',
    days: () => 1,
    sql: `update secrets set previous_version = null, previous_key_version = null, previous_nonce = null,
        previous_ciphertext = null, replaced_at = null
      where ctid = any(array(select ctid from secrets where replaced_at < now() - $1 * interval '1 day' limit $2))`,
  },
  {
    what: 'events',
    days: ({ runsDays }) => runsDays,
    sql: `delete from events where ctid = any(array(select e.ctid from events e
      where e.created_at < now() - $1 * interval '1 day'
      and not exists (select 1 from runs r where r.tenant_id = e.tenant_id and r.event_id = e.id) limit $2))`,
  },
  {
    what: 'logs',
    days: ({ logsDays }) => logsDays,
    sql: `delete from run_logs where ctid = any(array(select ctid from run_logs
      where time < now() - $1 * interval '1 day' limit $2))`,
  },
  {
    what: 'recorded_calls',
    days: () => recordingLimits.days,
    sql: `delete from recorded_calls where ctid = any(array(select ctid from recorded_calls
      where recorded_at < now() - $1 * interval '1 day' limit $2))`,
  },
  {
    what: 'mails',
    days: ({ logsDays }) => logsDays,
    sql: `delete from mails where ctid = any(array(select ctid from mails
      where created_at < now() - $1 * interval '1 day' limit $2))`,
  },
  {
    what: 'audit',
    days: ({ auditDays }) => auditDays,
    sql: `delete from audit where ctid = any(array(select ctid from audit where at < now() - $1 * interval '1 day'
      order by tenant_id, seq limit $2))`,
  },
  {
    what: 'usage',
    days: ({ auditDays }) => auditDays,
    sql: `delete from usage where ctid = any(array(select ctid from usage where day < now() - $1 * interval '1 day'
      limit $2))`,
  },
  {
    what: 'llm_days',
    days: () => 7,
    sql: `delete from llm_days where ctid = any(array(select ctid from llm_days
      where day < now() - $1 * interval '1 day' limit $2))`,
  },
  {
    what: 'tracked',
    days: ({ auditDays }) => auditDays,
    sql: `delete from tracked where ctid = any(array(select ctid from tracked where day < now() - $1 * interval '1 day'
      limit $2))`,
  },
  {
    what: 'idempotency_keys',
    days: () => 1,
    sql: `delete from idempotency_keys where ctid = any(array(select ctid from idempotency_keys
      where created_at < now() - $1 * interval '1 day' limit $2))`,
  },
  {
    what: 'operator_idempotency_keys',
    days: () => 1,
    sql: `delete from operator_idempotency_keys
      where ctid = any(array(select ctid from operator_idempotency_keys
      where created_at < now() - $1 * interval '1 day' limit $2))`,
  },
  {
    what: 'dead_letter_replays',
    days: ({ runsDays }) => runsDays,
    sql: `delete from dead_letter_replays where ctid = any(array(select ctid from dead_letter_replays
      where finished_at < now() - $1 * interval '1 day' limit $2))`,
  },
  {
    what: 'setting_changes',
    days: ({ runsDays }) => runsDays,
    sql: `delete from setting_changes where ctid = any(array(select ctid from setting_changes
      where at < now() - $1 * interval '1 day' limit $2))`,
  },
  {
    what: 'executor_kills',
    days: () => 7,
    sql: `delete from executor_kills where ctid = any(array(select ctid from executor_kills
      where at < now() - $1 * interval '1 day' limit $2))`,
  },
  {
    what: 'sessions',
    days: () => 0,
    sql: `delete from sessions where ctid = any(array(select ctid from sessions
      where expires_at < now() - $1 * interval '1 day' limit $2))`,
  },
  {
    what: 'invitations',
    days: () => 30,
    sql: `delete from invitations where ctid = any(array(select ctid from invitations
      where least(expires_at, accepted_at, revoked_at) < now() - $1 * interval '1 day' limit $2))`,
  },
  {
    what: 'password_resets',
    days: () => 0,
    sql: `delete from password_resets where ctid = any(array(select ctid from password_resets
      where expires_at < now() - $1 * interval '1 day' limit $2))`,
  },
  {
    what: 'kv',
    days: () => 0,
    sql: `delete from kv where ctid = any(array(select ctid from kv where expires_at < now() - $1 * interval '1 day'
      limit $2))`,
  },
];

/** What retention removes, in order; runs go before the events that they name. */
export const retentionSteps: readonly string[] = steps.map(({ what }) => what);

/**
 * Removes one portion of what is older than its kind is kept and answers how many rows went; fewer than `limit` means
 * that nothing is left. Two processes may call it at once.
 */
export async function removeExpired(
  tx: PlatformTransaction,
  { what, retention, limit }: { what: string; retention: Retention; limit: number },
): Promise<number> {
  const step = steps.find((one) => one.what === what);
  if (!step) throw new RangeError(`no such step of retention: ${what}`);
  return tx.execute(step.sql, [step.days(retention), limit]);
}
