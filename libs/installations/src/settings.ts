/**
 * What admins set on an installation: grants, settings. Each change is validated, leaves a trace, and tells
 * the plugin.
 */
import { MINUTE, type Actor, type JsonObject } from '@annex/kernel';
import {
  currentConfigRevision,
  findConfigRevision,
  insertConfigRevision,
  keptConfigRevisions,
} from './rows/config-revisions.js';
import { updateInstallation } from './rows/installations.js';
import type { PluginLogLevel } from './log-levels.js';
import type { InstallationRow } from './rows/installation-row.js';
import { storableText, type TenantTransaction } from '@annex/database';
import { configChanges, mergePatch, requireConfigSize } from './plugin-config.js';
import { askingManifest } from './asking-manifest.js';
import type { InstallationsContext, Subject } from './context.js';
import { installationErrors } from './errors.js';
import { readGrants, viewPermissions } from './grants.js';
import { effectiveConfig, readConfig } from './requirements.js';
import { tellSetting } from './tell-setting.js';
import { isOn } from './switching.js';

/**
 * Makes exactly these permissions the granted ones. Taking one away from an enabled plugin makes its calls fail from
 * now on.
 */
export async function replaceGrants(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  subject: Subject,
  names: readonly string[],
): Promise<InstallationRow> {
  const { installation } = subject;
  const asking = await askingManifest(tx, subject);
  const granted = readGrants(asking, names, '/granted');
  if (JSON.stringify(granted) === JSON.stringify(installation.granted)) return installation;
  const after = await updateInstallation(tx, installation, { granted, updatedAt: context.now() });
  await context.record(tx, author, subject, 'plugin.permissions_set', {
    before: viewPermissions(asking, installation.granted).granted,
    after: viewPermissions(asking, granted).granted,
  });
  await context.invalidate(tx, installation.id);
  return after;
}

/** Has lines below a level not kept any more, from the next run on. The level it has already: nothing changes. */
export async function setLogLevel(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  subject: Subject,
  logLevel: PluginLogLevel,
): Promise<InstallationRow> {
  const { installation } = subject;
  if (installation.logLevel === logLevel) return installation;
  const after = await updateInstallation(tx, installation, { logLevel, updatedAt: context.now() });
  await context.record(tx, author, subject, 'plugin.log_level_set', { before: installation.logLevel, after: logLevel });
  await tx.changed('plugins');
  return after;
}

/**
 * Has what the plugin's runs ask of the host kept, for so many minutes from now; 0: no more. Runs that begin from now
 * on follow it.
 */
export async function setRecording(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  subject: Subject,
  minutes: number,
): Promise<InstallationRow> {
  const { installation } = subject;
  const now = context.now();
  const isOnNow = installation.recordingUntil !== null && installation.recordingUntil > now;
  if (minutes === 0 && !isOnNow) return installation;
  const recordingUntil = minutes === 0 ? null : new Date(now.getTime() + minutes * MINUTE);
  const after = await updateInstallation(tx, installation, { recordingUntil, updatedAt: now });
  await context.record(tx, author, subject, minutes === 0 ? 'plugin.recording_stopped' : 'plugin.recording_started', {
    until: recordingUntil?.toISOString() ?? null,
  });
  await tx.changed('plugins');
  return after;
}

/** Settings with the number of their revision: it grows by one with each change. */
export interface NumberedConfig {
  revision: number;
  /** As the plugin sees it, defaults filled in. */
  config: JsonObject;
}

/** What a change of settings goes by. */
export interface ConfigTerms {
  /** The revision that the caller read; another one is refused. Left out: whatever there is. */
  ifRevision?: number | undefined;
  /** The revision that is brought back, for the audit trail. */
  from?: number;
}

/** The settings as the plugin sees them. */
export async function readNumberedConfig(
  tx: TenantTransaction,
  { installation, release }: Subject,
): Promise<NumberedConfig> {
  const revision = await currentConfigRevision(tx, installation.id);
  return { revision, config: await effectiveConfig(tx, release.manifest, installation.config) };
}

