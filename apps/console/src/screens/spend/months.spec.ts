import { expect, it } from 'vitest';
import { latestMonths, periodOf } from './months';

it('offers a year and the month that goes on, back over the turn of the year', () => {
  const months = latestMonths(new Date('2026-01-31T23:59:59Z'));
  expect(months.slice(0, 3).map(({ value }) => value)).toEqual(['2026-01', '2025-12', '2025-11']);
  expect(months[0]?.label).toBe('January 2026');
  expect(months.at(-1)?.value).toBe('2025-01');
});

it('goes from the first day of a month to its last', () => {
  expect(periodOf('2024-02')).toEqual({ since: '2024-02-01', until: '2024-02-29' });
  expect(periodOf('2026-12')).toEqual({ since: '2026-12-01', until: '2026-12-31' });
  expect(periodOf('2026-13')).toEqual(periodOf(new Date().toISOString().slice(0, 7)));
});
