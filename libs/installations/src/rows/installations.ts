import { slugPattern } from '@annex/host-api';
import { newId, parseId, uuidFromId, type Id } from '@annex/kernel';
import { MoreThan } from 'typeorm';
import { takeTurn, type PlatformTransaction, type TenantTransaction } from '@annex/database';
import { endRunsOfUninstalled } from '@annex/runs';
import { InstallationRow } from './installation-row.js';
import { forgetPluginFailures } from './plugin-failures.js';

/**
 * Lets one transaction at a time change a tenant's plugins, until it ends: enabling one looks at others (dependencies),
 * and the same slug may be uploaded twice at once. Throws what PostgreSQL throws for a lock that was not free within 10
 * s (SQLSTATE 55P03).
 */
export async function lockInstallations(tx: TenantTransaction): Promise<void> {
  await tx.query("select set_config('lock_timeout', '10s', true)");
  await takeTurn(tx, 'plugins');
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

/**
 * The installation that a caller names by id or slug; any text may come. An id wins over a slug that looks like one.
 */
export async function findInstallation(tx: TenantTransaction, idOrSlug: string): Promise<InstallationRow | null> {
  const repository = tx.repository(InstallationRow);
  const id = parseId('installation', idOrSlug);
  const byId = id === undefined ? null : await repository.findOneBy({ tenantId: tx.tenantId, id });
  if (byId !== null || !slugPattern.test(idOrSlug)) return byId;
  return repository.findOneBy({ tenantId: tx.tenantId, slug: idOrSlug });
}

/** The installation whose slug a package carries, which is never taken for an id. */
export async function findInstallationBySlug(tx: TenantTransaction, slug: string): Promise<InstallationRow | null> {
  return tx.repository(InstallationRow).findOneBy({ tenantId: tx.tenantId, slug });
}

/** Up to `limit` installations in order of slug, after that of `after`. */
export async function listInstallations(
  tx: TenantTransaction,
  { limit, after }: { limit: number; after: string | null },
): Promise<InstallationRow[]> {
  return tx.repository(InstallationRow).find({
    where: { tenantId: tx.tenantId, ...(after !== null && { slug: MoreThan(after) }) },
    order: { slug: 'ASC' },
    take: limit,
  });
}

/** States that pass: what is done about them is told by SQL of an installation. */
const unfinished = {
  starting: "i.status = 'starting'",
  upgrading: 'i.next_release_id is not null',
  uninstalling: "i.status = 'uninstalling'",
} as const;

/** A state that passes. */
export type UnfinishedState = keyof typeof unfinished;

/**
 * Up to `limit` installations of all tenants that have been in a passing state for `restedMs` milliseconds, in order of
 * id, behind `after`. UUIDs.
 */
export function listUnfinished(
  tx: PlatformTransaction,
  { state, restedMs, after, limit }: { state: UnfinishedState; restedMs: number; after: string | null; limit: number },
): Promise<{ tenant_id: string; id: string }[]> {
  return tx.query(
    `select i.tenant_id, i.id from installations i join tenants t on t.id = i.tenant_id and not t.at_rest
     where ${unfinished[state]} and i.updated_at <= now() - $1::float8 * interval '1 millisecond'
       and ($2::uuid is null or i.id > $2) order by i.id limit $3`,
    [restedMs, after, limit],
  );
}

/** Makes an installation without a release: give it one in the same transaction. */
export async function insertInstallation(
  tx: TenantTransaction,
  { slug, name, at }: { slug: string; name: string; at: Date },
): Promise<InstallationRow> {
  const row: InstallationRow = {
    tenantId: tx.tenantId,
    id: newId('installation', at.getTime()),
    slug,
    name,
    status: 'installed',
    statusReason: null,
    releaseId: null,
    nextReleaseId: null,
    nextSince: null,
    nextTries: 0,
    granted: [],
    config: {},
    logLevel: 'debug',
    recordingUntil: null,
    createdAt: at,
    updatedAt: at,
  };
  await tx.repository(InstallationRow).insert(row as object);
  return row;
}

/** What may change of an installation. */
export type InstallationChange = Partial<
  Pick<
    InstallationRow,
    | 'name'
    | 'status'
    | 'statusReason'
    | 'releaseId'
    | 'nextReleaseId'
    | 'nextSince'
    | 'nextTries'
    | 'granted'
    | 'config'
    | 'logLevel'
    | 'recordingUntil'
  >
>;

/** Changes an installation and answers how it is now. */
export async function updateInstallation(
  tx: TenantTransaction,
  row: InstallationRow,
  change: InstallationChange & { updatedAt: Date },
): Promise<InstallationRow> {
  await tx.repository(InstallationRow).update({ tenantId: tx.tenantId, id: row.id }, change as object);
  return { ...row, ...change };
}

/**
 * Deletes an installation with all that hangs on it: releases, secrets, schedules, webhooks. Answers whether it was
 * there.
 */
export async function deleteInstallation(tx: TenantTransaction, id: Id<'installation'>): Promise<boolean> {
  const { affected } = await tx.repository(InstallationRow).delete({ tenantId: tx.tenantId, id });
  return (affected ?? 0) > 0;
}

/** Rows changed by one statement, so that none outlasts the connection's time limit. */
const eraseRows = 20_000;

/**
 * Erases what an installation kept (its keys, the bodies of its deliveries) and ends what of its runs is not done. Its
 * history, the runs and their logs, stays as long as that of others. Call before {@link deleteInstallation}.
 */
export async function eraseInstallationRows(
  tx: TenantTransaction,
  { id, slug, name }: Pick<InstallationRow, 'id' | 'slug' | 'name'>,
): Promise<void> {
  const key = [tx.tenantUuid, uuidFromId(id)] as const;
  const deliveries = `delete from webhook_deliveries
    where ctid = any(array(select d.ctid from webhook_deliveries d
    join webhooks w on w.tenant_id = d.tenant_id and w.id = d.webhook_id
    where w.tenant_id = $1 and w.installation_id = $2 limit ${eraseRows}))`;
  while ((await tx.execute(deliveries, key)) === eraseRows);
  const kv = `delete from kv where ctid = any(array(select ctid from kv where tenant_id = $1 and installation_id = $2
    limit ${eraseRows}))`;
  while ((await tx.execute(kv, key)) === eraseRows);
  while ((await endRunsOfUninstalled(tx, key, eraseRows)) === eraseRows);
  await forgetPluginFailures(tx, id);
  // What is being written for it at this moment comes a little later: the eraser looks after it.
  await tx.query(
    'insert into uninstalled (tenant_id, installation_id, slug, name) values ($1, $2, $3, $4) on conflict do nothing',
    [...key, slug, name],
  );
}
