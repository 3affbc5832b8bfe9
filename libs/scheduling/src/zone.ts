/// <reference lib="esnext.temporal" />
import { didYouMean, quote, type InputFault } from '@annex/kernel';

/**
 * A stretch of time in which a zone keeps one offset from UTC. All in milliseconds since the epoch; the ends may be
 * infinite.
 */
export interface ZoneSpan {
  startMs: number;
  /** Exclusive. */
  endMs: number;
  /** Local time is UTC plus this. */
  offsetMs: number;
  /** The offset before `startMs`; the same as `offsetMs` when there was no change. */
  offsetBeforeMs: number;
}

const names = new Map<string, string | null>();

/**
 * The name, when this machine's zone database (IANA) holds a zone of it, upper or lower case; else `undefined`. Every
 * zone that is taken anywhere passes here.
 */
export function canonicalZone(name: string): string | undefined {
  let found = names.get(name);
  if (found === undefined) {
    found = lookUp(name);
    if (names.size < 2000) names.set(name, found);
  }
  return found ?? undefined;
}

function lookUp(name: string): string | null {
  // Offsets such as +02:00 are zones to Temporal; they know no daylight saving time, so nobody means them in a
  // schedule.
  if (name.length > 64 || !/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(name)) return null;
  try {
    // Asked of Temporal, which reckons the ticks. Intl.DateTimeFormat takes more: ICU's own three letters, such as PST,
    // IST and SystemV/PST8.
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return name;
  } catch {
    return null;
  }
}

/**
 * What people mean by letters that the zone database does not have, the likeliest zone first: many letters mean
 * several.
 */
const meantBy: Readonly<Record<string, readonly string[]>> = {
  ACST: ['Australia/Adelaide', 'Australia/Darwin'],
  AEDT: ['Australia/Sydney'],
  AEST: ['Australia/Sydney', 'Australia/Brisbane'],
  AKDT: ['America/Anchorage'],
  AKST: ['America/Anchorage'],
  AST: ['America/Halifax', 'Asia/Riyadh'],
  AWST: ['Australia/Perth'],
  BST: ['Europe/London', 'Asia/Dhaka'],
  CAT: ['Africa/Maputo'],
  CDT: ['America/Chicago', 'America/Havana'],
  CEST: ['Europe/Berlin', 'Europe/Paris'],
  CST: ['America/Chicago', 'Asia/Shanghai'],
  EAT: ['Africa/Nairobi'],
  EDT: ['America/New_York'],
  EEST: ['Europe/Athens', 'Europe/Kyiv'],
  GST: ['Asia/Dubai'],
  HKT: ['Asia/Hong_Kong'],
  IST: ['Asia/Kolkata', 'Europe/Dublin', 'Asia/Jerusalem'],
  JST: ['Asia/Tokyo'],
  KST: ['Asia/Seoul'],
  MDT: ['America/Denver'],
  MSK: ['Europe/Moscow'],
  NZDT: ['Pacific/Auckland'],
  NZST: ['Pacific/Auckland'],
  PDT: ['America/Los_Angeles'],
  PKT: ['Asia/Karachi'],
  PST: ['America/Los_Angeles', 'Asia/Manila'],
  SAST: ['Africa/Johannesburg'],
  SGT: ['Asia/Singapore'],
  SST: ['Pacific/Pago_Pago'],
  WAT: ['Africa/Lagos'],
  WEST: ['Europe/Lisbon'],
  WIB: ['Asia/Jakarta'],
  Z: ['UTC'],
};

/** Why a text is not a time zone, or `undefined` when it is one. */
export function timezoneFault(name: string, pointer = ''): InputFault | undefined {
  if (canonicalZone(name) !== undefined) return undefined;
  const meant = meantBy[name.toUpperCase()];
  if (meant) {
    const zones = meant.map((each) => `"${each}"`).join(' or ');
    return {
      pointer,
      code: 'TIMEZONE',
      detail:
        `${quote(name, 40)} is an abbreviation, which means another offset in summer or elsewhere; write the zone of ` +
        `the IANA database: ${zones}.`,
    };
  }
  const known = ['UTC', ...Intl.supportedValuesOf('timeZone')];
  const city = known.filter(
    (each) => each.split('/').at(-1)?.toLowerCase() === name.toLowerCase().replaceAll(' ', '_'),
  );
  const hint = city.length > 0 ? ` Did you mean "${city[0] ?? ''}"?` : didYouMean(name, known);
  return {
    pointer,
    code: 'TIMEZONE',
    detail: `${quote(name, 40)} is not a zone of the IANA database; write one such as "Europe/Berlin" or "UTC".${hint}`,
  };
}

const lastSpans = new Map<string, ZoneSpan>();

/** The span of a zone that holds an instant. The last one of each zone is remembered, since ticks come in order. */
export function zoneSpan(timezone: string, atMs: number): ZoneSpan {
  const remembered = lastSpans.get(timezone);
  if (remembered !== undefined && remembered.startMs <= atMs && atMs < remembered.endMs) return remembered;
  const here = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timezone);
  const next = here.getTimeZoneTransition('next');
  // `previous` is strictly before, so ask from one millisecond later to count a change that happens right now.
  const previous = here.add({ milliseconds: 1 }).getTimeZoneTransition('previous');
  const offsetMs = here.offsetNanoseconds / 1e6;
  const span: ZoneSpan = {
    startMs: previous?.epochMilliseconds ?? Number.NEGATIVE_INFINITY,
    endMs: next?.epochMilliseconds ?? Number.POSITIVE_INFINITY,
    offsetMs,
    offsetBeforeMs: previous === null ? offsetMs : previous.subtract({ nanoseconds: 1 }).offsetNanoseconds / 1e6,
  };
  if (lastSpans.size >= 1000) lastSpans.clear();
  lastSpans.set(timezone, span);
  return span;
}
