import type { TenantTransaction } from '@annex/database';
import { uuidFromId, type Id } from '@annex/kernel';
import { alertColumns, alertFrom, type AlertRow, type RawAlert } from '@annex/runs';

/** An alert as people see it. */
export interface ShownAlert extends AlertRow {
  resolvedBy: string | null;
}

type Row = RawAlert & { resolved_by: string | null };

function shown(row: Row): ShownAlert[] {
  const alert = alertFrom(row);
  return alert ? [{ ...alert, resolvedBy: row.resolved_by }] : [];
}

/** A page of alerts, those that began last first. One that is over counts as resolved, whether it is told or not. */
export async function listAlerts(
  tx: TenantTransaction,
  {
    status,
    limit,
    before,
  }: { status?: 'firing' | 'resolved' | undefined; limit: number; before?: Id<'alert'> | undefined },
): Promise<ShownAlert[]> {
  const isFiring = `(status = 'firing' and ends_at > now())`;
  const which = { firing: `and ${isFiring}`, resolved: `and not ${isFiring}` };
  const rows = await tx.query<Row>(
    `select ${alertColumns}, s.resolved_by from event_states s
     where tenant_id = $1 and ($2::uuid is null or id < $2) ${status ? which[status] : ''} order by id desc limit $3`,
    [tx.tenantUuid, before ? uuidFromId(before) : null, limit],
  );
  return rows.flatMap(shown);
}

/** One alert. */
export async function findAlert(tx: TenantTransaction, id: Id<'alert'>): Promise<ShownAlert | undefined> {
  const rows = await tx.query<Row>(
    `select ${alertColumns}, s.resolved_by from event_states s where tenant_id = $1 and id = $2`,
    [tx.tenantUuid, uuidFromId(id)],
  );
  return rows.flatMap(shown)[0];
}

/** One alert, locked until the transaction ends. */
export async function lockAlert(tx: TenantTransaction, id: Id<'alert'>): Promise<ShownAlert | undefined> {
  const rows = await tx.query<Row>(
    `select ${alertColumns}, s.resolved_by from event_states s where tenant_id = $1 and id = $2 for update`,
    [tx.tenantUuid, uuidFromId(id)],
  );
  return rows.flatMap(shown)[0];
}

/** Keeps the events of an alert's key back for a while; 0 seconds: no longer. */
export async function silenceAlert(tx: TenantTransaction, id: Id<'alert'>, forS: number): Promise<void> {
  await tx.execute(
    `update event_states set silenced_until = case when $3 > 0 then now() + $3 * interval '1 second' end
     where tenant_id = $1 and id = $2`,
    [tx.tenantUuid, uuidFromId(id), forS],
  );
}

/** The database's clock, in milliseconds. */
export async function databaseNowMs(tx: TenantTransaction): Promise<number> {
  const [row] = await tx.query<{ ms: string }>('select extract(epoch from now()) * 1000 as ms');
  return Math.floor(Number(row?.ms ?? 0));
}
