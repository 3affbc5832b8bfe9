/**
 * Calls of routes that went well and used nothing but themselves: no host call, no log line, no stream. They are most
 * of what a busy tenant does, and there is little to say of each, so they wait as columns of numbers and are written
 * many in one row (docs/adr/0034-runs-in-chunks.md). Whatever else is to be said of a run makes it a row of its own.
 */
import { idFromUuid, uuidFromId, type Id } from '@annex/kernel';
import { usageNames, usageRecord, type RunLimits, type UsageName } from '@annex/limits';
import { madeAtMs } from './id-times.js';
import type { FinishedRun } from './sql/record-runs.js';

/** A call that is to be written down in few words. */
export interface PlainCall {
  id: Id<'run'>;
  installationId: Id<'installation'>;
  /** The plugin's slug. */
  plugin: string;
  /** Version of the release that answered. */
  release: string;
  name: string;
  depth: number;
  /** HTTP status of the answer. */
  status: number;
  /** What it was allowed. */
  limits: RunLimits;
  /** Milliseconds since the epoch. */
  startedAtMs: number;
  finishedAtMs: number;
  wallMs: number;
  cpuMs: number;
  memoryMb: number;
  resultBytes: number;
  /** Of the request's body; 0: there was none. */
  requestBytes: number;
}

/** Amounts of a call that differ from call to call, in the order of their places in {@link RunChunk.limits}. */
const amounts = ['wallMs', 'cpuMs', 'memoryMb', 'resultBytes', 'requestBytes'] as const satisfies UsageName[];
type Amount = (typeof amounts)[number];

/** Many calls of one route, as they are written into one row. Never changed, so that it may be written again. */
export interface RunChunk extends Record<Amount, number[]> {
  installationId: Id<'installation'>;
  plugin: string;
  release: string;
  name: string;
  depth: number;
  status: number;
  allowed: RunLimits;
  /** The usage record with places for the amounts, as PostgreSQL's `format` takes it. */
  limits: string;
  /** The least and the greatest of `ids`. */
  firstId: string;
  lastId: string;
  /** Bare UUIDs. */
  ids: string[];
  /** When the last of them started, in milliseconds since the epoch. */
  startedAtMs: number;
  /** How long before that each started. */
  beforeMs: number[];
  tookMs: number[];
}

/** A call that took longer has a row of its own: it is looked for more often, and a chunk stays a short time. Ms. */
export const plainUntilMs = 1_000;
/** Longest time between the making of two ids of a chunk, in milliseconds: few chunks can hold an id. */
export const chunkSpanMs = 2_000;
/** Most calls of one chunk. */
export const chunkRuns = 1_024;
/** Fewer are written as rows: a chunk costs as much as a few of those. */
export const leastChunkRuns = 8;

/** What an installation's calls of one UTC day add up to. */
export interface CallTotals {
  day: string;
  installationId: Id<'installation'>;
  runs: number;
  wallMs: number;
  cpuMs: number;
}

/** Calls that share everything but numbers, column by column. */
interface Columns {
  first: PlainCall;
  day: string;
  ids: Id<'run'>[];
  startedAtMs: number[];
  finishedAtMs: number[];
  amounts: Record<Amount, number[]>;
}

/** Plain calls of one tenant that wait to be written. */
export class PlainCalls {
  readonly #groups = new Map<string, Columns>();
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Takes one. `day`: the UTC day to whose counts it belongs. */
  add(call: PlainCall, day: string): void {
    const { installationId, release, name, status, depth } = call;
    const key = `${installationId}${day}${release} ${status} ${depth} ${call.requestBytes > 0 ? 'b' : ''}${name}`;
    let group = this.#groups.get(key);
    // Limits are those of the release; only a caller that gave a call less time has others.
    if (group !== undefined && group.first.limits !== call.limits) {
      const other = `${key} ${call.limits.wallMs}`;
      group = this.#groups.get(other) ?? this.#begin(other, call, day);
    }
    group ??= this.#begin(key, call, day);
    group.ids.push(call.id);
    group.startedAtMs.push(call.startedAtMs);
    group.finishedAtMs.push(call.finishedAtMs);
    for (const amount of amounts) group.amounts[amount].push(Math.round(call[amount]));
    this.#size += 1;
  }

