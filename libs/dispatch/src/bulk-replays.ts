import type { Logger } from '@annex/kernel';
import type { Database } from '@annex/database';
import { bulkPortion, listDueBulkReplays, postponeBulk } from '@annex/runs';
import { Loop } from './loop.js';

/**
 * Goes on with replays of many dead letters, and other acts on many runs, a portion of each at a time. Each portion and
 * its count are one transaction, so a worker that dies leaves nothing half done, and any other one goes on.
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
          await database.forTenant(tenantId).transaction((tx) => bulkPortion(tx, id));
        } catch (thrown) {
          failure = thrown;
          await database.forTenant(tenantId).transaction((tx) => postponeBulk(tx, id));
        }
      }
      if (failure !== undefined) throw failure;
      return due.length > 0 ? 0 : undefined;
    },
  });
}
