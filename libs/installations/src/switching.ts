/**
 * Enabling, disabling, reloading, suspending, uninstalling: each one transaction that leaves a plugin wholly on or
 * wholly off.
 */
import { outcomeErrors, wakeRelays } from '@annex/runs';
import type { Actor, Id } from '@annex/kernel';
import { killLimits } from '@annex/limits';
import { findInstallation, updateInstallation } from './rows/installations.js';
import { findEnabledDependents } from './rows/dependencies.js';
import { forgetExecutorKills, recordExecutorKill } from './rows/executor-kills.js';
import { forgetPluginFailures } from './rows/plugin-failures.js';
import { replaceSubscriptions } from './rows/subscriptions.js';
import { forgetChecks, restChecks, startChecks } from './rows/plugin-checks.js';
import { restPluginSchedules } from './rows/plugin-schedules.js';
import type { InstallationRow, InstallationStatus } from './rows/installation-row.js';
import type { TenantTransaction } from '@annex/database';
import type { KillReport } from '@annex/sandbox';
import { satisfies } from 'semver';
import type { InstallationsContext, Subject } from './context.js';
import { installationErrors } from './errors.js';
import { refuseQuarantined } from './quarantines.js';
import { giveUpUpgrade } from './giving-up.js';
import { askingManifest } from './asking-manifest.js';
import { addGrants, readGrants, viewPermissions, type GrantInput } from './grants.js';
import { subscriptionsOf, webhooksOf } from './handlers.js';
import {
  configFaults,
  describeMissing,
  findMissing,
  isNothingMissing,
  missingFaults,
  missingJson,
} from './requirements.js';
import { findUnmetDependencies } from './dependencies.js';
import { startSchedules } from './schedules.js';
import { callInit, wantsInit } from './starting.js';

/**
 * Enables a plugin, granting first what is named. Throws `REQUIREMENTS_MISSING` with all that is missing. Enabled
 * already: only grants.
 */
export async function enablePlugin(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  subject: Subject,
  grant?: GrantInput,
): Promise<InstallationRow> {
  const installation =
    grant === undefined ? subject.installation : await grantMore(context, tx, author, subject, grant);
  if (isOn(installation.status)) return installation;
  if (installation.status === 'uninstalling')
    throw installationErrors.error(
      'PLUGIN_UNINSTALLING',
      `${installation.slug} is being uninstalled. Upload it again when it is gone.`,
    );
  await refuseQuarantined(tx, { slug: installation.slug, sha256: subject.release.sha256 });
  const missing = await findMissing(tx, context.options.vault, installation, subject.release);
  if (!isNothingMissing(missing)) {
    throw installationErrors.error(
      'REQUIREMENTS_MISSING',
      `${installation.slug} cannot be enabled. ${describeMissing(missing)}.`,
      {
        errors: missingFaults(missing, installation.slug),
        extra: { missing: missingJson(missing) },
      },
    );
  }
  return switchOn(context, tx, author, { ...subject, installation });
}

/** Whether somebody enabled it, and it runs or is about to. */
export function isOn(status: InstallationStatus): boolean {
  return status === 'enabled' || status === 'starting';
}

/** Adds grants, leaving a trace when there is something new in them. */
export async function grantMore(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  subject: Subject,
  grant: GrantInput,
): Promise<InstallationRow> {
  const { installation } = subject;
  const asking = await askingManifest(tx, subject);
  const granted = addGrants(installation.granted, readGrants(asking, grant, '/grant'));
  if (JSON.stringify(granted) === JSON.stringify(installation.granted)) return installation;
  const after = await updateInstallation(tx, installation, { granted, updatedAt: context.now() });
  const names = viewPermissions(asking, granted).granted;
  await context.record(tx, author, subject, 'plugin.permissions_granted', {
    before: viewPermissions(asking, installation.granted).granted,
    after: names,
  });
  await context.invalidate(tx, installation.id);
  return after;
}

