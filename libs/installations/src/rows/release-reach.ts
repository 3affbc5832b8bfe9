import type { Id } from '@annex/kernel';
import type { BundleReach } from '@annex/manifest';
import type { TenantTransaction } from '@annex/database';
import { ReleaseReachRow } from './release-reach-row.js';

/** Keeps what the code of a release can reach. It goes with the release. */
export async function insertReleaseReach(
  tx: TenantTransaction,
  releaseId: Id<'release'>,
  reach: BundleReach,
): Promise<void> {
  await tx.repository(ReleaseReachRow).insert({ tenantId: tx.tenantId, releaseId, reach });
}

/** What was kept; `undefined` for a release that was uploaded before this was looked at. */
export async function findReleaseReach(
  tx: TenantTransaction,
  releaseId: Id<'release'>,
): Promise<BundleReach | undefined> {
  const row = await tx.repository(ReleaseReachRow).findOneBy({ tenantId: tx.tenantId, releaseId });
  return row?.reach;
}
