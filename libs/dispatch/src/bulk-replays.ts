import type { Id, Logger } from '@annex/kernel';
import { advanceBulkReplay, listDueBulkReplays, lockBulkReplay, lockDeadLetters, roomLeft } from '@annex/persistence';
import type { Database, TenantTransaction } from '@annex/database';
import { Loop } from './loop.js';
import { insertReplays, maxReplayedAtOnce } from './runs.js';

/** How long a replay waits for room under its tenant's cap, in milliseconds. */
const roomPauseMs = 2000;

/**
 * Goes on with replays of many dead letters, a portion of each at a time. Each portion and its count are one
 * transaction, so a worker that dies leaves nothing half done, and any other one goes on.
 */
export function createBulkReplays({ database, logger }: { database: Database; logger: Logger }): Loop {
  return new Loop({
    name: 'replays',
    everyMs: 2000,
    logger,
    work: async () => {
      const due = await database.platform((tx) => listDueBulkReplays(tx, 20));
      let failure: unknown;
      for (const { tenantId, id } of due) {
        try {
          await database.forTenant(tenantId).transaction((tx) => replayPortion(tx, id));
        } catch (thrown) {
          failure = thrown;
        }
      }
      if (failure !== undefined) throw failure;
      return due.length > 0 ? 0 : undefined;
    },
  });
}

async function replayPortion(tx: TenantTransaction, id: Id<'replay'>): Promise<void> {
  const replay = await lockBulkReplay(tx, id);
  if (!replay) return;
  const room = Math.min(maxReplayedAtOnce, await roomLeft(tx));
  if (room === 0)
    return advanceBulkReplay(tx, id, { replayed: 0, isLast: false, pauseMs: roomPauseMs, waitingFor: 'queue_full' });
  const found = await lockDeadLetters(tx, replay.filter, room);
  await insertReplays(tx, found);
  await advanceBulkReplay(tx, id, { replayed: found.length, isLast: found.length === 0 });
}
