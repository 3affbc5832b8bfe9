/**
 * Judges a history in the manner of Jepsen's total-queue: what was attempted, what was acknowledged, which effects were
 * committed, what arrived in the outside world. Pure; each of its findings has a test that makes it.
 */
import type { Send } from './sink.js';

/** Something that a client asked for, under a key of its own. */
export interface Operation {
  key: string;
  kind: 'event' | 'job' | 'route' | 'mapped';
  /** The client got its 2xx. Otherwise it gave up: the work may or may not be done, but never twice. */
  isAcknowledged: boolean;
}

/** A run as PostgreSQL has it afterwards. */
export interface RunRecord {
  id: string;
  name: string;
  status: string;
  /** How often a worker took it. */
  claims: number;
  /** `error`: the code with which the attempt failed. A claim that was handed back leaves no attempt. */
  attempts: readonly { fromMs: number; toMs: number; error?: string | undefined }[];
}

/** A fault, from the moment it was done to the moment everything it touched was whole again. */
export interface Fault {
  name: string;
  fromMs: number;
  toMs: number;
}

export interface History {
  operations: readonly Operation[];
  /** Committed effects by key: one for each time that the work's transaction was committed. */
  effects: ReadonlyMap<string, number>;
  sends: readonly Send[];
  /** The stages that every piece of work must reach the sink with. */
  stages: readonly string[];
  runs: readonly RunRecord[];
  faults: readonly Fault[];
}

/** Every list names what is wrong; all must be empty. */
export interface Verdict {
  attempted: number;
  acknowledged: number;
  /** Never acknowledged and done nevertheless: nothing wrong with that. */
  recovered: number;
  /** Attempts that a fault ended, which sent once more than the work's one time. */
  explainedSends: number;
  /** Acknowledged, and without effect or without its sends. */
  lost: string[];
  /** Effects that were committed more than once. */
  duplicatedEffects: string[];
  /** Effects of work that nobody asked for. */
  unexpectedEffects: string[];
  /** Sends beyond the first one that no claim lost to a fault explains. */
  unexplainedSends: string[];
  /** Runs that have not ended, or ended badly. */
  unfinished: string[];
}

/**
 * What a fault does may show a moment later: an executor that starts again, a connection that is found dead at its next
 * use.
 */
const aftermathMs = 5_000;

export function judge({ operations, effects, sends, stages, runs, faults }: History): Verdict {
  const arrived = new Map(
    stages.map((stage) => [stage, new Set(sends.filter((send) => send.stage === stage).map(({ key }) => key))]),
  );
  const attempted = new Set(operations.map(({ key }) => key));
  const acknowledged = operations.filter(({ isAcknowledged }) => isAcknowledged);
  const lost = acknowledged.flatMap(({ key }) => {
    if (!effects.has(key)) return [`${key}: no effect`];
    return stages.filter((stage) => !arrived.get(stage)?.has(key)).map((stage) => `${key}: nothing sent by ${stage}`);
  });
  const { explained, unexplained } = judgeSends({ sends, runs, faults });
  return {
    attempted: operations.length,
    acknowledged: acknowledged.length,
    recovered: operations.filter(({ key, isAcknowledged }) => !isAcknowledged && effects.has(key)).length,
    explainedSends: explained,
    lost,
    duplicatedEffects: [...effects].filter(([, times]) => times > 1).map(([key, times]) => `${key}: ${times} times`),
    unexpectedEffects: [...effects.keys()].filter((key) => !attempted.has(key)),
    unexplainedSends: unexplained,
    unfinished: runs
      .filter(({ status }) => status !== 'succeeded')
      .map(({ id, name, status }) => `${name} ${id}: ${status}`),
  };
}

