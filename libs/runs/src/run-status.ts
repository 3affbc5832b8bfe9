/** Where a run stands. */
export const runStatuses = ['queued', 'running', 'retrying', 'succeeded', 'failed', 'cancelled', 'skipped'] as const;

/** One of {@link runStatuses}. */
export type RunStatus = (typeof runStatuses)[number];

/**
 * What moves a run that is there. Each is one statement in `sql/`: `claim` and `finish` and `handBack` in claim.ts,
 * `expire` in reconcile.ts, `cancel` in cancel-run.ts, `replace` in overlap.ts, `supersede` in supersede-unbegun.ts,
 * `uninstall` in uninstalled-runs.ts.
 */
export const runOperations = [
  'claim',
  'finish',
  'handBack',
  'expire',
  'cancel',
  'replace',
  'supersede',
  'uninstall',
] as const;

/** One of {@link runOperations}. */
export type RunOperation = (typeof runOperations)[number];

/** A legal move of a run, and what makes it. */
export interface RunMove {
  from: RunStatus;
  to: RunStatus;
  by: readonly RunOperation[];
  when: string;
}

/**
 * Statuses that a run is made with. `queued`: it waits for a worker; a replay is a new run too. `skipped`: a tick that
 * does not run. The others: it began and ended in one call, a route's or a filter's, and is written down afterwards.
 */
export const initialRunStatuses: readonly RunStatus[] = ['queued', 'skipped', 'succeeded', 'failed', 'cancelled'];

/** Every legal move. The guards of the statements are made from it (`sql/guards.ts`), so none makes another one. */
export const runMoves: readonly RunMove[] = [
  { from: 'queued', to: 'running', by: ['claim'], when: 'a worker claimed it' },
  { from: 'retrying', to: 'running', by: ['claim'], when: 'a worker claimed the next attempt' },
  { from: 'running', to: 'succeeded', by: ['finish'], when: 'the handler answered' },
  {
    from: 'queued',
    to: 'succeeded',
    by: ['finish'],
    when: 'the handler answered after its lease had run out, and nobody has started the run since',
  },
  {
    from: 'running',
    to: 'failed',
    by: ['finish', 'expire'],
    when: 'an attempt failed and no further one is allowed, or too many starts came to no end',
  },
  { from: 'running', to: 'retrying', by: ['finish'], when: 'an attempt failed and another one is scheduled' },
  {
    from: 'running',
    to: 'skipped',
    by: ['finish'],
    when: 'the attempt found that there is nothing to do: its webhook is disabled, or the transform left it out',
  },
  {
    from: 'running',
    to: 'queued',
    by: ['finish', 'handBack', 'expire'],
    when: 'it waits for somebody outside, its worker handed it back, or its lease ran out; the attempt does not count',
  },
  {
    from: 'running',
    to: 'cancelled',
    by: ['finish', 'handBack', 'expire', 'uninstall'],
    when: 'somebody had asked for it while it ran, or its plugin was uninstalled',
  },
  {
    from: 'queued',
    to: 'cancelled',
    by: ['cancel', 'replace', 'supersede', 'uninstall'],
    when: 'it was cancelled before it started, a later tick or change replaced it, or its plugin was uninstalled',
  },
  {
    from: 'retrying',
    to: 'cancelled',
    by: ['cancel', 'replace', 'uninstall'],
    when: 'the same while it waited for its next attempt',
  },
];

/** Whether a run has ended: nothing moves it any more. A replay makes another run. */
export function hasEnded(status: RunStatus): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled' || status === 'skipped';
}
