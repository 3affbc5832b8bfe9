import type { PlatformTransaction } from '@annex/database';
import { ofLivingTenant } from '@annex/runs';

/** How late settings are, over all tenants, in seconds; 0: nothing is late. */
export interface SettingLag {
  /** The oldest change that a plugin on watch has not heard of. Keys of its first sync do not count. */
  watchLagS: number;
  /** How long the mirror that nobody follows, or that cannot be, has been behind. */
  mirrorLagS: number;
}

/** Looks how late settings are. `mirrors`: those that the operator wants; rows of others count for nothing. */
export async function readSettingLag(
  tx: PlatformTransaction,
  mirrors: readonly { tenant: string; prefix: string }[],
): Promise<SettingLag> {
  const [row] = await tx.query<SettingLag>(
    `select coalesce((select greatest(0, extract(epoch from now() - min(c.at)))
       from (select * from setting_watches where active and ${ofLivingTenant}) w
       join installations i on i.tenant_id = w.tenant_id and i.id = w.installation_id and i.status = 'enabled'
       join setting_heads h on h.tenant_id = w.tenant_id and h.revision > greatest(w.position, w.sync_until)
       cross join lateral (select at from setting_changes where tenant_id = w.tenant_id
         and revision > greatest(w.position, w.sync_until) order by revision limit 1) c), 0)::float8 as "watchLagS",
     coalesce((select greatest(0, extract(epoch from now() - min(coalesce(m.behind_since, m.lease_until))))
       from unnest($1::text[], $2::text[]) as wanted (tenant, prefix)
       join tenants t on t.slug = wanted.tenant and not t.at_rest
       join setting_mirrors m on m.tenant_id = t.id and m.prefix = wanted.prefix
         and (m.behind_since is not null or m.lease_until < now())), 0)::float8 as "mirrorLagS"`,
    [mirrors.map(({ tenant }) => tenant), mirrors.map(({ prefix }) => prefix)],
  );
  return row ?? { watchLagS: 0, mirrorLagS: 0 };
}
