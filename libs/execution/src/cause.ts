import type { Id } from '@annex/kernel';

/** What brought a run about, as far as what it does itself must know. */
export interface Cause {
  /**
   * How far the run lies from the outside world: emits on the way to it, and times that a request on the way came
   * through this platform.
   */
  readonly depth: number;
  /** Slugs of the plugins that called each other to come here, the caller last. */
  readonly callers: readonly string[];
  /**
   * Installations in whose filter it happens, at whatever remove: their filters take no part in what it asks for, so
   * that no filter waits for itself.
   */
  readonly within: readonly Id<'installation'>[];
}

/** Somebody outside, at once. */
export const fromOutside: Cause = { depth: 0, callers: [], within: [] };

/** What lies so far from the outside world, and was called by no plugin. */
export function atDepth(depth: number): Cause {
  return depth === 0 ? fromOutside : { ...fromOutside, depth };
}
