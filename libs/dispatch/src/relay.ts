import { failpoint, type Logger } from '@annex/kernel';
import { handOverRuns, takeBack } from '@annex/runs';
import type { Database } from '@annex/database';
import type { Queue } from '@annex/queue';
import { Loop } from './loop.js';

export interface RelayOptions {
  database: Database;
  queue: Queue;
  slots: number;
  reservedShare?: number;
  /** Whether runs are short now, so that tickets should stand ready before a slot is free. */
  isFast: () => boolean;
  /** Whether nothing is under way here. */
  isIdle: () => boolean;
  logger: Logger;
}

/**
 * Tickets that stand ready when runs are short, as a part of the capacity; the rest of its double is room for tenants
 * within their share.
 */
const aheadShare = 0.75;

export interface Relay {
  loop: Loop;
  /** Say that a run has ended: if others were left behind for want of room, there is some now. */
  onFree: () => void;
}

/**
 * Moves due runs from PostgreSQL to the queue. Every worker has one and none leads. The rows are marked and committed
 * first and the tickets added then: no row is locked while the queue is slow, and tickets lost in between are found by
 * the reconciler. The marks need not be on disk: a run whose mark a crash undoes is handed over again, and of two
 * tickets with the same number only one can claim it.
 */
export function createRelay({ database, queue, slots, reservedShare, isFast, isIdle, logger }: RelayOptions): Relay {
  let isShort = true;
  let freed = 0;
  const loop = new Loop({
    name: 'relay',
    everyMs: 400,
    gapMs: 3,
    logger,
    work: async () => {
      const round = await database.platform(
        (tx) =>
          handOverRuns(tx, {
            slots,
            aheadShare: isFast() ? aheadShare : 0,
            ...(reservedShare !== undefined && { reservedShare }),
          }),
        { durable: false },
      );
      freed = 0;
      const { handedOver } = round;
      isShort = round.isShort;
      if (handedOver.length === 0) return undefined;
      failpoint('relay.marked');
      try {
        await queue.add(
          handedOver.map(({ ticketId, tenantId, runId, claims, isLent }) => ({
            id: ticketId,
            tenantId,
            runId,
            claims,
            isLent,
          })),
        );
      } catch (thrown) {
        await database.platform((tx) => takeBack(tx, handedOver));
        throw thrown;
      }
      failpoint('relay.added');
      return isShort ? 0 : undefined;
    },
  });
  const onFree = (): void => {
    freed += 1;
    // While tickets stand ready, several ends make one round.
    if (isShort && (!isFast() || freed >= slots / 4 || isIdle())) loop.wake();
  };
  return { loop, onFree };
}
