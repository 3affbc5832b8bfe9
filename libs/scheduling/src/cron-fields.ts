import { didYouMean, quote, type InputFault } from '@annex/kernel';

/** One field of a cron text: its name, its range, and the words that stand for numbers. */
interface FieldKind {
  name: string;
  min: number;
  max: number;
  words: readonly string[];
  /** What the first word stands for. */
  wordsFrom: number;
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const longWords: Record<string, string> = {
  JANUARY: 'JAN',
  FEBRUARY: 'FEB',
  MARCH: 'MAR',
  APRIL: 'APR',
  JUNE: 'JUN',
  JULY: 'JUL',
  AUGUST: 'AUG',
  SEPTEMBER: 'SEP',
  SEPT: 'SEP',
  OCTOBER: 'OCT',
  NOVEMBER: 'NOV',
  DECEMBER: 'DEC',
  SUNDAY: 'SUN',
  MONDAY: 'MON',
  TUESDAY: 'TUE',
  TUES: 'TUE',
  WEDNESDAY: 'WED',
  THURSDAY: 'THU',
  THURS: 'THU',
  FRIDAY: 'FRI',
  SATURDAY: 'SAT',
};

/** The six fields in their order. */
export const fieldKinds = {
  second: { name: 'second', min: 0, max: 59, words: [], wordsFrom: 0 },
  minute: { name: 'minute', min: 0, max: 59, words: [], wordsFrom: 0 },
  hour: { name: 'hour', min: 0, max: 23, words: [], wordsFrom: 0 },
  dayOfMonth: { name: 'day of month', min: 1, max: 31, words: [], wordsFrom: 0 },
  month: { name: 'month', min: 1, max: 12, words: months, wordsFrom: 1 },
  // 7 is Sunday too; it becomes 0 once the ranges are read, so that 5-7 works.
  dayOfWeek: { name: 'day of week', min: 0, max: 7, words: weekdays, wordsFrom: 0 },
} as const satisfies Record<string, FieldKind>;

/** What a field allows. */
export interface CronField {
  /** Ascending, each once. */
  values: number[];
  /** The field says `*` or `?`: every value, and (for the two day fields) no restriction. */
  isOpen: boolean;
  /** Day of month only: `L`, the last day of the month. */
  lastDay: boolean;
  /** Day of week only: `5L`, the last such weekday of the month. */
  lastWeekdays: number[];
  /** Day of week only: `1#2`, the second Monday of the month, as [weekday, nth]. */
  nthWeekdays: [number, number][];
}

/** Reads one field; faults are added to `faults`, one for each mistake. */
export function parseField(key: keyof typeof fieldKinds, text: string, faults: InputFault[]): CronField {
  const kind: FieldKind = fieldKinds[key];
  const field: CronField = { values: [], isOpen: false, lastDay: false, lastWeekdays: [], nthWeekdays: [] };
  const values = new Set<number>();
  const refuse = (detail: string): void => {
    faults.push({ pointer: '', code: 'SCHEDULE_FIELD', detail });
  };
  if (text === '*' || (text === '?' && (key === 'dayOfMonth' || key === 'dayOfWeek'))) field.isOpen = true;
  for (const item of text.split(',')) {
    const fault = readItem(kind, key, item, field, values);
    if (fault !== undefined) refuse(fault);
  }
  const folded = key === 'dayOfWeek' ? [...values].map((value) => value % 7) : [...values];
  field.values = [...new Set(folded)].sort((a, b) => a - b);
  return field;
}

function readItem(
  kind: FieldKind,
  key: string,
  item: string,
  field: CronField,
  values: Set<number>,
): string | undefined {
  const where = `${quote(item)} in the ${kind.name} field`;
  if (item === '') return `the ${kind.name} field has an empty item; put values between the commas.`;
  if (key === 'dayOfMonth' && /^l$/i.test(item)) {
    field.lastDay = true;
    return undefined;
  }
  if (key === 'dayOfMonth' && /^(l-\d+|\d*w|lw)$/i.test(item)) {
    return `${where} is not supported; use "L" for the last day of the month, or a plain day.`;
  }
  if (key === 'dayOfWeek' && /^l$/i.test(item)) {
    return `${where} needs a weekday: "5L" is the last Friday of the month. The last day of the month is "L" in the day of month field.`;
  }
  if (/^h(\(.*\))?(\/.*)?$/i.test(item))
    return `${where} would be a random value; choose one from ${kind.min} to ${kind.max}.`;
  const last = key === 'dayOfWeek' ? /^([a-z0-9]+)l$/i.exec(item) : null;
  if (last !== null && !isWord(kind, item)) {
    const day = readValue(kind, last[1] ?? '');
    if (typeof day === 'string') return `${where}: ${day}`;
    field.lastWeekdays.push(day % 7);
    return undefined;
  }
  const nth = /^([^#]*)#(.*)$/.exec(item);
  if (nth !== null) {
    if (key !== 'dayOfWeek')
      return `${where}: "#" belongs to the day of week field, as in "MON#2" for the second Monday.`;
    const day = readValue(kind, nth[1] ?? '');
    if (typeof day === 'string') return `${where}: ${day}`;
    if (!/^[1-5]$/.test(nth[2] ?? '')) return `${where}: after "#" comes 1 to 5, the number of the week in the month.`;
    field.nthWeekdays.push([day % 7, Number(nth[2])]);
    return undefined;
  }
  return readRange(kind, key, item, values);
}

function readRange(kind: FieldKind, key: string, item: string, values: Set<number>): string | undefined {
  const where = `${quote(item)} in the ${kind.name} field`;
  const [range = '', stepText, ...more] = item.split('/');
  if (more.length > 0) return `${where} has two steps; write one, such as "*/5".`;
  let step = 1;
  if (stepText !== undefined) {
    if (!/^\d{1,4}$/.test(stepText) || Number(stepText) < 1)
      return `${where}: the step after "/" is a whole number from 1.`;
    step = Number(stepText);
    const width = kind.max - kind.min + (key === 'dayOfWeek' ? 0 : 1);
    if (step > width) {
      return `${where}: a step of ${step} is longer than the field (${width} values), so it would fire once; write that one value.`;
    }
  }
  let from = kind.min;
  let to = key === 'dayOfWeek' ? 6 : kind.max;
  if (range !== '*' && !(range === '?' && (key === 'dayOfMonth' || key === 'dayOfWeek'))) {
    if (range === '?') return `${where}: "?" belongs to the two day fields; write "*".`;
    const ends = range.split('-');
    if (ends.length > 2) return `${where} is not a range; write two values, such as "1-5".`;
    const first = readValue(kind, ends[0] ?? '');
    if (typeof first === 'string') return `${where}: ${first}`;
    from = first;
    if (ends.length === 2) {
      const second = readValue(kind, ends[1] ?? '');
      if (typeof second === 'string') return `${where}: ${second}`;
      // Sunday ends a week as well as it begins one.
      to = key === 'dayOfWeek' && second === 0 && from > 0 ? 7 : second;
      if (to < from)
        return `${where} runs backwards; write two ranges: "${from}-${kind.max === 7 ? 6 : kind.max},${kind.min}-${to}".`;
    } else if (stepText === undefined) to = from;
    else if (from === 7) return `${where}: start a stepped day of week at 0 (Sunday) to 6.`;
  }
  for (let value = from; value <= to; value += step) values.add(value);
  return undefined;
}

function isWord(kind: FieldKind, text: string): boolean {
  return kind.words.includes(text.toUpperCase());
}

/** A number of the field, or why it is none. */
function readValue(kind: FieldKind, text: string): number | string {
  const span = `${kind.min} to ${kind.max}`;
  if (text === '') return 'a value is missing.';
  if (/^\d+$/.test(text)) {
    const value = text.length > 4 ? Number.POSITIVE_INFINITY : Number(text);
    return value >= kind.min && value <= kind.max
      ? value
      : `${quote(text, 12)} is out of range; the ${kind.name} goes from ${span}.`;
  }
  if (kind.words.length > 0 && /^[a-z]+$/i.test(text)) {
    const upper = text.toUpperCase();
    const index = kind.words.indexOf(upper);
    if (index >= 0) return index + kind.wordsFrom;
    const short = Object.hasOwn(longWords, upper) ? longWords[upper] : undefined;
    const hint =
      short !== undefined && kind.words.includes(short) ? ` Did you mean "${short}"?` : didYouMean(text, kind.words);
    return `${quote(text, 20)} is not a ${kind.name}.${hint || ` Names: ${kind.words.join(' ')}.`}`;
  }
  return `${quote(text, 20)} is not a value; the ${kind.name} takes ${span}${kind.words.length > 0 ? ` or ${kind.words[0] ?? ''} to ${kind.words.at(-1) ?? ''}` : ''}.`;
}
