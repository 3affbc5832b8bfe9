import type { TenantTransaction } from '@annex/database';
import type { InstallationStatus } from './installation-row.js';

/** What the dependency rules look at in one installation. */
export interface DependencyNode {
  slug: string;
  status: InstallationStatus;
  /** Of the active release. */
  version: string;
  /** Slug → SemVer range, of the active release. */
  dependencies: Record<string, string>;
}

/** The installations of some slugs; those that the tenant does not have are missing. */
export async function findDependencyNodes(tx: TenantTransaction, slugs: readonly string[]): Promise<DependencyNode[]> {
  if (slugs.length === 0) return [];
  return tx.query<DependencyNode>(
    `select i.slug, i.status, r.version, coalesce(r.manifest->'dependencies', '{}') as dependencies
     from installations i join releases r on r.tenant_id = i.tenant_id and r.id = i.release_id
     where i.tenant_id = $1 and i.slug = any($2)`,
    [tx.tenantUuid, slugs],
  );
}

/** The installations that are on, or starting, and need `slug`, each with the range it needs, in order of slug. */
export async function findEnabledDependents(
  tx: TenantTransaction,
  slug: string,
): Promise<{ slug: string; range: string }[]> {
  return tx.query<{ slug: string; range: string }>(
    `select i.slug, r.manifest->'dependencies'->>$2 as range
     from installations i join releases r on r.tenant_id = i.tenant_id and r.id = i.release_id
     where i.tenant_id = $1 and i.status in ('enabled', 'starting') and i.slug <> $2
       and r.manifest->'dependencies'->>$2 is not null
     order by i.slug`,
    [tx.tenantUuid, slug],
  );
}
