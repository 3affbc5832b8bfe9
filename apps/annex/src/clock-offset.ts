import { SECOND, type Clock } from '@annex/kernel';
import type { Database } from '@annex/database';

/** By how much the clocks may differ before somebody is told. */
export const CLOCK_WARNING_MS = 30 * SECOND;

/** How far the database's clock is ahead of this host's, in milliseconds; a reading takes as long as its answer. */
export async function clockOffsetMs(database: Pick<Database, 'now'>, clock: Clock): Promise<number> {
  const before = clock.now();
  const there = (await database.now()).getTime();
  const after = clock.now();
  // It was read at some moment in between: what lies within that says nothing.
  return there < before ? there - before : Math.max(0, there - after);
}
