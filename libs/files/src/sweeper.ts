import { messageOf, type Logger, type Stoppable } from '@annex/kernel';
import { claimDueFileObjects, forgetFileObjects } from './rows/file-rows.js';
import type { Database } from '@annex/database';
import type { ObjectStore } from './store/object-store.js';

/**
 * Objects removed at a time, and how long another sweeper leaves them alone, in seconds: a store that is away is asked
 * again after that.
 */
const portion = 50;
const leaseS = 120;
const defaultEveryMs = 60_000;

export interface SweeperOptions {
  database: Pick<Database, 'platform' | 'listen'>;
  store: Pick<ObjectStore, 'remove'>;
  logger: Logger;
  /** Milliseconds between two looks without a call. Default 60,000. */
  everyMs?: number;
}

/**
 * Removes objects that no file needs any more: of deleted and replaced files, of erased tenants, of uploads that died.
 * It looks when PostgreSQL tells that something was left, and now and then without being told. Several processes may
 * sweep at once.
 */
export async function startSweeper({
  database,
  store,
  logger,
  everyMs = defaultEveryMs,
}: SweeperOptions): Promise<Stoppable> {
  let stopped = false;
  let underWay: Promise<void> | undefined;
  let again = false;

  const sweep = async (): Promise<void> => {
    do {
      again = false;
      try {
        for (;;) {
          const removed = await sweepOnce({ database, store, logger });
          if (stopped || removed < portion) break;
        }
      } catch (thrown) {
        logger.warn({ reason: messageOf(thrown) }, 'objects of files could not be swept; they are tried again');
      }
    } while (again && !stopped);
  };
  const wake = (): void => {
    if (stopped) return;
    if (underWay) again = true;
    else underWay = sweep().finally(() => (underWay = undefined));
  };

  const unlisten = await database.listen('annex_file_objects', wake);
  const timer = setInterval(wake, everyMs).unref();
  wake();
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      unlisten();
      await underWay;
    },
  };
}

/**
 * Removes one portion and answers how many objects were due. One that the store does not remove is tried again later.
 */
export async function sweepOnce({
  database,
  store,
  logger,
}: Pick<SweeperOptions, 'database' | 'store' | 'logger'>): Promise<number> {
  const due = await database.platform((tx) => claimDueFileObjects(tx, { limit: portion, leaseS }));
  if (due.length === 0) return 0;
  const endings = await Promise.allSettled(due.map((object) => store.remove(object)));
  const gone = due.filter((_, index) => endings[index]?.status === 'fulfilled');
  const failed = endings.find((ending) => ending.status === 'rejected');
  if (failed)
    logger.warn(
      { objects: due.length - gone.length, reason: messageOf(failed.reason) },
      'objects of files could not be removed; they are tried again',
    );
  await database.platform((tx) => forgetFileObjects(tx, gone));
  return due.length;
}
