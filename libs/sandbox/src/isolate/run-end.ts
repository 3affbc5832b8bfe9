import type { SandboxLimits } from '../sandbox.js';

/**
 * How a run ended, as the isolate or the executor says. The first word counts, except that a run which has answered may
 * still fail in what it started and did not wait for.
 */
export type RunEnd =
  | { type: 'succeeded'; hasValue: boolean; value: string; bytes: number }
  | { type: 'responded'; status: number; headers: string; bodyEncoding: string; body: string; bytes: number }
  | { type: 'failed'; code: string; message: string; stack: string; retryAfterMs: number };

/** What the texts of its end need of a run. */
export interface SpentRun {
  readonly limits: SandboxLimits;
  readonly cpuMs: number;
}

export function failure(code: string, message: string): RunEnd {
  return { type: 'failed', code, message, stack: '', retryAfterMs: 0 };
}

export function cpuText(run: SpentRun): string {
  return `the run used ${Math.round(run.cpuMs)} ms of processor time, the limit is ${run.limits.cpuMs}`;
}

export function wallText(run: SpentRun): string {
  return `the run took longer than ${run.limits.wallMs} ms`;
}

export function memoryText(run: SpentRun): string {
  return `the plugin needed more than ${run.limits.memoryMb} MB of heap`;
}
