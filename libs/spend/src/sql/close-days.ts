/** How usage, which goes on changing, becomes a ledger, which does not. */
import { uuidFromId, type Id } from '@annex/kernel';
import { spendLimits } from '@annex/limits';
import { tryPlatformTurn, type PlatformTransaction } from '@annex/database';
import { quotaUsesSql } from '@annex/quotas';

/** Quotas whose use is what a tenant keeps, in bytes. */
const storage = `'package_bytes', 'kv_bytes', 'row_bytes', 'file_bytes', 'event_bytes', 'log_bytes', 'kept_mail_bytes'`;

const metric = (name: string): string => `coalesce(sum(u.value) filter (where u.metric = '${name}'), 0)::bigint`;

const columns = `tenant_id, day, installation_id, tenant, plugin, runs, failed_runs, cpu_ms, wall_ms, host_calls,
  http_calls, egress_bytes, mails, llm_tokens`;

/** Lines of plugins, of the tenants in `t` and the days in `d`. What is there stays as it is. */
const pluginLines = `
  insert into spend (${columns})
  select t.id, d.day, u.installation_id, t.slug, coalesce(i.slug, g.slug, ''), ${[
    'runs',
    'failed_runs',
    'cpu_ms',
    'wall_ms',
    'host_calls',
    'http_calls',
    'egress_bytes',
    'mails',
    'llm_tokens',
  ]
    .map(metric)
    .join(', ')}
  from t cross join d join lateral (
    select installation_id, metric, value from usage where tenant_id = t.id and day = d.day
    union all
    select installation_id, 'mails', 1 from mails
    where tenant_id = t.id and created_at >= d.day::timestamp at time zone 'UTC'
      and created_at < (d.day + 1)::timestamp at time zone 'UTC' and status in ('sent', 'sending')) u on true
  left join installations i on i.tenant_id = t.id and i.id = u.installation_id
  left join uninstalled g on g.tenant_id = t.id and g.installation_id = u.installation_id
  group by t.id, d.day, u.installation_id, t.slug, i.slug, g.slug
  order by t.id, d.day, u.installation_id on conflict do nothing`;

/** The line of each tenant as a whole: what it keeps now. */
const tenantLines = `
  insert into spend (tenant_id, day, installation_id, tenant, plugin, storage_bytes)
  select t.id, d.day, '00000000-0000-0000-0000-000000000000', t.slug, '', greatest(0, kept.bytes)
  from t cross join d cross join lateral (
    select sum(used)::bigint as bytes from ${quotaUsesSql('t.id', 'd.day')} where name in (${storage})) kept
  order by t.id, d.day on conflict do nothing`;

/**
 * Closes the earliest day that is over and not closed, and answers it; `undefined`: there is none. What is kept is
 * known of now only, so days that are closed late have it of yesterday alone. `graceMs`: default
 * {@link spendLimits.graceMs}.
 */
export async function closeNextDay(
  tx: PlatformTransaction,
  { graceMs = spendLimits.graceMs }: { graceMs?: number } = {},
): Promise<string | undefined> {
  // Two workers at once would count the same twice as fast, and no more.
  if (!(await tryPlatformTurn(tx, 'spend'))) return undefined;
  const [due] = await tx.query<{ day: string; is_yesterday: boolean }>(
    `with over as (select (now() at time zone 'UTC' - $1 * interval '1 ms')::date - 1 as day),
     first as (
       select coalesce(
         (select max(day) + 1 from spend_days),
         (select min(u.day) from tenants t
          cross join lateral (select day from usage where tenant_id = t.id order by day limit 1) u),
         over.day) as day from over)
     select to_char(first.day, 'YYYY-MM-DD') as day, first.day = over.day as is_yesterday
     from first, over where first.day <= over.day`,
    [graceMs],
  );
  if (!due) return undefined;
  await tx.execute('insert into spend_days (day) values ($1::date)', [due.day]);
  const of = `with t as (select id, slug from tenants where erasing_since is null),
    d as (select $1::date as day)`;
  await tx.execute(`${of} ${pluginLines}`, [due.day]);
  if (due.is_yesterday) await tx.execute(`${of} ${tenantLines}`, [due.day]);
  return due.day;
}

/** Closes all days of a tenant that goes, today among them: its usage goes too. Its lines count once the day does. */
export async function closeTenantSpend(tx: PlatformTransaction, tenantId: Id<'tenant'>): Promise<void> {
  const of = `with t as (select id, slug from tenants where id = $1),
    d as (
      select distinct day from usage
      where tenant_id = $1 and day > coalesce((select max(day) from spend_days), '-infinity')
      union select (now() at time zone 'UTC')::date)`;
  await tx.execute(`${of} ${pluginLines}`, [uuidFromId(tenantId)]);
  await tx.execute(`${of} ${tenantLines}`, [uuidFromId(tenantId)]);
}
