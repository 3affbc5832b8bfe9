/** The rows of `sources`, one statement a function. */
import { newId, uuidFromId, type Id, type Json } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import { receivingSourceTypes } from '@annex/manifest';
import { In, MoreThan, Not } from 'typeorm';
import { SourceRow, type SourceSpec } from './source-row.js';

/** A source as a release of a package declares it. */
export interface DeclaredSource {
  type: SourceRow['type'];
  spec: SourceSpec;
}

/** Whose the sources are. */
export interface SourceOwner {
  installationId: Id<'installation'>;
  plugin: string;
}

/**
 * Makes these the sources of an installation whose plugin is on. Those that the release does not declare any more rest,
 * and keep their cursor; one that is declared again goes on there. What is due at once begins with the commit.
 */
export async function connectPackageSources(
  tx: TenantTransaction,
  { installationId, plugin }: SourceOwner,
  declared: readonly DeclaredSource[],
): Promise<void> {
  const names = declared.map(({ spec }) => `${plugin}.${spec.name}`);
  await tx
    .repository(SourceRow)
    .update(
      { tenantId: tx.tenantId, installationId, name: Not(In(names)) },
      { active: false, declared: false, nextAt: null, updatedAt: () => 'now()' },
    );
  for (const { type, spec } of declared) {
    await tx.query(
      // With another type the cursor means something else.
      `insert into sources as s (tenant_id, id, name, installation_id, type, spec, active, next_at)
       values ($1, $2, $3, $4, $5, $6, true, case when $7 then now() end)
       on conflict (tenant_id, name) do update
       set type = excluded.type, spec = excluded.spec, active = true, declared = true,
         cursor = case when s.type = excluded.type then s.cursor end, token = s.token + 1, owner = null,
         lease_until = null,
         next_at = case when $7 then coalesce(s.next_at, now()) end,
         failed_at = null, restarted_at = '{}', updated_at = now()`,
      [
        tx.tenantUuid,
        uuidFromId(newId('source')),
        `${plugin}.${spec.name}`,
        uuidFromId(installationId),
        type,
        JSON.stringify(spec),
        isDriven(type),
      ],
    );
  }
  if (declared.some(({ type }) => isDriven(type))) await tx.notify('annex_sources', tx.tenantUuid);
}

/** Whether Annex begins by itself, where others wait for requests. */
export function isDriven(type: SourceRow['type']): boolean {
  return !receivingSourceTypes.has(type);
}

/** Nothing comes from an installation's sources any more: its plugin is off. Their cursors stay. */
export async function restPackageSources(tx: TenantTransaction, installationId: Id<'installation'>): Promise<void> {
  await tx.execute(
    `update sources set active = false, token = token + 1, owner = null, lease_until = null, updated_at = now()
     where tenant_id = $1 and installation_id = $2 and active`,
    [tx.tenantUuid, uuidFromId(installationId)],
  );
  await tx.notify('annex_sources', tx.tenantUuid);
}

/** A page of sources by name. */
export function listSources(
  tx: TenantTransaction,
  { limit, after }: { limit: number; after?: string | undefined },
): Promise<SourceRow[]> {
  return tx.repository(SourceRow).find({
    where: {
      tenantId: tx.tenantId,
      declared: true,
      ...(after !== undefined && { name: MoreThan(after) }),
    },
    order: { name: 'ASC' },
    take: limit,
  });
}

/**
 * One source; with `lock` it stays as it is until the transaction ends. SQL by hand: each request that comes in asks.
 */
export async function findSource(
  tx: TenantTransaction,
  name: string,
  { lock = false } = {},
): Promise<SourceRow | undefined> {
  const [row] = await tx.rows(
    SourceRow,
    `select * from sources where tenant_id = $1 and name = $2 and declared${lock ? ' for update' : ''}`,
    [tx.tenantUuid, name],
  );
  return row;
}

