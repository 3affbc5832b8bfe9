import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextRun, nextRuns } from './next-run.js';
import { parseSchedule } from './parse-schedule.js';
import type { Schedule } from './schedule.js';
import { canonicalZone, timezoneFault, zoneSpan } from './zone.js';

const read = (text: string): Schedule => {
  const reading = parseSchedule(text);
  if (!reading.ok) throw new Error(JSON.stringify(reading.errors));
  return reading.schedule;
};

/** Runs from a start, in UTC without seconds, so that a table stays readable. */
function runs(text: string, zone: string, from: string, count: number): string {
  return nextRuns(read(text), zone, Date.parse(from), count)
    .map((at) => new Date(at).toISOString().replace(':00.000Z', '').replace('T', ' '))
    .join(', ');
}

describe('where the clock is set forward', () => {
  it.each([
    // 2026-03-29 02:00 → 03:00, at 01:00 UTC.
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', 2, '2026-03-29 01:00, 2026-03-30 00:30'],
    ['0 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', 2, '2026-03-29 01:00, 2026-03-30 00:00'],
    ['*/15 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', 2, '2026-03-29 01:00, 2026-03-30 00:00'],
    ['30 2,3 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', 3, '2026-03-29 01:00, 2026-03-29 01:30, 2026-03-30 00:30'],
    ['0 2,3 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', 2, '2026-03-29 01:00, 2026-03-30 00:00'],
    ['0 3 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', 2, '2026-03-29 01:00, 2026-03-30 01:00'],
    ['30 1 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', 2, '2026-03-29 00:30, 2026-03-29 23:30'],
    ['30 * * * *', 'Europe/Berlin', '2026-03-28T23:45Z', 3, '2026-03-29 00:30, 2026-03-29 01:30, 2026-03-29 02:30'],
    [
      '*/20 * * * *',
      'Europe/Berlin',
      '2026-03-29T00:30Z',
      4,
      '2026-03-29 00:40, 2026-03-29 01:00, 2026-03-29 01:20, 2026-03-29 01:40',
    ],
    ['0 */2 * * *', 'Europe/Berlin', '2026-03-28T22:30Z', 3, '2026-03-28 23:00, 2026-03-29 01:00, 2026-03-29 02:00'],
    ['30 2 29 3 *', 'Europe/Berlin', '2026-03-28T12:00Z', 2, '2026-03-29 01:00, 2027-03-29 00:30'],
    ['30 2 * * SUN', 'Europe/Berlin', '2026-03-28T12:00Z', 2, '2026-03-29 01:00, 2026-04-05 00:30'],
    // 2026-03-08 02:00 → 03:00, at 07:00 UTC.
    ['30 2 * * *', 'America/New_York', '2026-03-07T12:00Z', 2, '2026-03-08 07:00, 2026-03-09 06:30'],
    // 2026-10-04 02:00 → 02:30, at 2026-10-03 15:30 UTC.
    ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T10:00Z', 2, '2026-10-03 15:30, 2026-10-04 15:15'],
    ['45 2 * * *', 'Australia/Lord_Howe', '2026-10-03T10:00Z', 2, '2026-10-03 15:45, 2026-10-04 15:45'],
    [
      '0 * * * *',
      'Australia/Lord_Howe',
      '2026-10-03T13:40Z',
      4,
      '2026-10-03 14:30, 2026-10-03 15:30, 2026-10-03 16:00, 2026-10-03 17:00',
    ],
    [
      '*/30 * * * *',
      'Australia/Lord_Howe',
      '2026-10-03T14:40Z',
      3,
      '2026-10-03 15:00, 2026-10-03 15:30, 2026-10-03 16:00',
    ],
    // 2026-09-06 00:00 → 01:00, at 04:00 UTC: the day begins at one.
    ['0 0 * * *', 'America/Santiago', '2026-09-05T05:00Z', 2, '2026-09-06 04:00, 2026-09-07 03:00'],
    ['@daily', 'America/Santiago', '2026-09-05T05:00Z', 2, '2026-09-06 04:00, 2026-09-07 03:00'],
    ['0 0 * * SUN', 'America/Santiago', '2026-09-05T05:00Z', 2, '2026-09-06 04:00, 2026-09-13 03:00'],
    ['30 0 6 9 *', 'America/Santiago', '2026-09-05T05:00Z', 1, '2026-09-06 04:00'],
    // 2017-03-31 00:00 → 01:00, at 2017-03-30 22:00 UTC: the last day of the month, which has no midnight.
    ['30 0 L * *', 'Asia/Amman', '2017-03-30T12:00Z', 2, '2017-03-30 22:00, 2017-04-29 21:30'],
    // A whole offset is left out and the month's second Sunday with it: as often as the day has it, and no oftener.
    ['*/30 */2 * * SUN#2', 'America/New_York', '2026-03-08T06:10Z', 2, '2026-03-08 07:00, 2026-03-08 08:00'],
    // All of 2011-12-30 was left out, at 2011-12-30 10:00 UTC.
    ['0 12 * * *', 'Pacific/Apia', '2011-12-29T00:00Z', 3, '2011-12-29 22:00, 2011-12-30 10:00, 2011-12-30 22:00'],
  ])('%s in %s fires once for a time that is skipped', (text, zone, from, count, expected) => {
    expect(runs(text, zone, from, count)).toBe(expected);
  });
});

