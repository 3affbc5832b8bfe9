import { newId, uuidFromId, type Id, type Json } from '@annex/kernel';
import { In, LessThan } from 'typeorm';
import type { TenantTransaction } from '@annex/database';
import { ReleaseRow, type ReleaseSigner } from './release-row.js';

/** Adds a release. Its blobs must be stored already ({@link storeBlobs}). */
export async function insertRelease(
  tx: TenantTransaction,
  release: Omit<ReleaseRow, 'id' | 'tenantId'>,
): Promise<ReleaseRow> {
  const row: ReleaseRow = { ...release, tenantId: tx.tenantId, id: newId('release', release.createdAt.getTime()) };
  await tx.repository(ReleaseRow).insert(row as object);
  return row;
}

/** One release of the tenant. */
export async function findRelease(tx: TenantTransaction, id: Id<'release'>): Promise<ReleaseRow | null> {
  return tx.repository(ReleaseRow).findOneBy({ tenantId: tx.tenantId, id });
}

/** Releases by id, for showing many installations. */
export async function findReleases(
  tx: TenantTransaction,
  ids: readonly Id<'release'>[],
): Promise<Map<Id<'release'>, ReleaseRow>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.repository(ReleaseRow).findBy({ tenantId: tx.tenantId, id: In([...ids]) });
  return new Map(rows.map((row) => [row.id, row]));
}

/** The releases that came from the same archive; an archive's slug is its own, so there is at most one. */
export async function findReleaseBySha256(tx: TenantTransaction, sha256: string): Promise<ReleaseRow | null> {
  return tx.repository(ReleaseRow).findOneBy({ tenantId: tx.tenantId, sha256 });
}

/** A release as lists show it, without what its package holds. */
export type ReleaseSummary = Pick<ReleaseRow, 'id' | 'version' | 'sha256' | 'signedBy' | 'createdBy' | 'createdAt'>;

/** Up to `limit` releases of an installation, newest first, older than `before`; of one version when it is given. */
export async function listReleases(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  { limit, before, version }: { limit: number; before?: Id<'release'> | null; version?: string },
): Promise<ReleaseSummary[]> {
  return tx.repository(ReleaseRow).find({
    select: { id: true, version: true, sha256: true, signedBy: true, createdBy: true, createdAt: true },
    where: {
      tenantId: tx.tenantId,
      installationId,
      ...(before && { id: LessThan(before) }),
      ...(version !== undefined && { version }),
    },
    order: { id: 'DESC' },
    take: limit,
  });
}

/** Says who vouches for a release that nobody vouched for yet. */
export async function setReleaseSigner(
  tx: TenantTransaction,
  id: Id<'release'>,
  signedBy: ReleaseSigner,
): Promise<void> {
  await tx.repository(ReleaseRow).update({ tenantId: tx.tenantId, id }, { signedBy } as object);
}

/**
 * Removes an installation's releases beyond the newest `keep`, never the active or the next one, and answers how many
 * went.
 */
export async function pruneReleases(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  keep: number,
): Promise<number> {
  return tx.execute(
    `delete from releases r where r.tenant_id = $1 and r.installation_id = $2
       and r.id not in (select id from releases where tenant_id = $1 and installation_id = $2 order by id desc limit $3)
       and not exists (select 1 from installations i
         where i.tenant_id = $1 and i.id = $2 and r.id in (i.release_id, i.next_release_id))`,
    [tx.tenantUuid, uuidFromId(installationId), keep],
  );
}

/** What the audit says of where a release comes from. */
export function originOf({ sha256, signedBy }: Pick<ReleaseRow, 'sha256' | 'signedBy'>): Record<string, Json> {
  return { sha256, ...(signedBy && { signed_by: { ...signedBy } }) };
}
