import { didYouMean, quote, type InputFault } from '@annex/kernel';
import { parseField, type CronField } from './cron-fields.js';
import { smallestGapS } from './smallest-gap.js';

/** A cron text, understood. Plain data: it may be cached and compared. */
export interface Schedule {
  /** The text as it was written, with single blanks. */
  text: string;
  seconds: number[];
  minutes: number[];
  hours: number[];
  dayOfMonth: CronField;
  months: number[];
  dayOfWeek: CronField;
  /** Every hour is meant, so the rhythm follows real time where the clock is set back or forward. */
  everyHour: boolean;
}

export type ScheduleReading = { ok: true; schedule: Schedule } | { ok: false; errors: InputFault[] };

export interface ParseScheduleOptions {
  /**
   * Shortest time between two ticks that the operator allows, in seconds (`ANNEX_MIN_INTERVAL_S`). Default: 0, no
   * limit.
   */
  minIntervalS?: number;
}

/** Words that stand for a whole schedule, as in crontab(5). All in the job's time zone. */
export const scheduleWords: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
  '@minutely': '* * * * *',
  '@weekdays': '0 0 * * 1-5',
  '@weekends': '0 0 * * 0,6',
};

const maxLength = 200;
const daysInMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads a schedule: 5 cron fields (minute, hour, day of month, month, day of week), 6 with seconds first, or one of
 * {@link scheduleWords}. Fields take numbers, names, lists, ranges, steps; `L` and `5L` the last day and the last
 * Friday of the month, `MON#2` its second Monday. When both day fields are restricted, a day that satisfies either one
 * counts, as in crontab(5). Faults come together, pointer `''`.
 */
export function parseSchedule(text: string, { minIntervalS = 0 }: ParseScheduleOptions = {}): ScheduleReading {
  const refused = (code: string, detail: string): ScheduleReading => ({
    ok: false,
    errors: [{ pointer: '', code, detail }],
  });
  if (text.length > maxLength)
    return refused('SCHEDULE', `is ${text.length} characters long; a schedule has at most ${maxLength}.`);
  const trimmed = text.trim();
  if (trimmed === '')
    return refused('SCHEDULE', 'is empty; write five fields such as "0 2 * * *", or a word such as "@daily".');
  let cron = trimmed;
  if (trimmed.startsWith('@')) {
    const word = trimmed.toLowerCase();
    if (!Object.hasOwn(scheduleWords, word)) {
      if (word === '@reboot')
        return refused('SCHEDULE', '"@reboot" has no time; run code at start from onInstall or onReload instead.');
      if (/^@every\b/.test(word))
        return refused(
          'SCHEDULE',
          '"@every" is not supported; write a step such as "*/15 * * * *" for every 15 minutes.',
        );
      const words = Object.keys(scheduleWords);
      return refused(
        'SCHEDULE',
        `${quote(trimmed, 30)} is not a schedule word.${didYouMean(word, words) || ` Words: ${words.join(' ')}.`}`,
      );
    }
    cron = scheduleWords[word] ?? '';
  }
  const fields = cron.split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) return refused('SCHEDULE', fieldCountDetail(trimmed, fields.length));
  const [second = '', minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] =
    fields.length === 6 ? fields : ['0', ...fields];
  const errors: InputFault[] = [];
  const schedule: Schedule = {
    text: trimmed.startsWith('@') ? trimmed.toLowerCase() : fields.join(' '),
    seconds: parseField('second', second, errors).values,
    minutes: parseField('minute', minute, errors).values,
    hours: parseField('hour', hour, errors).values,
    dayOfMonth: parseField('dayOfMonth', dayOfMonth, errors),
    months: parseField('month', month, errors).values,
    dayOfWeek: parseField('dayOfWeek', dayOfWeek, errors),
    everyHour: false,
  };
  if (errors.length > 0) return { ok: false, errors };
  schedule.everyHour = schedule.hours.length === 24;
  const never = neverDetail(schedule);
  if (never !== undefined) return refused('SCHEDULE_NEVER', never);
  if (minIntervalS > 0) {
    const gapS = smallestGapS(schedule, minIntervalS);
    if (gapS < minIntervalS) {
      return refused(
        'SCHEDULE_TOO_OFTEN',
        `${quote(schedule.text)} fires ${gapS} s apart; the operator allows ${minIntervalS} s or more. Choose fewer ticks${minIntervalS <= 60 && fields.length === 6 ? ', or leave the seconds field out' : ''}.`,
      );
    }
  }
  return { ok: true, schedule };
}

function fieldCountDetail(text: string, count: number): string {
  if (count === 7) return `${quote(text)} has 7 fields; years are not supported, leave the last one out.`;
  const word = count === 1 ? didYouMean(`@${text.toLowerCase()}`, Object.keys(scheduleWords)) : '';
  return `${quote(text)} has ${count} field${count === 1 ? '' : 's'}; write 5 (minute, hour, day of month, month, day of week), or 6 with seconds first.${word}`;
}

/** Days that no year has: only explicit days of the month, all of them beyond the end of every chosen month. */
function neverDetail(schedule: Schedule): string | undefined {
  const { dayOfMonth, dayOfWeek, months } = schedule;
  if (dayOfMonth.isOpen || dayOfMonth.lastDay || !dayOfWeek.isOpen) return undefined;
  const longest = Math.max(...months.map((month) => daysInMonth[month - 1] ?? 31));
  const first = dayOfMonth.values[0] ?? 1;
  return first > longest
    ? `${quote(schedule.text)} never fires: the chosen months have at most ${longest} days. Use "L" for the last day of the month.`
    : undefined;
}