describe('where the clock is set back', () => {
  it.each([
    // 2026-10-25 03:00 → 02:00, at 01:00 UTC.
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', 2, '2026-10-25 00:30, 2026-10-26 01:30'],
    ['0 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', 2, '2026-10-25 00:00, 2026-10-26 01:00'],
    ['*/30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', 3, '2026-10-25 00:00, 2026-10-25 00:30, 2026-10-26 01:00'],
    ['0 3 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', 2, '2026-10-25 02:00, 2026-10-26 02:00'],
    [
      '0 * * * *',
      'Europe/Berlin',
      '2026-10-24T22:30Z',
      4,
      '2026-10-24 23:00, 2026-10-25 00:00, 2026-10-25 01:00, 2026-10-25 02:00',
    ],
    [
      '*/30 * * * *',
      'Europe/Berlin',
      '2026-10-25T00:10Z',
      4,
      '2026-10-25 00:30, 2026-10-25 01:00, 2026-10-25 01:30, 2026-10-25 02:00',
    ],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-25T00:30Z', 1, '2026-10-26 01:30'],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-25T01:10Z', 1, '2026-10-26 01:30'],
    // 2026-11-01 02:00 → 01:00, at 06:00 UTC.
    ['30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', 2, '2026-11-01 05:30, 2026-11-02 06:30'],
    // 2026-04-05 02:00 → 01:30, at 2026-04-04 15:00 UTC.
    ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T10:00Z', 2, '2026-04-04 14:45, 2026-04-05 15:15'],
    [
      '*/30 * * * *',
      'Australia/Lord_Howe',
      '2026-04-04T14:10Z',
      3,
      '2026-04-04 14:30, 2026-04-04 15:00, 2026-04-04 15:30',
    ],
    // 2026-04-05 00:00 → 2026-04-04 23:00, at 03:00 UTC.
    ['30 23 * * *', 'America/Santiago', '2026-04-04T05:00Z', 2, '2026-04-05 02:30, 2026-04-06 03:30'],
    ['0 0 * * *', 'America/Santiago', '2026-04-04T05:00Z', 2, '2026-04-05 04:00, 2026-04-06 04:00'],
  ])('%s in %s fires once for a time that comes twice', (text, zone, from, count, expected) => {
    expect(runs(text, zone, from, count)).toBe(expected);
  });
});

