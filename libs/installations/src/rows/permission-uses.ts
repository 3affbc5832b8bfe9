import { uuidFromId, type Id } from '@annex/kernel';
import { inOneOrder, type TenantTransaction } from '@annex/database';
import { PermissionUseRow } from './permission-use-row.js';

/** What an installation used: a permission that let a host call through, or a secret. */
export type Use = PermissionUseRow['permission'];

export const secretUse = (name: string): Use => `secret:${name}`;

export interface PermissionUse extends Pick<PermissionUseRow, 'installationId' | 'permission'> {
  /** Milliseconds since the epoch. */
  atMs: number;
}

/**
 * Remembers the latest use of each permission and secret, in one statement for all of a batch. One of an installation
 * that is gone
 * is forgotten.
 */
export async function recordPermissionUses(tx: TenantTransaction, uses: readonly PermissionUse[]): Promise<void> {
  if (uses.length === 0) return;
  const rows = inOneOrder(uses, ({ installationId, permission }) => [installationId, permission]);
  await tx.query(
    `insert into permission_uses as have (tenant_id, installation_id, permission, last_used_at)
     select $1, u.installation_id, u.permission, to_timestamp(u.at / 1000)
     from unnest($2::uuid[], $3::text[], $4::float8[]) as u (installation_id, permission, at)
     where exists (select 1 from installations i where i.tenant_id = $1 and i.id = u.installation_id)
     on conflict (tenant_id, installation_id, permission) do update
     set last_used_at = greatest(have.last_used_at, excluded.last_used_at)`,
    [
      tx.tenantUuid,
      rows.map((row) => uuidFromId(row.installationId)),
      rows.map((row) => row.permission),
      rows.map((row) => row.atMs),
    ],
  );
}

/** When an installation last used each permission and secret; what it never used is left out. */
export async function lastPermissionUses(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
): Promise<Map<string, Date>> {
  const uses = await tx.repository(PermissionUseRow).findBy({ tenantId: tx.tenantId, installationId });
  return new Map(uses.map(({ permission, lastUsedAt }) => [permission, lastUsedAt]));
}
