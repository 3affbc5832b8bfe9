import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setPriority } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { ExecutorFiles } from './files.js';
import { executorUid, prlimitArgs, setprivArgs, systemPath, unshareArgs, type SandboxTier } from './tier.js';

export interface LaunchOptions {
  files: ExecutorFiles;
  tier: SandboxTier;
  /** Tells executors of this parent apart; decides the user id. */
  slot: number;
  addressSpaceMb: number;
  /** V8's optimising compilers: 2–3 times faster loops, and most of the V8 bugs that were ever exploited. Default: off. */
  optimize: boolean;
}

/** Steps of niceness below an ordinary process: about a third of its share when both want everything. */
const executorNiceness = 5;

/** A started executor: nothing is inherited but one stream. */
export interface LaunchedExecutor {
  child: ChildProcess;
  stream: Duplex;
  /** What it wrote to stderr before it was ready, at most 8 KiB. */
  complaints(): string;
}

/** Flags without which an executor may not run; the self-test looks for each. */
export function executorFlags({ files, optimize }: Pick<LaunchOptions, 'files' | 'optimize'>): string[] {
  return [
    '--no-node-snapshot',
    ...(optimize ? [] : ['--disable-optimizing-compilers']),
    '--permission',
    '--allow-addons',
    `--allow-fs-read=${files.folder}`,
    `--allow-fs-read=${files.addon}`,
    '--disable-proto=delete',
    '--disable-sigusr1',
  ];
}

/** Starts an executor behind every wall that the tier has. Throws what `spawn` throws. */
export function launchExecutor(options: LaunchOptions): LaunchedExecutor {
  const { files, tier, slot, addressSpaceMb } = options;
  const [program = files.node, ...args] = [
    ...unshareArgs(tier),
    ...prlimitArgs(tier, addressSpaceMb),
    ...setprivArgs(tier, executorUid(slot)),
    files.node,
    ...executorFlags(options),
    '--disable-warning=SecurityWarning',
    join(files.folder, 'executor.mjs'),
    files.addon,
  ].map((part, index, all) => (index === 0 || all[index - 1] === '--' ? absolute(part) : part));
  // In a process group of its own: Ctrl-C in a terminal goes to the parent alone, which lets the runs under way end.
  const child = spawn(program, args, { cwd: '/', env: {}, stdio: ['ignore', 'ignore', 'pipe', 'pipe'], detached: true });
  stepBack(child);
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (complaints.length < 8192) complaints += text;
  });
  return { child, stream: child.stdio[3] as Duplex, complaints: () => complaints.slice(0, 8192) };
}

/** Behind the parent in the line for the processor: it must keep watching and answering while plugin code uses all it can get. */
function stepBack({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, executorNiceness);
  } catch {
    // It has ended already, or the machine knows no such thing.
  }
}

/** The environment of an executor has no PATH, so every program is named in full. */
function absolute(program: string): string {
  if (program.startsWith('/')) return program;
  for (const folder of systemPath.split(delimiter)) if (existsSync(join(folder, program))) return join(folder, program);
  return program;
}
