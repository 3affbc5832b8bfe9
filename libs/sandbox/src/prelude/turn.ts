import { sandboxLimits } from '@annex/limits/sandbox';
import { emission, type Emit } from './emissions.js';
import type { PreludeHost } from './host.js';
import { record, SafePromise } from './primordials.js';
import { hostError, levelNumber, type RunState } from './run-state.js';

/** The turn under way: whose it is, and how callbacks leave it. */
export class Turn {
  emit: Emit;
  run: RunState | undefined = undefined;
  timerStarts = 0;

  constructor(
    readonly emitWaiting: Emit,
    readonly emitApart: Emit,
  ) {
    this.emit = emitApart;
  }

  begin(waiting: number, run: RunState | undefined): void {
    this.emit = waiting === 1 ? this.emitWaiting : this.emitApart;
    this.run = run;
    this.timerStarts = 0;
  }

  startTimer(id: number, delayMs: number, isPlatforms: boolean): void {
    const { run } = this;
    if (run === undefined || !run.alive) return;
    this.timerStarts += 1;
    if (this.timerStarts > sandboxLimits.timerStarts)
      throw hostError('RATE_LIMITED', `more than ${sandboxLimits.timerStarts} timers were started at a stretch`);
    run.timers ??= record<true>();
    run.timers[id] = true;
    this.emit(emission.startTimer, run.key, id, delayMs, isPlatforms ? 'platform' : '', '', '');
  }

  clearTimer(id: number): void {
    const { run } = this;
    if (run === undefined) return;
    if (run.timers !== undefined) delete run.timers[id];
    this.emit(emission.clearTimer, run.key, id, 0, '', '', '');
  }
}

/** The world outside, as the run of the turn under way may ask it. */
export function hostOf(
  turn: Turn,
  randomBase64: PreludeHost['randomBase64'],
  lazySource: PreludeHost['lazySource'],
): PreludeHost {
  const nobody = (what: string): Error => hostError('NO_RUN', `${what} works only while a handler runs`);
  return {
    hostCall: (method, args, text) =>
      turn.run === undefined ? SafePromise.reject(nobody(method)) : turn.run.hostCall(method, args, text),
    executorCall: (method, args) =>
      turn.run === undefined ? SafePromise.reject(nobody(method)) : turn.run.executorCall(method, args),
    randomBase64: (bytes) => randomBase64(bytes),
    startTimer: (id, delayMs, isPlatforms) => turn.startTimer(id, delayMs, isPlatforms),
    clearTimer: (id) => turn.clearTimer(id),
    log: (level, message, fields) => turn.run?.log(levelNumber(level), message, fields),
    lazySource: (name) => lazySource(name),
  };
}
