/** The rows of `config_revisions`. Written under the tenant's turn to change plugins, so that numbers have no gaps. */
import type { TenantTransaction } from '@annex/database';
import type { Id } from '@annex/kernel';
import { LessThan, LessThanOrEqual } from 'typeorm';
import { ConfigRevisionRow } from './config-revision-row.js';

/** Revisions of one installation that are kept: the latest. */
export const keptConfigRevisions = 100;

/** The number of an installation's settings; 0: they were never changed. */
export async function currentConfigRevision(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
): Promise<number> {
  return (await tx.repository(ConfigRevisionRow).maximum('revision', { tenantId: tx.tenantId, installationId })) ?? 0;
}

/** One revision that is still kept, or `null`. */
export function findConfigRevision(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  revision: number,
): Promise<ConfigRevisionRow | null> {
  return tx.repository(ConfigRevisionRow).findOneBy({ tenantId: tx.tenantId, installationId, revision });
}

/** Up to `limit` revisions, newest first, below `before`. */
export function listConfigRevisions(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  { limit, before }: { limit: number; before: number | null },
): Promise<ConfigRevisionRow[]> {
  return tx.repository(ConfigRevisionRow).find({
    where: { tenantId: tx.tenantId, installationId, ...(before !== null && { revision: LessThan(before) }) },
    order: { revision: 'DESC' },
    take: limit,
  });
}

/** Writes a revision down, and forgets those that are older than {@link keptConfigRevisions}. */
export async function insertConfigRevision(
  tx: TenantTransaction,
  row: Omit<ConfigRevisionRow, 'tenantId'>,
): Promise<void> {
  const revisions = tx.repository(ConfigRevisionRow);
  const { installationId } = row;
  await revisions.insert({ ...row, tenantId: tx.tenantId } as object);
  const oldest = LessThanOrEqual(row.revision - keptConfigRevisions);
  await revisions.delete({ tenantId: tx.tenantId, installationId, revision: oldest });
}
