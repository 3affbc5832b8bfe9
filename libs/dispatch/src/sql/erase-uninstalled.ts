import type { PlatformTransaction } from '@annex/database';
import { discardLettersOfUninstalled, endRunsOfUninstalled } from '@annex/runs';

/** How long an uninstalled plugin is looked after, for rows that were being written when it went. */
const lookedAfter = `interval '15 minutes'`;

/**
 * Ends one portion of what uninstalled plugins left open: runs, and dead letters. Answers whether there may be more
 * now. Several workers share the work.
 */
export async function eraseUninstalled(tx: PlatformTransaction, portion = 5000): Promise<boolean> {
  const [gone] = await tx.query<{ tenant_id: string; installation_id: string; is_over: boolean }>(
    `select tenant_id, installation_id, at < now() - ${lookedAfter} as is_over from uninstalled
     where next_at <= now() order by next_at limit 1 for update skip locked`,
  );
  if (!gone) return false;
  const key = [gone.tenant_id, gone.installation_id] as const;
  const changed =
    (await endRunsOfUninstalled(tx, key, portion)) + (await discardLettersOfUninstalled(tx, key, portion));
  await tx.query('delete from plugin_failures where tenant_id = $1 and installation_id = $2', key);
  if (changed > 0) return true;
  const nextAt = gone.is_over ? `'infinity'` : `now() + interval '1 minute'`;
  await tx.query(`update uninstalled set next_at = ${nextAt} where tenant_id = $1 and installation_id = $2`, key);
  return true;
}
