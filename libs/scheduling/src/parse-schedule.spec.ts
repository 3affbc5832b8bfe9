import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextRun, nextRuns } from './next-run.js';
import { parseSchedule, scheduleWords } from './parse-schedule.js';
import type { Schedule } from './schedule.js';

const read = (text: string): Schedule => {
  const reading = parseSchedule(text);
  if (!reading.ok) throw new Error(reading.errors.map((fault) => fault.detail).join('\n'));
  return reading.schedule;
};
const details = (text: string, minIntervalS = 0): string[] => {
  const reading = parseSchedule(text, { minIntervalS });
  return reading.ok ? [] : reading.errors.map((fault) => fault.detail);
};

describe('a schedule', () => {
  it.each([
    '* * * * *',
    '0 2 * * *',
    '*/5 * * * *',
    '0 0 1,15 * *',
    '0 9-17 * * MON-FRI',
    '0 0 L * *',
    '0 0 1,L * *',
    '0 0 * * 5L',
    '0 0 * * FRIL',
    '0 0 * * MON#2',
    '0 0 * * 1#1,3#2',
    '0 0 1 jan *',
    '0 22 * * FRI-SUN',
    '0 22 * * 5-7',
    '0 22 * * 7',
    '0 0 ? * MON',
    '30 0 2 * * *',
    '  0   2\t* * * ',
    '5/15 * * * *',
    '7/15 * * * *',
    '0 0 1,1 * MON-FRI,MON',
    '0 22 * * FRI-SUN,SUN',
    '0 0 * * 5L,FRIL,1#2,MON#2',
    '0 0 29 2 *',
    '0 0 30 2 MON',
    '*/60 * * * *',
    '0 */24 * * *',
    '10-50/20 * * * *',
    ...Object.keys(scheduleWords),
    '@Daily',
  ])('may be %s', (text) => {
    expect(details(text)).toEqual([]);
  });

  it.each([
    ['', 'is empty'],
    ['   ', 'is empty'],
    ['* * * *', 'has 4 fields'],
    ['* * * * * * *', 'years are not supported'],
    ['daily', 'Did you mean "@daily"?'],
    ['@dayly', 'Did you mean "@daily"?'],
    ['@reboot', 'onInstall'],
    ['@every 5m', 'write a step'],
    ['60 * * * *', '0 to 59'],
    ['* 24 * * *', '0 to 23'],
    ['* * 0 * *', '1 to 31'],
    ['* * 32 * *', '1 to 31'],
    ['* * * 13 *', '1 to 12'],
    ['* * * * 8', '0 to 7'],
    ['* * * * MOM', 'Did you mean "MON"?'],
    ['* * * * Monday', 'Did you mean "MON"?'],
    ['* * * JANUARY *', 'Did you mean "JAN"?'],
    ['MON * * * *', 'is not a value'],
    ['* * * * MON#6', '1 to 5'],
    ['* * * * #2', 'a value is missing'],
    ['* * 1#2 * *', 'belongs to the day of week'],
    ['* * * * L', 'needs a weekday'],
    ['* * * * 7/2', 'start a stepped day of week'],
    ['* * L-3 * *', 'not supported'],
    ['* * 15W * *', 'not supported'],
    ['H * * * *', 'random value'],
    ['H(0-5) * * * *', 'random value'],
    ['*/0 * * * *', 'whole number from 1'],
    ['*/-1 * * * *', 'whole number from 1'],
    ['*/x * * * *', 'whole number from 1'],
    ['*/61 * * * *', 'longer than the field'],
    ['*/5/5 * * * *', 'two steps'],
    ['1- * * * *', 'a value is missing'],
    ['1-2-3 * * * *', 'not a range'],
    ['1,,2 * * * *', 'empty item'],
    ['1, * * * *', 'empty item'],
    ['0 22-2 * * *', '"22-23,0-2"'],
    ['? * * * *', 'day fields'],
    ['0 0 30 2 *', 'never fires'],
    ['0 0 31 4,6,9,11 *', 'never fires'],
    ['99999999999999999999 * * * *', '0 to 59'],
    ['0.5 * * * *', 'is not a value'],
    ['-1 * * * *', 'a value is missing'],
    ['x'.repeat(10_000), 'at most 200'],
  ])('may not be %j, and the fault says why', (text, reason) => {
    const found = details(text);
    expect(found).toEqual([expect.stringContaining(reason)]);
  });

  it('reports each mistake once, all together', () => {
    expect(details('60 24 32 13 8')).toHaveLength(5);
    expect(details('60,61 * * * *')).toHaveLength(2);
  });

  it.each([
    ['* * * * *', 60, true],
    ['* * * * *', 61, false],
    ['*/30 * * * * *', 60, false],
    ['0 * * * * *', 60, true],
    ['0,59 * * * * *', 2, false],
    ['*/7 * * * *', 300, false],
    ['*/7 * * * *', 240, true],
    ['59 23,0 * * *', 3600, true],
    ['59 23,0 * * *', 3601, false],
    ['59,0 0,23 * * *', 61, false],
    ['0 0 * * *', 86_400, true],
    ['0 0 * * *', 86_401, false],
    ['0 0 * * MON,WED', 2 * 86_400, true],
    ['0 0 * * MON,WED', 2 * 86_400 + 1, false],
    ['0 0 * * MON', 7 * 86_400, true],
    ['0 0 1,L * *', 86_400, true],
    ['0 0 1,L * *', 86_401, false],
    ['59 23 L * *', 120, true],
    ['@yearly', 365 * 86_400, true],
  ])('%s is allowed when ticks must lie %i s apart: %s', (text, minIntervalS, allowed) => {
    expect(details(text, minIntervalS)).toHaveLength(allowed ? 0 : 1);
  });

  it('never takes long to judge, whatever it says', () => {
    for (const text of [
      '* * * * * *',
      '* * * * 1#5',
      '0-59/1,0-59/1 */1 * * *',
      `${Array.from({ length: 60 }, (_, index) => index).join(',')} * * * *`,
    ])
      parseSchedule(text, { minIntervalS: 60 });
  });
});

