/** Tells a plugin of a setting that is not one of its own. */
import type { TenantTransaction } from '@annex/database';
import { uuidFromId, type Id, type JsonObject } from '@annex/kernel';
import { enqueueRun, takePlaceInTurn, tellParked } from '@annex/runs';
import { lifecycleRuns } from './handlers.js';
import { findInstallation } from './rows/installations.js';
import { findRelease } from './rows/releases.js';

/**
 * Queues the `onConfigChange` of an enabled plugin behind those that were queued before. Answers the UUIDs of the runs;
 * `undefined`: the plugin is not enabled.
 */
export async function tellChange(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  change: JsonObject,
): Promise<string[] | undefined> {
  const name = 'config_change';
  const installation = await findInstallation(tx, installationId);
  if (installation?.status !== 'enabled' || installation.releaseId === null) return undefined;
  const release = await findRelease(tx, installation.releaseId);
  if (!release) return undefined;
  const uuids: string[] = [];
  for (const run of lifecycleRuns(installation, release, name, change)) {
    const id = await enqueueRun(tx, { ...run, waitingFor: 'overlap' });
    await takePlaceInTurn(tx, id);
    await tellParked(tx, { installationId, name });
    uuids.push(uuidFromId(id));
  }
  return uuids;
}
