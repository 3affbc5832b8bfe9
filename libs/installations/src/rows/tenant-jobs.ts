import { idFromUuid, type Id } from '@annex/kernel';
import type { ManifestJob } from '@annex/manifest';
import type { TenantTransaction } from '@annex/database';

/** A job that an active release declares. */
export interface TenantJob {
  installationId: Id<'installation'>;
  slug: string;
  /** Its place in the manifest, from 1. */
  place: number;
  job: ManifestJob;
}

/**
 * Up to `limit` jobs of all the tenant's plugins, in order of slug and place in the manifest, after those of `after`.
 * By hand: jobs stand in the manifest's JSON, and whole manifests would be read to show a few lines.
 */
export async function listTenantJobs(
  tx: TenantTransaction,
  { limit, after }: { limit: number; after: { slug: string; place: number } | null },
): Promise<TenantJob[]> {
  const rows = await tx.query<{ id: string; slug: string; place: string; job: ManifestJob }>(
    `select i.id, i.slug, j.place, j.job
     from installations i
     join releases r on r.tenant_id = i.tenant_id and r.id = i.release_id
     cross join lateral json_array_elements(r.manifest->'jobs') with ordinality as j (job, place)
     where i.tenant_id = $1 and ($2::text is null or (i.slug, j.place) > ($2::text, $3::bigint))
     order by i.slug, j.place limit $4`,
    [tx.tenantUuid, after?.slug ?? null, after?.place ?? 0, limit],
  );
  return rows.map(({ id, slug, place, job }) => ({
    installationId: idFromUuid('installation', id),
    slug,
    place: Number(place),
    job,
  }));
}
