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

const fieldKinds = {
  second: { name: 'second', min: 0, max: 59, words: [], wordsFrom: 0 },
  minute: { name: 'minute', min: 0, max: 59, words: [], wordsFrom: 0 },
  hour: { name: 'hour', min: 0, max: 23, words: [], wordsFrom: 0 },
  dayOfMonth: { name: 'day of month', min: 1, max: 31, words: [], wordsFrom: 0 },
  month: { name: 'month', min: 1, max: 12, words: months, wordsFrom: 1 },
  // 7 is Sunday too; it becomes 0 once the ranges are read, so that 5-7 works.
  dayOfWeek: { name: 'day of week', min: 0, max: 7, words: weekdays, wordsFrom: 0 },
} as const satisfies Record<string, FieldKind>;

/** The six fields in their order. */
export type FieldName = keyof typeof fieldKinds;

/** One field as it was meant, ready for cron-parser, which refuses a list that names a value twice. */
export interface ReadField {
  /** Ascending, each once. */
  values: number[];
  /** Every value, and in a day field no restriction: it says `*` or `?` there, since `1-31` restricts. */
  isOpen: boolean;
  /** `L` in the day of month, `5L` in the day of week: the last one of a month. Sorted, each once. */
  lasts: string[];
  /** `1#2` in the day of week, the second Monday of a month. Sorted, each once. */
  nths: string[];
}

type Item = { values: number[] } | { last: string } | { nth: string } | { fault: string };

/**
 * Reads one field, strictly: whatever cron-parser would guess at, drop or choose by chance (`H`) is refused, each
 * mistake with a fault of its own in `faults`.
 */
export function readField(key: FieldName, text: string, faults: InputFault[]): ReadField {
  const values = new Set<number>();
  const lasts = new Set<string>();
  const nths = new Set<string>();
  for (const itemText of text.split(',')) {
    const item = readItem(key, itemText);
    if ('values' in item) for (const value of item.values) values.add(key === 'dayOfWeek' ? value % 7 : value);
    else if ('last' in item) lasts.add(item.last);
    else if ('nth' in item) nths.add(item.nth);
    else faults.push({ pointer: '', code: 'SCHEDULE_FIELD', detail: item.fault });
  }
  const { min, max } = fieldKinds[key];
  return {
    values: [...values].sort((a, b) => a - b),
    isOpen: isDayField(key) ? text === '*' || text === '?' : values.size === max - min + 1,
    lasts: [...lasts].sort(),
    nths: [...nths].sort(),
  };
}

function isDayField(key: FieldName): boolean {
  return key === 'dayOfMonth' || key === 'dayOfWeek';
}

function readItem(key: FieldName, item: string): Item {
  const kind: FieldKind = fieldKinds[key];
  if (item === '') return { fault: `the ${kind.name} field has an empty item; put values between the commas.` };
  const where = whereOf(kind, item);
  if (/^h(\(.*\))?(\/.*)?$/i.test(item))
    return { fault: `${where} would be a random value; choose one from ${kind.min} to ${kind.max}.` };
  if (key === 'dayOfMonth' && /^l$/i.test(item)) return { last: 'L' };
  if (key === 'dayOfMonth' && /^(l-\d+|\d*w|lw)$/i.test(item))
    return { fault: `${where} is not supported; use "L" for the last day of the month, or a plain day.` };
  if (key === 'dayOfWeek' && /^l$/i.test(item)) {
    return {
      fault:
        `${where} needs a weekday: "5L" is the last Friday of the month. ` +
        'The last day of the month is "L" in the day of month field.',
    };
  }
  const [, weekday] = (key === 'dayOfWeek' && /^([a-z0-9]+)l$/i.exec(item)) || [];
  if (weekday !== undefined) {
    const day = readValue(kind, weekday);
    return typeof day === 'string' ? { fault: `${where}: ${day}` } : { last: `${day % 7}L` };
  }
  return item.includes('#') ? readNth(key, item) : readRange(key, item);
}

/** `MON#2`, the second Monday of a month. */
function readNth(key: FieldName, item: string): Item {
  const kind: FieldKind = fieldKinds[key];
  const where = whereOf(kind, item);
  if (key !== 'dayOfWeek')
    return { fault: `${where}: "#" belongs to the day of week field, as in "MON#2" for the second Monday.` };
  const [weekday = '', ...nth] = item.split('#');
  const day = readValue(kind, weekday);
  if (typeof day === 'string') return { fault: `${where}: ${day}` };
  if (!/^[1-5]$/.test(nth.join('#')))
    return { fault: `${where}: after "#" comes 1 to 5, the number of the week in the month.` };
  return { nth: `${day % 7}#${nth.join('#')}` };
}

/** `*`, `5`, `1-5`, and each of them with a step. */
function readRange(key: FieldName, item: string): Item {
  const kind: FieldKind = fieldKinds[key];
  const where = whereOf(kind, item);
  const [range = '', stepText, ...more] = item.split('/');
  if (more.length > 0) return { fault: `${where} has two steps; write one, such as "*/5".` };
  let step = 1;
  if (stepText !== undefined) {
    if (!/^\d{1,4}$/.test(stepText) || Number(stepText) < 1)
      return { fault: `${where}: the step after "/" is a whole number from 1.` };
    step = Number(stepText);
    const width = kind.max - kind.min + (key === 'dayOfWeek' ? 0 : 1);
    if (step > width) {
      return {
        fault:
          `${where}: a step of ${step} is longer than the field (${width} values), ` +
          'so it would fire once; write that one value.',
      };
    }
  }
  const ends = readEnds(key, item, { range, stepped: stepText !== undefined });
  if ('fault' in ends) return ends;
  const values: number[] = [];
  for (let value = ends.from; value <= ends.to; value += step) values.push(value);
  return { values };
}

/** First and last value of an item without its step. */
function readEnds(
  key: FieldName,
  item: string,
  { range, stepped }: { range: string; stepped: boolean },
): { from: number; to: number } | { fault: string } {
  const kind: FieldKind = fieldKinds[key];
  const where = whereOf(kind, item);
  const last = key === 'dayOfWeek' ? 6 : kind.max;
  if (range === '*' || (range === '?' && isDayField(key))) return { from: kind.min, to: last };
  if (range === '?') return { fault: `${where}: "?" belongs to the two day fields; write "*".` };
  const ends = range.split('-');
  if (ends.length > 2) return { fault: `${where} is not a range; write two values, such as "1-5".` };
  const from = readValue(kind, ends[0] ?? '');
  if (typeof from === 'string') return { fault: `${where}: ${from}` };
  if (ends.length < 2) {
    if (!stepped) return { from, to: from };
    if (key === 'dayOfWeek' && from === 7)
      return { fault: `${where}: start a stepped day of week at 0 (Sunday) to 6.` };
    return { from, to: last };
  }
  const second = readValue(kind, ends[1] ?? '');
  if (typeof second === 'string') return { fault: `${where}: ${second}` };
  // Sunday ends a week as well as it begins one.
  const to = key === 'dayOfWeek' && second === 0 && from > 0 ? 7 : second;
  if (to < from) return { fault: `${where} runs backwards; write two ranges: "${from}-${last},${kind.min}-${to}".` };
  return { from, to };
}

function whereOf(kind: FieldKind, item: string): string {
  return `${quote(item)} in the ${kind.name} field`;
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
  const words = kind.words.length > 0 ? ` or ${kind.words[0] ?? ''} to ${kind.words.at(-1) ?? ''}` : '';
  return `${quote(text, 20)} is not a value; the ${kind.name} takes ${span}${words}.`;
}