/** Turns on a plugin that lacks nothing. */
export async function switchOn(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  subject: Subject,
): Promise<InstallationRow> {
  const isFirst = subject.installation.status === 'installed';
  const starts = wantsInit(subject.release);
  const installation = await updateInstallation(tx, subject.installation, {
    status: starts ? 'starting' : 'enabled',
    statusReason: null,
    updatedAt: context.now(),
  });
  const on = { installation, release: subject.release };
  await forgetExecutorKills(tx, installation.id);
  await forgetPluginFailures(tx, installation.id);
  await connect(context, tx, on);
  await context.record(tx, author, on, 'plugin.enabled');
  if (starts) await callInit(context, tx, on, { reason: 'enable', attempt: 1 });
  else await context.announce(tx, 'plugin.enabled', on);
  if (isFirst) await context.fire(tx, on, 'install');
  await context.invalidate(tx, installation.id);
  // Runs that waited for the plugin may go on.
  await wakeRelays(tx);
  return installation;
}

/** Makes events and ticks find the handlers of the active release. */
export async function connect(
  context: InstallationsContext,
  tx: TenantTransaction,
  { installation, release }: Subject,
): Promise<void> {
  const owner = { installationId: installation.id, plugin: installation.slug };
  await replaceSubscriptions(tx, owner, subscriptionsOf(release));
  await context.options.webhooks.connect(tx, owner, webhooksOf(release));
  await context.options.mappings.connect(tx, owner, release.mappings);
  await context.options.sources?.connect(tx, owner, release.manifest.sources ?? []);
  await context.options.settings?.connect(tx, installation.id, release.manifest.watch ?? []);
  await startSchedules(tx, {
    installationId: installation.id,
    manifest: release.manifest,
    nowMs: context.options.clock.now(),
    logger: context.options.logger,
  });
  await connectChecks(context, tx, { installation, release });
}

/** How long after it is enabled or upgraded a plugin is first asked for its health, in milliseconds. */
const firstCheckMs = 5000;

async function connectChecks(
  context: InstallationsContext,
  tx: TenantTransaction,
  { installation, release }: Subject,
): Promise<void> {
  const { manifest, registrations } = release;
  const { id: installationId } = installation;
  if (manifest.health === null || !registrations.some(({ kind }) => kind === 'health'))
    return forgetChecks(tx, installationId);
  const firstAt = new Date(context.options.clock.now() + firstCheckMs);
  await startChecks(tx, { installationId, intervalS: manifest.health.intervalS, firstAt });
}

/**
 * Throws `UPGRADE_BLOCKED` where going on with another release would break a promise: settings that do not fit the new
 * schema, dependencies that are not met, or enabled plugins that need another version. Missing grants and secrets do
 * not hold it up. `release`: the other one.
 */
export async function refuseBlockedUpgrade(tx: TenantTransaction, { installation, release }: Subject): Promise<void> {
  const dependents = (await findEnabledDependents(tx, installation.slug)).filter(
    ({ range }) => !satisfies(release.version, range),
  );
  const errors = [
    ...missingFaults(
      {
        permissions: [],
        secrets: [],
        dependencies: await findUnmetDependencies(tx, release.manifest),
        config: await configFaults(tx, release.manifest, installation.config),
      },
      installation.slug,
    ),
    ...dependents.map(({ slug, range }) => ({
      pointer: '/version',
      code: 'DEPENDENT_BROKEN',
      detail: `${slug}, which is enabled, needs ${installation.slug} ${range}; disable it first.`,
    })),
  ];
  if (errors.length === 0) return;
  const why = errors
    .map((fault) => `${fault.pointer}: ${fault.detail}`)
    .join(' ')
    .slice(0, 800);
  throw installationErrors.error(
    'UPGRADE_BLOCKED',
    `${installation.slug} stays as it is; release ${release.version} was not taken. ${why} Or disable ` +
      `${installation.slug}, upload, set it right and enable it.`,
    { errors },
  );
}

/**
 * Lets a plugin that is on go on with another release at once; one that is starting begins its start anew. It runs
 * without what is not granted or set yet, and shows that as pending and missing. Throws `UPGRADE_BLOCKED`.
 */
