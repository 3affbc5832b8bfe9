export type {
  Bundle,
  HostCall,
  HostCallAnswer,
  InspectOutcome,
  KillReport,
  Language,
  Registration,
  RouteRequest,
  RouteResponse,
  RunContext,
  RunOutcome,
  Lane,
  RunRequest,
  Sandbox,
  SandboxError,
  SandboxErrorCode,
  SandboxLimits,
  SandboxLog,
  SandboxStats,
  SandboxUsage,
} from './sandbox.js';
export type { SandboxOptions } from './options.js';
export { StreamCut } from './pool/answer-stream.js';
export { createSandbox } from './pool/create-sandbox.js';
export { hasPython } from './pool/executor-files.js';
export { createCompiler, type Compiler, type CompilerOptions } from './compiler/compiler.js';
export { type CompilerLimits } from './compiler/limits.js';
export { launchConfined, type ConfinedProgram, type Confinement, type Launched } from './confinement/launch.js';
export { launcherPid, type Ending } from './confinement/start-process.js';
export { lendUser, type LentUser } from './confinement/users.js';
export { minimumNodeMajor, requireSupportedNode } from './confinement/node-version.js';
export { layersOf, sandboxTier, type SandboxTier } from './confinement/tier.js';
export { errors as sandboxErrors } from './errors.js';
