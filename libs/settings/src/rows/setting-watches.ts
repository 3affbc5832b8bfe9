/** Plugins that watch settings. */
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import { ofLivingTenant } from '@annex/runs';
import { SettingWatchRow } from './setting-watch-row.js';

/**
 * Has an installation hear of these keys. One that was at rest, or watched others, hears of every key anew, and of
 * those that went since it last heard.
 */
export async function connectWatch(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  patterns: readonly string[],
): Promise<void> {
  const id = uuidFromId(installationId);
  if (patterns.length === 0) {
    await tx.execute('delete from setting_watches where tenant_id = $1 and installation_id = $2', [tx.tenantUuid, id]);
    return;
  }
  await tx.execute(
    `with head as (select coalesce(max(revision), 0) as at from setting_heads where tenant_id = $1)
     insert into setting_watches as w (tenant_id, installation_id, patterns, active, sync_until, known)
     select $1, $2, $3, true, at, at from head
     on conflict (tenant_id, installation_id) do update set
       patterns = excluded.patterns, active = true, position = 0, sync_until = excluded.sync_until,
       known = case when w.position < w.sync_until then least(w.known, w.position) else w.position end,
       pending_revision = null, pending_key = null, pending_runs = '{}', refused = '[]'
     where not w.active or w.patterns <> excluded.patterns`,
    [tx.tenantUuid, id, patterns],
  );
  await tx.notify('annex_settings', tx.tenantUuid);
}

/** An installation hears of nothing any more, until it is connected again. */
export async function restWatch(tx: TenantTransaction, installationId: Id<'installation'>): Promise<void> {
  await tx.execute('update setting_watches set active = false where tenant_id = $1 and installation_id = $2', [
    tx.tenantUuid,
    uuidFromId(installationId),
  ]);
}

/** The watch of an installation, locked until the transaction ends when `lock`. */
export async function findWatch(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  { lock = false } = {},
): Promise<SettingWatchRow | undefined> {
  const [row] = await tx.rows(
    SettingWatchRow,
    `select * from setting_watches where tenant_id = $1 and installation_id = $2${lock ? ' for update' : ''}`,
    [tx.tenantUuid, uuidFromId(installationId)],
  );
  return row;
}

/** Writes down how far a watch has come. */
export async function saveWatch(tx: TenantTransaction, watch: SettingWatchRow): Promise<void> {
  await tx.execute(
    `update setting_watches set position = $3, sync_until = $4, known = $5, pending_revision = $6, pending_key = $7,
       pending_runs = $8, refused = $9 where tenant_id = $1 and installation_id = $2`,
    [
      tx.tenantUuid,
      uuidFromId(watch.installationId),
      watch.position,
      watch.syncUntil,
      watch.known,
      watch.pendingRevision,
      watch.pendingKey,
      watch.pendingRuns,
      JSON.stringify(watch.refused),
    ],
  );
}

/** Watches of enabled plugins that are behind their tree, and that nothing is being told to. */
export async function listDueWatches(
  tx: PlatformTransaction,
  limit: number,
): Promise<{ tenantId: Id<'tenant'>; installationId: Id<'installation'> }[]> {
  const rows = await tx.query<{ tenant_id: string; installation_id: string }>(
    `select w.tenant_id, w.installation_id
     from (select * from setting_watches where active and ${ofLivingTenant}) w
     join setting_heads h on h.tenant_id = w.tenant_id and h.revision > w.position
     join installations i on i.tenant_id = w.tenant_id and i.id = w.installation_id and i.status = 'enabled'
     where not exists (
       select 1 from runs r where r.tenant_id = w.tenant_id and r.id = any(w.pending_runs)
         and r.status in ('queued', 'running', 'retrying'))
     limit $1`,
    [limit],
  );
  return rows.map(({ tenant_id: tenant, installation_id: id }) => ({
    tenantId: idFromUuid('tenant', tenant),
    installationId: idFromUuid('installation', id),
  }));
}

/** What plugins refused and nobody has set right, by installation. */
export async function listRefused(
  tx: TenantTransaction,
  installations: readonly Id<'installation'>[],
): Promise<Pick<SettingWatchRow, 'installationId' | 'refused'>[]> {
  if (installations.length === 0) return [];
  return tx.rows<SettingWatchRow, Pick<SettingWatchRow, 'installationId' | 'refused'>>(
    SettingWatchRow,
    `select installation_id, refused from setting_watches
     where tenant_id = $1 and installation_id = any($2) and active and json_array_length(refused) > 0`,
    [tx.tenantUuid, installations.map(uuidFromId)],
  );
}
