import type { Schedule } from './schedule.js';

const dayMs = 86_400_000;

/**
 * First local tick at or after `wallMs` and before `endMs`, both as if the local clock were UTC; `undefined` when there
 * is none.
 */
export function nextWall(schedule: Schedule, wallMs: number, endMs: number): number | undefined {
  const wholeSecond = Math.ceil(wallMs / 1000) * 1000;
  const today = Math.floor(wholeSecond / dayMs);
  let day = schedule.days.firstFrom(today);
  let second = day === today ? nextSecond(schedule, (wholeSecond - today * dayMs) / 1000) : undefined;
  if (day === today && second === undefined) day = schedule.days.firstFrom(today + 1);
  if (day === undefined) return undefined;
  second ??= nextSecond(schedule, 0) ?? 0;
  const wall = day * dayMs + second * 1000;
  return wall < endMs ? wall : undefined;
}

/** First tick of a scheduled day, in seconds of the day, at or after one of them. */
function nextSecond({ hours, minutes, seconds }: Schedule, from: number): number | undefined {
  for (const hour of hours) {
    if (hour * 3600 + 3599 < from) continue;
    for (const minute of minutes) {
      const start = hour * 3600 + minute * 60;
      if (start + 59 < from) continue;
      const second = seconds.find((each) => start + each >= from);
      if (second !== undefined) return start + second;
    }
  }
  return undefined;
}
