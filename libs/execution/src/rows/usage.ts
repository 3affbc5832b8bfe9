import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import { inOneOrder, type TenantTransaction } from '@annex/database';
import type { UsageRow } from './usage-row.js';

/** An amount to be added to one day's count. */
export type UsageIncrement = Omit<UsageRow, 'tenantId'>;

/** Adds amounts to the counts of their days. Two writers at once add up. */
export async function addUsage(tx: TenantTransaction, increments: readonly UsageIncrement[]): Promise<void> {
  if (increments.length === 0) return;
  const rows = inOneOrder(increments, ({ day, installationId, metric }) => [day, installationId, metric]);
  await tx.query(
    `insert into usage as have (tenant_id, day, installation_id, metric, value)
     select $1, u.day, u.installation_id, u.metric, u.value
     from unnest($2::date[], $3::uuid[], $4::text[], $5::float8[]) as u (day, installation_id, metric, value)
     on conflict (tenant_id, day, installation_id, metric) do update set value = have.value + excluded.value`,
    [
      tx.tenantUuid,
      rows.map((row) => row.day),
      rows.map((row) => uuidFromId(row.installationId)),
      rows.map((row) => row.metric),
      rows.map((row) => row.value),
    ],
  );
}

/** Counts of one day and installation. */
export interface UsageDay {
  day: string;
  installationId: Id<'installation'>;
  /** The slug, also of one that was uninstalled; `null` when nothing is known of it any more. */
  plugin: string | null;
  metrics: Record<string, number>;
  /** Counts by name, `job/failed/<name>` or `error/<code>`: those of `GET /api/metrics`. */
  series: Record<string, number>;
}

/**
 * The counts of the days from `since` to `until` (UTC dates, both inclusive), newest day first. `installationId`: only
 * its own.
 */
export async function readUsage(
  tx: TenantTransaction,
  { since, until, installationId }: { since: string; until: string; installationId?: Id<'installation'> },
): Promise<UsageDay[]> {
  const rows = await tx.query<{
    day: string;
    installation_id: string;
    plugin: string | null;
    metrics: Record<string, number>;
    series: Record<string, number>;
  }>(
    `select to_char(u.day, 'YYYY-MM-DD') as day, u.installation_id, coalesce(i.slug, g.slug) as plugin,
       coalesce(json_object_agg(u.metric, u.value order by u.metric) filter (where strpos(u.metric, '/') = 0), '{}')
         as metrics,
       coalesce(json_object_agg(u.metric, u.value order by u.metric) filter (where strpos(u.metric, '/') > 0), '{}')
         as series
     from usage u left join installations i on i.tenant_id = u.tenant_id and i.id = u.installation_id
       left join uninstalled g on g.tenant_id = u.tenant_id and g.installation_id = u.installation_id
     where u.tenant_id = $1 and u.day between $2::date and $3::date and ($4::uuid is null or u.installation_id = $4)
     group by u.day, u.installation_id, i.slug, g.slug
     order by u.day desc, coalesce(i.slug, g.slug), u.installation_id`,
    [tx.tenantUuid, since, until, installationId ? uuidFromId(installationId) : null],
  );
  return rows.map((row) => ({
    day: row.day,
    installationId: idFromUuid('installation', row.installation_id),
    plugin: row.plugin,
    metrics: row.metrics,
    series: row.series,
  }));
}

/** A plugin and its counts of one day, those of `GET /api/metrics` among them. */
export interface PluginDay {
  plugin: string;
  status: string;
  metrics: Record<string, number>;
}

/** The tenant's plugins in order of slug, each with its counts of a UTC day. */
export function readPluginDays(tx: TenantTransaction, day: string): Promise<PluginDay[]> {
  return tx.query<PluginDay>(
    `select i.slug as plugin, i.status,
       coalesce(json_object_agg(u.metric, u.value order by u.metric) filter (where u.metric is not null), '{}')
         as metrics
     from installations i
     left join usage u on u.tenant_id = i.tenant_id and u.installation_id = i.id and u.day = $2::date
     where i.tenant_id = $1 group by i.slug, i.status order by i.slug`,
    [tx.tenantUuid, day],
  );
}