function judgeSends({ sends, runs, faults }: Pick<History, 'sends' | 'runs' | 'faults'>): {
  explained: number;
  unexplained: string[];
} {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const unexplained: string[] = [];
  let explained = 0;
  for (const [work, all] of groupBy(sends, ({ stage, key }) => `${stage} of ${key}`)) {
    const byRun = groupBy(all, ({ run }) => run);
    if (byRun.size > 1) unexplained.push(`${work}: sent by ${byRun.size} runs`);
    for (const [id, own] of byRun) {
      const run = byId.get(id);
      if (run === undefined) {
        unexplained.push(`${work}: sent by ${id}, which there is not`);
        continue;
      }
      const extra = own.length - 1;
      const handedBack = Math.max(0, run.claims - run.attempts.length);
      const excused = lostClaims(run, faults);
      const sameAttempt = own.length - new Set(own.map(({ attempt }) => attempt)).size;
      if (extra > excused || sameAttempt > handedBack)
        unexplained.push(`${work}: ${own.length} times by ${id}, which lost ${excused} claims to faults`);
      else explained += extra;
    }
  }
  return { explained, unexplained };
}

/**
 * Claims of a run that a fault ended: attempts that failed while one was going on, and those handed back by a worker
 * that left.
 */
function lostClaims(run: RunRecord, faults: readonly Fault[]): number {
  const failed = run.attempts.filter(
    ({ error, fromMs, toMs }) =>
      error !== undefined && faults.some((fault) => fromMs <= fault.toMs + aftermathMs && toMs >= fault.fromMs),
  );
  return failed.length + (faults.length > 0 ? Math.max(0, run.claims - run.attempts.length) : 0);
}

/** A tick of a schedule: the run that stands for it. */
export interface Tick {
  schedule: string;
  /** The instant it was for. */
  atMs: number;
  status: string;
  /** Why it did not run, or how it failed. */
  code?: string | undefined;
  /**
   * It stands for so many ticks that did not run for the same reason, the last of them for the instant `untilMs`.
   * Default: for itself alone.
   */
  stretch?: { ticks: number; untilMs: number } | undefined;
}

/** What each tick may have become, by the job's policies. */
export interface TickRule {
  everyMs: number;
  /** Reasons for which a tick may have been skipped. */
  skips: readonly string[];
}

/** Every tick that is missing, was decided twice, or became what its policy does not allow. */
export function judgeTicks(ticks: readonly Tick[], rules: ReadonlyMap<string, TickRule>): string[] {
  const wrong: string[] = [];
  for (const [schedule, own] of groupBy(ticks, (tick) => tick.schedule)) {
    const rule = rules.get(schedule);
    if (rule === undefined) {
      wrong.push(`${schedule}: nobody knows this schedule`);
      continue;
    }
    const inOrder = [...own].sort((one, other) => one.atMs - other.atMs);
    for (const [index, tick] of inOrder.entries()) {
      const { atMs, status, code, stretch } = tick;
      const at = new Date(atMs).toISOString();
      const before = inOrder[index - 1];
      const sinceMs = before && atMs - (before.stretch?.untilMs ?? before.atMs);
      if (sinceMs !== undefined && sinceMs <= 0) wrong.push(`${schedule} ${at}: decided twice`);
      else if (sinceMs !== undefined && sinceMs !== rule.everyMs)
        wrong.push(`${schedule} ${at}: ${Math.round(sinceMs / rule.everyMs) - 1} ticks before it are missing`);
      if (stretch && stretch.untilMs - atMs !== (stretch.ticks - 1) * rule.everyMs)
        wrong.push(
          `${schedule} ${at}: ${stretch.ticks} ticks are said to lie between it and ` +
            `${new Date(stretch.untilMs).toISOString()}`,
        );
      if (status !== 'succeeded' && !(status === 'skipped' && rule.skips.includes(code ?? '')))
        wrong.push(`${schedule} ${at}: ${status} ${code ?? ''}`);
    }
  }
  for (const schedule of rules.keys())
    if (!ticks.some((tick) => tick.schedule === schedule)) wrong.push(`${schedule}: no tick at all`);
  return wrong;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  return Map.groupBy(items, keyOf);
}
