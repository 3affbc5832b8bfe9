import { sandboxLimits } from '@annex/limits/sandbox';
import type { Emit } from './emissions.js';
import { emission, logLevels, streamWindow } from './emissions.js';
import { keys, record, SafeError, SafePromise, slice, defineProperty } from './primordials.js';
import { authorFrames } from './stack-frames.js';

interface Settle {
  resolve(value: string): void;
  reject(reason: unknown): void;
  method: string;
  /** Made where the call was made. */
  site: Error;
}

/** The ceilings that the isolate keeps by itself, before the executor checks them again. */
export interface RunCeilings {
  resultBytes: number;
  logLines: number;
  logBytes: number;
  hostCalls: number;
  hostCallsAtOnce: number;
  /** A route may answer with a stream. */
  streams: boolean;
}

/** Characters of a refused call's message, and of its stack, that the executor keeps. */
const maxRefusalText = 4096;

/**
 * One run as the isolate knows it. Its handler's word is its answer, and what the handler started and did not wait for
 * may go on after that. Dead once it has ended: nothing that still holds it can reach the host any more.
 */
export class RunState {
  alive = true;
  /** Its answer is out; it lives on while something that it started goes on. */
  answered = false;
  /** Promises given to `ctx.waitUntil` that have not settled. */
  holds = 0;
  /** The next in the list of runs that have answered. */
  nextAnswered: RunState | undefined = undefined;
  /** Bytes of a streamed answer that may be sent now. */
  credit = streamWindow;
  creditWaiter: (() => void) | undefined = undefined;
  /** Told when the run is cancelled while its answer streams. */
  onCancel: (() => void) | undefined = undefined;
  /** Fires `ctx.run.signal`; set when the handler first asks for it. */
  abort: (() => void) | undefined = undefined;
  aborted = false;
  /** Told when the realm forgets the run. */
  onDrop: (() => void) | undefined = undefined;
  /** Timers that are pending, by id. */
  timers: Record<PropertyKey, true> | undefined = undefined;
  // Public fields, because plugin code never holds this object, and private ones cost more without an optimising
  // compiler.
  nextCall = 1;
  calls: Record<PropertyKey, Settle> | undefined = undefined;
  underWay = 0;
  waiting: Record<PropertyKey, () => void> | undefined = undefined;
  waitingHead = 1;
  waitingTail = 1;
  hostCalls = 0;
  executorCalls = 0;
  logLines = 0;
  logBytes = 0;

  constructor(
    readonly key: number,
    readonly ceilings: RunCeilings,
    readonly emit: () => Emit,
  ) {}

  /** `text`: a long one of the arguments, which stands apart from them. */
  hostCall(method: string, args: string, text = ''): Promise<string> {
    return this.call(emission.hostCall, method, args, text);
  }

  executorCall(method: string, args: string): Promise<string> {
    return this.call(emission.executorCall, method, args, '');
  }

  call(kind: number, method: string, args: string, text: string): Promise<string> {
    // Keeps the place of the call, because the answer comes in a turn of its own; written out only when it is a
    // refusal.
    const site = new SafeError();
    return new SafePromise<string>((resolve, reject) => {
      const refusal = this.refuse(kind, method, args.length + text.length);
      if (refusal !== undefined) {
        reject(refusal);
        return;
      }
      if (kind === emission.hostCall) this.hostCalls += 1;
      else this.executorCalls += 1;
      const start = (): void => {
        const id = this.nextCall;
        this.nextCall += 1;
        this.calls ??= record<Settle>();
        this.calls[id] = { resolve, reject, method, site };
        this.underWay += 1;
        this.emit()(kind, this.key, id, 0, method, args, text);
      };
      if (this.underWay < this.ceilings.hostCallsAtOnce) {
        start();
      } else {
        this.waiting ??= record<() => void>();
        this.waiting[this.waitingTail] = start;
        this.waitingTail += 1;
      }
    });
  }

  /** Nothing that it started goes on. */
  get isQuiet(): boolean {
    return this.underWay === 0 && this.holds === 0;
  }

  /** Keeps the run from ending until `endHold` is called as often. */
  hold(): void {
    this.holds += 1;
    if (this.holds === 1) this.emit()(emission.hold, this.key, 1, 0, '', '', '');
  }

  endHold(): void {
    this.holds -= 1;
    if (this.holds === 0 && this.alive) this.emit()(emission.hold, this.key, 0, 0, '', '', '');
  }

