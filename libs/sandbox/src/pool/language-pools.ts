import { messageOf } from '@annex/kernel';
import { isPythonScript } from '@annex/manifest';
import { sandboxLimits } from '@annex/limits/sandbox';
import { errors } from '../errors.js';
import type { Bundle, InspectOutcome, RunOutcome, RunRequest, Sandbox, SandboxStats } from '../sandbox.js';
import type { ExecutorPool } from './executor-pool.js';

/** What makes the pool of Python, when it is needed. `prove` rejects when its walls do not stand. */
export type MakePython = () => { pool: ExecutorPool; prove(): Promise<void> };

/**
 * One pool of executors for each language. That of Python is made when the first plugin in Python comes: until then
 * there is no process and no memory of it.
 */
export class LanguagePools implements Sandbox {
  readonly #javascript: ExecutorPool;
  readonly #make: MakePython | undefined;
  #python: Promise<ExecutorPool> | undefined;
  #made: ExecutorPool | undefined;
  #isReady = false;
  #isStopped = false;

  /** `makePython`: left out where Python is switched off. */
  constructor(javascript: ExecutorPool, makePython: MakePython | undefined) {
    this.#javascript = javascript;
    this.#make = makePython;
  }

  run(request: RunRequest): Promise<RunOutcome> {
    return new Promise((resolve) => this.begin(request, resolve));
  }

  begin(request: RunRequest, onOutcome: (outcome: RunOutcome) => void): void {
    if (request.language !== 'python') {
      this.#javascript.begin(request, onOutcome);
    } else if (this.#made !== undefined && this.#isReady) {
      this.#made.begin(request, onOutcome);
    } else {
      this.#refuseIfStopped();
      // The run's own time begins when there is somebody to run it.
      this.#started().then(
        (pool) => {
          try {
            pool.begin(request, onOutcome);
          } catch {
            onOutcome(notBegun('EXECUTOR_LOST', 'the sandbox was stopped'));
          }
        },
        (thrown: unknown) => onOutcome(notBegun('EXECUTOR_LOST', messageOf(thrown))),
      );
    }
  }

  async inspect(bundle: Bundle, limits?: { wallMs?: number; memoryMb?: number }): Promise<InspectOutcome> {
    if (!isPythonScript(bundle.code)) return this.#javascript.inspect(bundle, limits);
    this.#refuseIfStopped();
    let pool: ExecutorPool;
    try {
      pool = await this.#started();
    } catch (thrown) {
      return { ok: false, error: { code: 'EXECUTOR_LOST', message: messageOf(thrown) } };
    }
    // An executor that has to be started first takes longer than an entry.
    return pool.inspect(bundle, { wallMs: sandboxLimits.pythonInspectMs, ...limits });
  }

  evict(isolateKeyPrefix: string): void {
    this.#javascript.evict(isolateKeyPrefix);
    this.#made?.evict(isolateKeyPrefix);
  }

  stats(): SandboxStats {
    const stats = this.#javascript.stats();
    const more = this.#made?.stats();
    if (more === undefined) return stats;
    const kills = { ...stats.kills };
    for (const [cause, count] of Object.entries(more.kills)) kills[cause] = (kills[cause] ?? 0) + count;
    return {
      executors: [...stats.executors, ...more.executors],
      blankReady: stats.blankReady + more.blankReady,
      starts: stats.starts + more.starts,
      kills,
      waiting: stats.waiting + more.waiting,
    };
  }

  async stop(graceMs?: number): Promise<void> {
    this.#isStopped = true;
    await Promise.all([this.#javascript.stop(graceMs), this.#made?.stop(graceMs)]);
  }

  #refuseIfStopped(): void {
    if (this.#isStopped) throw errors.error('SANDBOX_STOPPED', 'the sandbox takes no more runs');
  }

  #started(): Promise<ExecutorPool> {
    if (this.#make === undefined)
      return Promise.reject(errors.error('PYTHON_OFF', 'plugins in Python are switched off here (ANNEX_PYTHON)'));
    this.#python ??= this.#start(this.#make).catch((thrown: unknown) => {
      this.#python = undefined;
      throw thrown;
    });
    return this.#python;
  }

  async #start(make: MakePython): Promise<ExecutorPool> {
    const { pool, prove } = make();
    this.#made = pool;
    try {
      await pool.start();
      await prove();
    } catch (thrown) {
      this.#made = undefined;
      await pool.stop(0);
      throw thrown;
    }
    this.#isReady = true;
    return pool;
  }
}

function notBegun(code: 'EXECUTOR_LOST', message: string): RunOutcome {
  const usage = { wallMs: 0, cpuMs: 0, memoryMb: 0, resultBytes: 0, logLines: 0, logBytes: 0, hostCalls: 0 };
  return { status: 'failed', error: { code, message }, usage };
}
