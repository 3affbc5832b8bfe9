/**
 * A warm isolate with one bundle in it, and the turns of its runs, one at a time and in order. Turns of an isolate that
 * has proven quick are waited for (about half the cost); all others run on a thread of their own, so that this process
 * keeps answering, knows whose turn it is, and serves the tenant's other isolates meanwhile.
 */
import type { Guest, TurnArgs, TurnFailure, TurnName, TurnResult } from './guest.js';
import { failure, wallText, type RunEnd, type SpentRun } from './run-end.js';
import { waitableMs } from './waitable.js';

/**
 * Turns in a row that must have been short before the next is waited for; one that is not sends the isolate back to its
 * own thread.
 */
const quickTurnsNeeded = 8;
const quickTurnMs = 20;
/** How long a turn without plugin code may take, by the clock and in processor time. */
export const quietTurnMs = 1000;

/** What a isolate needs of the runs whose turns it gives. */
export interface IsolateRun extends SpentRun {
  readonly key: number;
  readonly profileId: number;
  readonly deadline: number;
  /** Its turns are short as a rule, so that the executor may wait for them. */
  readonly mayWait: boolean;
  readonly over: boolean;
  end: RunEnd | undefined;
  cpuMs: number;
}

export interface IsolateEvents<Run extends IsolateRun> {
  /**
   * A turn ended by itself; the run may have an `end` now. `unhandled`: the message of a rejection that nobody handled;
   * another turn follows.
   */
  onTurnEnd(isolate: WarmIsolate<Run>, run: Run, unhandled?: string): void;
  /** A turn was stopped. The isolate is no longer usable. */
  onTurnFailure(isolate: WarmIsolate<Run>, run: Run | undefined, failure: TurnFailure): void;
  now(): number;
  /** Processor time of this whole process so far, in milliseconds. */
  processCpuMs(): number;
}

/** A turn that waits for its place. Without a run it belongs to the platform. */
interface Entry<Run> {
  run: Run | undefined;
  turn: TurnName;
  args: TurnArgs;
}

/** The isolate that the name of this process tells: writing it costs as much as a third of a turn. */
let shown: Guest | undefined;

export class WarmIsolate<Run extends IsolateRun> {
  state: 'empty' | 'loading' | 'ready' | 'dead' = 'empty';
  /** The bundle's entry has run to its end. */
  hasEntry = false;
  /** It said that nothing in it works any more. */
  isBroken = false;
  readonly runs = new Map<number, Run>();
  /** Runs that wait for the entry to have run. */
  readonly waiting: Run[] = [];
  /** Runs that said how they ended and wait for the turn to be over. */
  readonly ended: Run[] = [];
  /** Profiles that the isolate has been given. */
  readonly profiles = new Set<number>();
  lastUsedAt: number;
  heapMb = 0;
  heapSampledAt = 0;
  /** Why a turn is being stopped, since when, and what the process had used of that turn by then. */
  stop: { code: string; at: number; processCpuMs: number; isReported: boolean } | undefined;
  #queue: Entry<Run>[] = [];
  /** The turn on the isolate's own thread. */
  #apart: Entry<Run> | undefined;
  #isWaiting = false;
  #turnStartedAt = 0;
  /** `undefined` for a turn that is waited for: asking costs time, and isolated-vm's own figure is right then. */
  #processCpuAtTurnStart: number | undefined;
  #cpuSeenNs: number;
  #quickTurns = 0;

  constructor(
    readonly key: string,
    readonly sha256: string,
    readonly guest: Guest,
    readonly events: IsolateEvents<Run>,
  ) {
    this.lastUsedAt = events.now();
    this.#cpuSeenNs = guest.cpuNs() ?? 0;
  }

  get isIdle(): boolean {
    return this.runs.size === 0 && !this.isInTurn && this.#queue.length === 0;
  }

  /** Whether plugin code may be running right now. */
  get isInTurn(): boolean {
    return this.#isWaiting || this.#apart !== undefined;
  }

