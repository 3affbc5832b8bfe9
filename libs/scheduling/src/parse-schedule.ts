import { CronExpression, CronExpressionParser, CronFieldCollection } from 'cron-parser';
import { didYouMean, quote, type InputFault } from '@annex/kernel';
import { scheduleLimits } from '@annex/limits';
import { readField, type FieldName, type ReadField } from './cron-grammar.js';
import { ScheduledDays } from './scheduled-days.js';
import type { Schedule } from './schedule.js';
import { smallestGapS } from './smallest-gap.js';

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

const daysInMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads a schedule: 5 cron fields (minute, hour, day of month, month, day of week), 6 with seconds first, or one of
 * {@link scheduleWords}. Fields take numbers, names, lists, ranges, steps; `L` and `5L` the last day and the last
 * Friday of the month, `MON#2` its second Monday. When both day fields are restricted, a day that satisfies either one
 * counts, as in crontab(5). Faults come together, pointer `''`.
 */
export function parseSchedule(text: string, { minIntervalS = 0 }: ParseScheduleOptions = {}): ScheduleReading {
  const reading = readKnown(text);
  if (!reading.ok || minIntervalS <= 0) return reading;
  const gapS = smallestGapS(reading.schedule, minIntervalS);
  if (gapS >= minIntervalS) return reading;
  const { text: shown } = reading.schedule;
  const orSeconds = minIntervalS <= 60 && shown.split(' ').length === 6 ? ', or leave the seconds field out' : '';
  return refused(
    'SCHEDULE_TOO_OFTEN',
    `${quote(shown)} fires ${gapS} s apart; the operator allows ${minIntervalS} s or more. ` +
      `Choose fewer ticks${orSeconds}.`,
  );
}

/**
 * Readings of texts that were read before. Schedules share few texts, and each tick reads its own: from here it costs
 * nothing, anew 40 to 80 µs.
 */
const known = new Map<string, ScheduleReading>();

function readKnown(text: string): ScheduleReading {
  const before = known.get(text);
  if (before) return before;
  const reading = readSchedule(text);
  if (known.size >= 1000) known.clear();
  if (reading.ok) known.set(text, reading);
  return reading;
}

function readSchedule(text: string): ScheduleReading {
  const written = readText(text);
  if ('fault' in written) return refused('SCHEDULE', written.fault);
  const errors: InputFault[] = [];
  const fields = readFields(written.fields, errors);
  if (errors.length > 0) return { ok: false, errors };
  const never = neverDetail(written.text, fields);
  if (never !== undefined) return refused('SCHEDULE_NEVER', never);
  return { ok: true, schedule: understand(written.text, fields) };
}

function refused(code: string, detail: string): ScheduleReading {
  return { ok: false, errors: [{ pointer: '', code, detail }] };
}

/** Five or six fields, and the text with single blanks; or why the text has none. */
function readText(text: string): { text: string; fields: string[] } | { fault: string } {
  if (text.length > scheduleLimits.chars)
    return { fault: `is ${text.length} characters long; a schedule has at most ${scheduleLimits.chars}.` };
  const trimmed = text.trim();
  if (trimmed === '') return { fault: 'is empty; write five fields such as "0 2 * * *", or a word such as "@daily".' };
  if (trimmed.startsWith('@')) {
    const word = trimmed.toLowerCase();
    const cron = Object.hasOwn(scheduleWords, word) ? scheduleWords[word] : undefined;
    return cron === undefined ? { fault: wordFault(trimmed) } : { text: word, fields: cron.split(' ') };
  }
  const fields = trimmed.split(/\s+/);
  return fields.length === 5 || fields.length === 6
    ? { text: fields.join(' '), fields }
    : { fault: fieldCountFault(trimmed, fields.length) };
}

function wordFault(text: string): string {
  const word = text.toLowerCase();
  if (word === '@reboot') return '"@reboot" has no time; run code at start from onInstall or onReload instead.';
  if (/^@every\b/.test(word))
    return '"@every" is not supported; write a step such as "*/15 * * * *" for every 15 minutes.';
  const words = Object.keys(scheduleWords);
  return `${quote(text, 30)} is not a schedule word.${didYouMean(word, words) || ` Words: ${words.join(' ')}.`}`;
}

function fieldCountFault(text: string, count: number): string {
  if (count === 7) return `${quote(text)} has 7 fields; years are not supported, leave the last one out.`;
  const word = count === 1 ? didYouMean(`@${text.toLowerCase()}`, Object.keys(scheduleWords)) : '';
  return (
    `${quote(text)} has ${count} field${count === 1 ? '' : 's'}; ` +
    `write 5 (minute, hour, day of month, month, day of week), or 6 with seconds first.${word}`
  );
}

/**
 * Without a date of its own each expression would ask for the time and the zone of this machine, which takes longer.
 */
const inUtc = { tz: 'UTC', currentDate: new Date(0) };

type Fields = Record<FieldName, ReadField>;

function readFields(fields: readonly string[], errors: InputFault[]): Fields {
  const [second = '', minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] =
    fields.length === 6 ? fields : ['0', ...fields];
  return {
    second: readField('second', second, errors),
    minute: readField('minute', minute, errors),
    hour: readField('hour', hour, errors),
    dayOfMonth: readField('dayOfMonth', dayOfMonth, errors),
    month: readField('month', month, errors),
    dayOfWeek: readField('dayOfWeek', dayOfWeek, errors),
  };
}

/** Days that no year has: only explicit days of the month, all of them beyond the end of every chosen month. */
function neverDetail(text: string, { dayOfMonth, month, dayOfWeek }: Fields): string | undefined {
  if (dayOfMonth.isOpen || dayOfMonth.lasts.length > 0 || !dayOfWeek.isOpen) return undefined;
  const longest = Math.max(...month.values.map((each) => daysInMonth[each - 1] ?? 31));
  const first = dayOfMonth.values[0] ?? 1;
  return first > longest
    ? `${quote(text)} never fires: the chosen months have at most ${longest} days. ` +
        'Use "L" for the last day of the month.'
    : undefined;
}

/** Hands the fields to cron-parser, which takes one `#` alone in a field: each one is an expression of its own. */
function understand(text: string, { second, minute, hour, dayOfMonth, month, dayOfWeek }: Fields): Schedule {
  const before = [second, minute, hour, dayOfMonth, month].map(plainText).join(' ');
  const weekdays = plainText(dayOfWeek);
  const expressions = [...(weekdays === '' ? [] : [weekdays]), ...dayOfWeek.nths].map((each) => `${before} ${each}`);
  const collections = expressions.map((each) => CronExpressionParser.parse(each, inUtc).fields);
  const hours = collections[0]?.hour.values ?? [];
  return {
    text,
    expressions,
    seconds: collections[0]?.second.values ?? [],
    minutes: collections[0]?.minute.values ?? [],
    hours,
    days: new ScheduledDays(collections.map(atMidnight)),
    everyHour: hours.length === 24,
  };
}

function plainText({ values, isOpen, lasts }: ReadField): string {
  return isOpen ? '*' : [...values, ...lasts].join(',');
}

function atMidnight(fields: CronFieldCollection): CronExpression {
  const midnight = CronFieldCollection.from(fields, { second: [0], minute: [0], hour: [0] });
  return CronExpression.fieldsToExpression(midnight, inUtc);
}
