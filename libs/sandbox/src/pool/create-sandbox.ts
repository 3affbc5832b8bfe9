import { availableParallelism, totalmem } from 'node:os';
import { findExecutorFiles, findPythonFiles } from './executor-files.js';
import { sandboxNode } from '../confinement/node-version.js';
import { onLauncherLost } from '../confinement/start-process.js';
import { requireTier, sandboxTier } from '../confinement/tier.js';
import { pythonOptions, withDefaults, type SandboxOptions } from '../options.js';
import type { Sandbox } from '../sandbox.js';
import { ExecutorPool } from './executor-pool.js';
import { LanguagePools } from './language-pools.js';
import { provePython, proveSandbox } from './self-test.js';

/**
 * Starts a pool of executors and answers when one is ready. Throws `NODE_TOO_OLD`, `EXECUTOR_MISSING`,
 * `EXECUTOR_START_FAILED`,
 * `SANDBOX_USERS`, `SANDBOX_TIER`, `SANDBOX_CGROUP`, and `SANDBOX_UNSAFE` when the self-test fails: then nothing runs.
 */
export async function createSandbox(given: SandboxOptions = {}): Promise<Sandbox> {
  sandboxNode();
  const { users, requireTier: required = 'T0', withoutKernelRules, cgroup, python = 'on', ...options } = given;
  const tier = await sandboxTier({ users, withoutKernelRules, cgroup });
  requireTier(tier, required);
  const files = findExecutorFiles(tier.ownUser);
  const memoryBytes = process.constrainedMemory() > 0 ? Math.min(totalmem(), process.constrainedMemory()) : totalmem();
  const complete = withDefaults(options, availableParallelism(), memoryBytes);
  onLauncherLost(({ pid, isLast }) => {
    const next = isLast
      ? 'this process starts its programs itself from now on, which holds up its callers'
      : 'the next program finds another';
    complete.logger.warn({ pid }, `the launcher ended, and what it had started with it; ${next}`);
  });
  const pool = new ExecutorPool(complete, files, tier);
  try {
    await Promise.all([pool.start(), complete.skipSelfTest ? undefined : proveSandbox(complete, files, tier)]);
  } catch (thrown) {
    await pool.stop(0);
    throw thrown;
  }
  if (python === 'off') return new LanguagePools(pool, undefined);
  return new LanguagePools(pool, () => {
    const pythonFiles = findPythonFiles(tier.ownUser);
    const settings = pythonOptions(complete, given);
    return {
      pool: new ExecutorPool(settings, pythonFiles, tier),
      prove: () => provePython(settings, pythonFiles, tier),
    };
  });
}
