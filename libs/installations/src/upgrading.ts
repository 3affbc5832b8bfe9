/**
 * An upgrade to a release with an `onInit`. The active release goes on serving while the next one's `onInit` runs; when
 * that has succeeded the next one takes over, in one transaction. What is next is told by the installation's row and
 * the last run of `onInit`, so whoever looks goes on, whoever died before.
 */
import type { TenantTransaction } from '@annex/database';
import { isAnnexError, type Actor } from '@annex/kernel';
import { latestLifecycleRun, wakeRelays } from '@annex/runs';
import type { InstallationsContext, Subject } from './context.js';
import { giveUpUpgrade, noUpgrade } from './giving-up.js';
import { refuseQuarantined } from './quarantines.js';
import type { InstallationRow } from './rows/installation-row.js';
import { updateInstallation } from './rows/installations.js';
import type { ReleaseRow } from './rows/release-row.js';
import { findRelease, originOf } from './rows/releases.js';
import { callInit, initDelaysMs, isUnderWay, wantsInit, whyInitFailed } from './starting.js';
import { connect, refuseBlockedUpgrade } from './switching.js';
import { requiredSecrets } from './views.js';

/** Milliseconds between two calls of `onInit` after the first five, with `"on_init_failure": "keep_old"`. */
export const keepTryingMs = 300_000;

const system: Actor = { actor: 'system' };

/** An installation, its active release, and the one that shall take over. */
interface Upgrade {
  installation: InstallationRow;
  release: ReleaseRow;
  next: ReleaseRow;
}

/** Whether another release may take over only after its `onInit`. One that is starting has nobody who serves. */
export function isTriedFirst({ installation, release }: Subject): boolean {
  return installation.status === 'enabled' && wantsInit(release);
}

/**
 * Begins an upgrade; one that is under way makes way for it. It waits for required secrets. Throws `UPGRADE_BLOCKED`.
 */
export async function beginUpgrade(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  { installation: before, release, next }: Upgrade,
): Promise<InstallationRow> {
  if (before.nextReleaseId === next.id) return before;
  await refuseBlockedUpgrade(tx, { installation: before, release: next });
  const reason = `Release ${next.version} took its place.`;
  const free = await giveUpUpgrade(context, tx, { installation: before, release }, { reason });
  const now = context.now();
  const begun = { nextReleaseId: next.id, nextSince: now, nextTries: 0, updatedAt: now };
  const installation = await updateInstallation(tx, free, begun);
  await context.record(tx, author, { installation, release: next }, 'plugin.upgrade_begun', {
    ...originOf(next),
    active_version: release.version,
  });
  await tx.changed('plugins');
  return tryNext(context, tx, { installation, release, next }, { delayMs: 0 });
}

/** Goes on with an upgrade, as the last run of `onInit` ended. None, or one whose run is under way: nothing changes. */
export async function settleUpgrade(
  context: InstallationsContext,
  tx: TenantTransaction,
  subject: Subject,
): Promise<void> {
  const { installation } = subject;
  const { status, nextReleaseId, nextTries: tries } = installation;
  if (status !== 'enabled' || nextReleaseId === null) return;
  const next = await findRelease(tx, nextReleaseId);
  if (!next) return;
  const upgrade = { ...subject, next };
  if (tries === 0) return void (await tryNext(context, tx, upgrade, { delayMs: 0 }));
  const last = await latestLifecycleRun(tx, installation.id, 'init');
  if (isUnderWay(last)) return;
  if (last?.status === 'succeeded') return takeOver(context, tx, upgrade);
  const error = last?.error ?? null;
  const onFailure = next.manifest.upgrade?.onInitFailure ?? 'rollback';
  const delayMs = initDelaysMs[tries - 1] ?? (onFailure === 'keep_old' ? keepTryingMs : undefined);
  if (delayMs !== undefined && last?.status !== 'cancelled')
    return void (await tryNext(context, tx, upgrade, { delayMs }));
  const reason = whyInitFailed(tries, error);
  if (onFailure === 'fail' && last?.status !== 'cancelled') await takeOver(context, tx, upgrade, { reason, error });
  else await giveUpUpgrade(context, tx, subject, { reason, error });
}

/** Calls `onInit` of the next release, or waits on while it lacks secrets that it requires. */
async function tryNext(
  context: InstallationsContext,
  tx: TenantTransaction,
  { installation, next }: Upgrade,
  { delayMs }: { delayMs: number },
): Promise<InstallationRow> {
  const required = requiredSecrets(next);
  const { vault } = context.options;
  const missing = required.length === 0 ? [] : await vault.missing(tx, installation.id, required);
  if (missing.length > 0 && installation.nextTries === 0) return installation;
  const attempt = installation.nextTries + 1;
  await callInit(context, tx, { installation, release: next }, { reason: 'upgrade', attempt, delayMs });
  return updateInstallation(tx, installation, { nextTries: attempt, updatedAt: context.now() });
}

/**
 * Makes the next release the active one; `failed`: it has failed with that. What forbids it by now ends the upgrade.
 */
async function takeOver(
  context: InstallationsContext,
  tx: TenantTransaction,
  { installation: before, release, next }: Upgrade,
  failed?: { reason: string; error: { code: string; message: string } | null },
): Promise<void> {
  try {
    await refuseQuarantined(tx, { slug: before.slug, sha256: next.sha256 });
    await refuseBlockedUpgrade(tx, { installation: before, release: next });
  } catch (thrown) {
    if (!isAnnexError(thrown)) throw thrown;
    const error = { code: thrown.code, message: thrown.detail };
    await giveUpUpgrade(context, tx, { installation: before, release }, { reason: thrown.detail, error });
    return;
  }
  const installation = await updateInstallation(tx, before, {
    ...noUpgrade,
    releaseId: next.id,
    name: next.manifest.name,
    ...(failed && { status: 'failed', statusReason: failed.reason }),
    updatedAt: context.now(),
  });
  const subject = { installation, release: next };
  await connect(context, tx, subject);
  const action = next.id > release.id ? 'plugin.upgraded' : 'plugin.rolled_back';
  await context.record(tx, system, subject, action, { ...originOf(next), previous_version: release.version });
  await context.announce(tx, 'plugin.upgraded', subject, { previous_version: release.version });
  if (failed) {
    const { reason, error } = failed;
    await context.record(tx, system, subject, 'plugin.failed', { reason });
    await context.announce(tx, 'plugin.failed', subject, { attempts: before.nextTries, error });
  }
  await context.invalidate(tx, installation.id);
  await wakeRelays(tx);
}