export async function goOnWith(
  context: InstallationsContext,
  tx: TenantTransaction,
  subject: Subject,
): Promise<InstallationRow> {
  const { installation, release } = subject;
  await refuseBlockedUpgrade(tx, subject);
  await connect(context, tx, subject);
  if (!wantsInit(release)) {
    await context.fire(tx, subject, 'reload');
    return installation;
  }
  await callInit(context, tx, subject, { reason: 'upgrade', attempt: 1 });
  return updateInstallation(tx, installation, { status: 'starting', statusReason: null, updatedAt: context.now() });
}

/** What becomes of enabled plugins that depend on one that leaves. Default: they keep it from leaving. */
export interface LeaveTerms {
  /** They stay on, without it. */
  force?: boolean;
  /** They are disabled first, those that others depend on after those. */
  cascade?: boolean;
}

/**
 * Disables the enabled plugins that depend on one, and those that depend on them; whoever is needed goes after those
 * that need it.
 */
export async function stopDependents(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  slug: string,
): Promise<void> {
  const seen = new Set([slug]);
  const stop = async (needed: string): Promise<void> => {
    for (const { slug: dependent } of await findEnabledDependents(tx, needed)) {
      // Plugins may depend on each other in a circle.
      if (seen.has(dependent)) continue;
      seen.add(dependent);
      await stop(dependent);
      await disablePlugin(context, tx, author, await context.require(tx, dependent), { force: true });
    }
  };
  await stop(slug);
}

/**
 * Disables a plugin. Off already: nothing changes. Throws `PLUGIN_NEEDED` when enabled plugins depend on it, unless
 * `force` or `cascade`.
 */
export async function disablePlugin(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  subject: Subject,
  { force = false, cascade = false }: LeaveTerms = {},
): Promise<InstallationRow> {
  const { status, statusReason } = subject.installation;
  if (status === 'uninstalling') return subject.installation;
  // One that the platform disabled still collects what happens for it; now an admin says that it shall not.
  if (status === 'installed' || (status === 'disabled' && statusReason === null)) return subject.installation;
  if (cascade) await stopDependents(context, tx, author, subject.installation.slug);
  else if (!force) await refuseWhileNeeded(tx, subject.installation.slug, 'disabled');
  const installation = await switchOff(context, tx, subject, 'disabled', null);
  const off = { installation, release: subject.release };
  await replaceSubscriptions(tx, { installationId: installation.id, plugin: installation.slug }, []);
  await context.options.webhooks.rest(tx, installation.id);
  await context.options.mappings.rest(tx, installation.id);
  await context.record(tx, author, off, 'plugin.disabled', force ? { force } : {});
  await context.announce(tx, 'plugin.disabled', off, { reason: `disabled by ${author.actor}` });
  if (status === 'enabled') {
    await context.stopSources(tx, off);
    await context.fire(tx, off, 'shutdown');
  }
  return installation;
}

/**
 * Stops a plugin that harms the platform until an admin enables it again. Its subscriptions stay: events that happen
 * meanwhile make runs, which wait for it. Not enabled: nothing changes, and the answer is `false`.
 */
export function suspendPlugin(
  context: InstallationsContext,
  tx: TenantTransaction,
  subject: Subject,
  reason: string,
): Promise<boolean> {
  return stopPlugin(context, tx, subject, { status: 'suspended', reason });
}

/**
 * Disables a plugin that fails again and again until somebody enables it. As with {@link suspendPlugin}, what happens
 * for it meanwhile is kept and waits. Not enabled: nothing changes, and the answer is `false`.
 */
export function disableFailing(
  context: InstallationsContext,
  tx: TenantTransaction,
  subject: Subject,
  reason: string,
): Promise<boolean> {
  return stopPlugin(context, tx, subject, { status: 'disabled', reason });
}

