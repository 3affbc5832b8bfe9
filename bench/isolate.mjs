// Measures one isolate, in a process with the flags of an executor: what creating one costs, prelude and all. Started
// by sandbox.mjs.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ivm from 'isolated-vm';
import { Guest } from '../libs/sandbox/dist/isolate/guest.js';
import { TurnGuard } from '../libs/sandbox/dist/isolate/turn-guard.js';
import { makePreludeCache } from '../libs/sandbox/dist/isolate/prelude-cache.js';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'libs/sandbox/dist/bundled');
const code = readFileSync(join(folder, 'prelude.js'), 'utf8');
const cache = makePreludeCache(code);
const prelude = {
  code,
  cache: new ivm.ExternalCopy(cache.buffer.slice(cache.byteOffset, cache.byteOffset + cache.byteLength)),
};
const guard = new TurnGuard(ivm);
const options = {
  addon: ivm,
  guard,
  prelude,
  memoryMb: 100,
  callNames: '["kv.get","kv.set","emit","db.query"]',
  lazySource: (name) => readFileSync(join(folder, `lazy-${name}.js`), 'utf8'),
  onCatastrophe: () => process.exit(1),
};

const samples = [];
const used = [];
const threadMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};
const rounds = Number(process.argv[2] ?? 300);
for (let round = 0; round < rounds; round += 1) {
  const begun = performance.now();
  const cpu = threadMs();
  const guest = new Guest(options);
  samples.push(performance.now() - begun);
  used.push(threadMs() - cpu);
  guest.dispose();
}
const warmUp = Math.min(20, Math.floor(rounds / 4));
const percentile = (values, share) => {
  const sorted = values.slice(warmUp).sort((a, b) => a - b);
  return (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2);
};
console.log(
  `creating an isolate with its prelude: p50 ${percentile(samples, 0.5)} ms, p99 ${percentile(samples, 0.99)} ms; ` +
    `processor time p50 ${percentile(used, 0.5)} ms, p99 ${percentile(used, 0.99)} ms ` +
    `(${(code.length / 1024).toFixed(0)} kB of prelude, ${(cache.length / 1024).toFixed(0)} kB of code cache)`,
);
// Its own isolate waits on a thread, and the process with it.
guard.stop();
