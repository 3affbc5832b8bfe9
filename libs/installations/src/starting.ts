/**
 * How a plugin with an `onInit` comes up: it is `starting`, with its events and ticks waiting for it, until a run of
 * `onInit` has succeeded. What is to happen next is told by the last of these runs alone, so whoever looks at it goes
 * on, whoever died before.
 */
import type { TenantTransaction } from '@annex/database';
import { isJsonObject, type Actor, type Json } from '@annex/kernel';
import { hasEnded, latestLifecycleRun, wakeRelays, type LatestLifecycleRun } from '@annex/runs';
import type { InstallationsContext, Subject } from './context.js';
import { lifecycleRuns } from './handlers.js';
import type { InstallationRow } from './rows/installation-row.js';
import { updateInstallation } from './rows/installations.js';
import type { ReleaseRow } from './rows/release-row.js';

/** Milliseconds before the second call of `onInit`, the third, and so on; after the last one the plugin has failed. */
export const initDelaysMs: readonly number[] = [1_000, 5_000, 15_000, 60_000];

/** Whether a release has an `onInit`, which must succeed before anything else runs. */
export function wantsInit({ registrations }: Pick<ReleaseRow, 'registrations'>): boolean {
  return registrations.some(({ kind, ...rest }) => kind === 'lifecycle' && 'name' in rest && rest.name === 'init');
}

/** Calls `onInit`, not before `delayMs` milliseconds have passed. */
export async function callInit(
  context: InstallationsContext,
  tx: TenantTransaction,
  { installation, release }: Subject,
  { reason, attempt, delayMs = 0 }: { reason: Json; attempt: number; delayMs?: number },
): Promise<void> {
  const notBefore = delayMs > 0 ? { notBefore: new Date(context.options.clock.now() + delayMs) } : {};
  for (const run of lifecycleRuns(installation, release, 'init', { reason, attempt }))
    await context.options.enqueueRun(tx, { ...run, ...notBefore });
}

/** Goes on with a plugin that is `starting`, as its last run of `onInit` ended. One under way: nothing changes. */
export async function settleStart(
  context: InstallationsContext,
  tx: TenantTransaction,
  subject: Subject,
): Promise<void> {
  const { installation, release } = subject;
  if (installation.status !== 'starting') return;
  const last = await latestLifecycleRun(tx, installation.id, 'init');
  if (isUnderWay(last)) return;
  if (!wantsInit(release) || last?.status === 'succeeded') return complete(context, tx, subject);
  const { reason = 'enable', attempt = 0 } = isJsonObject(last?.payload) ? last.payload : {};
  const done = typeof attempt === 'number' ? attempt : 0;
  const delayMs = done === 0 ? 0 : initDelaysMs[done - 1];
  if (delayMs === undefined || last?.status === 'cancelled')
    return fail(context, tx, subject, { attempts: done, error: last?.error ?? null });
  await callInit(context, tx, subject, { reason, attempt: done + 1, delayMs });
}

/** Whether a run of `onInit` has yet to end. */
export function isUnderWay(run: Pick<LatestLifecycleRun, 'status'> | undefined): boolean {
  return run !== undefined && !hasEnded(run.status);
}

/** Why `onInit` is not called any more, for people. */
export function whyInitFailed(attempts: number, error: { code: string; message: string } | null): string {
  const last = error ? `${error.code}: ${error.message.slice(0, 300)}` : 'nobody knows how';
  return `Its onInit failed ${attempts} times, the last time with ${last}.`;
}

async function complete(context: InstallationsContext, tx: TenantTransaction, subject: Subject): Promise<void> {
  const installation = await change(context, tx, subject, { status: 'enabled', statusReason: null });
  await context.announce(tx, 'plugin.enabled', { ...subject, installation });
  // Runs that waited for the plugin may go on.
  await wakeRelays(tx);
}

const system: Actor = { actor: 'system' };

async function fail(
  context: InstallationsContext,
  tx: TenantTransaction,
  subject: Subject,
  { attempts, error }: { attempts: number; error: { code: string; message: string } | null },
): Promise<void> {
  const reason = `${whyInitFailed(attempts, error)} Put that right and enable it again.`;
  const installation = await change(context, tx, subject, { status: 'failed', statusReason: reason });
  const failed = { ...subject, installation };
  await context.record(tx, system, failed, 'plugin.failed', { reason });
  await context.announce(tx, 'plugin.failed', failed, { attempts, error });
}

async function change(
  context: InstallationsContext,
  tx: TenantTransaction,
  { installation }: Subject,
  to: Pick<InstallationRow, 'status' | 'statusReason'>,
): Promise<InstallationRow> {
  const after = await updateInstallation(tx, installation, { ...to, updatedAt: context.now() });
  await context.invalidate(tx, installation.id);
  return after;
}