describe('a next run', () => {
  it.each([
    ['0 0 29 2 *', '2096-03-01T00:00Z', '2104-02-29 00:00'],
    ['0 0 * 2 MON#5', '2044-03-01T00:00Z', '2072-02-29 00:00'],
    ['0 0 L * *', '2026-02-01T00:00Z', '2026-02-28 00:00'],
    ['0 0 * * 5L', '2026-02-01T00:00Z', '2026-02-27 00:00'],
    ['0 0 * * MON#2', '2026-02-01T00:00Z', '2026-02-09 00:00'],
    ['0 0 13 * FRI', '2026-02-10T00:00Z', '2026-02-13 00:00'],
    ['59 23 31 12 *', '2026-12-31T23:59Z', '2027-12-31 23:59'],
  ])('of %s after %s is %s', (text, from, expected) => {
    expect(runs(text, 'UTC', from, 1)).toBe(expected);
  });

  it('is strictly later than the instant it is asked for, to the millisecond', () => {
    const schedule = read('0 2 * * *');
    const at = Date.UTC(2026, 0, 1, 2);
    expect(nextRun(schedule, 'UTC', at - 1)).toBe(at);
    expect(nextRun(schedule, 'UTC', at)).toBe(at + 86_400_000);
  });

  it('of every-minute schedules comes after exactly one real minute, all year, in every zone', () => {
    const schedule = read('* * * * *');
    fc.assert(
      fc.property(
        fc.constantFrom(
          'Europe/Berlin',
          'America/New_York',
          'Australia/Lord_Howe',
          'America/Santiago',
          'Asia/Kathmandu',
          'UTC',
        ),
        fc.integer({ min: 0, max: 40 * 525_600 }),
        (zone, minute) => {
          const at = minute * 60_000 + Date.UTC(2000, 0);
          expect(nextRun(schedule, zone, at)).toBe(at + 60_000);
        },
      ),
    );
  });

  it('once a day is once for every local date, clock changes included', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'America/Santiago',
      'Africa/Cairo',
      'UTC',
    ];
    for (const zone of zones) {
      for (const text of ['30 2 * * *', '0 0 * * *', '30 1 * * *', '59 23 * * *']) {
        const found = nextRuns(read(text), zone, Date.UTC(2026, 0, 1), 365);
        const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' });
        expect(new Set(found.map((at) => format.format(at))).size, `${text} ${zone}`).toBe(365);
      }
    }
  });

  it('is found again after any run, without a run between that was left out', () => {
    const texts = ['30 2 * * *', '0 * * * *', '*/15 1-3 * * *', '0 */5 * * *'];
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.constantFrom('Europe/Berlin', 'Australia/Lord_Howe', 'America/Santiago'),
        fc.integer({ min: 0, max: 8760 }),
        fc.integer({ min: 1, max: 47 }),
        (text, zone, hour, stepHours) => {
          const schedule = read(text);
          const from = Date.UTC(2026, 0) + hour * 3_600_000;
          const stop = from + stepHours * 3_600_000;
          const first = nextRun(schedule, zone, stop);
          const walked = nextRuns(schedule, zone, from, 400).find((at) => at > stop);
          expect(first).toBe(walked);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a time zone', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'US/Eastern'])(
    'may be %s',
    (name) => {
      expect(timezoneFault(name)).toBeUndefined();
      expect(zoneSpan(name, 0).startMs).toBeLessThanOrEqual(0);
    },
  );

  it('may be every one that Intl lists', () => {
    const names = Intl.supportedValuesOf('timeZone');
    expect(names.length).toBeGreaterThan(400);
    expect(names.filter((name) => timezoneFault(name) || nextRun(read('0 2 * * *'), name, 0) === undefined)).toEqual(
      [],
    );
  });

  it('that is taken can be reckoned with, whatever letters it has', () => {
    const letters = Array.from({ length: 26 }, (_, index) => String.fromCharCode(65 + index));
    const words = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c)));
    const taken = [...words, 'SystemV/PST8PDT', 'Etc/Unknown', 'Factory', 'GMT+1', 'localtime', 'posixrules'].filter(
      (name) => canonicalZone(name) !== undefined,
    );
    expect(taken).toEqual(expect.arrayContaining(['UTC', 'GMT', 'CET', 'EST', 'PRC']));
    for (const name of taken) expect(zoneSpan(name, 0).offsetMs, name).toBeTypeOf('number');
  });

  it.each([
    ['PST', '"America/Los_Angeles"'],
    ['pdt', '"America/Los_Angeles"'],
    ['IST', '"Asia/Kolkata" or "Europe/Dublin" or "Asia/Jerusalem"'],
    ['CST', '"America/Chicago" or "Asia/Shanghai"'],
    ['BST', '"Europe/London"'],
    ['CEST', '"Europe/Berlin"'],
    ['Z', '"UTC"'],
  ])('may not be the abbreviation %s, and it is said what to write', (name, zone) => {
    const fault = timezoneFault(name, '/jobs/0/timezone');
    expect(fault).toMatchObject({ code: 'TIMEZONE', pointer: '/jobs/0/timezone' });
    expect(fault?.detail).toContain(zone);
    for (const [, named = ''] of fault?.detail.matchAll(/"([A-Z]\w+\/\w+)"/g) ?? [])
      expect(timezoneFault(named), named).toBeUndefined();
    expect(nextRun(read('0 2 * * *'), name, 0)).toBeUndefined();
  });

  it.each([
    ['Berlin', 'Did you mean "Europe/Berlin"?'],
    ['Europe/Berln', 'Did you mean "Europe/Berlin"?'],
    ['new york', 'Did you mean "America/New_York"?'],
    ['+02:00', 'IANA'],
    ['', 'IANA'],
    ['../../etc/passwd', 'IANA'],
    ['x'.repeat(1000), 'IANA'],
  ])('may not be %j', (name, reason) => {
    expect(timezoneFault(name)?.detail).toContain(reason);
  });
});
