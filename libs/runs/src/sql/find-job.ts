import { idFromUuid, parseId, uuidFromId, type Id, type Json } from '@annex/kernel';

import type { TenantTransaction } from '@annex/database';

/** An installation with the jobs of its active release. */
export interface InstalledJobs {
  installationId: Id<'installation'>;
  /** The plugin's slug. */
  plugin: string;
  status: 'installed' | 'starting' | 'failed' | 'enabled' | 'disabled' | 'suspended' | 'uninstalling';
  statusReason: string | null;
  /** The manifest's `jobs` (libs/manifest's `ManifestJob`). */
  jobs: Json[];
}

/** Looks an installation up by its id or slug; `null` when the tenant has none. */
export async function findInstalledJobs(tx: TenantTransaction, idOrSlug: string): Promise<InstalledJobs | null> {
  const id = parseId('installation', idOrSlug);
  const [row] = await tx.query<{
    id: string;
    slug: string;
    status: InstalledJobs['status'];
    status_reason: string | null;
    jobs: Json;
  }>(
    `select i.id, i.slug, i.status, i.status_reason, r.manifest->'jobs' as jobs from installations i
     left join releases r on r.tenant_id = i.tenant_id and r.id = i.release_id
     where i.tenant_id = $1 and ${id ? 'i.id = $2::uuid' : 'i.slug = $2'}`,
    [tx.tenantUuid, id ? uuidFromId(id) : idOrSlug.replaceAll('\0', '\uFFFD')],
  );
  if (!row) return null;
  return {
    installationId: idFromUuid('installation', row.id),
    plugin: row.slug,
    status: row.status,
    statusReason: row.status_reason,
    jobs: Array.isArray(row.jobs) ? row.jobs : [],
  };
}
