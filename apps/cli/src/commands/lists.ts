/** What commands share that show lists, runs and times. */
import { InvalidArgumentError, type Command } from 'commander';
import { invalid } from '../faults.js';
import type { Style } from '../terminal/style.js';

/** Options of every list. */
export interface ListOptions {
  limit: number;
  all?: boolean;
}

export function withList(command: Command): Command {
  return command
    .option('-n, --limit <count>', 'how many at most', wholeNumber, 50)
    .option('--all', 'all of them, however many');
}

/** A whole number from 1. */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It is a whole number from 1.');
  return number;
}

/** The first items of a list, or all. */
export async function take<T>(items: AsyncIterable<T>, { limit, all }: ListOptions): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of items) {
    taken.push(item);
    if (!all && taken.length >= limit) break;
  }
  return taken;
}

/** Items a page, so that no more are asked for than are shown. */
export function pageOf({ limit, all }: ListOptions, most = 100): number {
  return all ? most : Math.min(limit, most);
}

/** Without milliseconds; nothing for no time. */
export function shortTime(time: string | null | undefined): string {
  return time ? time.replace(/\.\d+(?=Z|[+-])/, '') : '';
}

const colors: Record<string, keyof Style> = {
  succeeded: 'green',
  healthy: 'green',
  enabled: 'green',
  resolved: 'green',
  firing: 'red',
  critical: 'red',
  warning: 'yellow',
  ok: 'green',
  sent: 'green',
  waiting: 'yellow',
  starting: 'yellow',
  backoff: 'yellow',
  paused: 'dim',
  failed: 'red',
  unhealthy: 'red',
  suspended: 'red',
  error: 'red',
  retrying: 'yellow',
  degraded: 'yellow',
  skipped: 'yellow',
  warn: 'yellow',
  cancelled: 'dim',
  debug: 'dim',
};

export function colorOf(status: string): keyof Style | undefined {
  return colors[status];
}

/** A moment: RFC 3339, or so long ago, such as `15m`, `2h`, `7d`. */
export function moment(text: string): string {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit ?? ''];
  const ms = unitMs === undefined ? Date.parse(text) : Date.now() - Number(count) * unitMs;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('It is a time such as 2026-01-31T12:00:00Z, or 15m, 2h, 7d.');
  return new Date(ms).toISOString();
}

/** JSON that was typed. Throws `JSON_INVALID`. */
export function readJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (thrown) {
    throw invalid('JSON_INVALID', `${what} is no JSON: ${thrown instanceof Error ? thrown.message : ''}`);
  }
}
