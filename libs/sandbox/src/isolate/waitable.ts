/**
 * Which turns may be waited for, and the timeout that isolated-vm is given for one. It is one of a few values, because
 * a
 * timer of isolated-vm that is due before all its others gets a thread of its own, and keeps it until it is due, long
 * after its turn is over. A run that computes has less time left at each turn: a timeout of just what is left makes
 * every
 * timer the first one due, and every turn a thread, until the process may start no more and aborts (ADR 0025).
 */

/**
 * In milliseconds. Together they bound those threads: a timer of one of these starts a thread only when none of the
 * same
 * value is pending, so as many as the largest divided by each, and one more for each: 19.
 */
export const waitableTimeouts = [512, 1024, 2048, 4096] as const;
/** How much longer than its processor time a turn may take by the clock, on a machine that is busy. */
const clockSlack = 2;
/** How far past the deadline of its run a timeout may lie, in milliseconds; the parent waits longer for a run's end. */
const maxOvertimeMs = 250;

/**
 * The timeout for a turn that is waited for, in milliseconds: the smallest that leaves a run its `leftMs` by the clock
 * or
 * its `cpuLeftMs` of processor time. `undefined`: the turn is not to be waited for.
 */
export function waitableMs(leftMs: number, cpuLeftMs: number): number | undefined {
  const neededMs = Math.min(leftMs, cpuLeftMs * clockSlack + 20);
  for (const timeoutMs of waitableTimeouts)
    if (timeoutMs >= neededMs) return timeoutMs <= leftMs + maxOvertimeMs ? timeoutMs : undefined;
  return undefined;
}
