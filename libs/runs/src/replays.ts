import { newId, type Id } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import { insertQueued, type NewRun } from './sql/enqueue-run.js';
import { markReplayed, type ReplayableRun } from './sql/replay.js';

/** Most dead letters that one transaction replays; those beyond it follow behind the answer. */
export const maxReplayedAtOnce = 500;

/** How long a replay waits for room under its tenant's cap, in milliseconds. */
export const roomPauseMs = 2000;

/** Makes runs again and marks the first ones, in the caller's transaction; answers the new ones in the same order. */
export async function insertReplays(
  tx: TenantTransaction,
  originals: readonly ReplayableRun[],
  startedBy: string,
): Promise<Id<'run'>[]> {
  const runs: (NewRun & { id: Id<'run'> })[] = originals.map(({ again }) => ({
    ...again,
    id: newId('run'),
    startedBy,
  }));
  await insertQueued(tx, runs);
  await markReplayed(
    tx,
    originals.map(({ id }) => id),
  );
  return runs.map(({ id }) => id);
}
