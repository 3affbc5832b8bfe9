// Kills have no key: two at one time are two rows. So no class describes their table (ADR 0029).
import { uuidFromId, type Id } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';

/**
 * Bills an installation for a killed executor and answers how many of its kills lie at or after `since`, this one
 * included.
 */
export async function recordExecutorKill(
  tx: TenantTransaction,
  kill: { installationId: Id<'installation'>; reason: string; at: Date; since: Date },
): Promise<number> {
  const installation = uuidFromId(kill.installationId);
  // Older ones decide nothing any more.
  await tx.query('delete from executor_kills where tenant_id = $1 and installation_id = $2 and at < $3', [
    tx.tenantUuid,
    installation,
    kill.since,
  ]);
  await tx.query('insert into executor_kills (tenant_id, installation_id, at, reason) values ($1, $2, $3, $4)', [
    tx.tenantUuid,
    installation,
    kill.at,
    kill.reason,
  ]);
  const [row] = await tx.query<{ n: number }>(
    'select count(*)::int as n from executor_kills where tenant_id = $1 and installation_id = $2',
    [tx.tenantUuid, installation],
  );
  return row?.n ?? 0;
}

/** Forgets an installation's kills: it begins afresh. */
export async function forgetExecutorKills(tx: TenantTransaction, installationId: Id<'installation'>): Promise<void> {
  await tx.query('delete from executor_kills where tenant_id = $1 and installation_id = $2', [
    tx.tenantUuid,
    uuidFromId(installationId),
  ]);
}
