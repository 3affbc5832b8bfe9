import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import type { PlatformTransaction } from '@annex/database';
import type { InstallationStatus } from './installation-row.js';

/** An installation of whatever tenant. */
export interface InstallationAnywhere {
  id: Id<'installation'>;
  tenant: { slug: string; name: string };
  slug: string;
  name: string;
  status: InstallationStatus;
  statusReason: string | null;
  version: string | null;
  /** Executors that its code made the platform kill, lately. */
  kills: number;
  updatedAt: Date;
}

/** Installations of all tenants in the order they were made. `after`: the last id of the page before. */
export async function listInstallationsAnywhere(
  tx: PlatformTransaction,
  {
    slug,
    status,
    after,
    limit,
  }: { slug?: string | undefined; status?: string | undefined; after?: Id<'installation'> | undefined; limit: number },
): Promise<InstallationAnywhere[]> {
  const rows = await tx.query<{
    id: string;
    tenant_slug: string;
    tenant_name: string;
    slug: string;
    name: string;
    status: InstallationStatus;
    status_reason: string | null;
    version: string | null;
    kills: number;
    updated_at: Date;
  }>(
    `select i.id, t.slug as tenant_slug, t.name as tenant_name, i.slug, i.name, i.status, i.status_reason, r.version,
       i.updated_at, (select count(*)::int from executor_kills k
         where k.tenant_id = i.tenant_id and k.installation_id = i.id) as kills
     from installations i join tenants t on t.id = i.tenant_id and t.erasing_since is null
     left join releases r on r.tenant_id = i.tenant_id and r.id = i.release_id
     where ($1::text is null or i.slug = $1) and ($2::text is null or i.status = $2)
       and ($3::uuid is null or i.id > $3)
     order by i.id limit $4`,
    [slug ?? null, status ?? null, after === undefined ? null : uuidFromId(after), limit],
  );
  return rows.map(({ id, tenant_slug, tenant_name, status_reason, updated_at, ...row }) => ({
    ...row,
    id: idFromUuid('installation', id),
    tenant: { slug: tenant_slug, name: tenant_name },
    statusReason: status_reason,
    updatedAt: updated_at,
  }));
}
