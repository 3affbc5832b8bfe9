/**
 * Proves, once per parent process and before anything is served, that the walls stand: what an executor was started
 * with, what is gone from an isolate, that a loop after an `await` ends, and one in a turn that the executor waits for,
 * and that the parent ends a builtin which V8 cannot interrupt.
 */
import { createHash } from 'node:crypto';
import { pythonScript } from '@annex/manifest';
import type { ExecutorFiles } from './executor-files.js';
import { executorProgram } from './executor-program.js';
import { foreignDescriptors, openDescriptors } from '../confinement/descriptors.js';
import { confinedFlags } from '../confinement/launch.js';
import type { SandboxTier } from '../confinement/tier.js';
import { errors } from '../errors.js';
import type { PoolOptions } from '../options.js';
import type { Bundle, RunOutcome, RunRequest, SandboxLimits } from '../sandbox.js';
import { ExecutorPool } from './executor-pool.js';

const proven = new Map<string, Promise<void>>();

/** Runs the self-test unless this process has passed it with the same tier and flags. Throws `SANDBOX_UNSAFE`. */
export function proveSandbox(options: PoolOptions, files: ExecutorFiles, tier: SandboxTier): Promise<void> {
  const key = JSON.stringify([files, tier, options.optimize]);
  let proof = proven.get(key);
  if (proof === undefined) {
    proof = prove(options, files, tier);
    proven.set(key, proof);
    proof.catch(() => proven.delete(key));
  }
  return proof;
}

async function prove(
  { logger, optimize, executorRssMb, maxIsolates, usualMemoryMb }: PoolOptions,
  files: ExecutorFiles,
  tier: SandboxTier,
): Promise<void> {
  // The probes are meant to be killed: only what goes wrong otherwise is worth a line.
  const base = {
    logger: { ...probeOptions.logger, error: logger.error.bind(logger) },
    optimize,
    executorRssMb,
    maxIsolates,
    usualMemoryMb,
  };
  const pool = new ExecutorPool({ ...probeOptions, ...base }, files, tier);
  try {
    await pool.start();
    const faults = [...confinementFaults(pool, confinedFlags(executorProgram(files, { optimize })), tier)];
    const inspected = await pool.inspect(bundleOf(absences), { wallMs: 60_000 });
    if (!inspected.ok) faults.push(`inside the isolate: ${inspected.error.message}`);
    faults.push(...unless(await pool.run(probe(loopAfterAwait)), 'CPU_LIMIT', 'a loop after an await'));
    faults.push(...unless(await loopWhileWaitedFor(pool), 'CPU_LIMIT', 'a loop in a turn that is waited for'));
    faults.push(...unless(await pool.run(probe(uninterruptible)), 'CPU_LIMIT', 'a builtin that V8 cannot interrupt'));
    if ((pool.stats().kills.unresponsive ?? 0) < 1)
      faults.push('the parent did not have to kill the executor with the uninterruptible builtin');
    if (!(await pool.allKilledExit())) faults.push('an executor that was killed is still there');
    if (faults.length > 0) throw errors.error('SANDBOX_UNSAFE', `the sandbox's self-test failed: ${faults.join('; ')}`);
  } finally {
    await pool.stop(0);
  }
}

const probeOptions: PoolOptions = {
  hostMethods: ['probe'],
  isolation: 'tenant',
  blankExecutors: 1,
  maxExecutors: 4,
  executorsMemoryMb: 2048,
  maxExecutorsPerTenant: 1,
  maxRunsPerTenant: 8,
  executorRssMb: 512,
  maxIsolates: 4,
  usualMemoryMb: 100,
  idleMs: 60_000,
  recycleAfterRuns: 1000,
  recycleAfterMs: 3_600_000,
  recycleAfterDiscards: 20,
  killGraceMs: 250,
  optimize: false,
  skipSelfTest: true,
  onKill: () => undefined,
  logger: { debug() {}, info() {}, warn() {}, error() {} },
};

function* confinementFaults(pool: ExecutorPool, flags: string[], tier: SandboxTier): Generator<string> {
  const [found] = pool.confinements();
  if (found === undefined) {
    yield 'no executor said how it is confined';
    return;
  }
  const missing = flags.filter((flag) => !found.flags.includes(flag));
  if (missing.length > 0) yield `flags missing: ${missing.join(' ')}`;
  if (found.held.length > 0) yield `permissions held: ${found.held.join(' ')}`;
  if (found.environment.length > 0) yield `environment variables present: ${found.environment.join(' ')}`;
  if (tier.ownUser && found.uid === process.getuid?.()) yield 'it runs as the same user as its parent';
  if (tier.ownProcesses && found.pid !== 1) yield 'it shares process ids with others';
  if (tier.ownProcFolder && (found.processes.length !== 1 || found.processes[0] !== 1))
    yield `its /proc shows ${found.processes.length} processes`;
  if (tier.noNewPrivileges && found.status['NoNewPrivs'] !== '1') yield 'it may gain privileges';
  if (tier.ownUser && ['CapEff', 'CapPrm'].some((set) => !/^0+$/.test(found.status[set] ?? '')))
    yield 'it has capabilities';
  if (tier.fewSystemCalls && found.status['Seccomp'] !== '2') yield 'it may make any system call';
  if (tier.ownCgroup && !found.cgroup.includes(`/annex-${process.pid}-`)) yield `its cgroup is ${found.cgroup}`;
  const foreign = foreignDescriptors(found.descriptors, openDescriptors());
  if (foreign.length > 0) yield `descriptors that are not its own: ${foreign.slice(0, 5).join(' ')}`;
}

