/**
 * How much a tenant keeps of what is bound by a quota. Triggers count it in the transaction that changes it
 * (migrations/…-quotas.sql) and refuse what would pass; tables, files and tokens are counted by their own areas.
 */
import { quotaNames, type QuotaLimits, type QuotaName } from '../quotas.js';
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import { usedQuotas, type UsedQuota } from './spent-quotas.js';

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

/** Where the count of each quota stands, of a tenant and on a UTC date that SQL names. */
const countedOf = (tenant: string, day: string): Record<QuotaName, string> => ({
  plugins: standing(tenant, 'plugins', 'n'),
  package_bytes: standing(tenant, 'packages', 'bytes'),
  kv_keys: standing(tenant, 'kv', 'n'),
  kv_bytes: standing(tenant, 'kv', 'bytes'),
  tables: `(select tables from document_usage where tenant_id = ${tenant})`,
  rows: `(select documents from document_usage where tenant_id = ${tenant})`,
  row_bytes: `(select bytes from document_usage where tenant_id = ${tenant})`,
  files: `(select files from file_usage where tenant_id = ${tenant})`,
  file_bytes: `(select size_bytes from file_usage where tenant_id = ${tenant})`,
  events: standing(tenant, 'events', 'n'),
  event_bytes: standing(tenant, 'events', 'bytes'),
  log_bytes: standing(tenant, 'logs', 'bytes'),
  idempotency_keys: standing(tenant, 'idempotency', 'n'),
  idempotency_bytes: standing(tenant, 'idempotency', 'bytes'),
  users: standing(tenant, 'users', 'n'),
  secrets: standing(tenant, 'secrets', 'n'),
  setting_keys: standing(tenant, 'settings', 'n'),
  setting_bytes: standing(tenant, 'settings', 'bytes'),
  mails_per_day: `(select used from quota_days
    where tenant_id = ${tenant} and day = ${day} and name = 'mails_per_day')`,
  kept_mail_bytes: `(select sum(size_bytes) from mails where tenant_id = ${tenant} and status = 'kept')`,
  llm_tokens_per_day: `(select tokens from llm_days where tenant_id = ${tenant} and day = ${day})`,
  runs_per_day: usedOn(tenant, day, 'runs_per_day'),
  cpu_seconds_per_day: usedOn(tenant, day, 'cpu_seconds_per_day'),
  egress_bytes_per_day: usedOn(tenant, day, 'egress_bytes_per_day'),
});

function usedOn(tenant: string, day: string, quota: UsedQuota): string {
  const { metric, per } = usedQuotas[quota];
  return `(select floor(sum(value) / ${per}) from usage
    where tenant_id = ${tenant} and day = ${day} and metric = '${metric}')`;
}

function standing(tenant: string, kind: string, column: 'n' | 'bytes'): string {
  return `(select sum(${column}) from quota_use where tenant_id = ${tenant} and kind = '${kind}')`;
}

/** SQL of a table `q (name, used)`: the use of every quota, of a tenant and on a UTC date that SQL names. */
export function quotaUsesSql(tenant: string, day: string): string {
  const counted = countedOf(tenant, day);
  const names = quotaNames.map((name) => `('${name}', coalesce(${counted[name]}, 0)::bigint)`).join(', ');
  return `(values ${names}) as q (name, used)`;
}

/** Use and limit of every quota. `day`: the UTC date that the daily ones count. */
export async function readQuotas(tx: TenantTransaction, day: string): Promise<Record<QuotaName, QuotaUse>> {
  const rows = await tx.query<{ name: QuotaName; used: string; max: string | null }>(
    `select name, used, annex_quota($1, name) as max from ${quotaUsesSql('$1', '$2::date')}`,
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
