/**
 * Tells a plugin of its tenant's settings, one change after the other. What is to happen next is told by the watch's
 * row and the runs that it names alone, so whoever looks at it goes on, whoever died before.
 */
import type { TenantTransaction } from '@annex/database';
import type { Id, JsonObject } from '@annex/kernel';
import { settingTreeLimits } from '@annex/limits';
import { compileSettingPatterns } from '@annex/manifest';
import { readStandings } from '@annex/runs';
import { isLogged } from './rows/setting-changes.js';
import { findWatch, saveWatch } from './rows/setting-watches.js';
import type { SettingWatchRow } from './rows/setting-watch-row.js';
import { readHead } from './rows/settings.js';
import { nextKept, nextLogged, type ToldChange } from './sql/next-change.js';

/**
 * Queues the handlers of a plugin that are to hear of a change, and answers the UUIDs of their runs; `undefined`: the
 * plugin is not enabled.
 */
export type TellPlugin = (
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  change: JsonObject,
) => Promise<string[] | undefined>;

/** Goes on with one watch: writes down how the last change was taken, and tells the next one. */
export async function settleWatch(
  tx: TenantTransaction,
  installationId: Id<'installation'>,
  tell: TellPlugin,
): Promise<void> {
  const watch = await findWatch(tx, installationId, { lock: true });
  if (!watch?.active) return;
  if (watch.pendingRevision !== null && !(await settlePending(tx, watch))) return;
  for (;;) {
    const { change, isSyncing } = await findNext(tx, watch);
    if (!change) break;
    const runs = await tell(tx, installationId, {
      ...{ key: change.key, value: change.value, op: change.op, revision: change.revision, previous: change.previous },
      ...{ scope: 'tenant', first_sync: isSyncing },
    });
    if (runs === undefined) return;
    if (runs.length > 0) {
      Object.assign(watch, { pendingRevision: change.revision, pendingKey: change.key, pendingRuns: runs });
      break;
    }
    watch.position = change.revision;
  }
  await saveWatch(tx, watch);
}

/** Writes down how a change was taken. Answers `false` while a handler is still at it. */
async function settlePending(tx: TenantTransaction, watch: SettingWatchRow): Promise<boolean> {
  const endings = await readStandings(tx, watch.pendingRuns);
  if (endings.some(({ hasEnded }) => !hasEnded)) return false;
  const { pendingKey: key, pendingRevision: revision } = watch;
  if (key === null || revision === null) return true;
  const error = endings.find((each) => each.error !== null)?.error;
  watch.refused = watch.refused.filter((each) => each.key !== key);
  if (error) watch.refused.push({ key, revision, ...error, at: new Date().toISOString() });
  watch.refused = watch.refused.slice(-settingTreeLimits.refused);
  Object.assign(watch, { position: revision, pendingRevision: null, pendingKey: null, pendingRuns: [] });
  return true;
}

/** The next change for a watch; without one its position is moved to the end of the tree. */
async function findNext(
  tx: TenantTransaction,
  watch: SettingWatchRow,
): Promise<{ change: ToldChange | undefined; isSyncing: boolean }> {
  const isMeant = compileSettingPatterns(watch.patterns);
  const head = await readHead(tx);
  // It fell behind what the log keeps: each key is told once more.
  if (watch.position >= watch.syncUntil && !(await isLogged(tx, watch.position, head)))
    Object.assign(watch, { known: watch.position, syncUntil: head, position: 0 });
  if (watch.position < watch.syncUntil) {
    const range = { after: watch.position, until: watch.syncUntil, isMeant };
    const change = await nextKept(tx, { ...range, known: watch.known });
    if (change) return { change, isSyncing: true };
    watch.position = watch.syncUntil;
  }
  const change = await nextLogged(tx, { after: watch.position, until: head, isMeant });
  if (!change) watch.position = Math.max(watch.position, head);
  return { change, isSyncing: false };
}