/** More turns than it takes until an isolate's turns are waited for. */
const trustedAfterRuns = 12;

const absences = `
  for (const name of ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'process', 'require', 'module', 'Buffer']) {
    if (name in globalThis) throw new Error(name + ' is there');
  }
  if ('resize' in ArrayBuffer.prototype || 'maxByteLength' in ArrayBuffer.prototype)
      throw new Error('buffers can be resized');
  if (this.constructor.constructor('return typeof process')() !== 'undefined')
      throw new Error('process can be reached');
`;
const loopAfterAwait = `annexSdk.job('probe', async (ctx) => { await ctx.probe(); for (;;); });`;
const loopOnceTrusted = `let runs = 0; annexSdk.hook('probe', () => { while ((runs += 1) > ${trustedAfterRuns}); });`;
const uninterruptible = `annexSdk.job('probe', () => [].indexOf.call({ length: 2 ** 53 - 1 }, 1));`;

/** The last of runs that were quick. */
async function loopWhileWaitedFor(pool: ExecutorPool): Promise<RunOutcome> {
  const run = probe(loopOnceTrusted, 'event');
  for (let quick = 0; quick < trustedAfterRuns; quick += 1) {
    const outcome = await pool.run(run);
    if (outcome.status === 'failed') return outcome;
  }
  return pool.run(run);
}

function bundleOf(body: string): Bundle {
  const code = `(function (annexSdk) {${body}})`;
  return { code, sha256: createHash('sha256').update(code).digest('hex') };
}

const probeLimits: SandboxLimits = {
  // So long that it decides nothing, however busy the machine is.
  wallMs: 60_000,
  cpuMs: 40,
  memoryMb: 100,
  resultBytes: 1024,
  logLines: 10,
  logBytes: 1024,
  hostCalls: 10,
  hostCallsAtOnce: 2,
};

function probe(body: string, kind: 'job' | 'event' = 'job'): RunRequest {
  const bundle = bundleOf(body);
  return {
    runId: 'probe',
    tenantId: 'probe',
    installationId: 'probe',
    isolateKey: bundle.sha256,
    bundleSha256: bundle.sha256,
    loadBundle: () => Promise.resolve(bundle),
    handler: { kind, index: 0 },
    context: {
      tenant: { id: 'probe', slug: 'probe', name: 'probe' },
      user: null,
      plugin: { id: 'probe', slug: 'probe', version: '0.0.0' },
      run: { id: 'probe', kind, name: 'probe', attempt: 1, deadlineMs: 0 },
      permissions: [],
      config: {},
    },
    limits: probeLimits,
    hostCall: () => Promise.resolve({ ok: true, value: 'null' }),
    log: () => undefined,
  };
}

function unless(outcome: RunOutcome, code: string, what: string): string[] {
  const found = outcome.status === 'failed' ? outcome.error.code : outcome.status;
  return found === code ? [] : [`${what} ended as ${found}`];
}

/** As {@link proveSandbox}, for executors of Python. Throws `SANDBOX_UNSAFE`. */
export function provePython(options: PoolOptions, files: ExecutorFiles, tier: SandboxTier): Promise<void> {
  const key = JSON.stringify(['python', files, tier]);
  let proof = proven.get(key);
  if (proof === undefined) {
    proof = proveInterpreter(options, files, tier);
    proven.set(key, proof);
    proof.catch(() => proven.delete(key));
  }
  return proof;
}

async function proveInterpreter(options: PoolOptions, files: ExecutorFiles, tier: SandboxTier): Promise<void> {
  const { executorRssMb, usualMemoryMb } = options;
  const logger = { ...probeOptions.logger, error: options.logger.error.bind(options.logger) };
  const settings = {
    ...probeOptions,
    logger,
    executorRssMb,
    usualMemoryMb,
    maxIsolates: 2,
    killGraceMs: options.killGraceMs,
  };
  const pool = new ExecutorPool(settings, files, tier);
  try {
    await pool.start();
    const flags = confinedFlags(executorProgram(files, { optimize: false }));
    const faults = [...confinementFaults(pool, flags, tier)];
    const looked = await pool.run(pythonProbe(pythonAbsences, 30_000));
    if (looked.status === 'failed') faults.push(`inside the interpreter: ${looked.error.message}`);
    faults.push(...unless(await pool.run(pythonProbe(pythonLoop, 1000)), 'CPU_LIMIT', 'a loop of Python'));
    if (faults.length > 0) throw errors.error('SANDBOX_UNSAFE', `the sandbox's self-test failed: ${faults.join('; ')}`);
  } finally {
    await pool.stop(0);
  }
}

/** Goes the way to JavaScript that no import gate closes, and looks for what must not be at its end. */
const pythonAbsences = `
from annex import job, PluginContext
@job('probe')
def probe(ctx):
    way = PluginContext.emit.__globals__['_host']._js['call'].constructor
    for name in ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'process', 'require', 'Buffer']:
        if way('return typeof ' + name)() != 'undefined':
            raise Exception(name + ' is there')
`;
const pythonLoop = `
from annex import job
@job('probe')
def probe(ctx):
    while True:
        pass
`;

function pythonProbe(source: string, cpuMs: number): RunRequest {
  const code = pythonScript({ entry: 'main.py', sources: { 'main.py': source } });
  const bundle = { code, sha256: createHash('sha256').update(code).digest('hex') };
  return {
    ...probe(''),
    language: 'python',
    isolateKey: bundle.sha256,
    bundleSha256: bundle.sha256,
    loadBundle: () => Promise.resolve(bundle),
    limits: { ...probeLimits, cpuMs },
  };
}