  /** Settles when more of a streamed answer may be sent, or nothing of it any more. */
  nextCredit(): Promise<void> {
    return new SafePromise<void>((resolve) => (this.creditWaiter = resolve));
  }

  addCredit(bytes: number): void {
    this.credit += bytes;
    this.wakeStream();
  }

  wakeStream(): void {
    const wake = this.creditWaiter;
    this.creditWaiter = undefined;
    wake?.();
  }

  refuse(kind: number, method: string, length: number): Error | undefined {
    if (!this.alive) return hostError('RUN_ENDED', `${method}: the run that owns this ctx has ended`);
    if (length > sandboxLimits.argumentChars) {
      return hostError(
        'PAYLOAD_TOO_LARGE',
        `${method}: the arguments are ${length} characters of JSON, the limit is ${sandboxLimits.argumentChars}`,
      );
    }
    const isHostCall = kind === emission.hostCall;
    const made = isHostCall ? this.hostCalls : this.executorCalls;
    const limit = isHostCall ? this.ceilings.hostCalls : sandboxLimits.executorCalls;
    return made < limit
      ? undefined
      : hostError('RATE_LIMITED', `${method}: this run has made ${made} such calls, the limit is ${limit}`);
  }

  deliver(id: number, ok: boolean, a: string, b: string): void {
    const settle = this.calls?.[id];
    if (this.calls === undefined || settle === undefined || !this.alive) return;
    delete this.calls[id];
    this.underWay -= 1;
    if (ok) settle.resolve(a);
    else {
      const error = callError(settle, a, b);
      this.emit()(
        emission.refusal,
        this.key,
        0,
        0,
        slice(b, 0, maxRefusalText),
        slice(error.stack ?? '', 0, maxRefusalText),
        '',
      );
      settle.reject(error);
    }
    const next = this.waiting?.[this.waitingHead];
    if (this.waiting !== undefined && next !== undefined) {
      delete this.waiting[this.waitingHead];
      this.waitingHead += 1;
      next();
    }
  }

  /** Refuses the calls that are under way: nobody will answer them any more. */
  endCalls(): void {
    const { calls } = this;
    this.calls = undefined;
    this.waiting = undefined;
    if (calls === undefined) return;
    const ids = keys(calls);
    for (let index = 0; index < ids.length; index += 1)
      calls[ids[index] as string]?.reject(hostError('RUN_ENDED', 'the run that owns this ctx has ended'));
  }

  /** Throws once the run's log is full; the run has then failed already. */
  log(level: number, message: string, fields: string): void {
    if (!this.alive) return;
    this.logLines += 1;
    this.logBytes += message.length + fields.length;
    const { logLines, logBytes } = this.ceilings;
    if (this.logLines > logLines) this.fail('LOG_LIMIT', `the run logged more than ${logLines} lines`);
    else if (this.logBytes > logBytes) this.fail('LOG_LIMIT', `the run logged more than ${logBytes} bytes`);
    else this.emit()(emission.log, this.key, level, 0, message, fields, '');
    if (!this.alive) throw hostError('LOG_LIMIT', 'the log of this run is full');
  }

  fail(code: string, message: string, stack = '', retryAfterMs = 0): void {
    if (!this.alive) return;
    this.alive = false;
    this.emit()(emission.failure, this.key, retryAfterMs, 0, code, message, stack);
  }
}

/**
 * The error a plugin sees when a host call fails: its message, and the stable `code`. The code is no member that JSON
 * would write: an error in a result would lose its message without a word otherwise.
 */
export function hostError(code: string, message: string): Error {
  const error = new SafeError(message);
  defineProperty(error, 'code', { value: code, enumerable: false, configurable: true, writable: true });
  return error;
}

/** The error of a call that was refused. Its stack names the call and leads to the line that made it. */
function callError({ method, site }: Settle, code: string, message: string): Error {
  const hidden = { enumerable: false, configurable: true, writable: true } as const;
  const frames = authorFrames(site.stack);
  defineProperty(site, 'message', { ...hidden, value: message });
  defineProperty(site, 'code', { ...hidden, value: code });
  defineProperty(site, 'stack', { ...hidden, value: `Error: ${message}\n    at ctx.${method}${frames}` });
  return site;
}

/** The number that stands for a log level in an emission. */
export function levelNumber(level: string): number {
  for (let index = 0; index < logLevels.length; index += 1) if (logLevels[index] === level) return index;
  return 1;
}
