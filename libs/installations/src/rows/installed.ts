import type { TenantTransaction } from '@annex/database';

/** The release of a plugin that is active. */
export interface InstalledRelease {
  slug: string;
  version: string;
  sha256: string;
}

/** The active release of each of the tenant's plugins. By hand: whole manifests would be read to show three columns. */
export function listInstalledReleases(tx: TenantTransaction): Promise<InstalledRelease[]> {
  return tx.query<InstalledRelease>(
    `select i.slug, r.version, r.sha256 from installations i
     join releases r on r.tenant_id = i.tenant_id and r.id = i.release_id
     where i.tenant_id = $1 order by i.slug`,
    [tx.tenantUuid],
  );
}
