/** Follows a tree as it changes. */
import type { Id, Json } from '@annex/kernel';
import type { Database } from '@annex/database';
import { poll } from '@annex/runs';
import { settingErrors } from './errors.js';
import { isLogged, listChanges } from './rows/setting-changes.js';
import type { SettingChangeRow } from './rows/setting-change-row.js';
import { readHead } from './rows/settings.js';

/** A change on the wire. */
export interface SettingChangeView {
  revision: number;
  key: string;
  op: 'put' | 'delete';
  /** `null` after `delete`. */
  value: Json;
  /** What was there before; `null`: nothing. */
  previous: Json;
  changed_by: string | null;
  time: string;
}

/** Whoever follows a tree. */
export interface SettingReader {
  send: (event: { id: string; data: SettingChangeView }) => void;
  /** Resolves when the reader can take more. */
  ready: () => Promise<void>;
  /** A look that failed; the next one comes all the same. */
  onFailed: (thrown: unknown) => void;
  /** Milliseconds between two looks. Default 500. */
  pollMs?: number;
}

/** What is followed. */
export interface FollowedSettings {
  prefix?: string | undefined;
  /** Begins behind this revision. Default: with what is changed from now on. */
  since?: number | undefined;
  /** The id of the last change that the reader has; it goes on behind that. */
  lastId?: string | undefined;
}

/** Changes that one look brings. */
const pageChanges = 100;

/**
 * Sends each change once, in order of revision, until the answered function is called. Throws `SETTING_HISTORY_GONE`.
 */
export async function followSettings(
  database: Pick<Database, 'forTenant'>,
  tenantId: Id<'tenant'>,
  { asked: { prefix = '', since, lastId }, reader }: { asked: FollowedSettings; reader: SettingReader },
): Promise<() => void> {
  const { send, ready, onFailed, pollMs = 500 } = reader;
  const scope = database.forTenant(tenantId);
  let after = await scope.transaction(async (tx) => {
    const head = await readHead(tx);
    const from = lastId !== undefined && /^\d{1,15}$/.test(lastId) ? Number(lastId) : (since ?? head);
    if (from > head || !(await isLogged(tx, from, head))) throw gone(from, head);
    return from;
  });
  const look = async (isEnded: () => boolean): Promise<boolean> => {
    const { head, changes } = await scope.transaction(async (tx) => {
      const head = await readHead(tx);
      if (head <= after) return { head, changes: [] };
      return { head, changes: await listChanges(tx, { after, prefix, limit: pageChanges }) };
    });
    for (const change of changes) {
      await ready();
      if (isEnded()) return false;
      send({ id: String(change.revision), data: view(change) });
      after = change.revision;
    }
    if (changes.length === pageChanges) return true;
    after = Math.max(after, head);
    return false;
  };
  return poll(look, { everyMs: pollMs, onFailed });
}

function gone(from: number, head: number): Error {
  return settingErrors.error(
    'SETTING_HISTORY_GONE',
    `The changes behind revision ${from} are not all kept, or it is none; the tree is at ${head}. GET /api/settings ` +
      'lists what is there now, and its revision is one to begin at.',
    { extra: { revision: head } },
  );
}

function view({ revision, key, op, value, previous, actor, at }: SettingChangeRow): SettingChangeView {
  return { revision, key, op, value, previous, changed_by: actor, time: at.toISOString() };
}
