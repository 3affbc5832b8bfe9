import { parseId, type Id } from '@annex/kernel';
import type { Database, TenantTransaction } from '@annex/database';
import {
  findOpenRuns,
  hasEnded,
  poll,
  readPlace,
  readRunsAfter,
  runsFromNow,
  writePlace,
  writingMs,
  type FollowedRuns,
  type RunPlace,
  type StoredRun,
} from '@annex/runs';
import type { RunView } from './views.js';

/** Runs that one look at the database brings. */
const pageRuns = 100;
/** Runs under way that are followed beside those that are made. */
const maxOpen = 2_000;
const placeShape = [/^\d{1,18}$/, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/];

export interface RunFeedOptions {
  database: Pick<Database, 'forTenant'>;
  tenantId: Id<'tenant'>;
  filter: FollowedRuns;
  /** Of the last one that the reader has. */
  lastId: string | undefined;
  view: (tx: TenantTransaction, rows: readonly StoredRun[]) => Promise<RunView[]>;
  send: (event: { id: string; data: RunView }) => void;
  /** Resolves when the reader can take more. */
  ready: () => Promise<void>;
  onFailed: (thrown: unknown) => void;
  /** Milliseconds between two looks. Default 1000. */
  pollMs?: number;
}

/**
 * Sends each run as it is made and whenever something that people see of it changes, until it has ended; until the
 * answered function is called. A plain call of a route is sent as a run that ended.
 */
export async function followRuns(options: RunFeedOptions): Promise<() => void> {
  const { database, tenantId, filter, view, send, ready, onFailed, pollMs = 1_000 } = options;
  const scope = database.forTenant(tenantId);
  const [writer, uuid] = readPlace(options.lastId, placeShape) ?? [];
  const told = new Map<Id<'run'>, string>();
  // Whoever comes back has missed changes of runs from any time.
  let all = writer !== undefined && uuid !== undefined;
  let place: RunPlace;
  let snapshot: string | undefined;
  let from = new Date(Date.now() - writingMs);
  if (writer !== undefined && uuid !== undefined) {
    place = [writer, uuid];
    for (const id of await scope.transaction(findOpenRuns)) told.set(id, '');
  } else {
    const start = await scope.transaction(runsFromNow);
    ({ place, snapshot } = start);
    for (const run of start.open) told.set(run.id, seenOf(run));
  }

  const look = async (isEnded: () => boolean): Promise<boolean> => {
    const beganMs = Date.now();
    const { rows, views } = await scope.transaction(async (tx) => {
      const rows = await readRunsAfter(tx, {
        ...filter,
        place,
        snapshot,
        since: from,
        others: [...told.keys()],
        all,
        limit: pageRuns,
      });
      return { rows, views: rows.length === 0 ? [] : await view(tx, rows) };
    });
    for (const [index, row] of rows.entries()) {
      await ready();
      if (isEnded()) return false;
      const data = views[index];
      const seen = seenOf(row);
      // A lease that was renewed is nothing that anybody sees.
      if (data && told.get(row.id) !== seen) send({ id: writePlace(row.place), data });
      ({ place } = row);
      told.delete(row.id);
      if (!hasEnded(row.status)) told.set(row.id, seen);
    }
    for (const id of told.keys()) {
      if (told.size <= maxOpen) break;
      told.delete(id);
    }
    if (rows.length === pageRuns) return true;
    all = false;
    from = new Date(Math.max(from.getTime(), beganMs - writingMs));
    return false;
  };
  return poll(look, { everyMs: pollMs, onFailed });
}

function seenOf({ status, attempts, waitingFor, nextAttemptAt, finishedAt }: StoredRun): string {
  return JSON.stringify([status, attempts, waitingFor, nextAttemptAt, finishedAt]);
}

/** A plugin that a filter names by id or slug. */
export function pluginFilter(plugin: string | undefined): Pick<FollowedRuns, 'plugin' | 'installationId'> {
  if (plugin === undefined) return {};
  const installationId = parseId('installation', plugin);
  return installationId ? { installationId } : { plugin };
}
