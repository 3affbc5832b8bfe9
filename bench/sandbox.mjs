// Measures the sandbox: `npm run build && node bench/sandbox.mjs`. Prints runs per second, latency, cold start and
// memory.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSandbox } from '@annex/sandbox';

const seconds = Number(process.argv[2] ?? 4);

function bundleOf(body) {
  const code = `(function (annexSdk) {${body}})`;
  return { code, sha256: createHash('sha256').update(code).digest('hex') };
}

const ping = bundleOf(`annexSdk.route('/ping', async (ctx) => ({ ok: true, tenant: ctx.tenantId }));`);
const call = bundleOf(`annexSdk.route('/call', async (ctx) => ({ value: await ctx.kv.get('a') }));`);
const body = JSON.stringify({ text: 'x'.repeat(900), list: [1, 2, 3] });
const echo = bundleOf(
  `annexSdk.route('/echo', { methods: ['POST'] }, async (ctx) => { const value = await ctx.request.json(); return ` +
    '{ length: value.text.length }; });',
);

const shared = {
  tenant: { id: 'ten_1', slug: 'demo', name: 'Demo' },
  plugin: { id: 'plg_1', slug: 'probe', version: '1.0.0' },
  permissions: ['db.read'],
  config: { channel: '#ops' },
};
const limits = {
  wallMs: 5000,
  cpuMs: 1000,
  memoryMb: 100,
  resultBytes: 5_242_880,
  logLines: 1000,
  logBytes: 262_144,
  hostCalls: 200,
  hostCallsAtOnce: 20,
};
let count = 0;

function requestFor(bundle, { tenantId = 'ten_1', key = bundle.sha256, withBody = false } = {}) {
  count += 1;
  return {
    runId: `run_${count}`,
    tenantId,
    installationId: 'plg_1',
    isolateKey: key,
    bundleSha256: bundle.sha256,
    loadBundle: () => Promise.resolve(bundle),
    handler: { kind: 'route', index: 0 },
    context: {
      ...shared,
      user: { id: 'usr_1', email: 'a@demo.test' },
      run: { id: `run_${count}`, kind: 'route', name: '/ping', attempt: 1, deadlineMs: Date.now() + 5000 },
    },
    request: {
      method: withBody ? 'POST' : 'GET',
      url: 'http://localhost:3000/ext/probe/ping',
      headers: [
        ['host', 'localhost:3000'],
        ['accept', '*/*'],
        ['user-agent', 'bench'],
      ],
      params: {},
      query: {},
      body: withBody ? { encoding: 'utf8', data: body } : null,
    },
    limits,
    hostCall: () => Promise.resolve({ ok: true, value: '"v"' }),
    log: () => undefined,
  };
}

function percentiles(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(3);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

/** Processor time of the tenant's executors so far, in milliseconds, by process (Linux). */
function executorCpuMs(sandbox) {
  const executors = sandbox.stats().executors.filter((each) => each.tenantId === 'ten_1');
  return new Map(
    executors.map(({ pid }) => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return [pid, (Number(fields[11]) + Number(fields[12])) * 10];
    }),
  );
}

async function measure(sandbox, name, concurrency, make) {
  for (let index = 0; index < 500; index += 1) await sandbox.run(make());
  const samples = [];
  const started = performance.now();
  const cpu = process.cpuUsage();
  const executorCpu = executorCpuMs(sandbox);
  const until = started + seconds * 1000;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (performance.now() < until) {
        const begun = performance.now();
        const outcome = await sandbox.run(make());
        if (outcome.status !== 'succeeded') throw new Error(JSON.stringify(outcome.error));
        samples.push(performance.now() - begun);
      }
    }),
  );
  const tookS = (performance.now() - started) / 1000;
  const used = process.cpuUsage(cpu);
  const parentUs = (used.user + used.system) / samples.length;
  // An executor that was replaced meanwhile has taken its own figure along.
  const executorMs = [...executorCpuMs(sandbox)].reduce((sum, [pid, ms]) => sum + ms - (executorCpu.get(pid) ?? 0), 0);
  const executorUs = (executorMs * 1000) / samples.length;
  console.log(
    `${name}, ${concurrency} at once: ${Math.round(samples.length / tookS)} runs/s, ${percentiles(samples)}, ` +
      `processor time a run: parent ${parentUs.toFixed(1)} µs, executor ${executorUs.toFixed(1)} µs`,
  );
}

const sandbox = await createSandbox({
  hostMethods: ['kv.get', 'kv.set', 'emit', 'jobs.runNow', 'db.query'],
  blankExecutors: 2,
  maxExecutors: 64,
});
await measure(sandbox, 'GET route', 1, () => requestFor(ping));
await measure(sandbox, 'GET route', 16, () => requestFor(ping));
await measure(sandbox, 'POST route with 1 kB JSON', 16, () => requestFor(echo, { withBody: true }));
await measure(sandbox, 'route with one host call', 1, () => requestFor(call));
await measure(sandbox, 'route with one host call', 16, () => requestFor(call));

const cold = [];
for (let index = 0; index < 30; index += 1) {
  while (sandbox.stats().blankReady < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  const begun = performance.now();
  await sandbox.run(requestFor(ping, { tenantId: `ten_cold_${index}` }));
  cold.push(performance.now() - begun);
}
console.log(`first run of a tenant, a blank executor ready: ${percentiles(cold)}`);

/** What one more idle warm plugin adds to the executor of a tenant of its own, and how long its first run takes. */
async function measureWarm(name, bundle, tenantId) {
  const rss = () => sandbox.stats().executors.find((each) => each.tenantId === tenantId)?.rssBytes / 2 ** 20;
  const settled = () => new Promise((resolve) => setTimeout(resolve, 60));
  await sandbox.run(requestFor(bundle, { tenantId, key: `${name} first` }));
  await settled();
  const before = rss();
  const times = [];
  const plugins = 10;
  for (let index = 0; index < plugins; index += 1) {
    const begun = performance.now();
    const outcome = await sandbox.run(requestFor(bundle, { tenantId, key: `${name} ${index}` }));
    times.push(performance.now() - begun);
    if (outcome.status !== 'succeeded') throw new Error(JSON.stringify(outcome.error));
    await settled();
  }
  console.log(
    `${name}: executor with one ${before?.toFixed(1)} MB resident, one more ` +
      `${((rss() - before) / plugins).toFixed(2)} MB; first run in a new isolate ${percentiles(times)}`,
  );
}

const heavy = bundleOf(`annexSdk.route('/heavy', async () => {
  const stream = new Blob(['x']).stream().pipeThrough(new TextDecoderStream());
  for await (const text of stream) void text;
  return {
      host: new URL('../a?b#c', 'http://bücher.example/x/').href,
      text: new TextDecoder('shift_jis').decode(Uint8Array.of(0x82, 0xa0)),
    };
});`);
await measureWarm('a plain plugin', ping, 'ten_warm');
await measureWarm('a plugin that uses streams, international URLs and East Asian encodings', heavy, 'ten_heavy');
await sandbox.stop();
execFileSync(
  process.execPath,
  [
    '--no-node-snapshot',
    '--disable-optimizing-compilers',
    join(dirname(fileURLToPath(import.meta.url)), 'isolate.mjs'),
  ],
  { stdio: 'inherit' },
);
