/** How an upgrade ends that does not come about: the active release goes on as if nothing had been. */
import type { TenantTransaction } from '@annex/database';
import type { Actor, Json } from '@annex/kernel';
import { cancelRun, openLifecycleRuns } from '@annex/runs';
import type { InstallationsContext, Subject } from './context.js';
import type { InstallationRow } from './rows/installation-row.js';
import { updateInstallation } from './rows/installations.js';
import { findRelease } from './rows/releases.js';

/** No upgrade is under way. */
export const noUpgrade = { nextReleaseId: null, nextSince: null, nextTries: 0 } as const;

const system: Actor = { actor: 'system' };

/**
 * Gives the upgrade of an installation up, and says so. Its release stays stored and can be made active again. None
 * under way: nothing changes.
 */
export async function giveUpUpgrade(
  context: InstallationsContext,
  tx: TenantTransaction,
  { installation, release }: Subject,
  { reason, error = null }: { reason: string; error?: { code: string; message: string } | null },
): Promise<InstallationRow> {
  const { nextReleaseId, nextTries: attempts } = installation;
  if (nextReleaseId === null) return installation;
  for (const id of await openLifecycleRuns(tx, installation.id, 'init'))
    await cancelRun(tx, id, 'The upgrade that it was for was given up.');
  const after = await updateInstallation(tx, installation, { ...noUpgrade, updatedAt: context.now() });
  await context.invalidate(tx, installation.id);
  const next = await findRelease(tx, nextReleaseId);
  if (!next) return after;
  const given: { [key: string]: Json } = { reason, attempts, active_version: release.version };
  await context.record(tx, system, { installation: after, release: next }, 'plugin.upgrade_failed', given);
  await context.announce(tx, 'plugin.upgrade_failed', { installation: after, release: next }, { ...given, error });
  return after;
}
