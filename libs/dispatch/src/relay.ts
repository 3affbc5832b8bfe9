import { failpoint, type Logger } from '@annex/kernel';
import { handOverDueRuns, takeBack, type Database } from '@annex/persistence';
import type { Queue } from '@annex/queue';
import { Loop } from './loop.js';

export interface RelayOptions {
  database: Database;
  queue: Queue;
  slots: number;
  reservedShare?: number;
  logger: Logger;
}

/**
 * Moves due runs from PostgreSQL to the queue. Every worker has one and none leads. The rows are marked and committed first and the tickets
 * added then: no row is locked while the queue is slow, and tickets lost in between are found by the reconciler.
 */
export function createRelay({ database, queue, slots, reservedShare, logger }: RelayOptions): Loop {
  return new Loop({
    name: 'relay',
    everyMs: 400,
    gapMs: 3,
    logger,
    work: async () => {
      const handedOver = await database.platform((tx) => handOverDueRuns(tx, { slots, ...(reservedShare !== undefined && { reservedShare }) }));
      if (handedOver.length === 0) return undefined;
      failpoint('relay.marked');
      try {
        await queue.add(handedOver.map(({ ticketId, tenantId, runId, claims }) => ({ id: ticketId, tenantId, runId, claims })));
      } catch (thrown) {
        await database.platform((tx) => takeBack(tx, handedOver));
        throw thrown;
      }
      failpoint('relay.added');
      return 0;
    },
  });
}
