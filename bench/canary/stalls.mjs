// Loaded into the program before its own code. Measures how much of the main thread's own processor time stands between
// a call that comes at any moment and its turn: a measure that other programs on the machine do not change.
import { isMainThread } from 'node:worker_threads';

const everyMs = 2;
const stretches = [];
let last = process.threadCpuUsage();

/**
 * Work that a call waits for which comes at any moment, in milliseconds: the value that `share` of all calls stay
 * below.
 */
function ahead(share, wallMs) {
  // A call that comes while `d` ms of work are under way waits for a part of them, each part as likely as another.
  const beyond = (ms) => stretches.reduce((sum, d) => sum + Math.max(0, d - ms), 0) / wallMs;
  let [low, high] = [0, Math.max(0, ...stretches)];
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2;
    if (beyond(middle) > 1 - share) low = middle;
    else high = middle;
  }
  return high;
}

if (isMainThread && process.channel) {
  let since = performance.now();
  const measure = () => {
    const { user, system } = process.threadCpuUsage(last);
    stretches.push((user + system) / 1000);
    last = process.threadCpuUsage();
  };
  setInterval(measure, everyMs).unref();
  process.on('message', (message) => {
    if (message === 'begin') {
      stretches.length = 0;
      since = performance.now();
    } else if (message === 'end') {
      const wallMs = performance.now() - since;
      process.send({ p99: ahead(0.99, wallMs), longest: Math.max(0, ...stretches) });
    }
  });
  process.channel.unref();
}
