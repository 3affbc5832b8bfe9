/** The programs that look at and run plugin code. */
import {
  createCompiler,
  createSandbox,
  sandboxTier,
  type Compiler,
  type KillReport,
  type Sandbox,
  type SandboxTier,
} from '@annex/sandbox';
import { sandboxHostMethods } from '@annex/execution';
import { effectiveLimits } from '@annex/limits';
import type { Logger } from 'pino';
import type { Settings } from './config.js';
import type { Undo } from './undo.js';

/** What plugin code is checked and run by. */
export interface Executors {
  sandbox: Sandbox;
  compiler: Compiler;
  tier: SandboxTier;
  /** Who is told of runs that ended their executor from now on; nobody before. */
  tellKills(handle: (report: KillReport) => void): void;
}

/** Starts sandbox and compiler, side by side: the sandbox takes longer. Workers take no packages. */
export async function startExecutors(settings: Settings, logger: Logger, undo: Undo): Promise<Executors> {
  let handleKill: ((report: KillReport) => void) | undefined;
  // Both stand behind the same walls, so these are settled before either.
  const walls = {
    users: settings.sandboxUsers,
    cgroup: settings.sandboxCgroup,
    withoutKernelRules: settings.sandboxKernelRules === 'off',
  };
  const tier = await sandboxTier(walls);
  const starting = createCompiler({ logger, blank: settings.role === 'worker' ? 0 : 1 });
  undo.push(async () => (await starting.catch(() => undefined))?.stop());
  const sandbox = await createSandbox({
    hostMethods: [...sandboxHostMethods],
    isolation: settings.executorIsolation,
    usualMemoryMb: effectiveLimits('route', {}, settings.runCeilings).memoryMb,
    ...walls,
    requireTier: settings.sandboxRequires,
    python: settings.python,
    logger,
    onKill: (report) => handleKill?.(report),
  });
  undo.push(() => sandbox.stop());
  return { sandbox, compiler: await starting, tier, tellKills: (handle) => (handleKill = handle) };
}
