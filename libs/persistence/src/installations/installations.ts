import { newId, parseId, uuidFromId, type Id } from '@annex/kernel';
import { MoreThan } from 'typeorm';
import type { PlatformTransaction, TenantTransaction, Transaction } from '../core/database.js';
import { InstallationRow } from './installation-row.js';

const slugPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/**
 * Lets one transaction at a time change a tenant's plugins, until it ends: enabling one looks at others (dependencies), and the same slug may be
 * uploaded twice at once. Throws what PostgreSQL throws for a lock that was not free within 10 s (SQLSTATE 55P03).
 */
export async function lockInstallations(tx: TenantTransaction): Promise<void> {
  await tx.query("select set_config('lock_timeout', '10s', true)");
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 11))', [tx.tenantUuid]);
  await tx.query("select set_config('lock_timeout', '0', true)");
}

/** Whether PostgreSQL gave up waiting for a lock (`lock_not_available`). */
export function isLockTimeout(thrown: unknown): boolean {
  return sqlState(thrown) === '55P03';
}

function sqlState(thrown: unknown): unknown {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const { code, driverError } = thrown as { code?: unknown; driverError?: { code?: unknown } };
  return driverError?.code ?? code;
}

/** The installation that a caller names by id or slug; any text may come. An id wins over a slug that looks like one. */
export async function findInstallation(tx: TenantTransaction, idOrSlug: string): Promise<InstallationRow | null> {
  const repository = tx.manager.getRepository(InstallationRow);
  const id = parseId('installation', idOrSlug);
  const byId = id === undefined ? null : await repository.findOneBy({ tenantId: tx.tenantId, id });
  if (byId !== null || !slugPattern.test(idOrSlug)) return byId;
  return repository.findOneBy({ tenantId: tx.tenantId, slug: idOrSlug });
}

/** The installation whose slug a package carries, which is never taken for an id. */
export async function findInstallationBySlug(tx: TenantTransaction, slug: string): Promise<InstallationRow | null> {
  return tx.manager.getRepository(InstallationRow).findOneBy({ tenantId: tx.tenantId, slug });
}

/** Up to `limit` installations in order of slug, after that of `after`. */
export async function listInstallations(tx: TenantTransaction, { limit, after }: { limit: number; after: string | null }): Promise<InstallationRow[]> {
  return tx.manager.getRepository(InstallationRow).find({
    where: { tenantId: tx.tenantId, ...(after !== null && { slug: MoreThan(after) }) },
    order: { slug: 'ASC' },
    take: limit,
  });
}

/** Makes an installation without a release: give it one in the same transaction. */
export async function insertInstallation(tx: TenantTransaction, { slug, name, at }: { slug: string; name: string; at: Date }): Promise<InstallationRow> {
  const row: InstallationRow = {
    tenantId: tx.tenantId,
    id: newId('installation', at.getTime()),
    slug,
    name,
    status: 'installed',
    statusReason: null,
    releaseId: null,
    granted: [],
    config: {},
    createdAt: at,
    updatedAt: at,
  };
  await tx.manager.getRepository(InstallationRow).insert(row as object);
  return row;
}

/** What may change of an installation. */
export type InstallationChange = Partial<Pick<InstallationRow, 'name' | 'status' | 'statusReason' | 'releaseId' | 'granted' | 'config'>>;

/** Changes an installation and answers how it is now. */
export async function updateInstallation(tx: TenantTransaction, row: InstallationRow, change: InstallationChange & { updatedAt: Date }): Promise<InstallationRow> {
  await tx.manager.getRepository(InstallationRow).update({ tenantId: tx.tenantId, id: row.id }, change as object);
  return { ...row, ...change };
}

/** Deletes an installation with all that hangs on it: releases, secrets, runs, logs, schedules, keys. Answers whether it was there. */
export async function deleteInstallation(tx: TenantTransaction, id: Id<'installation'>): Promise<boolean> {
  const { affected } = await tx.manager.getRepository(InstallationRow).delete({ tenantId: tx.tenantId, id });
  return (affected ?? 0) > 0;
}

/** Rows removed by one statement, so that none outlasts the connection's time limit. */
const eraseRows = 20_000;
/** Runs and log lines that go with the uninstalling itself; what is more goes behind the answer. */
const erasedAtOnce = 2000;

/** Where an installation's rows may be many. */
const largeTables = ['run_logs', 'runs', 'plugin_failures'] as const;

async function erasePortion(tx: Transaction, parameters: readonly unknown[], limit: number): Promise<boolean> {
  let isEmpty = true;
  for (const table of largeTables) {
    const sql = `delete from ${table} where ctid = any(array(select ctid from ${table} where tenant_id = $1 and installation_id = $2 limit ${limit}))`;
    isEmpty = (await tx.execute(sql, parameters)) < limit && isEmpty;
  }
  return isEmpty;
}

/**
 * Erases what an installation gathered: its keys, its deliveries, what of its runs is not done, and `limit` others (default 2,000); the rest goes
 * behind the answer ({@link eraseUninstalled}).
 * Call before {@link deleteInstallation}.
 */
export async function eraseInstallationRows(tx: TenantTransaction, id: Id<'installation'>, limit = erasedAtOnce): Promise<void> {
  const deliveries = `delete from webhook_deliveries where ctid = any(array(select d.ctid from webhook_deliveries d join webhooks w on w.tenant_id = d.tenant_id and w.id = d.webhook_id
    where w.tenant_id = $1 and w.installation_id = $2 limit ${eraseRows}))`;
  while ((await tx.execute(deliveries, [tx.tenantUuid, uuidFromId(id)])) === eraseRows);
  const kv = `delete from kv where ctid = any(array(select ctid from kv where tenant_id = $1 and installation_id = $2 limit ${eraseRows}))`;
  while ((await tx.execute(kv, [tx.tenantUuid, uuidFromId(id)])) === eraseRows);
  // Runs that are not done go in any case: nothing may start for a plugin that is gone.
  await tx.execute(`delete from runs where tenant_id = $1 and installation_id = $2 and status in ('queued', 'running', 'retrying')`, [tx.tenantUuid, uuidFromId(id)]);
  await erasePortion(tx, [tx.tenantUuid, uuidFromId(id)], limit);
  // Also when nothing is left: what is being written for it at this moment comes a little later.
  await tx.query('insert into uninstalled (tenant_id, installation_id) values ($1, $2) on conflict do nothing', [tx.tenantUuid, uuidFromId(id)]);
}

/** How long an uninstalled plugin is looked after, for rows that were being written when it went. */
const lookedAfter = `interval '15 minutes'`;

/** Erases one portion of what uninstalled plugins left. Answers whether there may be more now. Several workers share the work. */
export async function eraseUninstalled(tx: PlatformTransaction, portion = 5000): Promise<boolean> {
  const [gone] = await tx.query<{ tenant_id: string; installation_id: string; is_over: boolean }>(
    `select tenant_id, installation_id, at < now() - ${lookedAfter} as is_over from uninstalled where next_at <= now() order by next_at limit 1 for update skip locked`,
  );
  if (!gone) return false;
  const key = [gone.tenant_id, gone.installation_id];
  const isEmpty = await erasePortion(tx, key, portion);
  if (isEmpty && gone.is_over) await tx.query('delete from uninstalled where tenant_id = $1 and installation_id = $2', key);
  else if (isEmpty) await tx.query(`update uninstalled set next_at = now() + interval '1 minute' where tenant_id = $1 and installation_id = $2`, key);
  return true;
}
