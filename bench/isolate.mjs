// Measures one isolate, in a process with the flags of an executor: what creating one costs, prelude and all. Started by sandbox.mjs.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ivm from 'isolated-vm';
import { Guest } from '../libs/sandbox/dist/isolate/guest.js';
import { makePreludeCache } from '../libs/sandbox/dist/isolate/prelude-cache.js';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'libs/sandbox/dist/bundled');
const code = readFileSync(join(folder, 'prelude.js'), 'utf8');
const cache = makePreludeCache(code);
const prelude = { code, cache: new ivm.ExternalCopy(cache.buffer.slice(cache.byteOffset, cache.byteOffset + cache.byteLength)) };
const options = { addon: ivm, prelude, memoryMb: 100, callNames: '["kv.get","kv.set","emit","db.query"]', lazySource: (name) => readFileSync(join(folder, `lazy-${name}.js`), 'utf8'), onCatastrophe: () => process.exit(1) };

const samples = [];
const rounds = Number(process.argv[2] ?? 300);
for (let round = 0; round < rounds; round += 1) {
  const begun = performance.now();
  const guest = new Guest(options);
  samples.push(performance.now() - begun);
  guest.dispose();
}
samples.splice(0, Math.min(20, rounds / 4));
samples.sort((a, b) => a - b);
const at = (share) => (samples[Math.floor(samples.length * share)] ?? 0).toFixed(2);
console.log(`creating an isolate with its prelude: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (${(code.length / 1024).toFixed(0)} kB of prelude, ${(cache.length / 1024).toFixed(0)} kB of code cache)`);