  #begin(key: string, first: PlainCall, day: string): Columns {
    const made: Columns = {
      first,
      day,
      ids: [],
      startedAtMs: [],
      finishedAtMs: [],
      amounts: { wallMs: [], cpuMs: [], memoryMb: [], resultBytes: [], requestBytes: [] },
    };
    this.#groups.set(key, made);
    return made;
  }

  /** Everything that waits, as it is written, and what it adds up to. Leaves nothing behind. */
  take(): { chunks: RunChunk[]; runs: FinishedRun[]; totals: CallTotals[] } {
    const taken: { chunks: RunChunk[]; runs: FinishedRun[]; totals: CallTotals[] } = {
      chunks: [],
      runs: [],
      totals: [],
    };
    for (const group of this.#groups.values()) {
      for (const chunk of cut(group)) {
        if (chunk.ids.length >= leastChunkRuns) taken.chunks.push(chunk);
        else taken.runs.push(...runsOf(chunk));
      }
      taken.totals.push({
        day: group.day,
        installationId: group.first.installationId,
        runs: group.ids.length,
        wallMs: sum(group.amounts.wallMs),
        cpuMs: sum(group.amounts.cpuMs),
      });
    }
    this.#groups.clear();
    this.#size = 0;
    return taken;
  }
}

/** Chunks of a group: of so many calls at most, and of ids that were made shortly one after the other. */
function cut({ first, ids, startedAtMs, finishedAtMs, amounts: columns }: Columns): RunChunk[] {
  const chunks: RunChunk[] = [];
  let from = 0;
  let range: { firstId: string; lastId: string } | undefined;
  const uuids = ids.map(uuidFromId);
  const end = (to: number): void => {
    if (range === undefined) return;
    const started = startedAtMs.slice(from, to);
    const latest = Math.max(...started);
    const { installationId, plugin, release, name, depth, status, limits: allowed } = first;
    chunks.push({
      ...{ installationId, plugin, release, name, depth, status, allowed },
      limits: limitsFormat(allowed, first.requestBytes > 0),
      ...range,
      ids: uuids.slice(from, to),
      startedAtMs: latest,
      beforeMs: started.map((ms) => latest - ms),
      tookMs: started.map((ms, index) => (finishedAtMs[from + index] ?? ms) - ms),
      wallMs: columns.wallMs.slice(from, to),
      cpuMs: columns.cpuMs.slice(from, to),
      memoryMb: columns.memoryMb.slice(from, to),
      resultBytes: columns.resultBytes.slice(from, to),
      requestBytes: columns.requestBytes.slice(from, to),
    });
    from = to;
    range = undefined;
  };
  uuids.forEach((uuid, index) => {
    if (range !== undefined && (index - from >= chunkRuns || !isNear(range, uuid))) end(index);
    if (range === undefined) range = { firstId: uuid, lastId: uuid };
    else if (uuid < range.firstId) range.firstId = uuid;
    else if (uuid > range.lastId) range.lastId = uuid;
  });
  end(uuids.length);
  return chunks;
}

function isNear({ firstId, lastId }: { firstId: string; lastId: string }, uuid: string): boolean {
  if (uuid < firstId) return madeAtMs(lastId) - madeAtMs(uuid) <= chunkSpanMs;
  return uuid <= lastId || madeAtMs(uuid) - madeAtMs(firstId) <= chunkSpanMs;
}

/** The runs of a chunk one by one, as rows of their own. */
export function runsOf(chunk: RunChunk): FinishedRun[] {
  const { installationId, plugin, release, name, depth, status, allowed } = chunk;
  return chunk.ids.map((uuid, index) => {
    const startedAtMs = chunk.startedAtMs - (chunk.beforeMs[index] ?? 0);
    const used = Object.fromEntries(amounts.map((amount) => [amount, chunk[amount][index] ?? 0]));
    return {
      ...{ installationId, plugin, release, name, depth, ordinal: 0, kind: 'route', status: 'succeeded' },
      id: idFromUuid('run', uuid),
      result: { status },
      limits: usageRecord(allowed, used),
      startedAtMs,
      finishedAtMs: startedAtMs + (chunk.tookMs[index] ?? 0),
    };
  });
}

/** The usage record of {@link runsOf} as text, with `%1$s` and so on in the place of the amounts. */
function limitsFormat(allowed: RunLimits, hasBody: boolean): string {
  const places = new Map(amounts.map((amount, index) => [usageNames[amount] as string, `%${index + 1}$s`]));
  const record = usageRecord(allowed, hasBody ? { requestBytes: 1 } : {});
  const fields = Object.entries(record).map(
    ([name, { max }]) => `"${name}":{"used":${places.get(name) ?? '0'},"max":${max}}`,
  );
  return `{${fields.join(',')}}`;
}

function sum(numbers: readonly number[]): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
