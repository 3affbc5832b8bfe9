import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import { ofLivingTenant } from '@annex/runs';
import type { SourceSpec } from '../rows/source-row.js';

/** A poll that is due, its source's row locked by the transaction that read it. */
export interface DuePoll {
  id: Id<'source'>;
  installationId: Id<'installation'>;
  /** The plugin's slug. */
  plugin: string;
  spec: SourceSpec;
  /** The database's clock. */
  now: Date;
  /** A poll of the source has not ended. */
  isOpen: boolean;
}

/** Tenants with a poll that is due. */
export async function tenantsWithDuePolls(tx: PlatformTransaction): Promise<Id<'tenant'>[]> {
  const rows = await tx.query<{ tenant_id: string }>(
    `select distinct tenant_id from (
       select tenant_id from sources
       where active and not paused and next_at <= now() and type = 'poll' and ${ofLivingTenant}
       order by next_at limit 500
     ) due`,
  );
  return rows.map(({ tenant_id }) => idFromUuid('tenant', tenant_id));
}

/** Locks the polls of one tenant that are due; those that another worker decides are left to it. */
export async function lockDuePolls(tx: TenantTransaction): Promise<DuePoll[]> {
  const rows = await tx.query<{
    id: string;
    installation_id: string;
    plugin: string;
    spec: SourceSpec;
    now: Date;
    is_open: boolean;
  }>(
    `select s.id, s.installation_id, i.slug as plugin, s.spec, now() as now, exists (
       select 1 from runs r where r.tenant_id = s.tenant_id and r.installation_id = s.installation_id
         and r.kind = 'source' and r.name = s.spec->>'name'
         and r.status in ('queued', 'running', 'retrying')) as is_open
     from sources s join installations i on i.tenant_id = s.tenant_id and i.id = s.installation_id
     where s.tenant_id = $1 and s.active and not s.paused and s.next_at <= now() and s.type = 'poll'
       and i.status = 'enabled'
     order by s.next_at limit 500 for update of s skip locked`,
    [tx.tenantUuid],
  );
  return rows.map((row) => ({
    id: idFromUuid('source', row.id),
    installationId: idFromUuid('installation', row.installation_id),
    plugin: row.plugin,
    spec: row.spec,
    now: row.now,
    isOpen: row.is_open,
  }));
}

/** `null`: it is never due again. */
export async function setNextPoll(tx: TenantTransaction, id: Id<'source'>, at: Date | null): Promise<void> {
  await tx.execute('update sources set next_at = $3 where tenant_id = $1 and id = $2', [
    tx.tenantUuid,
    uuidFromId(id),
    at,
  ]);
}
