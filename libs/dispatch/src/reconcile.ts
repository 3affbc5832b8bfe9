import { failpoint, type Clock, type Logger } from '@annex/kernel';
import {
  expireLeases,
  unparkEnabled,
  unparkEndpoints,
  unparkOverlaps,
  reportWorker,
  takeBackHandedOver,
} from '@annex/runs';
import type { Database } from '@annex/database';
import { Loop } from './loop.js';

export interface ReconcileOptions {
  database: Database;
  slots: number;
  ownerId: string;
  clock: Clock;
  logger: Logger;
  /** How long every worker had to renew its leases before any is taken for dead, in milliseconds. */
  graceMs: number;
  /** Called when runs became due. */
  onDue: () => void;
  /** Called at the end of each round. */
  onLooked: () => Promise<void>;
}

/**
 * Finds what nobody looks after: runs of workers that died, parked runs whose reason is gone. While PostgreSQL was away
 * nobody could renew a lease, so after trouble of any kind it first lets the living do that.
 */
export function createReconciler({
  database,
  slots,
  ownerId,
  clock,
  logger,
  graceMs,
  onDue,
  onLooked,
}: ReconcileOptions): Loop {
  let healthySince = clock.now();
  return new Loop({
    name: 'reconcile',
    everyMs: 2000,
    logger,
    work: async () => {
      try {
        const isSettled = clock.now() - healthySince >= graceMs;
        const { expired, due } = await database.platform(async (tx) => {
          await reportWorker(tx, { id: ownerId, slots });
          return {
            expired: isSettled ? await expireLeases(tx) : [],
            due:
              (await unparkOverlaps(tx)) +
              (await unparkEndpoints(tx)) +
              (await unparkEnabled(tx)) +
              (await takeBackHandedOver(tx)),
          };
        });
        if (expired.length > 0) failpoint('reconcile.expired');
        if (expired.length > 0)
          logger.warn(
            { runs: expired.length, owners: [...new Set(expired.map(({ owner }) => owner))] },
            'runs were taken from workers that stopped answering',
          );
        if (expired.length + due > 0) onDue();
        await onLooked();
      } catch (thrown) {
        healthySince = clock.now();
        throw thrown;
      }
    },
  });
}
