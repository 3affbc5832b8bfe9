/** Reading runs whichever way they are kept: one by one in `runs`, or in chunks. Both are in the view `every_run`. */
import { uuidFromId, type Id } from '@annex/kernel';
import { firstUuidOf, madeAtMs } from '../id-times.js';
import { chunkSpanMs } from '../plain-calls.js';

/** Adds a value to those of a statement and answers its placeholder. */
export type Bind = (value: unknown) => string;

/**
 * The condition on `every_run` that finds one run. `$1` is the tenant, `$2` and `$3` are {@link oneRunParameters}. A
 * chunk's ids were made shortly one after the other, so few chunks can hold the id, and these alone are opened.
 */
export const oneRun =
  'tenant_id = $1 and id = $2::uuid and from_id <= $2::uuid and to_id >= $2::uuid and to_id < $3::uuid';

export function oneRunParameters(id: Id<'run'>): [string, string] {
  const uuid = uuidFromId(id);
  return [uuid, lastOfChunksWith(uuid)];
}

/** An id that no chunk passes which holds an id up to this one. */
function lastOfChunksWith(uuid: string): string {
  return firstUuidOf(madeAtMs(uuid) + chunkSpanMs + 1);
}

/** A span of a tenant's runs by their ids, which begin with the time at which they were made. */
export interface RunSpan {
  installationId?: Id<'installation'> | undefined;
  /** Bare UUIDs: from the first one on, and before the second one. */
  from?: string | undefined;
  before?: string | undefined;
}

/** The conditions of a span on `runs`. The tenant is `$1`. */
export function rowsIn({ installationId, from, before }: RunSpan, bind: Bind): string[] {
  const wanted = ['tenant_id = $1'];
  if (installationId !== undefined) wanted.push(`installation_id = ${bind(uuidFromId(installationId))}::uuid`);
  if (from !== undefined) wanted.push(`id >= ${bind(from)}::uuid`);
  if (before !== undefined) wanted.push(`id < ${bind(before)}::uuid`);
  return wanted;
}

/**
 * The conditions of a span on `every_run` where only the newest `limit` runs of it are asked for: of chunks, so many
 * are opened as hold these, and a few that lie across. The tenant is `$1`.
 */
export function newestIn(span: RunSpan, limit: number, bind: Bind): string[] {
  const { from, before } = span;
  const wanted = [...rowsIn(span, bind), ...openedFor({ least: from, greatest: before }, bind)];
  return [...wanted, endOfPage(span, { limit, isNewest: true }, bind)];
}

/** What is true of runs and chunks on `every_run` with ids in a range, ends included, so that no others are opened. */
export function openedFor(
  { least, greatest }: { least?: string | undefined; greatest?: string | undefined },
  bind: Bind,
): string[] {
  return [
    ...(least === undefined ? [] : [`to_id >= ${bind(least)}::uuid`]),
    ...(greatest === undefined
      ? []
      : [`from_id <= ${bind(greatest)}::uuid`, `to_id < ${bind(lastOfChunksWith(greatest))}::uuid`]),
  ];
}

/**
 * The condition on `every_run` that leaves out what cannot be among the newest (or oldest) `limit` runs of a span:
 * chunks that lie inside the span hold as many on this side of it. Each chunk holds at least one, so no more than
 * `limit` of them are looked at, and none is opened.
 */
export function endOfPage(
  { installationId, from, before }: RunSpan,
  { limit, isNewest }: { limit: number; isNewest: boolean },
  bind: Bind,
): string {
  const inside = ['tenant_id = $1'];
  if (installationId !== undefined) inside.push(`installation_id = ${bind(uuidFromId(installationId))}::uuid`);
  if (from !== undefined) inside.push(`first_id >= ${bind(from)}::uuid`, `last_id >= ${bind(from)}::uuid`);
  if (before !== undefined) inside.push(`last_id < ${bind(before)}::uuid`);
  const most = `${bind(limit)}::int`;
  const [order, end, farthest] = isNewest ? ['desc', 'first_id', 'asc'] : ['asc', 'last_id', 'desc'];
  const found = `
    select ${end} from (
      select first_id, last_id, runs, sum(runs) over (order by last_id ${order}) as reached, sum(runs) over () as held
      from (select first_id, last_id, runs from run_chunks where ${inside.join(' and ')}
        order by last_id ${order} limit ${most}) heads) counted
    where held >= ${most} and reached - runs < ${most} order by ${end} ${farthest} limit 1`;
  // As a subquery of its own: under row-level security an index takes no COALESCE, which may tell what it is given.
  const bound = (otherwise: string): string => `(select coalesce((${found}), '${otherwise}'::uuid))`;
  return isNewest
    ? `to_id >= ${bound('00000000-0000-0000-0000-000000000000')}`
    : `from_id <= ${bound('ffffffff-ffff-ffff-ffff-ffffffffffff')}`;
}
