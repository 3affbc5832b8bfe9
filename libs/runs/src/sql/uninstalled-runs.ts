/** What becomes of the runs of a plugin that was uninstalled. Both take the UUIDs of tenant and installation. */
import type { Transaction } from '@annex/database';
import { isDeadLetterSql } from './dead-letters.js';
import { isMovedBy } from './guards.js';

const uninstalledError = { code: 'CANCELLED', message: 'The plugin was uninstalled.' };

/**
 * Ends runs of an installation that are not done; a worker that has one can write nothing about it any more. Answers
 * how many ended.
 */
export async function endRunsOfUninstalled(
  tx: Transaction,
  [tenantUuid, uuid]: readonly [string, string],
  limit: number,
): Promise<number> {
  const open = `tenant_id = $1 and installation_id = $2 and ${isMovedBy('uninstall', 'status')}`;
  for (const { id } of await tx.query<{ id: string }>(`select id from runs where ${open} and status = 'running'`, [
    tenantUuid,
    uuid,
  ]))
    await tx.notify('annex_cancel', id);
  return tx.execute(
    `update runs set status = 'cancelled', finished_at = now(), error = $3::json, claims = claims + 1,
       next_attempt_at = null, dispatched_at = null, lease_until = null,
       lease_owner = null, waiting_for = null, cancel_requested = false
     where tenant_id = $1 and id = any(array(select id from runs where ${open} limit ${limit} for update))`,
    [tenantUuid, uuid, JSON.stringify(uninstalledError)],
  );
}

/**
 * Dead letters of a plugin that is gone can never be replayed, so they are none any more. Answers how many there were.
 */
export function discardLettersOfUninstalled(
  tx: Transaction,
  key: readonly [string, string],
  limit: number,
): Promise<number> {
  return tx.execute(
    `update runs set discarded_at = now()
     where tenant_id = $1 and id = any(array(select id from runs
     where tenant_id = $1 and installation_id = $2 and ${isDeadLetterSql} limit ${limit} for update))`,
    key,
  );
}
