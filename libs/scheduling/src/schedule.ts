import type { ScheduledDays } from './scheduled-days.js';

/** A cron text, understood. It never changes, so it may be kept and shared. */
export interface Schedule {
  /** The text as it was written, with single blanks. */
  text: string;
  /**
   * What cron-parser reads for it: six fields of plain values, the same for every text that means the same. A day of
   * any of them counts; they differ in nothing else.
   */
  expressions: readonly string[];
  seconds: readonly number[];
  minutes: readonly number[];
  hours: readonly number[];
  days: ScheduledDays;
  /** Every hour is meant, so the rhythm follows real time where the clock is set back or forward. */
  everyHour: boolean;
}
