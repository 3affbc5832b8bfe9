/** Starts a Node program behind every wall that the machine offers. What the program is for is not known here. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { systemPath } from './system-path.js';
import { prlimitArgs, setprivArgs, unshareArgs, type SandboxTier } from './tier.js';
import type { LentUser } from './users.js';

export interface ConfinedProgram {
  /** The Node binary. */
  node: string;
  /** The program: one file, which finds everything that it needs among `readable`. */
  file: string;
  args?: string[];
  /** Files and folders that it may read; it may read nothing else. */
  readable: string[];
  /** It loads native addons while it starts, and gives the right to do so up then. */
  needsAddons?: boolean;
  /** Flags of Node and V8 beside those that confine. */
  flags?: string[];
}

export interface Confinement {
  tier: SandboxTier;
  /** Whom it runs as; given back by the caller when it has exited. */
  user: LentUser;
  /** Ceiling of virtual memory; an isolate reserves much more than it uses. */
  addressSpaceMb: number;
}

/** How a process ended: not at all when it could not be started. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  error?: Error;
}

/** A started program: it inherits nothing but one stream, which it has as descriptor 3. */
export interface Launched {
  readonly stream: Duplex;
  /** The program's process; -1 when there is none. */
  readonly pid: number;
  /** Settled when it is gone. */
  readonly exited: Promise<Ending>;
  /** SIGKILL. */
  kill(): void;
  /** What it wrote to stderr, at most 8 KiB, until {@link hush}. */
  complaints(): string;
  /** From now on what it writes to stderr goes nowhere. */
  hush(): void;
}

/** Steps of niceness below its parent: about a third of its share when both want everything. */
const niceness = 5;

/** Flags without which the program may not run; it reports them as `process.execArgv`. */
export function confinedFlags({ flags = [], readable, needsAddons = false }: ConfinedProgram): string[] {
  return [
    ...flags,
    '--permission',
    ...(needsAddons ? ['--allow-addons'] : []),
    ...readable.map((path) => `--allow-fs-read=${path}`),
    '--disable-proto=delete',
    '--disable-sigusr1',
  ];
}

/** Starts a program behind every wall that the tier has. Throws what `spawn` throws. */
export function launchConfined(program: ConfinedProgram, { tier, user, addressSpaceMb }: Confinement): Launched {
  const [command = program.node, ...args] = [
    ...unshareArgs(tier),
    ...prlimitArgs(tier, addressSpaceMb),
    ...setprivArgs(tier, user.uid),
    program.node,
    ...confinedFlags(program),
    '--disable-warning=SecurityWarning',
    program.file,
    ...(program.args ?? []),
  ].map((part, index, all) => (index === 0 || all[index - 1] === '--' ? absolute(part) : part));
  // In a process group of its own: Ctrl-C in a terminal goes to the parent alone, which lets the runs under way end.
  const child = spawn(command, args, { cwd: '/', env: {}, stdio: ['ignore', 'ignore', 'pipe', 'pipe'], detached: true });
  stepBack(child);
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (complaints.length < 8192) complaints += text;
  });
  return {
    stream: child.stdio[3] as Duplex,
    pid: child.pid ?? -1,
    exited: new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
      child.once('error', (error) => resolve({ code: null, signal: null, error }));
    }),
    kill: () => void child.kill('SIGKILL'),
    complaints: () => complaints.slice(0, 8192),
    hush: () => void child.stderr?.destroy(),
  };
}

/** Behind the parent in the line for the processor: it must keep watching and answering while plugin code uses all it can get. */
function stepBack({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, Math.min(19, getPriority() + niceness));
  } catch {
    // It has ended already, or the machine knows no such thing.
  }
}

/** The program's environment has no PATH, so every helper is named in full. */
function absolute(program: string): string {
  if (program.startsWith('/')) return program;
  for (const folder of systemPath.split(delimiter)) if (existsSync(join(folder, program))) return join(folder, program);
  return program;
}
