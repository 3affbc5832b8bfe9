/** Days of a calendar in a time zone. A day is written as `2026-11-30`. */

const dayMs = 86_400_000;

/** The day that an instant (milliseconds since the epoch) falls on in a zone. */
export function dayIn(at: number, zone: string): string {
  return formatOf(zone).format(at);
}

/** A day so many days later. */
export function addDays(day: string, count: number): string {
  return new Date(Date.parse(day) + count * dayMs).toISOString().slice(0, 10);
}

/** `Mon 30 Nov`. */
export function dayName(day: string): string {
  const words = { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' } as const;
  return new Intl.DateTimeFormat('en-GB', words).format(Date.parse(day)).replace(',', '');
}

/** The first instant of a day in a zone, in milliseconds since the epoch. It need not be midnight: clocks skip some. */
export function startOfDay(day: string, zone: string): number {
  const utc = Date.parse(day);
  // No zone is further than this from UTC, so the day begins in between.
  let [before, at] = [utc - dayMs, utc + dayMs];
  while (at - before > 1000) {
    const middle = Math.floor((before + at) / 2000) * 1000;
    if (dayIn(middle, zone) >= day) at = middle;
    else before = middle;
  }
  return at;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  // The Swedish way of writing dates is that of ISO 8601.
  const made = new Intl.DateTimeFormat('sv-SE', { timeZone: zone });
  formats.set(zone, made);
  return made;
}
