import { uuidFromId, type Id } from '@annex/kernel';
import { IsNull, MoreThan } from 'typeorm';
import { appendAudit, type AuditEntry } from '../audit/audit.js';
import { TenantTransaction, type PlatformTransaction } from '../core/database.js';
import { TenantRow } from './tenant-row.js';

export interface NewTenant {
  id: Id<'tenant'>;
  slug: string;
  name: string;
}

/** Adds a tenant. `false`: the slug is taken (also by one that is still being erased). */
export async function insertTenant(tx: PlatformTransaction, tenant: NewTenant): Promise<boolean> {
  const rows = await tx.query('insert into tenants (id, slug, name) values ($1, $2, $3) on conflict (slug) do nothing returning id', [
    uuidFromId(tenant.id),
    tenant.slug,
    tenant.name,
  ]);
  return rows.length === 1;
}

/** A living tenant by its slug. */
export function findTenantBySlug(tx: PlatformTransaction, slug: string): Promise<TenantRow | null> {
  return tx.manager.getRepository(TenantRow).findOneBy({ slug, erasingSince: IsNull() });
}

/** A tenant by its slug, held until the transaction ends; one that is being erased too. */
export function lockTenantBySlug(tx: PlatformTransaction, slug: string): Promise<TenantRow | null> {
  return tx.manager.getRepository(TenantRow).findOne({ where: { slug }, lock: { mode: 'pessimistic_write' } });
}

/** Living tenants in the order they were made. `after`: the last id of the page before. */
export function listTenants(tx: PlatformTransaction, { limit, after }: { limit: number; after?: Id<'tenant'> }): Promise<TenantRow[]> {
  return tx.manager.getRepository(TenantRow).find({
    where: { erasingSince: IsNull(), ...(after === undefined ? {} : { id: MoreThan(after) }) },
    order: { id: 'ASC' },
    take: limit,
  });
}

/** Changes a tenant. `false`: the new slug is taken. */
export async function updateTenant(tx: PlatformTransaction, id: Id<'tenant'>, change: { slug?: string; name?: string; weight?: number; backgroundConcurrency?: number }): Promise<boolean> {
  if (change.slug !== undefined) {
    const taken = await tx.query('select 1 from tenants where slug = $1 and id <> $2', [change.slug, uuidFromId(id)]);
    if (taken.length > 0) return false;
  }
  await tx.query('update tenants set slug = coalesce($2, slug), name = coalesce($3, name), weight = coalesce($4, weight), background_concurrency = coalesce($5, background_concurrency), updated_at = now() where id = $1', [
    uuidFromId(id),
    change.slug ?? null,
    change.name ?? null,
    change.weight ?? null,
    change.backgroundConcurrency ?? null,
  ]);
  return true;
}

/** Begins a tenant's erasure: nobody enters it any more, nothing of it is started. */
export async function markTenantErasing(tx: PlatformTransaction, id: Id<'tenant'>): Promise<void> {
  const uuid = uuidFromId(id);
  await tx.query('update tenants set erasing_since = coalesce(erasing_since, now()) where id = $1', [uuid]);
  await tx.query(`update installations set status = 'disabled', updated_at = now() where tenant_id = $1 and status <> 'disabled'`, [uuid]);
  await tx.query('delete from subscriptions where tenant_id = $1', [uuid]);
  await tx.query('delete from schedules where tenant_id = $1', [uuid]);
  await tx.query('delete from api_tokens where tenant_id = $1', [uuid]);
  for (const what of ['tenant', 'users', 'tokens', 'plugins', 'secrets']) await tx.changed(id, what);
}

/** Tenants whose erasure was begun and has not ended, oldest first. */
export function listErasingTenants(tx: PlatformTransaction, limit: number): Promise<TenantRow[]> {
  return tx.manager
    .getRepository(TenantRow)
    .createQueryBuilder('tenant')
    .where('tenant.erasingSince is not null')
    .orderBy('tenant.erasingSince')
    .take(limit)
    .getMany();
}

/** Tables that can grow so large that one cascading DELETE would outlive its time limit. */
const largeTables = ['mails', 'document_values', 'documents', 'files', 'run_logs', 'webhook_attempts', 'webhook_deliveries', 'runs', 'events', 'kv', 'usage', 'tracked', 'release_files', 'audit', 'idempotency_keys'] as const;

/**
 * Erases one portion of a tenant, at most `portion` rows of one large table. Call in a transaction of its own, again and again, until it
 * answers `true`: nothing is left. Dying in between loses nothing but time.
 */
export async function eraseTenantPortion(tx: PlatformTransaction, id: Id<'tenant'>, portion = 5000): Promise<boolean> {
  const uuid = uuidFromId(id);
  for (const table of largeTables) {
    const gone = await tx.execute(
      `delete from ${table} where tenant_id = $1 and ctid = any (array(select ctid from ${table} where tenant_id = $1 limit $2))`,
      [uuid, portion],
    );
    if (gone > 0) return false;
  }
  await tx.query('delete from tenants where id = $1 and erasing_since is not null', [uuid]);
  // Nothing leads from these to their tenant; what a transaction under way had still written is committed or refused by now.
  for (const table of ['document_values', 'runs'] as const) await tx.query(`delete from ${table} where tenant_id = $1`, [uuid]);
  return true;
}

/** Adds to a tenant's audit trail what the platform's operators do with the tenant itself. */
export function appendTenantAudit(tx: PlatformTransaction, id: Id<'tenant'>, entry: AuditEntry): Promise<void> {
  return appendAudit(new TenantTransaction(tx.manager, id), entry);
}
