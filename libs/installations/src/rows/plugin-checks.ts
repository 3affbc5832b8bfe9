/** The rows of `plugin_checks`: when which plugin's health is asked for, and what it said. */
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import { ofLivingTenant } from '@annex/runs';
import { In } from 'typeorm';
import { PluginCheckRow } from './plugin-check-row.js';

/** An installation whose health is to be asked for now. */
export interface DueCheck {
  tenantId: Id<'tenant'>;
  installationId: Id<'installation'>;
}

/**
 * Has an installation's health asked for every `intervalS` seconds from `firstAt` on. Another release of a plugin that
 * is on keeps what earlier checks said, so that its recovery is told; enabling begins afresh.
 */
export async function startChecks(
  tx: TenantTransaction,
  { installationId, intervalS, firstAt }: { installationId: Id<'installation'>; intervalS: number; firstAt: Date },
): Promise<void> {
  const checks = tx.repository(PluginCheckRow);
  const key = { tenantId: tx.tenantId, installationId };
  const { affected } = await checks.update({ ...key, active: true }, { intervalS, nextAt: firstAt });
  if (affected !== 0) return;
  const fresh = { status: 'unknown', since: firstAt, failures: 0, checkedAt: null, lastError: null } as const;
  await checks.upsert({ ...key, intervalS, active: true, nextAt: firstAt, ...fresh }, ['tenantId', 'installationId']);
}

/** Forgets an installation's checks: its release asks for none. */
export async function forgetChecks(tx: TenantTransaction, installationId: Id<'installation'>): Promise<void> {
  await tx.repository(PluginCheckRow).delete({ tenantId: tx.tenantId, installationId });
}

/** Has an installation's health not asked for any more; what was said last stays. */
export async function restChecks(tx: TenantTransaction, installationId: Id<'installation'>): Promise<void> {
  await tx.repository(PluginCheckRow).update({ tenantId: tx.tenantId, installationId }, { active: false });
}

/** What is known of some installations; those whose release asks for no checks are missing. */
export async function listChecks(
  tx: TenantTransaction,
  installationIds: readonly Id<'installation'>[],
): Promise<PluginCheckRow[]> {
  if (installationIds.length === 0) return [];
  return tx.repository(PluginCheckRow).findBy({ tenantId: tx.tenantId, installationId: In([...installationIds]) });
}

/** The checks of an installation, which nobody else changes until the transaction ends. `null`: it has none. */
export function lockCheck(tx: TenantTransaction, installationId: Id<'installation'>): Promise<PluginCheckRow | null> {
  return tx.repository(PluginCheckRow).findOne({
    where: { tenantId: tx.tenantId, installationId },
    lock: { mode: 'pessimistic_write' },
  });
}

/** Writes what a check said. */
export async function saveCheck(
  tx: TenantTransaction,
  { installationId }: Pick<PluginCheckRow, 'installationId'>,
  said: Partial<Omit<PluginCheckRow, 'tenantId' | 'installationId'>>,
): Promise<void> {
  await tx.repository(PluginCheckRow).update({ tenantId: tx.tenantId, installationId }, said);
}

/**
 * Takes over up to `limit` checks that are due, those that wait longest first: one of a tenant, and none of the tenants
 * that are `busy`. Each is due again after its interval, whatever becomes of this process: several workers share the
 * work, and one that dies costs one check.
 */
export async function takeDueChecks(
  tx: PlatformTransaction,
  { limit, busy }: { limit: number; busy: readonly Id<'tenant'>[] },
): Promise<DueCheck[]> {
  const rows = await tx.query<{ tenant_id: string; installation_id: string }>(
    `with due as (
       select tenant_id, installation_id from plugin_checks c
       where active and next_at <= now() and ${ofLivingTenant} and tenant_id <> all($2::uuid[])
         and not exists (select from plugin_checks o where o.tenant_id = c.tenant_id and o.active
           and (o.next_at, o.installation_id) < (c.next_at, c.installation_id))
       order by next_at limit $1 for update skip locked
     )
     update plugin_checks c set next_at = now() + make_interval(secs => c.interval_s)
     from due where c.tenant_id = due.tenant_id and c.installation_id = due.installation_id
     returning c.tenant_id, c.installation_id`,
    [limit, busy.map(uuidFromId)],
  );
  return rows.map(({ tenant_id, installation_id }) => ({
    tenantId: idFromUuid('tenant', tenant_id),
    installationId: idFromUuid('installation', installation_id),
  }));
}

/** Milliseconds until the next check is due, by the database's clock; `null`: none is to come. */
export async function untilNextCheckMs(tx: PlatformTransaction): Promise<number | null> {
  const [row] = await tx.query<{ ms: number }>(
    `select (extract(epoch from next_at - clock_timestamp()) * 1000)::float8 as ms from plugin_checks
     where active and ${ofLivingTenant} order by next_at limit 1`,
  );
  return row ? row.ms : null;
}
