import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextRuns } from './next-run.js';
import { parseSchedule, scheduleWords, type Schedule } from './parse-schedule.js';

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

const fieldItem = (min: number, max: number) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant('*') },
    { weight: 2, arbitrary: fc.integer({ min, max }).map(String) },
    fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    fc.integer({ min: 2, max: 7 }).map((step) => `*/${step}`),
    fc.uniqueArray(fc.integer({ min, max }), { minLength: 2, maxLength: 4 }).map((list) => list.join(',')),
  );

describe('in UTC', () => {
  it('ticks fall where an independent library puts them', () => {
    const texts = fc
      .tuple(
        fieldItem(0, 59),
        fieldItem(0, 23),
        fc.oneof(fieldItem(1, 28), fc.constant('L')),
        fieldItem(1, 12),
        fc.oneof(fieldItem(0, 6), fc.constantFrom('5L', '1#2', 'MON-FRI', 'SUN')),
      )
      .map((fields) => fields.join(' '));
    fc.assert(
      fc.property(texts, fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2040, 0) }), (text, from) => {
        const expression = CronExpressionParser.parse(text, { tz: 'UTC', currentDate: new Date(from) });
        const theirs = expression.take(5).map((date) => date.getTime());
        expect(nextRuns(read(text), 'UTC', from, 5), text).toEqual(theirs);
      }),
      { numRuns: 1000 },
    );
  });
});
