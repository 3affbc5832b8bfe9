/**
 * The executor's own look at its turns, between turns: stops one that is out of time, and says so when stopping does
 * not help.
 */
import type { GuestIsolate, GuestRun } from './guest-run.js';
import { quietTurnMs } from './warm-isolate.js';
import { cpuText, failure, wallText } from './run-end.js';

/** A turn that goes on this long is reported, so that the parent knows whom to blame if the process has to go. */
const busyAfterMs = 60;
const cancelGraceMs = 250;
/** A turn may go on this long after its run has failed. */
const afterEndMs = 250;
const heapEveryMs = 1000;

export interface TurnFindings {
  /** Seats of runs whose turn goes on. */
  busy: number[];
  /** A run whose turn does not end although its isolate was disposed of. */
  stuck: { run: GuestRun; code: string }[];
}

/** Looks at one isolate's turn. `graceMs`: how long a stopped turn may take to end. */
export function watchTurn(isolate: GuestIsolate, nowMs: number, graceMs: number, findings: TurnFindings): void {
  const turn = isolate.inTurn;
  if (turn === undefined) {
    if (isolate.state === 'ready' && isolate.runs.size > 0 && nowMs - isolate.heapSampledAt > heapEveryMs)
      isolate.sampleHeap();
    return;
  }
  const { run } = turn;
  if (run !== undefined && turn.forMs > busyAfterMs) findings.busy.push(run.seat);
  const { stop } = isolate;
  if (stop === undefined) {
    const isNobodys = run === undefined || run.over;
    const isLate = isolate.state === 'dead' || hasComputed(turn, quietTurnMs);
    const code = isNobodys ? (isLate ? 'TIMEOUT' : undefined) : stopCode(run, turn, nowMs);
    if (code === undefined) return;
    isolate.stop = { code, at: nowMs, processCpuMs: turn.processCpuMs, isReported: false };
    isolate.guest.dispose();
  } else if (!stop.isReported && run !== undefined) {
    const since = { forMs: nowMs - stop.at, processCpuMs: turn.processCpuMs - stop.processCpuMs };
    if (!hasComputed(since, graceMs)) return;
    stop.isReported = true;
    findings.stuck.push({ run, code: stop.code });
  }
}

interface TurnTime {
  forMs: number;
  processCpuMs: number;
}

/**
 * Whether a turn has gone on for so long. While it does only its time by the clock is known; that the process used as
 * much processor time keeps a busy machine from being blamed on it.
 */
function hasComputed({ forMs, processCpuMs }: TurnTime, ms: number): boolean {
  return forMs >= ms && processCpuMs >= ms;
}

function stopCode(run: GuestRun, turn: TurnTime, nowMs: number): string | undefined {
  if (hasComputed(turn, run.limits.cpuMs - run.cpuMs)) return 'CPU_LIMIT';
  // It has failed already, at a limit, and goes on all the same.
  if (run.end?.type === 'failed' && turn.forMs >= afterEndMs) return run.end.code;
  if (nowMs >= run.deadline) return 'TIMEOUT';
  if (run.cancelAt !== undefined && nowMs - run.cancelAt >= cancelGraceMs) return 'CANCELLED';
  return undefined;
}

/** Gives an end to a run that waits for something and is out of time. Answers whether it did. */
export function expire(run: GuestRun, nowMs: number): boolean {
  if (run.over || run.isolate?.inTurn?.run === run) return false;
  const isStreaming = run.stream !== undefined && !run.stream.isEnded;
  if (nowMs >= run.deadline) {
    if (isStreaming) run.end = failure('TIMEOUT', wallText(run));
    run.end ??= failure('TIMEOUT', wallText(run));
    return true;
  }
  if (run.cpuMs > run.limits.cpuMs) {
    // By work of this process, such as cryptography: a turn of its own would have told.
    run.end = failure('CPU_LIMIT', cpuText(run));
    return true;
  }
  const idleMs = run.limits.stream?.idleMs ?? Infinity;
  if (isStreaming && nowMs - (run.stream?.lastAt ?? nowMs) >= idleMs) {
    run.end = failure('TIMEOUT', `the stream of the answer sent nothing for ${idleMs} ms, or its reader took nothing`);
    return true;
  }
  if (run.cancelAt !== undefined && nowMs - run.cancelAt >= cancelGraceMs) {
    if (isStreaming) run.end = failure('CANCELLED', 'the run was cancelled');
    run.end ??= failure('CANCELLED', 'the run was cancelled');
    return true;
  }
  return false;
}
