import type { Schedule } from './parse-schedule.js';

const dayMs = 86_400_000;

/** Whether a local day is one of the schedule's. `day`: days since 1970-01-01. */
export function isScheduledDay(schedule: Schedule, day: number): boolean {
  const date = new Date(day * dayMs);
  const month = date.getUTCMonth() + 1;
  if (!schedule.months.includes(month)) return false;
  const { dayOfMonth, dayOfWeek } = schedule;
  if (dayOfMonth.isOpen && dayOfWeek.isOpen) return true;
  const dom = date.getUTCDate();
  const lastDom = new Date(Date.UTC(date.getUTCFullYear(), month, 0)).getUTCDate();
  const inMonth = (): boolean => dayOfMonth.values.includes(dom) || (dayOfMonth.lastDay && dom === lastDom);
  const inWeek = (): boolean => {
    const dow = date.getUTCDay();
    return (
      dayOfWeek.values.includes(dow) ||
      (dayOfWeek.lastWeekdays.includes(dow) && dom + 7 > lastDom) ||
      dayOfWeek.nthWeekdays.some(([weekday, nth]) => weekday === dow && Math.ceil(dom / 7) === nth)
    );
  };
  if (dayOfMonth.isOpen) return inWeek();
  if (dayOfWeek.isOpen) return inMonth();
  return inMonth() || inWeek();
}

/**
 * First local tick at or after `wallMs` and before `endMs`, both as if the local clock were UTC; `undefined` when there
 * is none.
 */
export function nextWall(schedule: Schedule, wallMs: number, endMs: number): number | undefined {
  const wholeSecond = Math.ceil(wallMs / 1000) * 1000;
  let day = Math.floor(wholeSecond / dayMs);
  let secondOfDay = (wholeSecond - day * dayMs) / 1000;
  for (; day * dayMs < endMs; day += 1, secondOfDay = 0) {
    if (!isScheduledDay(schedule, day)) continue;
    const found = nextInDay(schedule, secondOfDay);
    if (found === undefined) continue;
    const wall = day * dayMs + found * 1000;
    return wall < endMs ? wall : undefined;
  }
  return undefined;
}

/** First tick of a day at or after a second of it. */
function nextInDay({ hours, minutes, seconds }: Schedule, from: number): number | undefined {
  const hour = Math.floor(from / 3600);
  const minute = Math.floor(from / 60) % 60;
  const second = from % 60;
  const firstMinute = minutes[0] ?? 0;
  const firstSecond = seconds[0] ?? 0;
  for (const h of hours) {
    if (h < hour) continue;
    if (h > hour) return h * 3600 + firstMinute * 60 + firstSecond;
    for (const m of minutes) {
      if (m < minute) continue;
      if (m > minute) return h * 3600 + m * 60 + firstSecond;
      for (const s of seconds) if (s >= second) return h * 3600 + m * 60 + s;
    }
  }
  return undefined;
}
