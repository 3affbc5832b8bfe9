import type { CronExpression } from 'cron-parser';

const dayMs = 86_400_000;

/** One expression, and its last answer, which is the answer for every day from `askedFrom` to `found`. */
interface Walk {
  expression: CronExpression;
  askedFrom: number;
  found: number;
}

/**
 * The local days on which a schedule fires. cron-parser finds them, in UTC, where it has no clock changes to think of;
 * the zone and its clock changes are the caller's.
 *
 * Days and not ticks: a step of cron-parser takes ten microseconds and more, and ticks are asked for by the ten
 * thousand (docs/adr/0004-schedule-calculator.md).
 */
export class ScheduledDays {
  readonly #walks: Walk[];

  /** `expressions`: each for midnight in UTC; a day of any of them counts. */
  constructor(expressions: readonly CronExpression[]) {
    this.#walks = expressions.map((expression) => ({ expression, askedFrom: 0, found: -1 }));
  }

  /** The first day at or after one, both in days since 1970-01-01; `undefined` when there is none for many years. */
  firstFrom(day: number): number | undefined {
    const found = this.#walks.map((walk) => firstDay(walk, day)).filter((each) => each !== undefined);
    return found.length > 0 ? Math.min(...found) : undefined;
  }
}

function firstDay(walk: Walk, day: number): number | undefined {
  if (walk.askedFrom <= day && day <= walk.found) return walk.found;
  const justBefore = new Date(day * dayMs - 1);
  if (Number.isNaN(justBefore.getTime())) return undefined;
  walk.expression.reset(justBefore);
  try {
    walk.found = walk.expression.next().getTime() / dayMs;
    walk.askedFrom = day;
    return walk.found;
  } catch {
    // It throws when thousands of steps find nothing, which is longer than anything that ever fires waits.
    return undefined;
  }
}
