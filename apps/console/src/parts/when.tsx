import { useSyncExternalStore, type ReactNode } from 'react';
import { useZone } from '../api/tenant';

/** Times on the screen move on together, twice a minute. */
const tickMs = 30_000;
let now = Date.now();
const listeners = new Set<() => void>();
setInterval(() => {
  now = Date.now();
  for (const listener of listeners) listener();
}, tickMs);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The time as it passes, in milliseconds since the epoch. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

const units: readonly [unit: Intl.RelativeTimeFormatUnit, ms: number][] = [
  ['year', 31_536_000_000],
  ['month', 2_592_000_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });

/** How far a time is from another: `3 min. ago`. */
export function fromNow(at: number, from: number): string {
  const difference = at - from;
  for (const [unit, ms] of units)
    if (Math.abs(difference) >= ms) return relative.format(Math.trunc(difference / ms), unit);
  return difference > 5_000 ? 'in a moment' : 'just now';
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone}|${JSON.stringify(options)}`;
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options });
  formats.set(key, made);
  return made;
}

/** A time in a zone, to the second: `Mon, 30 Nov 2026, 15:42:07`. */
export function inZone(at: string | number, zone: string): string {
  return formatOf(zone, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(new Date(at));
}

/** A time near now, to the minute: `Mon 30 Nov, 15:42`. */
function minuteIn(at: string, zone: string): string {
  const parts: Intl.DateTimeFormatOptions = { weekday: 'short', day: 'numeric', month: 'short' };
  const [day, clock] = [formatOf(zone, parts), formatOf(zone, { hour: '2-digit', minute: '2-digit' })];
  return `${day.format(new Date(at)).replace(',', '')}, ${clock.format(new Date(at))}`;
}

/** The clock alone, to the millisecond: for lines that stand close. */
export function clockIn(at: string, zone: string): string {
  return formatOf(zone, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
  }).format(new Date(at));
}

/** The clock to the minute, or the day where buckets are as long: labels of charts. */
export function labelIn(at: string, zone: string, bucketS: number): string {
  return formatOf(
    zone,
    bucketS >= 86_400 ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit' },
  ).format(new Date(at));
}

/** A time as people say it; the exact instant, in the tenant's zone and in UTC, stands behind the pointer. */
export function When({
  at,
  as = 'relative',
  none = '–',
}: {
  at: string | null | undefined;
  /** Default: how long ago. */
  as?: 'relative' | 'exact' | 'clock' | 'minute' | 'hour';
  /** What stands where there is no time. */
  none?: string;
}): ReactNode {
  const zone = useZone();
  const present = useNow();
  if (!at) return <span>{none}</span>;
  const text =
    as === 'relative'
      ? fromNow(Date.parse(at), Math.max(present, Date.now()))
      : as === 'clock'
        ? clockIn(at, zone)
        : as === 'minute'
          ? minuteIn(at, zone)
          : as === 'hour'
            ? formatOf(zone, { hour: '2-digit', minute: '2-digit' }).format(new Date(at))
            : inZone(at, zone);
  return (
    <time dateTime={at} title={`${inZone(at, zone)} (${zone})\n${at}`} style={{ whiteSpace: 'nowrap' }}>
      {text}
    </time>
  );
}

/** A length of time: `340 ms`, `1.4 s`, `3 min 5 s`. */
export function lengthOf(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
