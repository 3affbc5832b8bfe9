import type { Logger } from '@annex/kernel';
import type { Retention } from '@annex/limits';
import { eraseUninstalled } from './sql/erase-uninstalled.js';
import { removeExpired, retentionSteps } from './sql/retention.js';
import { trimLogs } from './sql/trim-logs.js';
import type { Database } from '@annex/database';
import { Loop } from './loop.js';

/** Rows removed in one transaction; many portions a second, since warm routes write thousands of runs in that time. */
const portion = 5000;

/** Removes what is older than it is kept: portion by portion while there is something, then again after ten minutes. */
export function createRetention({
  database,
  retention,
  logger,
}: {
  database: Database;
  retention: Retention;
  logger: Logger;
}): Loop {
  return new Loop({
    name: 'retention',
    everyMs: 10 * 60_000,
    logger,
    work: async () => {
      let isMore = false;
      for (const what of retentionSteps) {
        const removed = await database.platform((tx) => removeExpired(tx, { what, retention, limit: portion }));
        if (removed > 0) logger.info({ what, removed }, 'retention removed old rows');
        isMore ||= removed === portion;
      }
      // Leaves room for everything else between two portions.
      return isMore ? 50 : undefined;
    },
  });
}

/**
 * Removes what uninstalled plugins left, and the oldest lines of logs that have grown too large, portion by portion, so
 * that uninstalling a busy one answers at once.
 */
export function createEraser({ database, logger }: { database: Database; logger: Logger }): Loop {
  return new Loop({
    name: 'eraser',
    everyMs: 5000,
    logger,
    work: async () => {
      const isMore = [
        await database.platform((tx) => eraseUninstalled(tx, portion)),
        await database.platform(trimLogs),
      ];
      return isMore.includes(true) ? 20 : undefined;
    },
  });
}
