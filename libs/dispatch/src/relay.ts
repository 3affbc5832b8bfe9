import { failpoint, type Logger } from '@annex/kernel';
import { handOverRuns, takeBack, type Database } from '@annex/persistence';
import type { Queue } from '@annex/queue';
import { Loop } from './loop.js';

export interface RelayOptions {
  database: Database;
  queue: Queue;
  slots: number;
  reservedShare?: number;
  logger: Logger;
}

export interface Relay {
  loop: Loop;
  /** Say that a run has ended: if others were left behind for want of room, there is some now. */
  onFree: () => void;
}

/**
 * Moves due runs from PostgreSQL to the queue. Every worker has one and none leads. The rows are marked and committed first and the tickets
 * added then: no row is locked while the queue is slow, and tickets lost in between are found by the reconciler. The marks need not be on disk: a
 * run whose mark a crash undoes is handed over again, and of two tickets with the same number only one can claim it.
 */
export function createRelay({ database, queue, slots, reservedShare, logger }: RelayOptions): Relay {
  let isShort = true;
  const loop = new Loop({
    name: 'relay',
    everyMs: 400,
    gapMs: 3,
    logger,
    work: async () => {
      const round = await database.platform((tx) => handOverRuns(tx, { slots, ...(reservedShare !== undefined && { reservedShare }) }), { durable: false });
      const { handedOver } = round;
      isShort = round.isShort;
      if (handedOver.length === 0) return undefined;
      failpoint('relay.marked');
      try {
        await queue.add(handedOver.map(({ ticketId, tenantId, runId, claims }) => ({ id: ticketId, tenantId, runId, claims })));
      } catch (thrown) {
        await database.platform((tx) => takeBack(tx, handedOver));
        throw thrown;
      }
      failpoint('relay.added');
      return isShort ? 0 : undefined;
    },
  });
  return { loop, onFree: () => void (isShort && loop.wake()) };
}
