import type { Emit } from './emissions.js';
import { record, SafeError } from './primordials.js';
import { RunState, type RunCeilings } from './run-state.js';

/** What runs have in common. */
export interface Profile {
  /** JSON of what `ctx` shows of tenant, plugin, permissions and config. */
  fixed: string;
  /** The tenant's, read out of it when a handler first asks. */
  tenantSlug: string | undefined;
  ceilings: RunCeilings;
}

/** The runs of this realm, from their first turn until nothing of them goes on. */
export class Runs {
  readonly byKey = record<RunState>();
  profiles = record<Profile>();
  /** Runs that have answered, as a list; looked through at the next turn. */
  answered: RunState | undefined = undefined;

  constructor(
    readonly emit: () => Emit,
    readonly forgetTimer: (timerId: number) => void,
  ) {}

  /** Knows a new run. Throws when nobody told its profile. */
  begin(key: number, profileId: number): RunState {
    const profile = this.profiles[profileId];
    if (profile === undefined) throw new SafeError('no such profile');
    const run = new RunState(key, profile.ceilings, this.emit);
    this.byKey[key] = run;
    return run;
  }

  /** Notes that a run's handler is done. */
  settled(run: RunState): void {
    run.nextAnswered = this.answered;
    this.answered = run;
  }

  /**
   * Drops the runs that have answered and started nothing that still goes on. Looked at between turns, when no
   * microtask waits: the executor judges at the same moment by the same facts, so a run ends on both sides without a
   * word.
   */
  dropEnded(): void {
    let run = this.answered;
    this.answered = undefined;
    while (run !== undefined) {
      const next: RunState | undefined = run.nextAnswered;
      if (!run.alive || run.isQuiet) this.drop(run);
      else this.settled(run);
      run = next;
    }
  }

  /** Forgets a run; its timers will never fire. */
  drop(run: RunState): void {
    run.alive = false;
    run.onDrop?.();
    if (run.timers !== undefined) for (const id in run.timers) this.forgetTimer(+id);
    delete this.byKey[run.key];
  }
}
