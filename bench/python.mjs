// Measures Python beside TypeScript: `npm run build && node bench/python.mjs [rounds]`. Prints processor time of a warm
// call and of a first one, by the executor's own count, their ratios, and memory. Load is the same for both: each is
// asked in turns.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSandbox } from '@annex/sandbox';

const rounds = Number(process.argv[2] ?? 6);
const callsOfRound = 300;
const plugins = 5;
const sources = {
  javascript: (mark) => `(function (annexSdk) { annexSdk.route('/hello', () => ({ hello: 'world', mark: ${mark} })) })`,
  python: (mark) => {
    const answer = `{'hello': 'world', 'mark': ${mark}}`;
    const main = `from annex import route\n@route('/hello')\ndef hello(ctx):\n    return ${answer}\n`;
    const text = JSON.stringify({ entry: 'main.py', sources: { 'main.py': main } });
    return `(function(annexSdk){annexSdk.python(${JSON.stringify(text)})})`;
  },
};
const languages = Object.keys(sources);
const limits = {
  wallMs: 60_000,
  cpuMs: 20_000,
  memoryMb: 64,
  resultBytes: 1_000_000,
  logLines: 100,
  logBytes: 100_000,
  hostCalls: 100,
  hostCallsAtOnce: 6,
};
let count = 0;

function requestFor(language, { tenantId = `ten_${language}`, mark = 0 } = {}) {
  const code = sources[language](mark);
  const sha256 = createHash('sha256').update(code).digest('hex');
  count += 1;
  return {
    runId: `run_${count}`,
    tenantId,
    installationId: `plg_${mark}`,
    isolateKey: sha256,
    language,
    bundleSha256: sha256,
    loadBundle: () => Promise.resolve({ code, sha256 }),
    handler: { kind: 'route', index: 0 },
    context: {
      tenant: { id: tenantId, slug: 'demo', name: 'Demo' },
      plugin: { id: 'plg_1', slug: 'hello', version: '1.0.0' },
      user: null,
      run: { id: `run_${count}`, kind: 'route', name: '/hello', attempt: 1, deadlineMs: 0 },
      permissions: [],
      config: {},
    },
    request: { method: 'GET', url: 'http://localhost/ext/hello', headers: [], params: {}, query: {}, body: null },
    limits,
    hostCall: () => Promise.resolve({ ok: true, value: 'null' }),
    log: () => undefined,
  };
}

const sandbox = await createSandbox({ hostMethods: ['kv.get'], blankExecutors: 1, maxExecutors: 16 });

async function call(language, options) {
  const outcome = await sandbox.run(requestFor(language, options));
  if (outcome.status !== 'succeeded') throw new Error(JSON.stringify(outcome.error));
}

function executorOf(tenantId) {
  return sandbox.stats().executors.find((each) => each.tenantId === tenantId);
}

/** Milliseconds of processor time (Linux). */
function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Megabytes that are the process's own: files it maps are shared by all. */
function ownMb(pid) {
  return Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

function ratio({ javascript, python }) {
  return `Python ÷ TypeScript ${(python / javascript).toFixed(1)}`;
}

const warm = { javascript: 0, python: 0 };
for (const language of languages) for (let index = 0; index < callsOfRound; index += 1) await call(language);
for (let round = 0; round < rounds; round += 1) {
  for (const language of languages) {
    const { pid } = executorOf(`ten_${language}`);
    const before = cpuMs(pid);
    for (let index = 0; index < callsOfRound; index += 1) await call(language);
    warm[language] += cpuMs(pid) - before;
  }
}
for (const language of languages) {
  const us = (warm[language] * 1000) / (rounds * callsOfRound);
  console.log(`hello in ${language}: ${us.toFixed(0)} µs of the executor's processor time a warm call`);
}
console.log(ratio(warm));

const memory = [];
const { pid } = executorOf('ten_python');
memory.push(ownMb(pid));
const first = { javascript: [], python: [] };
for (let mark = 1; mark < plugins; mark += 1) {
  for (const language of languages) {
    const executor = executorOf(`ten_${language}`);
    const before = cpuMs(executor.pid);
    await call(language, { mark });
    first[language].push(cpuMs(executor.pid) - before);
  }
  memory.push(ownMb(pid));
}
const average = (list) => list.reduce((sum, each) => sum + each, 0) / list.length;
console.log(
  `first call of a plugin, processor time: TypeScript ${average(first.javascript).toFixed(0)} ms, Python ` +
    `${average(first.python).toFixed(0)} ms`,
);
const wall = { javascript: [], python: [] };
for (let index = 0; index < 4; index += 1) {
  for (const language of languages) {
    // So that a blank executor is ready for it.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const begun = performance.now();
    await call(language, { tenantId: `ten_cold_${language}_${index}` });
    wall[language].push(performance.now() - begun);
  }
}
const cold = { javascript: average(wall.javascript), python: average(wall.python) };
console.log(
  `first call of a tenant, a blank executor ready: TypeScript ${cold.javascript.toFixed(0)} ms, Python ` +
    `${cold.python.toFixed(0)} ms, ${ratio(cold)}`,
);
const more = memory.slice(1).map((each, index) => each - memory[index]);
console.log(
  `memory: ${memory[0].toFixed(0)} MB with one plugin, then ${more.map((each) => each.toFixed(0)).join(', ')} MB each`,
);
for (let round = 0; round < 100; round += 1)
  for (let mark = 0; mark < plugins; mark += 1) await call('python', { mark });
const { isolates, pid: same } = executorOf('ten_python');
console.log(
  `${isolates} plugins warm after 100 rounds in ${same === pid ? 'the same' : 'another'} executor, ` +
    `${ownMb(same).toFixed(0)} MB`,
);
await sandbox.stop(0);
