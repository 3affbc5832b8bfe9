/** Which turns may be waited for, and how long. */

/** No turn is waited for that may take longer: nothing else runs in the executor meanwhile. In milliseconds. */
const longestWaitMs = 4096;
/** How much longer than its processor time a turn may take by the clock, on a machine that is busy. */
const clockSlack = 2;

/**
 * How long a turn is waited for, in milliseconds by the clock: what is left of its run, `leftMs` by the clock or
 * `cpuLeftMs` of processor time with slack. `undefined`: the turn is not to be waited for.
 */
export function waitableMs(leftMs: number, cpuLeftMs: number): number | undefined {
  const limitMs = Math.min(leftMs, Math.max(cpuLeftMs, 0) * clockSlack + 20);
  return limitMs <= longestWaitMs ? limitMs : undefined;
}
