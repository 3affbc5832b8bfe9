import { expect, it } from 'vitest';
import { addDays, dayIn, dayName, startOfDay } from './days.js';

it.each([
  ['2026-11-30', 'Europe/Berlin', '2026-11-29T23:00:00.000Z'],
  ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
  ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
  ['2026-11-30', 'Pacific/Kiritimati', '2026-11-29T10:00:00.000Z'],
  ['2026-11-30', 'Pacific/Pago_Pago', '2026-11-30T11:00:00.000Z'],
  ['2026-11-30', 'Asia/Kathmandu', '2026-11-29T18:15:00.000Z'],
  ['2026-09-06', 'America/Santiago', '2026-09-06T04:00:00.000Z'],
])('%s in %s begins at %s, where the clock skips midnight too', (day, zone, begins) => {
  expect(new Date(startOfDay(day, zone)).toISOString()).toBe(begins);
  expect(dayIn(Date.parse(begins), zone)).toBe(day);
  expect(dayIn(Date.parse(begins) - 1, zone)).toBe(addDays(day, -1));
});

it('goes over months and years, and names days', () => {
  expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
  expect(addDays('2028-03-01', -1)).toBe('2028-02-29');
  expect(dayName('2026-11-30')).toBe('Mon 30 Nov');
});
