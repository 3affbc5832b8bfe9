/** Quotas of what runs use in a day. Nothing counts for them: they are read from what is kept as usage anyway. */
import { DAY } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import type { QuotaName, SpentQuota } from '../quotas.js';

/** By quota: the count of usage that it bounds, and how many of it are one of the quota's unit. */
export const usedQuotas = {
  runs_per_day: { metric: 'runs', per: 1 },
  cpu_seconds_per_day: { metric: 'cpu_ms', per: 1000 },
  egress_bytes_per_day: { metric: 'egress_bytes', per: 1 },
} as const satisfies Partial<Record<QuotaName, { metric: string; per: number }>>;

/** One of {@link usedQuotas}. */
export type UsedQuota = keyof typeof usedQuotas;

const rows = Object.entries(usedQuotas).map(([name, { metric, per }]) => `('${name}', '${metric}', ${per})`);

/** Usage is read only for quotas that have a limit. */
const spentSql = `
  select l.name, l.max, u.used from (
    select q.name, q.metric, q.per, annex_quota($1, q.name) as max
    from (values ${rows.join(', ')}) as q (name, metric, per) offset 0) l
  cross join lateral (
    select floor(coalesce(sum(value), 0) / l.per) as used from usage
    where l.max is not null and tenant_id = $1 and day = $2::date and metric = l.metric) u
  where l.max is not null and u.used >= l.max order by l.name limit 1`;

/** The quota of what runs use that the tenant has used up on the day of a moment; `undefined`: none. */
export async function findSpentQuota(tx: TenantTransaction, nowMs: number): Promise<SpentQuota | undefined> {
  const startMs = Math.floor(nowMs / DAY) * DAY;
  const [row] = await tx.query<{ name: UsedQuota; used: number | string; max: string }>(spentSql, [
    tx.tenantUuid,
    new Date(startMs).toISOString().slice(0, 10),
  ]);
  return row && { quota: row.name, used: Number(row.used), max: Number(row.max), untilMs: startMs + DAY };
}