  /** The run whose turn is under way on the isolate's own thread. */
  get inTurn(): { run: Run | undefined; forMs: number; processCpuMs: number } | undefined {
    if (this.#apart === undefined) return undefined;
    return {
      run: this.#apart.run,
      forMs: this.events.now() - this.#turnStartedAt,
      processCpuMs: this.#processCpuInTurn(),
    };
  }

  /** Whether a turn of the run is under way or has its place. */
  hasTurnOf(run: Run): boolean {
    if (this.#apart?.run === run) return true;
    return this.#queue.length > 0 && this.#queue.some((entry) => entry.run === run);
  }

  /** Takes out the runs whose handler has not been entered and waits for its place: they may begin elsewhere. */
  takeUnstarted(): Run[] {
    const taken = this.#queue
      .filter(({ run, turn }) => run !== undefined && turn === 'invoke')
      .flatMap(({ run }) => run ?? []);
    this.#queue = this.#queue.filter(({ run }) => run === undefined || !taken.includes(run));
    for (const run of taken) this.runs.delete(run.key);
    return taken;
  }

  /** One timed entry of one run, when its place has come. */
  enter(run: Run, turn: TurnName, args: TurnArgs): void {
    if (this.isInTurn || this.#queue.length > 0) this.#queue.push({ run, turn, args });
    else this.#begin(run, turn, args);
  }

  /** An entry that runs no plugin code and belongs to no run; it comes before all later ones. */
  enterQuietly(turn: TurnName, args: TurnArgs): void {
    if (this.isInTurn || this.#queue.length > 0) this.#queue.push({ run: undefined, turn, args });
    else this.#begin(undefined, turn, args);
  }

  /** Asks how much heap is in use; the answer comes after the turn that is under way. */
  sampleHeap(): void {
    this.heapSampledAt = this.events.now();
    void this.guest.heapMb().then((heapMb) => {
      if (heapMb !== undefined) this.heapMb = heapMb;
    });
  }

  #begin(run: Run | undefined, turn: TurnName, args: TurnArgs): void {
    const nowMs = this.events.now();
    const leftMs = run === undefined ? quietTurnMs : run.deadline - nowMs;
    if (run !== undefined && leftMs <= 0) {
      run.end ??= failure('TIMEOUT', wallText(run));
      this.events.onTurnEnd(this, run);
      return;
    }
    this.#turnStartedAt = nowMs;
    if (this.#quickTurns >= quickTurnsNeeded && turn !== 'load' && (run === undefined || run.mayWait)) {
      const limitMs = waitableMs(leftMs, run === undefined ? quietTurnMs : run.limits.cpuMs - run.cpuMs);
      if (limitMs !== undefined) {
        this.#beginWaiting(run, turn, args, limitMs);
        return;
      }
    }
    this.#beginApart(run, turn, args);
  }

  /** The watch over turns ends it when its time is over; see ADR 0025 for why isolated-vm is not asked to. */
  #beginApart(run: Run | undefined, turn: TurnName, args: TurnArgs): void {
    this.#apart = { run, turn, args };
    this.#processCpuAtTurnStart = this.events.processCpuMs();
    void this.guest.enterApart(turn, args).then((result) => {
      this.#apart = undefined;
      this.#over(run, result);
      this.#goOn();
    });
  }

  #beginWaiting(run: Run | undefined, turn: TurnName, args: TurnArgs, limitMs: number): void {
    // Visible from outside: should the turn never end, the parent reads here in whose isolate.
    if (run !== undefined && shown !== this.guest) {
      process.title = `annex-exec ${run.profileId}`;
      shown = this.guest;
    }
    this.#isWaiting = true;
    this.#processCpuAtTurnStart = undefined;
    const result = this.guest.enter(turn, args, limitMs);
    this.#isWaiting = false;
    this.#over(run, result);
    if (this.#queue.length > 0) this.#goOn();
  }

  /** Begins the turns that wait. */
  #goOn(): void {
    while (!this.isInTurn && this.state !== 'dead') {
      const next = this.#queue.shift();
      if (next === undefined) return;
      if (next.run?.over !== true) this.#begin(next.run, next.turn, next.args);
    }
  }

  #over(run: Run | undefined, { failed: told, unhandled }: TurnResult): void {
    if (run !== undefined) this.#account(run);
    // A turn that was stopped at its very end has ended by itself, and its isolate is gone all the same.
    const failed = told ?? (this.stop === undefined ? undefined : 'disposed');
    if (failed !== undefined) {
      this.events.onTurnFailure(this, run, failed);
    } else if (run !== undefined) {
      this.events.onTurnEnd(this, run, unhandled);
      // isolated-vm reads a rejection that nobody handled after the turn; what a getter in it started waits in the
      // microtask queue. One more turn of the same run drains it, so that the time it takes is billed to whom it
      // belongs.
      if (unhandled !== undefined && !run.over && this.state !== 'dead')
        this.#queue.unshift({ run, turn: 'flush', args: [0, run.key] });
    }
  }

  #account(run: Run): void {
    const cpuNs = this.guest.cpuNs();
    if (cpuNs === undefined) {
      // The isolate is gone, and took its own figure along.
      const clockMs = Math.max(0, this.events.now() - this.#turnStartedAt);
      run.cpuMs += Math.min(clockMs, this.#processCpuInTurn());
      return;
    }
    // While a thread of its own is just leaving the isolate, isolated-vm counts that turn by the clock: too much on a
    // busy machine, which the next turn's figure takes back. No turn used more than the whole process.
    const countedMs = (cpuNs - this.#cpuSeenNs) / 1e6;
    const turnMs = Math.max(0, Math.min(countedMs, this.#processCpuInTurn()));
    this.#cpuSeenNs += turnMs * 1e6;
    run.cpuMs += turnMs;
    this.#quickTurns = turnMs < quickTurnMs ? this.#quickTurns + 1 : 0;
  }

  /** What the process has used since the turn began; `Infinity` when nobody asked then. */
  #processCpuInTurn(): number {
    const before = this.#processCpuAtTurnStart;
    return before === undefined ? Infinity : this.events.processCpuMs() - before;
  }
}
