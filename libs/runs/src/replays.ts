import { newId, type Id } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import { advanceBulkReplay, lockBulkReplay } from './sql/bulk-replay.js';
import { insertQueued, roomLeft, type NewRun } from './sql/enqueue-run.js';
import { lockDeadLetters, markReplayed, type ReplayableRun } from './sql/replay.js';

/** Most dead letters that one transaction replays; those beyond it follow behind the answer. */
export const maxReplayedAtOnce = 500;

/** How long a replay waits for room under its tenant's cap, in milliseconds. */
const roomPauseMs = 2000;

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

/**
 * Replays the next portion of a bulk replay and counts it, as far as there is room under the tenant's cap; nothing when
 * it is done, or another worker is at it.
 */
export async function replayPortion(tx: TenantTransaction, id: Id<'replay'>): Promise<void> {
  const replay = await lockBulkReplay(tx, id);
  if (!replay) return;
  const room = Math.min(maxReplayedAtOnce, await roomLeft(tx));
  if (room === 0)
    return advanceBulkReplay(tx, id, { replayed: 0, isLast: false, pauseMs: roomPauseMs, waitingFor: 'queue_full' });
  const found = await lockDeadLetters(tx, replay.filter, room);
  await insertReplays(tx, found, replay.actor);
  await advanceBulkReplay(tx, id, { replayed: found.length, isLast: found.length === 0 });
}
