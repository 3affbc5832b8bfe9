import type { Profile, RunMessage } from '../wire/messages.js';
import { streamWindow } from '../prelude/emissions.js';
import type { SandboxLimits, StreamLimits } from '../sandbox.js';
import type { RunCompression } from './compression.js';
import type { WarmIsolate } from './warm-isolate.js';
import type { RunEnd } from './run-end.js';

/** A pending timer: of plugin code, or of the platform itself (`AbortSignal.timeout`). */
export interface RunTimer {
  timeout: NodeJS.Timeout;
  isPlugins: boolean;
}

/** An answer that is a stream. */
export interface GuestStream {
  /** Sent so far. */
  bytes: number;
  /** May be sent before its reader takes more. */
  credit: number;
  /** When it last sent something. */
  lastAt: number;
  isEnded: boolean;
}

/** What a run is told when it begins. */
type GuestRunOrder = Pick<RunMessage, 'seat' | 'nonce' | 'profileId' | 'code' | 'head' | 'content'>;

/** A warm isolate and the turns of its runs. */
export type GuestIsolate = WarmIsolate<GuestRun>;

/** The handler kind whose turns may be long: a job is never waited for. */
const jobKind = 2;

/**
 * One run inside the executor, from the message that started it to its result. Plain fields: it is made and read for
 * every run.
 */
export class GuestRun {
  readonly seat: number;
  readonly nonce: number;
  readonly profileId: number;
  /** Those of a streamed answer, once there is one. */
  limits: SandboxLimits;
  readonly code: number;
  readonly head: string;
  readonly content: string;
  deadline: number;
  /** Its turns are short as a rule, so that the executor may wait for them. */
  mayWait: boolean;
  isolate: GuestIsolate | undefined = undefined;
  end: RunEnd | undefined = undefined;
  over = false;
  /** Its handler has been entered. */
  invoked = false;
  /** The isolate said itself that the run ended, and has forgotten it. */
  endedItself = false;
  /** A promise given to `ctx.waitUntil` has not settled. */
  isHeld = false;
  /** The parent has been told the answer, and waits for the run's end. */
  answerSent = false;
  /** Its answer, when that is a stream. */
  stream: GuestStream | undefined = undefined;
  cancelAt: number | undefined = undefined;
  cpuMs = 0;
  hostCalls = 0;
  logLines = 0;
  logBytes = 0;
  /** Made when the first is needed: most runs need none. */
  timers: Map<number, RunTimer> | undefined = undefined;
  hostCallsUnderWay: Set<number> | undefined = undefined;
  /** Calls that this process answers itself. */
  executorCallsUnderWay = 0;
  /** Stacks of the last calls that were refused, by their messages. */
  refusals: Map<string, string> | undefined = undefined;
  /** Its open streams of compression. */
  compression: RunCompression | undefined = undefined;

  /** `key`: a number that never comes again in this executor: what the isolate knows the run by. */
  constructor(
    readonly key: number,
    readonly profile: Profile,
    order: GuestRunOrder,
    startedAt: number,
  ) {
    this.seat = order.seat;
    this.nonce = order.nonce;
    this.profileId = order.profileId;
    this.limits = profile.limits;
    this.code = order.code;
    this.head = order.head;
    this.content = order.content;
    this.deadline = startedAt + profile.limits.wallMs;
    this.mayWait = (order.code & 7) !== jobKind;
  }

  /** Nothing that it started goes on: with its answer given it is over. Timers do not count. */
  get isQuiet(): boolean {
    const { hostCallsUnderWay, isolate } = this;
    return (
      !this.isHeld &&
      this.executorCallsUnderWay === 0 &&
      (hostCallsUnderWay === undefined || hostCallsUnderWay.size === 0) &&
      (isolate === undefined || !isolate.hasTurnOf(this))
    );
  }

  /** Its answer streams from now on, under limits of its own. */
  beginStream({ wallMs, cpuMs, bytes }: StreamLimits, nowMs: number): void {
    this.stream = { bytes: 0, credit: streamWindow, lastAt: nowMs, isEnded: false };
    this.limits = { ...this.limits, wallMs, cpuMs, resultBytes: bytes };
    this.deadline = nowMs + wallMs;
    // A stream's turns may be long, and there are many.
    this.mayWait = false;
  }

  /** Ends its timers and forgets its calls: whatever answers later finds nothing. */
  close(): void {
    this.over = true;
    if (this.timers !== undefined) for (const { timeout } of this.timers.values()) clearTimeout(timeout);
    this.timers = undefined;
    this.hostCallsUnderWay = undefined;
    this.compression?.close();
  }
}
