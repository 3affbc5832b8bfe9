/** What waits to be written for a tenant, and how it is divided: to fit a transaction, and to find what is refused. */
import type { PermissionUse } from '@annex/installations';
import type { Id } from '@annex/kernel';
import { PlainCalls, runsOf, type FinishedRun, type RunChunk } from '@annex/runs';
import type { NewLogLine } from '../rows/logs.js';
import type { TrackedIncrement } from '../rows/tracked.js';
import { callAmounts, type UsageAmounts } from './usage-amounts.js';

/** What is added up until it is written; a handful of entries an installation, however much happens. */
export interface Counts {
  /** By day and installation. */
  usage: Map<string, { day: string; installationId: Id<'installation'>; amounts: UsageAmounts }>;
  /** By day, installation, name and property. */
  tracked: Map<string, TrackedIncrement>;
  /** By installation and permission. */
  permissions: Map<string, PermissionUse>;
}

export interface Batch {
  /** Calls that wait as numbers; {@link settleCalls} makes chunks and runs of them. */
  calls: PlainCalls;
  chunks: RunChunk[];
  runs: FinishedRun[];
  logs: NewLogLine[];
  counts: Counts;
  chars: number;
}

export function emptyBatch(): Batch {
  return { calls: new PlainCalls(), chunks: [], runs: [], logs: [], counts: emptyCounts(), chars: 0 };
}

function emptyCounts(): Counts {
  return { usage: new Map(), tracked: new Map(), permissions: new Map() };
}

/** Runs and log lines in it, however they are written. */
export function rowsOf({ calls, chunks, runs, logs }: Batch): number {
  let rows = calls.size + runs.length + logs.length;
  for (const { ids } of chunks) rows += ids.length;
  return rows;
}

function hasCounts({ counts: { usage, tracked, permissions } }: Batch): boolean {
  return usage.size > 0 || tracked.size > 0 || permissions.size > 0;
}

export function isEmpty(batch: Batch): boolean {
  return rowsOf(batch) === 0 && !hasCounts(batch);
}

/**
 * Makes chunks, rows and counts of the calls that wait. Done once, before the first try to write them: what may have
 * been written is written again as the same chunks.
 */
export function settleCalls(batch: Batch): void {
  if (batch.calls.size === 0) return;
  const { chunks, runs, totals } = batch.calls.take();
  batch.chunks.push(...chunks);
  batch.runs.push(...runs);
  for (const { day, installationId, ...total } of totals)
    addUsageTo(batch, { day, installationId }, callAmounts(total));
}

/**
 * Takes what one transaction writes: all of it, or so many rows and log lines. Answers that, and what stays. Calls and
 * chunks go along whole: a few statements carry thousands.
 */
export function takeUpTo(whole: Batch, rows: number): { taken: Batch; rest: Batch } {
  const before = rowsOf(whole);
  if (whole.runs.length + whole.logs.length <= rows) return { taken: whole, rest: emptyBatch() };
  const runs = whole.runs.splice(0, rows);
  const logs = whole.logs.splice(0, rows - runs.length);
  const rest: Batch = { ...emptyBatch(), runs: whole.runs, logs: whole.logs };
  const share = Math.round((whole.chars * (before - rowsOf(rest))) / before);
  rest.chars = whole.chars - share;
  return { taken: { ...whole, runs, logs, chars: share }, rest };
}

/** The batch that could not be written, and what came since. */
export function putTogether(batch: Batch, newer: Batch): Batch {
  for (const { day, installationId, amounts } of newer.counts.usage.values())
    addUsageTo(batch, { day, installationId }, amounts);
  for (const increment of newer.counts.tracked.values()) addTrackedTo(batch, increment);
  for (const [key, use] of newer.counts.permissions) batch.counts.permissions.set(key, use);
  return {
    calls: newer.calls,
    chunks: [...batch.chunks, ...newer.chunks],
    runs: [...batch.runs, ...newer.runs],
    logs: [...batch.logs, ...newer.logs],
    counts: batch.counts,
    chars: batch.chars + newer.chars,
  };
}

export function addUsageTo(
  { counts: { usage } }: Batch,
  { day, installationId }: { day: string; installationId: Id<'installation'> },
  amounts: UsageAmounts,
): void {
  const key = `${day}/${installationId}`;
  const entry = usage.get(key);
  if (entry === undefined) {
    usage.set(key, { day, installationId, amounts: { ...amounts } });
    return;
  }
  for (const metric in amounts) entry.amounts[metric] = (entry.amounts[metric] ?? 0) + (amounts[metric] ?? 0);
}

export function addTrackedTo({ counts: { tracked } }: Batch, increment: TrackedIncrement): void {
  const { day, installationId, name, prop, value } = increment;
  const key = `${day}/${installationId}/${JSON.stringify([name, prop])}`;
  const entry = tracked.get(key);
  if (entry === undefined) tracked.set(key, { ...increment });
  else entry.value += value;
}

/**
 * Smaller parts of a batch that was refused for what is in it, to find the one row; `undefined`: it is the one. A chunk
 * that is refused alone was never written, so its runs can be tried as rows.
 */
export function split(batch: Batch): Batch[] | undefined {
  const { chunks, runs, logs, counts } = batch;
  const units = chunks.length + runs.length + logs.length;
  if (units === 0) return splitCounts(batch);
  if (units === 1 && hasCounts(batch))
    return [
      { ...batch, counts: emptyCounts() },
      { ...emptyBatch(), counts },
    ];
  if (units === 1) return chunks[0] && [{ ...emptyBatch(), runs: runsOf(chunks[0]) }];
  const half = Math.ceil(units / 2);
  const inFirst = (before: number): number => Math.max(0, half - before);
  const cuts = [inFirst(0), inFirst(chunks.length), inFirst(chunks.length + runs.length)] as const;
  const part = (from: boolean, shared: Counts): Batch => ({
    ...emptyBatch(),
    chunks: from ? chunks.slice(0, cuts[0]) : chunks.slice(cuts[0]),
    runs: from ? runs.slice(0, cuts[1]) : runs.slice(cuts[1]),
    logs: from ? logs.slice(0, cuts[2]) : logs.slice(cuts[2]),
    counts: shared,
  });
  return [part(true, counts), part(false, emptyCounts())];
}

/** Counts of one kind are given up together: they are refused only when their installation went that very moment. */
function splitCounts({ counts: { usage, tracked, permissions } }: Batch): Batch[] | undefined {
  const some = [usage, tracked, permissions].filter((each) => each.size > 0).length;
  if (some < 2) return undefined;
  const only = (counts: Partial<Counts>): Batch => ({ ...emptyBatch(), counts: { ...emptyCounts(), ...counts } });
  return usage.size > 0
    ? [only({ usage }), only({ tracked, permissions })]
    : [only({ tracked }), only({ permissions })];
}