/** An item of a field, and the values it stands for. */
const item = (min: number, max: number): fc.Arbitrary<{ text: string; values: number[] }> => {
  const value = fc.integer({ min, max });
  const every = (from: number, to: number, step: number): number[] =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index).filter((each) => (each - from) % step === 0);
  return fc.oneof(
    value.map((each) => ({ text: String(each), values: [each] })),
    fc.integer({ min: 2, max: 7 }).map((step) => ({ text: `*/${step}`, values: every(min, max, step) })),
    fc.tuple(value, value, fc.integer({ min: 1, max: 5 })).map(([a, b, step]) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      return { text: `${from}-${to}${step > 1 ? `/${step}` : ''}`, values: every(from, to, step) };
    }),
  );
};

interface Field {
  text: string;
  matches(value: number, date: Date): boolean;
}

const open: Field = { text: '*', matches: () => true };

const field = (min: number, max: number, ...more: Field[]): fc.Arbitrary<Field> => {
  const plain = item(min, max).map(({ text, values }) => ({ text, matches: (each: number) => values.includes(each) }));
  const items = fc.array(more.length > 0 ? fc.oneof(plain, fc.constantFrom(...more)) : plain, {
    minLength: 1,
    maxLength: 4,
  });
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant(open) },
    {
      weight: 3,
      arbitrary: items.map((all) => ({
        text: all.map(({ text }) => text).join(','),
        matches: (value: number, date: Date) => all.some((each) => each.matches(value, date)),
      })),
    },
  );
};

const lengthOfMonth = (date: Date): number =>
  new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
const lastDay: Field = { text: 'L', matches: (day, date) => day === lengthOfMonth(date) };
const lastFriday: Field = {
  text: '5L',
  matches: (weekday, date) => weekday === 5 && date.getUTCDate() + 7 > lengthOfMonth(date),
};
const nth = (weekday: number, week: number): Field => ({
  text: `${weekday}#${week}`,
  matches: (each, date) => each === weekday && Math.ceil(date.getUTCDate() / 7) === week,
});

describe('in UTC', () => {
  it('ticks fall where a walk from minute to minute finds them', () => {
    const fields = fc.tuple(
      field(0, 59),
      field(0, 23),
      field(1, 31, lastDay),
      field(1, 12),
      field(0, 6, lastFriday, nth(1, 1), nth(3, 2), nth(2, 5)),
    );
    fc.assert(
      fc.property(fields, fc.integer({ min: Date.UTC(2023, 10), max: Date.UTC(2029, 0) }), (all, from) => {
        const [minute, hour, dayOfMonth, month, dayOfWeek] = all;
        const text = all.map((each) => each.text).join(' ');
        const reading = parseSchedule(text);
        if (!reading.ok) return expect(reading.errors[0]?.code).toBe('SCHEDULE_NEVER');
        const isDay = (date: Date): boolean => {
          const inMonth = dayOfMonth.matches(date.getUTCDate(), date);
          const inWeek = dayOfWeek.matches(date.getUTCDay(), date);
          const isEither = dayOfMonth !== open && dayOfWeek !== open;
          return month.matches(date.getUTCMonth() + 1, date) && (isEither ? inMonth || inWeek : inMonth && inWeek);
        };
        const expected: number[] = [];
        const until = from + 40 * 86_400_000;
        for (let at = Math.floor(from / 60_000) * 60_000 + 60_000; at < until && expected.length < 5; at += 60_000) {
          const date = new Date(at);
          if (!isDay(date)) at = Math.floor(at / 86_400_000) * 86_400_000 + 86_400_000 - 60_000;
          else if (minute.matches(date.getUTCMinutes(), date) && hour.matches(date.getUTCHours(), date))
            expected.push(at);
        }
        const found = nextRuns(reading.schedule, 'UTC', from, 5).filter((at) => at < until);
        expect(found, `${text} from ${new Date(from).toISOString()}`).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('a time that no date has spoils no later question', () => {
    const daily = read('17 3 * * *');
    for (const far of [8.64e15, -8.64e15, 1e18, -1e18, Number.NaN]) nextRun(daily, 'UTC', far);
    expect(nextRun(daily, 'UTC', Date.UTC(2026, 0, 1))).toBe(Date.UTC(2026, 0, 1, 3, 17));
  });
});
