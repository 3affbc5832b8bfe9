/**
 * A warm isolate with one bundle in it, and the turns of its runs in order. Turns of an isolate that has proven quick are waited for
 * (about half the cost); all others run on a thread of their own, so that this process keeps answering, knows which run is in its turn,
 * and serves the tenant's other isolates meanwhile.
 */
import type { Guest, TurnArgs, TurnFailure, TurnName, TurnResult } from './guest.js';
import { failure, wallText, type GuestRun } from './guest-run.js';

/** Turns in a row that must have been short before the next is waited for; one that is not sends the lane back to its own thread. */
const quickTurnsNeeded = 8;
const quickTurnMs = 20;
/** How much longer than its processor time a turn may take by the clock, on a machine that is busy. */
const clockSlack = 2;

export interface LaneEvents {
  /** A turn ended by itself; the run may have an `end` now. `unhandled`: the message of a rejection that nobody handled; another turn follows. */
  onTurnEnd(lane: Lane, run: GuestRun, unhandled?: string): void;
  /** A turn was stopped or broke. The lane is no longer usable. */
  onTurnFailure(lane: Lane, run: GuestRun | undefined, failure: TurnFailure): void;
  now(): number;
}

export class Lane {
  state: 'empty' | 'loading' | 'ready' | 'dead' = 'empty';
  /** The bundle's entry has run to its end. */
  hasEntry = false;
  readonly runs = new Map<number, GuestRun>();
  /** Runs that wait for the entry to have run. */
  readonly waiting: GuestRun[] = [];
  /** Runs that said how they ended and wait for the turn to be over. */
  readonly ended: GuestRun[] = [];
  /** Profiles that the isolate has been given. */
  readonly profiles = new Set<number>();
  lastUsedAt: number;
  heapMb = 0;
  heapSampledAt = 0;
  /** Why a turn is being stopped, and since when. */
  stop: { code: string; at: number; isReported: boolean } | undefined;
  #turns: (GuestRun | undefined)[] = [];
  /** Quick turns that come while one is still on its own thread; they follow it, waited for. */
  #held: { run: GuestRun; turn: TurnName; args: TurnArgs }[] = [];
  #turnStartedAt = 0;
  #processCpuAtTurnStart = 0;
  #cpuSeenNs = 0;
  #quickTurns = 0;
  #isWaiting = false;

  constructor(
    readonly key: string,
    readonly sha256: string,
    readonly guest: Guest,
    readonly events: LaneEvents,
  ) {
    this.lastUsedAt = events.now();
    this.#cpuSeenNs = guest.cpuNs() ?? 0;
  }

  get isIdle(): boolean {
    return this.runs.size === 0 && this.#turns.length === 0 && this.#held.length === 0;
  }

  /** Whether plugin code may be running right now. */
  get isInTurn(): boolean {
    return this.#isWaiting || this.#turns.length > 0;
  }

