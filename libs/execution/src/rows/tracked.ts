import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import { inOneOrder, type TenantTransaction } from '@annex/database';
import type { TrackedRow } from './tracked-row.js';

/** An amount to be added to what a plugin counts itself. */
export type TrackedIncrement = Omit<TrackedRow, 'tenantId'>;

/** Adds to the counts of their days. Two writers at once add up. */
export async function addTracked(tx: TenantTransaction, increments: readonly TrackedIncrement[]): Promise<void> {
  if (increments.length === 0) return;
  const rows = inOneOrder(increments, ({ day, installationId, name, prop }) => [day, installationId, name, prop]);
  await tx.query(
    `insert into tracked as have (tenant_id, day, installation_id, name, prop, value)
     select $1, u.day, u.installation_id, u.name, u.prop, u.value
     from unnest($2::date[], $3::uuid[], $4::text[], $5::text[], $6::float8[]) as u (day, installation_id, name, prop,
       value)
     on conflict (tenant_id, day, installation_id, name, prop) do update set value = have.value + excluded.value`,
    [
      tx.tenantUuid,
      rows.map((row) => row.day),
      rows.map((row) => uuidFromId(row.installationId)),
      rows.map((row) => row.name),
      rows.map((row) => row.prop),
      rows.map((row) => row.value),
    ],
  );
}

/** The names that an installation counted on a UTC date. */
export async function trackedNames(
  tx: TenantTransaction,
  { installationId, day }: { installationId: Id<'installation'>; day: string },
): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(
    `select name from tracked where tenant_id = $1 and day = $2::date and installation_id = $3 and prop = ''`,
    [tx.tenantUuid, day, uuidFromId(installationId)],
  );
  return rows.map((row) => row.name);
}

/** What an installation counted under one name on one day. */
export interface TrackedDay {
  day: string;
  installationId: Id<'installation'>;
  /** The slug, or `null` when the installation is gone. */
  plugin: string | null;
  name: string;
  count: number;
  /** By numeric property. */
  sums: Record<string, number>;
}

/** The counts of the days from `since` to `until` (UTC dates, both inclusive). `installationId`: only its own. */
export async function readTracked(
  tx: TenantTransaction,
  { since, until, installationId }: { since: string; until: string; installationId?: Id<'installation'> },
): Promise<TrackedDay[]> {
  const rows = await tx.query<{
    day: string;
    installation_id: string;
    plugin: string | null;
    name: string;
    props: Record<string, number>;
  }>(
    `select to_char(t.day, 'YYYY-MM-DD') as day, t.installation_id, i.slug as plugin, t.name,
       json_object_agg(t.prop, t.value order by t.prop) as props
     from tracked t left join installations i on i.tenant_id = t.tenant_id and i.id = t.installation_id
     where t.tenant_id = $1 and t.day between $2::date and $3::date and ($4::uuid is null or t.installation_id = $4)
     group by t.day, t.installation_id, i.slug, t.name order by t.day desc, t.installation_id, t.name`,
    [tx.tenantUuid, since, until, installationId ? uuidFromId(installationId) : null],
  );
  return rows.map(({ day, installation_id, plugin, name, props: { '': count = 0, ...sums } }) => ({
    day,
    installationId: idFromUuid('installation', installation_id),
    plugin,
    name,
    count,
    sums,
  }));
}
