import { messageOf, SECOND, type Clock, type Logger } from '@annex/kernel';
import type { Database } from '@annex/database';

/** By how much the clocks may differ before somebody is told. */
const CLOCK_WARNING_MS = 30 * SECOND;

/** How long a reading answers again, in milliseconds: anybody may ask for it. */
const READING_AGE_MS = 5 * SECOND;

/** How far the database's clock is ahead of this host's, in milliseconds; a reading takes as long as its answer. */
export async function clockOffsetMs(database: Pick<Database, 'now'>, clock: Clock): Promise<number> {
  const before = clock.now();
  const there = (await database.now()).getTime();
  const after = clock.now();
  // It was read at some moment in between: what lies within that says nothing.
  return there < before ? there - before : Math.max(0, there - after);
}

/** What to tell whoever runs Annex of an offset; `undefined`: nothing. */
export function clockWarning(offsetMs: number): string | undefined {
  if (Math.abs(offsetMs) <= CLOCK_WARNING_MS) return undefined;
  return (
    `the clock of the database is ${Math.round(Math.abs(offsetMs) / SECOND)} s ` +
    `${offsetMs > 0 ? 'ahead of' : 'behind'} this host's: schedules, sessions and links end at other times than they ` +
    'say. Let both follow NTP.'
  );
}

/** Reads the offset at most once in five seconds; `undefined` while the database does not answer. */
export function clockReader(
  database: Pick<Database, 'now'>,
  { clock, logger }: { clock: Clock; logger: Logger },
): () => Promise<number | undefined> {
  let reading: { atMs: number; offsetMs: Promise<number | undefined> } | undefined;
  return () => {
    if (reading === undefined || performance.now() - reading.atMs > READING_AGE_MS) {
      const offsetMs = clockOffsetMs(database, clock).catch((thrown: unknown) => {
        logger.warn({ reason: messageOf(thrown) }, 'the clock of the database cannot be read');
        return undefined;
      });
      reading = { atMs: performance.now(), offsetMs };
    }
    return reading.offsetMs;
  };
}
