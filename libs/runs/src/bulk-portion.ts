import type { Id } from '@annex/kernel';
import type { TenantTransaction } from '@annex/database';
import { insertReplays, maxReplayedAtOnce, roomPauseMs } from './replays.js';
import { batchPortion } from './run-batches.js';
import { advanceBulkReplay, lockBulkReplay } from './sql/bulk-replay.js';
import { roomLeft } from './sql/enqueue-run.js';
import { lockDeadLetters } from './sql/replay.js';

/** Before the next try of an act whose portion failed, in milliseconds. */
const failurePauseMs = 30_000;

/** Lets an act whose portion failed wait: the oldest are gone on with first, and others are not to be behind it. */
export function postponeBulk(tx: TenantTransaction, id: Id<'replay'>): Promise<void> {
  return advanceBulkReplay(tx, id, { replayed: 0, isLast: false, pauseMs: failurePauseMs });
}

/**
 * Does the next portion of a replay of dead letters, or of another act on many runs, and counts it, as far as there is
 * room under the tenant's cap; nothing when it is done, or another worker is at it.
 */
export async function bulkPortion(tx: TenantTransaction, id: Id<'replay'>): Promise<void> {
  const found = await lockBulkReplay(tx, id);
  if (!found) return;
  if (found.batch) return batchPortion(tx, found.batch);
  const { replay } = found;
  const room = Math.min(maxReplayedAtOnce, await roomLeft(tx));
  if (room === 0)
    return advanceBulkReplay(tx, id, { replayed: 0, isLast: false, pauseMs: roomPauseMs, waitingFor: 'queue_full' });
  const letters = await lockDeadLetters(tx, replay.filter, room);
  await insertReplays(tx, letters, replay.actor);
  await advanceBulkReplay(tx, id, { replayed: letters.length, isLast: letters.length === 0 });
}
