import type { Logger } from '@annex/kernel';
import { spendLimits } from '@annex/limits';
import type { Database } from '@annex/database';
import { closeNextDay } from '@annex/spend';
import { Loop } from './loop.js';

/** Closes days of the ledger once they are over, one transaction a day; whichever worker looks first does. */
export function createSpendCloser({ database, logger }: { database: Database; logger: Logger }): Loop {
  return new Loop({
    name: 'spend',
    everyMs: spendLimits.lookMs,
    logger,
    work: async () => {
      const day = await database.platform((tx) => closeNextDay(tx));
      if (day === undefined) return undefined;
      logger.info({ day }, 'a day of the ledger was closed');
      return 100;
    },
  });
}