/**
 * Brings the settings of an earlier revision back, as a revision of its own. Throws `REVISION_NOT_FOUND`, and as {@link
 * replaceConfig}.
 */
export async function rollBackConfig(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  subject: Subject,
  { revision, ifRevision }: { revision: number; ifRevision?: number | undefined },
): Promise<NumberedConfig> {
  const found = await findConfigRevision(tx, subject.installation.id, revision);
  if (found) return replaceConfig(context, tx, author, subject, found.config, { ifRevision, from: revision });
  throw installationErrors.error(
    'REVISION_NOT_FOUND',
    `${subject.installation.slug} has no revision ${revision} of its settings; the latest ${keptConfigRevisions} are ` +
      'kept.',
  );
}

/**
 * Replaces the settings. Throws `CONFIG_INVALID` with every fault, `CONFIG_CHANGED` when they are not those that the
 * caller read. An enabled plugin hears of each one that changed.
 */
export async function replaceConfig(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  subject: Subject,
  config: JsonObject,
  { ifRevision, from }: ConfigTerms = {},
): Promise<NumberedConfig> {
  const { installation, release } = subject;
  const current = await currentConfigRevision(tx, installation.id);
  if (ifRevision !== undefined && ifRevision !== current)
    throw installationErrors.error(
      'CONFIG_CHANGED',
      `The settings of ${installation.slug} are revision ${current} now, not ${ifRevision}; nothing was changed.`,
      { extra: { revision: current } },
    );
  requireConfigSize(config);
  const reading = await readConfig(tx, release.manifest, config);
  if (!reading.ok) {
    const { errors } = reading;
    const why = errors
      .map((fault) => `${fault.pointer || 'settings'}: ${fault.detail}`)
      .join(' ')
      .slice(0, 900);
    throw installationErrors.error('CONFIG_INVALID', `The settings of ${installation.slug} were not changed. ${why}`, {
      errors,
    });
  }
  const effective = reading.value;
  const before = await effectiveConfig(tx, release.manifest, installation.config);
  const changes = configChanges(before, effective, config);
  if (changes.length === 0 && JSON.stringify(config) === JSON.stringify(installation.config))
    return { revision: current, config: effective };
  const keys = changes.map((change) => change.key);
  const revision = await nextRevision(context, tx, author, subject, { current, config, keys });
  await updateInstallation(tx, installation, { config, updatedAt: context.now() });
  // Names only: settings may hold what nobody wants in an audit trail for a year.
  await context.record(tx, author, subject, 'plugin.config_changed', {
    keys,
    revision,
    ...(from !== undefined && { from }),
  });
  if (isOn(installation.status))
    for (const { key, value, op } of changes) {
      const previous = Object.hasOwn(before, key) ? (before[key] ?? null) : null;
      await tellSetting(context, tx, subject, { key, value, op, revision, previous });
    }
  await context.invalidate(tx, installation.id);
  return { revision, config: effective };
}

/** Writes settings down under the next number, and with the first one what was there before. */
async function nextRevision(
  context: InstallationsContext,
  tx: TenantTransaction,
  author: Actor,
  { installation }: Subject,
  { current, config, keys }: { current: number; config: JsonObject; keys: string[] },
): Promise<number> {
  const { id: installationId } = installation;
  if (current === 0) {
    const first = { config: installation.config, keys: [], actor: null, createdAt: installation.createdAt };
    await insertConfigRevision(tx, { installationId, revision: 0, ...first });
  }
  const revision = current + 1;
  await insertConfigRevision(tx, {
    installationId,
    revision,
    config,
    keys: keys.map(storableText),
    actor: author.actor,
    createdAt: context.now(),
  });
  return revision;
}

/** Changes some settings: an RFC 7396 merge patch. */
export function patchedConfig({ installation }: Subject, patch: JsonObject): JsonObject {
  requireConfigSize(patch);
  return mergePatch(installation.config, patch);
}
