import { silentLogger, type Logger } from '@annex/kernel';
import { defaultLimit } from '@annex/limits';
import { sandboxLimits } from '@annex/limits/sandbox';
import type { WallSettings } from './confinement/tier.js';
import type { KillReport } from './sandbox.js';

/** How the pool of executors behaves. Every field has a default that fits a machine with two cores. */
export interface SandboxOptions {
  /** Names of the host calls that `ctx` offers, such as `kv.get`, `jobs.runNow`, `emit`. Default: none. */
  hostMethods?: string[];
  /**
   * `tenant`: an executor serves one tenant at a time. `shared`: all tenants share executors (one trust tier). Default
   * `tenant`.
   */
  isolation?: 'tenant' | 'shared';
  /** Blank executors kept ready. Default 1. */
  blankExecutors?: number;
  /** Executors at most, blank ones included, should their memory allow so many. Default: by memory, 4 to 96. */
  maxExecutors?: number;
  /**
   * Memory that executors have to themselves, all together, in megabytes: no further one is started beyond it (the
   * first four are), and one that grows makes those without runs go. Default: half of what this process may have.
   */
  executorsMemoryMb?: number;
  /** Executors of one tenant at most. Default: one per two cores, at least 1, at most 4. */
  maxExecutorsPerTenant?: number;
  /** Runs of one tenant under way or waiting at most; one more is `OVERLOADED`. Default 256. */
  maxRunsPerTenant?: number;
  /** Resident memory at which an executor is killed, in megabytes. Default 512. */
  executorRssMb?: number;
  /** Warm isolates in one executor at most. Default 12. */
  maxIsolates?: number;
  /** Heap of the isolate that each executor keeps ready, in megabytes: the most usual limit. Default 100. */
  usualMemoryMb?: number;
  /** A tenant's executor without runs is ended after this long. Default 60 000 ms. */
  idleMs?: number;
  /**
   * An executor is replaced after this many runs (default 200 000), this age (default 1 h), this many isolates thrown
   * away (default 20).
   */
  recycleAfterRuns?: number;
  recycleAfterMs?: number;
  recycleAfterDiscards?: number;
  /** After a stopped run's deadline, how long until the executor is killed. Default 500 ms. */
  killGraceMs?: number;
  /** Lets V8 optimise plugin code; see ADR 0002. Default false. */
  optimize?: boolean;
  /**
   * User ids that executors may have when this process is root, such as `70000-86383`. Default: a range that nobody
   * else uses.
   */
  users?: string | undefined;
  /** Does not start where executors reach less; see docs/sandbox.md. Default `T0`. */
  requireTier?: 'T0' | 'T1' | 'T2' | 'T3' | undefined;
  /** A folder of cgroup v2 that was handed over to this process; executors get groups in it. */
  cgroup?: string | undefined;
  /** Leaves seccomp and Landlock out. Default false. */
  withoutKernelRules?: boolean | undefined;
  /**
   * Plugins in Python. `off`: their runs and inspections fail with `PYTHON_OFF`. Default `on`, which costs nothing
   * until the first.
   */
  python?: 'on' | 'off' | undefined;
  /** Skips the start-up self-test: for tests of something else. Default false. */
  skipSelfTest?: boolean;
  onKill?: (report: KillReport) => void;
  logger?: Logger;
}

export type PoolOptions = Required<Omit<SandboxOptions, keyof WallSettings | 'requireTier' | 'python'>>;

export function withDefaults(options: SandboxOptions, cores: number, memoryBytes: number): PoolOptions {
  const executorRssMb = options.executorRssMb ?? 512;
  return {
    hostMethods: [],
    isolation: 'tenant',
    blankExecutors: 1,
    // About 25 MB of its own when it has served one plugin, and room to grow.
    maxExecutors: Math.max(4, Math.min(96, Math.floor(memoryBytes / 2 / (64 * 2 ** 20)))),
    executorsMemoryMb: Math.floor(memoryBytes / 2 / 2 ** 20),
    maxExecutorsPerTenant: Math.max(1, Math.min(4, Math.floor(cores / 2))),
    maxRunsPerTenant: 256,
    maxIsolates: 12,
    usualMemoryMb: defaultLimit('memoryMb', 'route'),
    idleMs: 60_000,
    recycleAfterRuns: 200_000,
    recycleAfterMs: 3_600_000,
    recycleAfterDiscards: 20,
    killGraceMs: 500,
    optimize: false,
    skipSelfTest: false,
    onKill: () => undefined,
    logger: silentLogger,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
    executorRssMb,
  };
}

/**
 * Those of the pool that runs Python. An interpreter is twenty times an isolate, so there are few of them, and one more
 * takes as long to start as a turn may be silent.
 */
export function pythonOptions(options: PoolOptions, given: SandboxOptions): PoolOptions {
  return {
    ...options,
    maxIsolates: Math.min(given.maxIsolates ?? sandboxLimits.pythonIsolates, sandboxLimits.pythonIsolates),
    maxExecutors: Math.max(2, Math.min(options.maxExecutors, Math.floor(options.executorsMemoryMb / 1024))),
    executorsMemoryMb: Math.floor(options.executorsMemoryMb / 2),
    executorRssMb: Math.max(options.executorRssMb, sandboxLimits.pythonRssMb),
    killGraceMs: Math.max(options.killGraceMs, sandboxLimits.pythonGraceMs),
  };
}
