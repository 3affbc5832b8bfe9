import { TenantRow } from '@annex/access';
import type { PlatformTransaction } from '@annex/database';
import { uuidFromId, type Id } from '@annex/kernel';
import { QueryFailedError } from 'typeorm';
import type { ArchiveHead } from '../format.js';

type ArchivedTenant = ArchiveHead['tenant'];

/**
 * Leaves out what was used on days that are not in the ledger yet: the server on which it was used bills it, and this
 * one what is used here.
 */
export async function dropOpenDays(tx: PlatformTransaction, tenantUuid: string): Promise<void> {
  await tx.execute(
    `delete from usage where tenant_id = $1 and day > coalesce((select max(day) from spend_days), '-infinity')`,
    [tenantUuid],
  );
}

/** Whether a statement failed because of what it was given (SQLSTATE classes 22 and 23). */
export function isBadData(thrown: unknown): boolean {
  if (!(thrown instanceof QueryFailedError)) return false;
  const cause: unknown = thrown.driverError;
  return typeof cause === 'object' && cause !== null && 'code' in cause && /^2[23]/.test(String(cause.code));
}

/** The tenant itself, as it is written. Throws when it is gone meanwhile. */
export async function readTenant(tx: PlatformTransaction, id: Id<'tenant'>): Promise<TenantRow> {
  const row = await tx.repository(TenantRow).findOneBy({ id });
  if (!row) throw new Error(`the tenant ${id} is gone`);
  return row;
}

/** Whether there is a tenant of this id, be it one that is being erased. */
export async function isHere(tx: PlatformTransaction, id: Id<'tenant'>): Promise<boolean> {
  return (await tx.query('select 1 from tenants where id = $1', [uuidFromId(id)])).length > 0;
}

/** Adds the tenant itself; at rest unless it is to start. */
export async function insertImported(
  tx: PlatformTransaction,
  { id, slug, head, by, start }: { id: Id<'tenant'>; slug: string; head: ArchivedTenant; by: string; start: boolean },
): Promise<void> {
  await tx.execute(
    `insert into tenants (id, slug, name, timezone, weight, background_concurrency, quotas, created_at,
       suspended_at, suspended_by, suspend_reason, suspend_scope)
     values ($1, $2, $3, $4, $5, $6, $7, $8, case when $9 then null else now() end,
       case when $9 then null else $10 end, case when $9 then null else $11 end,
       case when $9 then null else 'everything' end)`,
    [
      ...[uuidFromId(id), slug, head.name, head.timezone, head.weight, head.background_concurrency],
      ...[JSON.stringify(head.quotas), head.created_at, start, by, importedReason],
    ],
  );
}

const importedReason = 'It was brought here from another server, and waits for an operator to let it go on.';
