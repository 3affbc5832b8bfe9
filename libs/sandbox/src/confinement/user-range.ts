/** Which user ids confined processes may have: ids that nobody else uses, and that exist in this user namespace. */
import { readFileSync } from 'node:fs';
import { errors } from '../errors.js';

export interface UserRange {
  first: number;
  last: number;
}

/** Users that one parent holds at most: far more than it runs processes at once, so that one comes round again late. */
export const usersPerParent = 128;

/**
 * Above what systemd, Debian and shadow give away (regular users end at 60 000, systemd's dynamic ones at 65 519,
 * subordinate ids begin at 100 000); then, where only 65 536 ids are mapped as in many containers, the gap below
 * systemd's dynamic users.
 */
const usualRanges: readonly UserRange[] = [
  { first: 70_000, last: 86_383 },
  { first: 60_706, last: 61_183 },
];

/**
 * The range asked for (`70000-86383`), else the first usual one that is mapped here; `undefined` when none is.
 * Throws `SANDBOX_USERS` when the range asked for cannot be used.
 */
export function userRange(asked: string | undefined): UserRange | undefined {
  if (asked === undefined) return usualRanges.find(isMapped);
  const [, first, last] = /^(\d{1,10})-(\d{1,10})$/.exec(asked.trim()) ?? [];
  const range = { first: Number(first), last: Number(last) };
  if (first === undefined || range.first < 1000 || range.last - range.first + 1 < 8) {
    const shape = 'a range of at least 8 user ids from 1000 on, such as 70000-86383';
    throw errors.error('SANDBOX_USERS', `executors' users are ${shape}, not "${asked.slice(0, 64)}"`);
  }
  if (!isMapped(range)) {
    const map = idMap('uid')
      .map((each) => `${each.first}-${each.last}`)
      .join(', ');
    throw errors.error('SANDBOX_USERS', `the user ids ${asked} do not exist in this user namespace, which has ${map}`);
  }
  return range;
}

function isMapped(range: UserRange): boolean {
  return (['uid', 'gid'] as const).every((kind) => isWithin(range, idMap(kind)));
}

export function isWithin({ first, last }: UserRange, ranges: readonly UserRange[]): boolean {
  let next = first;
  for (const range of ranges.toSorted((a, b) => a.first - b.first))
    if (range.first <= next) next = Math.max(next, range.last + 1);
  return next > last;
}

function idMap(kind: 'uid' | 'gid'): UserRange[] {
  const lines = readFileSync(`/proc/self/${kind}_map`, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
    return { first, last: first + count - 1 };
  });
}
