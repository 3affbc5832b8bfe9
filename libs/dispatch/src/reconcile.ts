import { failpoint, type Clock, type Logger } from '@annex/kernel';
import {
  expireLeases,
  listHandedOver,
  unparkEnabled,
  unparkEndpoints,
  unparkOverlaps,
  reportWorker,
  takeBack,
} from '@annex/runs';
import type { Database } from '@annex/database';
import type { Queue } from '@annex/queue';
import { Loop } from './loop.js';

export interface ReconcileOptions {
  database: Database;
  queue: Queue;
  slots: number;
  ownerId: string;
  clock: Clock;
  logger: Logger;
  /** How long every worker had to renew its leases before any is taken for dead, in milliseconds. */
  graceMs: number;
  /** Called when runs became due. */
  onDue: () => void;
}

/** A ticket that nobody has claimed for this long is looked for in the queue. */
const ticketAgeMs = 3000;

/**
 * Finds what fell between the chairs: tickets that the queue lost, runs of workers that died, parked runs whose reason
 * is gone. While PostgreSQL was away nobody could renew a lease, so after trouble of any kind it first lets the living
 * do that.
 */
export function createReconciler({
  database,
  queue,
  slots,
  ownerId,
  clock,
  logger,
  graceMs,
  onDue,
}: ReconcileOptions): Loop {
  let healthySince = clock.now();
  const lookForTickets = async (): Promise<number> => {
    const handedOver = await database.platform((tx) => listHandedOver(tx, { olderThanMs: ticketAgeMs }));
    if (handedOver.length === 0) return 0;
    const missing = new Set(await queue.missing(handedOver.map(({ ticketId }) => ticketId)));
    const lost = handedOver.filter(({ ticketId }) => missing.has(ticketId));
    return lost.length === 0 ? 0 : database.platform((tx) => takeBack(tx, lost));
  };
  return new Loop({
    name: 'reconcile',
    everyMs: 2000,
    logger,
    work: async () => {
      try {
        const isSettled = clock.now() - healthySince >= graceMs;
        const { expired, unparked } = await database.platform(async (tx) => {
          await reportWorker(tx, { id: ownerId, slots });
          return {
            expired: isSettled ? await expireLeases(tx) : [],
            unparked: (await unparkOverlaps(tx)) + (await unparkEndpoints(tx)) + (await unparkEnabled(tx)),
          };
        });
        if (expired.length > 0) failpoint('reconcile.expired');
        if (expired.length > 0)
          logger.warn(
            { runs: expired.length, owners: [...new Set(expired.map(({ owner }) => owner))] },
            'runs were taken from workers that stopped answering',
          );
        const lost = await lookForTickets();
        if (lost > 0) logger.warn({ tickets: lost }, 'the queue had lost tickets; their runs are handed over again');
        if (expired.length + unparked + lost > 0) onDue();
      } catch (thrown) {
        healthySince = clock.now();
        throw thrown;
      }
    },
  });
}
