/** `node:timers`: the globals, and what becomes of `setImmediate`: the next timer that fires. */
type Work = (...args: unknown[]) => void;

function setImmediate(work: Work, ...args: unknown[]): unknown {
  return globalThis.setTimeout(work, 0, ...args);
}

const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;

export default {
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
  setImmediate,
  clearImmediate: clearTimeout,
};
