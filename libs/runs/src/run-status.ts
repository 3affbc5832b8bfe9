import type { RunKind } from '@annex/limits';

/** Where a run stands. */
export const runStatuses = ['queued', 'running', 'retrying', 'succeeded', 'failed', 'cancelled', 'skipped'] as const;

/** One of {@link runStatuses}. */
export type RunStatus = (typeof runStatuses)[number];

/** A legal move of a run, and what makes it. */
export interface RunMove {
  from: RunStatus;
  to: RunStatus;
  when: string;
}

/** Statuses that a run may be made with. */
export const initialRunStatuses: readonly RunStatus[] = ['queued', 'running', 'skipped'];

/** Every legal move; all others are refused. */
export const runMoves: readonly RunMove[] = [
  { from: 'queued', to: 'running', when: 'a worker claimed it' },
  { from: 'queued', to: 'cancelled', when: 'it was cancelled, or a later tick replaced it, before it started' },
  {
    from: 'queued',
    to: 'skipped',
    when: 'there is nothing left to run it: the handler, the plugin or the grant is gone',
  },
  { from: 'queued', to: 'failed', when: 'it cannot be started: its payload, release or deadline is unusable' },
  { from: 'running', to: 'succeeded', when: 'the handler answered' },
  { from: 'running', to: 'failed', when: 'an attempt failed and no further one is allowed' },
  { from: 'running', to: 'retrying', when: 'an attempt failed and another one is scheduled' },
  { from: 'running', to: 'cancelled', when: 'it was cancelled, or a later tick replaced it, while it ran' },
  {
    from: 'running',
    to: 'skipped',
    when: 'the attempt found that there is nothing to do: its webhook is disabled, or the transform left it out',
  },
  {
    from: 'running',
    to: 'queued',
    when: 'the worker handed it back, or its lease ran out; the attempt does not count',
  },
  { from: 'retrying', to: 'running', when: 'a worker claimed the next attempt' },
  { from: 'retrying', to: 'failed', when: 'the retries were given up' },
  { from: 'retrying', to: 'cancelled', when: 'it was cancelled while it waited' },
  { from: 'retrying', to: 'queued', when: 'the next attempt was asked for at once' },
  { from: 'failed', to: 'queued', when: 'the dead letter was replayed' },
];

const legal = new Set(runMoves.map(({ from, to }) => `${from}>${to}`));

/** Whether a run may go from one status to another. */
export function canMove(from: RunStatus, to: RunStatus): boolean {
  return legal.has(`${from}>${to}`);
}

/** The statuses from which `to` can be reached in one move: the `WHERE status IN (…)` of a compare-and-set. */
export function sourcesOf(to: RunStatus): RunStatus[] {
  return runMoves.filter((move) => move.to === to).map((move) => move.from);
}

/** Whether a run has ended: nothing happens to it any more unless somebody replays it. */
export function hasEnded(status: RunStatus): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled' || status === 'skipped';
}

/** Whether a run is a dead letter: failed background work that waits for a replay (CONTRACT §5). */
export function isDeadLetter(run: { kind: RunKind; status: RunStatus }): boolean {
  return run.status === 'failed' && (run.kind === 'event' || run.kind === 'job' || run.kind === 'webhook');
}