  /** The run whose turn is under way on its own thread. */
  get inTurn(): { run: GuestRun | undefined; forMs: number; processCpuMs: number } | undefined {
    if (this.#turns.length === 0) return undefined;
    return {
      run: this.#turns[0],
      forMs: this.events.now() - this.#turnStartedAt,
      processCpuMs: processCpuMs() - this.#processCpuAtTurnStart,
    };
  }

  /** Whether a turn of the run is under way or waits on the isolate's thread. */
  hasTurnOf(run: GuestRun): boolean {
    return this.#turns.includes(run);
  }

  /** One timed entry of one run. */
  enter(run: GuestRun, turn: TurnName, args: TurnArgs): void {
    if (run.mayWait && this.#quickTurns >= quickTurnsNeeded && this.#turns.length > 0) {
      this.#held.push({ run, turn, args });
      return;
    }
    const leftMs = Math.ceil(run.deadline - this.events.now());
    if (leftMs <= 0) {
      run.end ??= failure('TIMEOUT', wallText(run));
      this.events.onTurnEnd(this, run);
      return;
    }
    const timeoutMs = Math.max(1, Math.min(leftMs, Math.ceil((run.limits.cpuMs - run.cpuMs) * clockSlack) + 20));
    if (run.mayWait && this.#turns.length === 0 && this.#quickTurns >= quickTurnsNeeded && turn !== 'load') {
      this.#enterWaiting(run, turn, args, timeoutMs);
    } else {
      this.#push(run);
      void this.guest.enterApart(turn, args, timeoutMs).then((result) => this.#turnOver(run, result));
    }
  }

  /** Asks how much heap is in use; the answer comes after the turns that are under way. */
  sampleHeap(): void {
    this.heapSampledAt = this.events.now();
    void this.guest.heapMb().then((heapMb) => {
      if (heapMb !== undefined) this.heapMb = heapMb;
    });
  }

  /** An entry that runs no plugin code and belongs to no run; it comes before all later ones. */
  enterQuietly(turn: TurnName, args: TurnArgs): void {
    if (this.#turns.length === 0 && !this.#isWaiting && this.#quickTurns >= quickTurnsNeeded) {
      const { failed } = this.guest.enter(turn, args, 1000);
      if (failed !== undefined) this.events.onTurnFailure(this, undefined, failed);
      return;
    }
    this.#push(undefined);
    void this.guest.enterApart(turn, args, 1000).then((result) => this.#turnOver(undefined, result));
  }

  #push(run: GuestRun | undefined): void {
    this.#turns.push(run);
    if (this.#turns.length === 1) this.#markTurnStart();
  }

  #markTurnStart(): void {
    this.#turnStartedAt = this.events.now();
    this.#processCpuAtTurnStart = processCpuMs();
  }

  #enterWaiting(run: GuestRun, turn: TurnName, args: TurnArgs, timeoutMs: number): void {
    // Visible from outside: should the turn never end, the parent reads here whose it was.
    process.title = `run ${run.slot}`;
    this.#isWaiting = true;
    const { failed, unhandled } = this.guest.enter(turn, args, timeoutMs);
    this.#isWaiting = false;
    if (failed !== undefined) process.title = 'run';
    this.#account(run);
    if (failed === undefined) this.#endTurn(run, unhandled);
    else this.events.onTurnFailure(this, run, failed);
  }

  /**
   * isolated-vm reads a rejection that nobody handled after the turn; what a getter in it started waits in the microtask queue. One more
   * turn of the same run drains it, so that the time it takes is billed to whom it belongs.
   */
  #endTurn(run: GuestRun, unhandled: string | undefined): void {
    this.events.onTurnEnd(this, run, unhandled);
    if (unhandled !== undefined && !run.over && this.state !== 'dead') this.enter(run, 'flush', [0, run.key]);
  }

  #turnOver(run: GuestRun | undefined, { failed, unhandled }: TurnResult): void {
    this.#turns.shift();
    if (this.#turns.length > 0) this.#markTurnStart();
    if (run !== undefined) this.#account(run);
    if (failed !== undefined) this.events.onTurnFailure(this, run, failed);
    else if (run !== undefined) this.#endTurn(run, unhandled);
    this.#enterHeld();
  }

  #enterHeld(): void {
    while (this.#turns.length === 0 && this.#held.length > 0 && this.state !== 'dead') {
      const held = this.#held.shift();
      if (held !== undefined && !held.run.over) this.enter(held.run, held.turn, held.args);
    }
  }

  #account(run: GuestRun): void {
    const cpuNs = this.guest.cpuNs();
    if (cpuNs === undefined) {
      run.cpuMs += Math.max(0, this.events.now() - this.#turnStartedAt);
      return;
    }
    const turnMs = (cpuNs - this.#cpuSeenNs) / 1e6;
    this.#cpuSeenNs = cpuNs;
    run.cpuMs += turnMs;
    this.#quickTurns = turnMs < quickTurnMs ? this.#quickTurns + 1 : 0;
  }
}

function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
