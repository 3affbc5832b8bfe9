/** Who holds a source's connection: claimed with a lease and a token, as runs are. */
import { idFromUuid, uuidFromId, type Id, type Json } from '@annex/kernel';
import { sourceLimits } from '@annex/limits';
import type { PlatformTransaction, TenantTransaction } from '@annex/database';
import { ofLivingTenant } from '@annex/runs';
import type { SourceSpec } from '../rows/source-row.js';

/** A source whose connection this worker is to hold. */
export interface HeldSource {
  tenantId: Id<'tenant'>;
  id: Id<'source'>;
  name: string;
  installationId: Id<'installation'> | null;
  type: string;
  spec: SourceSpec;
  cursor: Json;
  /** Demanded by every batch that is written; another worker's claim raises it. */
  token: number;
}

const claimSql = `
  update sources s set owner = $1, lease_until = now() + $2 * interval '1 ms', token = s.token + 1
  from (
    select tenant_id, id from sources q
    where active and not paused and failed_at is null and next_at <= now() and type = any($3::text[])
      and (lease_until is null or lease_until < now()) and ${ofLivingTenant}
      -- A plugin that is starting is not ready for what its sources give.
      and (installation_id is null or exists (select 1 from installations i
        where i.tenant_id = q.tenant_id and i.id = q.installation_id and i.status = 'enabled'))
      -- One tenant's connections are not to keep those of the others out: held ones, and those before this one in turn.
      and (select count(*) from sources h
        where h.tenant_id = q.tenant_id and h.type = any($3::text[]) and h.active and not h.paused
          and h.failed_at is null
          and (h.lease_until > now() or h.next_at <= now() and (h.next_at, h.id) < (q.next_at, q.id))) < $5
    order by next_at limit $4 for update skip locked
  ) due
  where s.tenant_id = due.tenant_id and s.id = due.id
  returning s.tenant_id, s.id, s.name, s.installation_id, s.type, s.spec, s.cursor, s.token`;

/** What a worker claims. */
interface Claim {
  owner: string;
  leaseMs: number;
  types: readonly string[];
  /** Sources that it has room for. */
  limit: number;
  /** Connections of one tenant that all workers together hold. */
  perTenant: number;
}

/** Claims sources of these types that are due and that nobody holds. */
export async function claimSources(
  tx: PlatformTransaction,
  { owner, leaseMs, types, limit, perTenant }: Claim,
): Promise<HeldSource[]> {
  const rows = await tx.query<{
    tenant_id: string;
    id: string;
    name: string;
    installation_id: string | null;
    type: string;
    spec: SourceSpec;
    cursor: Json;
    token: string;
  }>(claimSql, [owner, leaseMs, types, limit, perTenant]);
  return rows.map((row) => ({
    tenantId: idFromUuid('tenant', row.tenant_id),
    id: idFromUuid('source', row.id),
    name: row.name,
    installationId: row.installation_id === null ? null : idFromUuid('installation', row.installation_id),
    type: row.type,
    spec: row.spec,
    cursor: row.cursor,
    token: Number(row.token),
  }));
}

/** Extends the leases of what a worker holds; answers those that it still holds and may go on with. */
export async function renewSources(
  tx: PlatformTransaction,
  held: readonly Pick<HeldSource, 'tenantId' | 'id' | 'token'>[],
  leaseMs: number,
): Promise<ReadonlySet<Id<'source'>>> {
  const rows = await tx.query<{ id: string }>(
    `update sources s set lease_until = now() + $4 * interval '1 ms'
     from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as h (tenant_id, id, token)
     where s.tenant_id = h.tenant_id and s.id = h.id and s.token = h.token and s.active and not s.paused
     returning s.id`,
    [
      held.map(({ tenantId }) => uuidFromId(tenantId)),
      held.map(({ id }) => uuidFromId(id)),
      held.map(({ token }) => token),
      leaseMs,
    ],
  );
  return new Set(rows.map(({ id }) => idFromUuid('source', id)));
}

/** Gives a source back that went well: another worker opens it at once. Not this worker's any more: nothing changes. */
export async function releaseSource(tx: TenantTransaction, { id, token }: HeldSource): Promise<void> {
  const released = await tx.execute(
    `update sources set owner = null, lease_until = null where tenant_id = $1 and id = $2 and token = $3`,
    [tx.tenantUuid, uuidFromId(id), token],
  );
  if (released > 0) await tx.notify('annex_sources', tx.tenantUuid);
}

/**
 * Writes down that a connection broke, and when it is opened again: later each time, and not at all after so many
 * within the hour. Answers whether it has failed now; `undefined`: it is not this worker's any more.
 */
export async function breakSource(
  tx: TenantTransaction,
  { id, token }: HeldSource,
  error: { code: string; message: string },
): Promise<{ hasFailed: boolean; restarts: number } | undefined> {
  const { firstPauseMs, longestPauseMs, restarts, restartsWithinMs } = sourceLimits;
  const [row] = await tx.query<{ failed: boolean; restarts: number }>(
    `with broken as (
       select id, array_append(array(select t from unnest(restarted_at) t where t > now() - $5 * interval '1 ms'),
         now()) as times
       from sources where tenant_id = $1 and id = $2 and token = $3 for no key update
     )
     update sources s set owner = null, lease_until = null, last_error = $4::json, last_error_at = now(),
       restarted_at = b.times, failed_at = case when cardinality(b.times) >= $6 then now() end,
       next_at = now() + least($7 * power(2, cardinality(b.times) - 1), $8) * interval '1 ms'
     from broken b where s.tenant_id = $1 and s.id = b.id
     returning s.failed_at is not null as failed, cardinality(s.restarted_at) as restarts`,
    [
      tx.tenantUuid,
      uuidFromId(id),
      token,
      JSON.stringify(error),
      restartsWithinMs,
      restarts,
      firstPauseMs,
      longestPauseMs,
    ],
  );
  return row && { hasFailed: row.failed, restarts: row.restarts };
}
