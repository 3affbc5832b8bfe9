/**
 * Tells a plugin that one of its own settings changed. Each change is told, in order; a plugin that asks for a pause
 * (`config_changes.debounce_ms`) hears the last of those that come within it.
 */
import type { TenantTransaction } from '@annex/database';
import { isJsonObject, type Json } from '@annex/kernel';
import { configChangeLimits } from '@annex/limits';
import { supersedeUnbegun } from '@annex/runs';
import type { InstallationsContext, Subject } from './context.js';

/** What became of a setting. */
export interface SettingChange {
  key: string;
  value: Json;
  op: 'set' | 'delete';
  revision: number;
  /** What the plugin heard before. */
  previous: Json;
}

const name = 'config_change';

/** Queues the `onConfigChange` of a change, behind those of earlier ones that it does not make needless. */
export async function tellSetting(
  context: InstallationsContext,
  tx: TenantTransaction,
  subject: Subject,
  change: SettingChange,
): Promise<void> {
  const debounceMs = subject.release.manifest.configChanges?.debounceMs ?? 0;
  if (debounceMs === 0) return context.fireInTurn(tx, subject, name, { ...change });
  const { key, revision } = change;
  const [oldest] = await supersedeUnbegun(
    tx,
    { installationId: subject.installation.id, kind: 'lifecycle', name },
    // Settings of the tenant that it watches have a scope, and are told one by one.
    (payload) => isJsonObject(payload) && payload['key'] === key && payload['scope'] === undefined,
    { code: 'SUPERSEDED', message: `Revision ${revision} changed the setting again before this one was told.` },
  );
  const unheard = isJsonObject(oldest?.payload) ? oldest.payload : undefined;
  const nowMs = context.options.clock.now();
  const sinceMs = oldest?.policy.settle?.sinceMs ?? nowMs;
  // Changes without an end must not keep it from being told at all.
  const ms = Math.max(0, Math.min(debounceMs, sinceMs + debounceMs * configChangeLimits.longestPauses - nowMs));
  await context.fireInTurn(
    tx,
    subject,
    name,
    { ...change, ...(unheard && { previous: unheard['previous'] ?? null }) },
    { settle: { ms, sinceMs } },
  );
}
