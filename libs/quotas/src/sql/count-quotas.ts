/**
 * How much a tenant keeps of what is bound by a quota. Triggers count it in the transaction that changes it
 * (migrations/…-quotas.sql) and refuse what would pass; tables, files and tokens are counted by their own areas.
 */
import { quotaNames, type QuotaLimits, type QuotaName } from '../quotas.js';
import type { PlatformTransaction, TenantTransaction } from '@annex/database';

/** Writes down what holds for every tenant. Each start does, so the last one's settings count. */
export async function saveQuotaLimits(tx: PlatformTransaction, limits: QuotaLimits): Promise<void> {
  const said = quotaNames.filter((name) => limits[name] !== null);
  await tx.query('delete from quota_defaults where name <> all($1)', [said]);
  await tx.query(
    `insert into quota_defaults (name, max) select * from unnest($1::text[], $2::bigint[]) as q (name, max) order by 1
     on conflict (name) do update set max = excluded.max where quota_defaults.max <> excluded.max`,
    [said, said.map((name) => limits[name])],
  );
}

/** Use and limit of one quota; `max` is `null` when there is none. */
export interface QuotaUse {
  used: number;
  max: number | null;
}

/** Where the count of each quota stands. The tenant is `$1`, the UTC date `$2`. */
const counted: Record<QuotaName, string> = {
  plugins: standing('plugins', 'n'),
  package_bytes: standing('packages', 'bytes'),
  kv_keys: standing('kv', 'n'),
  kv_bytes: standing('kv', 'bytes'),
  tables: '(select tables from document_usage where tenant_id = $1)',
  rows: '(select documents from document_usage where tenant_id = $1)',
  row_bytes: '(select bytes from document_usage where tenant_id = $1)',
  files: '(select files from file_usage where tenant_id = $1)',
  file_bytes: '(select size_bytes from file_usage where tenant_id = $1)',
  events: standing('events', 'n'),
  event_bytes: standing('events', 'bytes'),
  log_bytes: standing('logs', 'bytes'),
  idempotency_keys: standing('idempotency', 'n'),
  idempotency_bytes: standing('idempotency', 'bytes'),
  users: standing('users', 'n'),
  secrets: standing('secrets', 'n'),
  setting_keys: standing('settings', 'n'),
  setting_bytes: standing('settings', 'bytes'),
  mails_per_day: `(select used from quota_days where tenant_id = $1 and day = $2::date and name = 'mails_per_day')`,
  kept_mail_bytes: `(select sum(size_bytes) from mails where tenant_id = $1 and status = 'kept')`,
  llm_tokens_per_day: '(select tokens from llm_days where tenant_id = $1 and day = $2::date)',
};

function standing(kind: string, column: 'n' | 'bytes'): string {
  return `(select sum(${column}) from quota_use where tenant_id = $1 and kind = '${kind}')`;
}

/** Use and limit of every quota. `day`: the UTC date that the daily ones count. */
export async function readQuotas(tx: TenantTransaction, day: string): Promise<Record<QuotaName, QuotaUse>> {
  const names = quotaNames.map((name) => `('${name}', coalesce(${counted[name]}, 0)::bigint)`).join(', ');
  const rows = await tx.query<{ name: QuotaName; used: string; max: string | null }>(
    `select name, used, annex_quota($1, name) as max from (values ${names}) as q (name, used)`,
    [tx.tenantUuid, day],
  );
  return Object.fromEntries(
    rows.map(({ name, used, max }) => [
      name,
      { used: Math.max(0, Number(used)), max: max === null ? null : Number(max) },
    ]),
  ) as Record<QuotaName, QuotaUse>;
}

/**
 * What was said of this tenant alone about some quotas, as a subquery for the statement that needs it: the tenant is
 * `$1`. `null`: nothing.
 */
export const saidOf = (quota: QuotaName): string => `(select (quotas->>'${quota}')::bigint from tenants where id = $1)`;
