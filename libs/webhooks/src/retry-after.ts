/**
 * Milliseconds that a `Retry-After` (RFC 9110 §10.2.3) asks to wait: seconds, or a date. `undefined`: there is none
 * that can be read.
 */
export function readRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // IMF-fixdate and the two obsolete forms begin with a day's name; Date.parse alone would take much more for a date.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