async function stopPlugin(
  context: InstallationsContext,
  tx: TenantTransaction,
  subject: Subject,
  { status, reason }: { status: 'suspended' | 'disabled'; reason: string },
): Promise<boolean> {
  if (!isOn(subject.installation.status)) return false;
  const installation = await switchOff(context, tx, subject, status, reason);
  const off = { installation, release: subject.release };
  await context.record(tx, { actor: 'system' }, off, `plugin.${status}`, { reason });
  await context.announce(tx, 'plugin.disabled', off, { reason });
  return true;
}

async function switchOff(
  context: InstallationsContext,
  tx: TenantTransaction,
  subject: Subject,
  status: 'disabled' | 'suspended',
  statusReason: string | null,
): Promise<InstallationRow> {
  const installation = await giveUpUpgrade(context, tx, subject, { reason: `The plugin was ${status} meanwhile.` });
  const after = await updateInstallation(tx, installation, { status, statusReason, updatedAt: context.now() });
  await restPluginSchedules(tx, installation.id, context.now());
  await context.options.sources?.rest(tx, installation.id);
  await context.options.settings?.rest(tx, installation.id);
  await restChecks(tx, installation.id);
  await context.invalidate(tx, installation.id);
  return after;
}

/** Throws warm isolates away and calls `onReload`. Throws `PLUGIN_DISABLED` unless it is enabled. */
export async function reloadPlugin(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  subject: Subject,
): Promise<void> {
  const { installation } = subject;
  if (installation.status !== 'enabled') {
    throw outcomeErrors.error(
      'PLUGIN_DISABLED',
      `${installation.slug} is ${installation.status}; there is nothing to reload. POST ` +
        `/api/plugins/${installation.slug}/enable starts it.`,
    );
  }
  await context.record(tx, author, subject, 'plugin.reloaded');
  await context.fire(tx, subject, 'reload');
  await context.invalidate(tx, installation.id);
}

/**
 * Bills a plugin for a killed executor and suspends it after three within five minutes ({@link killLimits}).
 * Answers whether it did.
 */
export async function billKill(
  context: InstallationsContext,
  tx: TenantTransaction,
  report: KillReport & { installationId: Id<'installation'> },
): Promise<boolean> {
  const installation = await findInstallation(tx, report.installationId);
  // It may have been uninstalled since.
  if (!installation) return false;
  const since = new Date(report.atMs - killLimits.withinMs);
  const kills = await recordExecutorKill(tx, {
    installationId: installation.id,
    reason: report.reason,
    at: new Date(report.atMs),
    since,
  });
  if (kills < killLimits.kills) return false;
  const subject = await context.require(tx, installation.id);
  const minutes = killLimits.withinMs / 60_000;
  const reason =
    `its code had to be stopped by force ${kills} times within ${minutes} minutes (last: ` +
    `${killReasons[report.reason]}). Fix it, upload a release, and enable it again.`;
  if (installation.nextReleaseId === null) return suspendPlugin(context, tx, subject, reason);
  // Most likely the next release: the one that serves gets another chance without it.
  await giveUpUpgrade(context, tx, subject, { reason: `While its onInit was tried, ${reason}` });
  await forgetExecutorKills(tx, installation.id);
  return false;
}

const killReasons: Record<KillReport['reason'], string> = {
  unresponsive: 'it did not give the processor back',
  memory: 'it took more memory than its process may have',
  crashed: 'its process crashed',
  hostile: 'its process broke the protocol with the host',
};

/** Throws `PLUGIN_NEEDED` when enabled plugins depend on one. `what`: what is not to happen to it. */
export async function refuseWhileNeeded(tx: TenantTransaction, slug: string, what: string): Promise<void> {
  const dependents = await findEnabledDependents(tx, slug);
  if (dependents.length === 0) return;
  const list = dependents.map((each) => each.slug);
  throw installationErrors.error(
    'PLUGIN_NEEDED',
    `${slug} cannot be ${what}: ${list.join(', ').slice(0, 500)} depend${list.length === 1 ? 's' : ''} on it. ` +
      `Disable ${list.length === 1 ? 'that' : 'those'} first.`,
    {
      extra: { dependents: list },
    },
  );
}
