import type { RunMessage } from '../wire/messages.js';
import type { SandboxLimits } from '../sandbox.js';
import type { Lane } from './lane.js';

/** How a run ended, as the isolate or the executor says. The first word counts. */
export type RunEnd =
  | { type: 'succeeded'; hasValue: boolean; value: string }
  | { type: 'responded'; status: number; headers: string; bodyEncoding: string; body: string }
  | { type: 'failed'; code: string; message: string; stack: string; retryAfterMs: number };

/** One run inside the executor, from the message that started it to its result. */
export class GuestRun {
  /** Number that never comes again in this executor: what the isolate knows the run by. */
  readonly key: number;
  readonly slot: number;
  readonly nonce: number;
  readonly limits: SandboxLimits;
  /** Only a job may take long turns, which then never hold up this process. */
  readonly mayWait: boolean;
  readonly startedAt: number;
  readonly deadline: number;
  lane: Lane | undefined;
  end: RunEnd | undefined;
  over = false;
  /** Its handler has been entered. */
  invoked = false;
  /** The isolate said itself that the run failed, and has forgotten it. */
  endedItself = false;
  cancelAt: number | undefined;
  cpuMs = 0;
  hostCalls = 0;
  logLines = 0;
  logBytes = 0;
  readonly timers = new Map<number, NodeJS.Timeout>();
  readonly hostCallsUnderWay = new Set<number>();

  constructor(
    key: number,
    readonly message: Omit<RunMessage, 'type'>,
    nowMs: number,
  ) {
    this.key = key;
    this.slot = message.slot;
    this.nonce = message.nonce;
    this.limits = message.limits;
    this.mayWait = message.kind !== 2;
    this.startedAt = nowMs;
    this.deadline = nowMs + message.limits.wallMs;
  }

  /** Ends its timers and forgets its calls: whatever answers later finds nothing. */
  close(): void {
    this.over = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.hostCallsUnderWay.clear();
  }
}

export function failure(code: string, message: string): RunEnd {
  return { type: 'failed', code, message, stack: '', retryAfterMs: 0 };
}
