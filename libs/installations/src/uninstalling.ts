/**
 * How a plugin goes, step by step: off, told of its end while its data is still there, erased. Each step is a
 * transaction of its own; one that is cut off leaves the plugin `uninstalling`. The next call goes on, or a worker does
 * after a minute (unfinished-plugins.ts).
 */
import type { TenantTransaction } from '@annex/database';
import type { Actor, Id } from '@annex/kernel';
import { uninstallLimits } from '@annex/limits';
import { hasOpenLifecycleRun, latestLifecycleRun } from '@annex/runs';
import type { InstallationsContext, Subject } from './context.js';
import { lifecycleRuns } from './handlers.js';
import { removeUnusedBlobs } from './rows/blobs.js';
import { deleteInstallation, eraseInstallationRows, updateInstallation } from './rows/installations.js';
import { disablePlugin, isOn, refuseWhileNeeded, stopDependents, type LeaveTerms } from './switching.js';

const uninstallLookMs = 100;

/**
 * Disables an enabled plugin, and makes one that wants to hear of its end `uninstalling`. Answers whether it does.
 * Throws `PLUGIN_NEEDED` when enabled plugins depend on it, unless `force` or `cascade`.
 */
export async function beginUninstall(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  subject: Subject,
  { force = false, cascade = false }: LeaveTerms = {},
): Promise<boolean> {
  const { installation, release } = subject;
  const { slug, status } = installation;
  if (status === 'uninstalling') return true;
  if (cascade) await stopDependents(context, tx, author, slug);
  else if (!force && isOn(status)) await refuseWhileNeeded(tx, slug, 'uninstalled');
  // One that was never on has nothing to say goodbye to, and one that harms is not run again.
  if (status === 'installed' || status === 'suspended') return false;
  const moments = status === 'enabled' ? (['shutdown', 'uninstall'] as const) : (['uninstall'] as const);
  if (moments.every((name) => lifecycleRuns(installation, release, name).length === 0)) return false;
  const off = await disablePlugin(context, tx, author, subject, { force: true });
  await updateInstallation(tx, off, { status: 'uninstalling', statusReason: null, updatedAt: context.now() });
  await context.invalidate(tx, installation.id);
  return true;
}

/** Calls `onUninstall`. Answers whether there is one. */
export async function sayGoodbye(
  context: InstallationsContext,
  tx: TenantTransaction,
  subject: Subject,
): Promise<boolean> {
  const { installation, release } = subject;
  if (installation.status !== 'uninstalling') return false;
  if (lifecycleRuns(installation, release, 'uninstall').length === 0) return false;
  await context.fire(tx, subject, 'uninstall');
  return true;
}

/** Waits until no run of a plugin's handler of `name` is unfinished, 10 s at the longest. */
export async function waitForGoodbye(
  context: InstallationsContext,
  tenantId: Id<'tenant'>,
  installationId: Id<'installation'>,
  name: 'shutdown' | 'uninstall',
): Promise<void> {
  const endsAt = performance.now() + uninstallLimits.waitMs;
  while (await context.read(tenantId, (tx) => hasOpenLifecycleRun(tx, installationId, name))) {
    if (performance.now() > endsAt) {
      context.options.logger.warn(
        { tenantId, installationId, name, waitedMs: uninstallLimits.waitMs },
        'a plugin is uninstalled although it has not said goodbye',
      );
      return;
    }
    await new Promise((done) => setTimeout(done, uninstallLookMs));
  }
}

/** Goes on with an uninstallation that was cut off: lets the plugin say goodbye if it has not, and else erases it. */
export async function finishUninstall(
  context: InstallationsContext,
  tx: TenantTransaction,
  subject: Subject,
): Promise<void> {
  const { id, status } = subject.installation;
  if (status !== 'uninstalling') return;
  const told = await latestLifecycleRun(tx, id, 'uninstall');
  if (!told && (await sayGoodbye(context, tx, subject))) return;
  await uninstallPlugin(context, tx, { actor: 'system' }, subject);
}

/** Erases a plugin with all it kept. Throws `PLUGIN_NEEDED` when it is on and others depend on it, unless `force`. */
export async function uninstallPlugin(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  subject: Subject,
  { force = false, cascade = false }: LeaveTerms = {},
): Promise<void> {
  const { installation } = subject;
  if (!force && isOn(installation.status)) await refuseWhileNeeded(tx, installation.slug, 'uninstalled');
  await context.options.mappings.rest(tx, installation.id);
  await eraseInstallationRows(tx, installation);
  await deleteInstallation(tx, installation.id);
  await removeUnusedBlobs(tx);
  await context.record(tx, author, subject, 'plugin.uninstalled', {
    ...(force && { force }),
    ...(cascade && { cascade }),
  });
  await context.announce(tx, 'plugin.uninstalled', subject);
  await context.invalidate(tx, installation.id);
}
