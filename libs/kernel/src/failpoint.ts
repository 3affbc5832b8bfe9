/**
 * Places between two steps that must hold together although the process may end exactly there. The fault suite
 * (docs/faults.md) ends, stops or blocks the process at them. No setting and no request can: only code loaded into the
 * process beside the program calls {@link armFailpoints}, and until it does a failpoint is a call that does nothing.
 */

/** Every place, in the order in which accepted work passes them. */
export const failpoints = [
  /** A source's events and its place are written, their transaction not yet committed. */
  'source.written',
  /** A connection's events are committed, and not yet acknowledged to where they came from. */
  'source.committed',
  /** An agent is about to be asked. */
  'agent.asking',
  /** An agent has answered, which is not yet written. */
  'agent.asked',
  /** An event is written, its transaction not yet committed. */
  'emit.written',
  /** An event is committed, its sender not yet answered. */
  'emit.committed',
  /** What was asked of a run (run now, cancel, replay) is committed, the asker not yet answered. */
  'request.committed',
  /** A schedule's ticks, or an alert's end, are written, their transaction not yet committed. */
  'tick.written',
  /** Runs are due, and the permit to claim them is not yet in the queue. */
  'permit.wanted',
  /** A permit is in the queue. */
  'permit.added',
  /** A permit came out of the queue, and nothing was claimed with it yet. */
  'permit.received',
  /** Due runs are claimed, none of their handlers is started yet. */
  'runs.claimed',
  /** A handler has ended, which is not yet written. */
  'attempt.tried',
  /** A run's end and effects are written, their transaction not yet committed. */
  'attempt.written',
  /** A run's end is committed. */
  'attempt.finished',
  /** Runs of dead workers are taken back, the relays not yet told. */
  'reconcile.expired',
] as const;

export type Failpoint = (typeof failpoints)[number];

let onReached: ((name: Failpoint) => void) | undefined;

/** Marks a place. Costs a comparison. */
export function failpoint(name: Failpoint): void {
  onReached?.(name);
}

/** Calls `reached` at every failpoint of this process until the answered function is called. For tests alone. */
export function armFailpoints(reached: (name: Failpoint) => void): () => void {
  onReached = reached;
  return () => {
    if (onReached === reached) onReached = undefined;
  };
}