/** The source of an installation that its manifest names so. */
export async function findPackageSource(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  name: string,
): Promise<SourceRow | undefined> {
  const [row] = await tx.rows(
    SourceRow,
    `select * from sources where tenant_id = $1 and installation_id = $2 and spec->>'name' = $3 and declared`,
    [tx.tenantUuid, uuidFromId(installationId), name],
  );
  return row;
}

/** How many sources of its own the tenant has. */
export async function countOwnSources(tx: TenantTransaction): Promise<number> {
  const [row] = await tx.query<{ n: number }>(
    'select count(*)::int as n from sources where tenant_id = $1 and installation_id is null',
    [tx.tenantUuid],
  );
  return row?.n ?? 0;
}

/** Writes a source of the tenant's own; with another type it begins anew. Answers whether it is new. */
export async function saveOwnSource(
  tx: TenantTransaction,
  { name, type, spec, active }: { name: string; type: SourceRow['type']; spec: SourceSpec; active: boolean },
): Promise<boolean> {
  const [row] = await tx.query<{ created: boolean }>(
    `insert into sources as s (tenant_id, id, name, type, spec, active, next_at)
     values ($1, $2, $3, $4, $5, $6, case when $7 then now() end)
     on conflict (tenant_id, name) do update
     set type = excluded.type, spec = excluded.spec, active = excluded.active,
       cursor = case when s.type = excluded.type then s.cursor end, token = s.token + 1, owner = null,
         lease_until = null,
       next_at = excluded.next_at, failed_at = null, restarted_at = '{}', last_error = null, last_error_at = null,
       updated_at = now()
     returning xmax = 0 as created`,
    [tx.tenantUuid, uuidFromId(newId('source')), name, type, JSON.stringify(spec), active, active && isDriven(type)],
  );
  await tx.notify('annex_sources', tx.tenantUuid);
  return row?.created ?? false;
}

export async function deleteSource(tx: TenantTransaction, id: Id<'source'>): Promise<void> {
  await tx.execute('delete from sources where tenant_id = $1 and id = $2', [tx.tenantUuid, uuidFromId(id)]);
  await tx.notify('annex_sources', tx.tenantUuid);
}

/** What changes of a source; everything left out stays. */
export interface SourceChange {
  paused?: boolean;
  /** Where it goes on. */
  cursor?: Json;
  /** Whoever holds the source loses it: nothing that is under way is written any more, and another may hold it. */
  fence?: boolean;
  /** `initialize` runs again. */
  reinitialize?: boolean;
  /** What broke is forgotten. */
  clearFailure?: boolean;
  /** It is due at once. */
  due?: boolean;
}

export async function changeSource(tx: TenantTransaction, id: Id<'source'>, change: SourceChange): Promise<void> {
  await tx.execute(
    `update sources set paused = coalesce($3, paused), cursor = case when $4 then $5::json else cursor end,
       token = token + case when $6 then 1 else 0 end,
       owner = case when $6 then null else owner end, lease_until = case when $6 then null else lease_until end,
       initialized_for = case when $7 then null else initialized_for end,
       failed_at = case when $8 then null else failed_at end,
       restarted_at = case when $8 then '{}' else restarted_at end,
       last_error = case when $8 then null else last_error end,
       last_error_at = case when $8 then null else last_error_at end,
       next_at = case when $9 then now() else next_at end, updated_at = now()
     where tenant_id = $1 and id = $2`,
    [
      tx.tenantUuid,
      uuidFromId(id),
      change.paused ?? null,
      change.cursor !== undefined,
      change.cursor === undefined ? null : JSON.stringify(change.cursor),
      change.fence ?? false,
      change.reinitialize ?? false,
      change.clearFailure ?? false,
      change.due ?? false,
    ],
  );
  await tx.notify('annex_sources', tx.tenantUuid);
}

/** Remembers that `initialize` of a release has succeeded. */
export async function markInitialized(tx: TenantTransaction, id: Id<'source'>, release: Id<'release'>): Promise<void> {
  await tx.execute('update sources set initialized_for = $3 where tenant_id = $1 and id = $2', [
    tx.tenantUuid,
    uuidFromId(id),
    uuidFromId(release),
  ]);
}
