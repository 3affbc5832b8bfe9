import { uuidFromId, type Id } from '@annex/kernel';
import type { BundleReach } from '@annex/manifest';
import type { TenantTransaction } from '@annex/database';

/** Keeps what the code of a release can reach. It goes with the release. */
export async function insertReleaseReach(
  tx: TenantTransaction,
  releaseId: Id<'release'>,
  reach: BundleReach,
): Promise<void> {
  await tx.query('insert into release_reach (tenant_id, release_id, reach) values ($1, $2, $3)', [
    tx.tenantUuid,
    uuidFromId(releaseId),
    JSON.stringify(reach),
  ]);
}

/** What was kept; `undefined` for a release that was uploaded before this was looked at. */
export async function findReleaseReach(
  tx: TenantTransaction,
  releaseId: Id<'release'>,
): Promise<BundleReach | undefined> {
  const [row] = await tx.query<{ reach: BundleReach }>(
    'select reach from release_reach where tenant_id = $1 and release_id = $2',
    [tx.tenantUuid, uuidFromId(releaseId)],
  );
  return row?.reach;
}
