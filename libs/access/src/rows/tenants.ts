import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import type { QuotaLimits } from '@annex/quotas';
import { IsNull, MoreThan, Not } from 'typeorm';
import { appendAudit, type AuditEntry } from '@annex/audit';
import type { PlatformTransaction } from '@annex/database';
import { wakeRelays } from '@annex/runs';
import { TenantRow } from './tenant-row.js';

export type NewTenant = Pick<TenantRow, 'id' | 'slug' | 'name'>;

/** Adds a tenant. `false`: the slug is taken (also by one that is still being erased). */
export async function insertTenant(tx: PlatformTransaction, tenant: NewTenant): Promise<boolean> {
  const rows = await tx.query(
    'insert into tenants (id, slug, name) values ($1, $2, $3) on conflict (slug) do nothing returning id',
    [uuidFromId(tenant.id), tenant.slug, tenant.name],
  );
  return rows.length === 1;
}

/** A tenant by its slug, also in its time of grace; not one whose erasure has begun. */
export function findTenantBySlug(tx: PlatformTransaction, slug: string): Promise<TenantRow | null> {
  return tx.repository(TenantRow).findOneBy({ slug, erasingSince: IsNull() });
}

/** A tenant by its slug, held until the transaction ends; one that is being erased too. */
export function lockTenantBySlug(tx: PlatformTransaction, slug: string): Promise<TenantRow | null> {
  return tx.repository(TenantRow).findOne({ where: { slug }, lock: { mode: 'pessimistic_write' } });
}

/** Tenants in the order they were made, those in their time of grace too. `after`: the last id of the page before. */
export function listTenants(
  tx: PlatformTransaction,
  { limit, after }: { limit: number; after?: Id<'tenant'> },
): Promise<TenantRow[]> {
  return tx.repository(TenantRow).find({
    where: { erasingSince: IsNull(), ...(after === undefined ? {} : { id: MoreThan(after) }) },
    order: { id: 'ASC' },
    take: limit,
  });
}

/** What is changed of a tenant. */
export interface TenantChanges {
  slug?: string;
  name?: string;
  timezone?: string;
  weight?: number;
  backgroundConcurrency?: number;
  /** Limits of this tenant alone, by quota; `null`: what holds for every tenant. */
  quotas?: Partial<QuotaLimits>;
}

/** Changes a tenant. `false`: the new slug is taken. */
export async function updateTenant(tx: PlatformTransaction, id: Id<'tenant'>, change: TenantChanges): Promise<boolean> {
  const { slug } = change;
  if (slug !== undefined && (await tx.repository(TenantRow).existsBy({ slug, id: Not(id) }))) return false;
  await tx.query(
    `update tenants set slug = coalesce($2, slug), name = coalesce($3, name), weight = coalesce($4, weight),
       background_concurrency = coalesce($5, background_concurrency),
       quotas = jsonb_strip_nulls(quotas || $6::jsonb), timezone = coalesce($7, timezone), updated_at = now()
     where id = $1`,
    [
      uuidFromId(id),
      change.slug ?? null,
      change.name ?? null,
      change.weight ?? null,
      change.backgroundConcurrency ?? null,
      JSON.stringify(change.quotas ?? {}),
      change.timezone ?? null,
    ],
  );
  return true;
}

/**
 * Suspends a tenant whose end was asked for: nobody enters it any more, nothing of it is started, and its rows go from
 * `graceMs` (milliseconds) on. Asked for again, the earlier of the two times holds. Call under {@link
 * lockTenantBySlug}.
 */
export async function suspendTenant(
  tx: PlatformTransaction,
  id: Id<'tenant'>,
  { by, graceMs }: { by: string; graceMs: number },
): Promise<void> {
  const uuid = uuidFromId(id);
  await tx.query(
    `update tenants set deleted_at = coalesce(deleted_at, now()), deleted_by = coalesce(deleted_by, $2),
       updated_at = now(),
       erase_after = least(erase_after, now() + $3::float8 * interval '1 millisecond') where id = $1`,
    [uuid, by, graceMs],
  );
  await changedWholly(tx, id);
}

/** Takes a suspended tenant back. `false`: its erasure has begun, or it was not suspended. */
export async function restoreTenant(tx: PlatformTransaction, id: Id<'tenant'>): Promise<boolean> {
  const { affected } = await tx
    .repository(TenantRow)
    .update(
      { id, eraseAfter: Not(IsNull()), erasingSince: IsNull() },
      { deletedAt: null, deletedBy: null, eraseAfter: null, updatedAt: () => 'now()' },
    );
  if (affected === 0) return false;
  await changedWholly(tx, id);
  await wakeRelays(tx);
  return true;
}

/** Every process forgets what it keeps of a tenant. */
export async function changedWholly(tx: PlatformTransaction, id: Id<'tenant'>): Promise<void> {
  for (const what of ['tenant', 'users', 'tokens', 'plugins', 'secrets']) await tx.changed(id, what);
}

/** What a tenant holds, for the record of its end. */
export async function countTenant(
  tx: PlatformTransaction,
  id: Id<'tenant'>,
): Promise<{ users: number; plugins: number; files: number; rows: number }> {
  const [row] = await tx.query<{ users: number; plugins: number; files: string; rows: string }>(
    `select (select count(*)::int from users where tenant_id = $1) as users,
       (select count(*)::int from installations where tenant_id = $1) as plugins,
       coalesce((select files from file_usage where tenant_id = $1), 0) as files,
         coalesce((select documents from document_usage where tenant_id = $1), 0) as rows`,
    [uuidFromId(id)],
  );
  return {
    users: row?.users ?? 0,
    plugins: row?.plugins ?? 0,
    files: Number(row?.files ?? 0),
    rows: Number(row?.rows ?? 0),
  };
}

/** Tenants whose rows are to go now, the longest due first. */
export async function listTenantsToErase(tx: PlatformTransaction, limit: number): Promise<Id<'tenant'>[]> {
  const rows = await tx.query<{ id: string }>(
    'select id from tenants where erase_after <= now() order by erase_after limit $1',
    [limit],
  );
  return rows.map(({ id }) => idFromUuid('tenant', id));
}

/** Adds to a tenant's audit trail what the platform's operators do with the tenant itself. */
export function appendTenantAudit(tx: PlatformTransaction, id: Id<'tenant'>, entry: AuditEntry): Promise<void> {
  return appendAudit(tx.asTenant(id), entry);
}
