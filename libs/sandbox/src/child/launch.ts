/** Starts a Node program behind every wall that the machine offers. What the program is for is not known here. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { makeCgroup } from './cgroup.js';
import { childStreams } from './descriptors.js';
import { kernelRulesArgs } from './kernel-rules.js';
import { innerProcess, stepBack } from './step-back.js';
import { systemPath } from './system-path.js';
import { maxThreads, namespaceArgs, prlimitArgs, setprivArgs, type SandboxTier } from './tier.js';
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
  /** Further streams that it has, as descriptors 4 and on. Default: none. */
  moreStreams?: number;
  /** Flags of Node and V8 beside those that confine. */
  flags?: string[];
}

export interface Confinement {
  tier: SandboxTier;
  /** Whom it runs as; given back by the caller when it has exited. */
  user: LentUser;
  /** Ceiling of virtual memory; an isolate reserves much more than it uses. */
  addressSpaceMb: number;
  /** Memory that it may really use, where the kernel limits that. Default: as much as its addresses. */
  memoryMb?: number;
}

/** How a process ended: not at all when it could not be started. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The kernel ended it because it had more memory than it may have. */
  outOfMemory?: boolean;
  error?: Error;
}

/** A started program: it inherits nothing but one stream, which it has as descriptor 3. */
export interface Launched {
  readonly stream: Duplex;
  /** The other ends of `moreStreams`. */
  readonly more: Duplex[];
  /** The program's process, as this process sees it; -1 when there is none. */
  readonly pid: number;
  /** Settled when it is gone, with everything that it started where it has process ids of its own. */
  readonly exited: Promise<Ending>;
  /** SIGKILL. */
  kill(): void;
  /** What it wrote to stderr, at most 8 KiB, until {@link settled}. */
  complaints(): string;
  /** Call this when it has said that it is ready: what it writes to stderr goes nowhere from now on. */
  settled(): void;
}

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
export function launchConfined(program: ConfinedProgram, confinement: Confinement): Launched {
  const { tier, user, addressSpaceMb, memoryMb = addressSpaceMb } = confinement;
  const [command = program.node, ...args] = [
    ...namespaceArgs(tier),
    ...prlimitArgs(tier, addressSpaceMb),
    ...setprivArgs(tier, user.uid),
    ...kernelRulesArgs({ systemCalls: tier.fewSystemCalls, files: tier.fewFiles }, [
      program.node,
      program.file,
      ...program.readable,
    ]),
    program.node,
    ...confinedFlags(program),
    '--disable-warning=SecurityWarning',
    // Else it reads the system's, wherever that is, and does not start where it may not.
    '--openssl-config=/dev/null',
    program.file,
    ...(program.args ?? []),
  ].map((part, index, all) => (index === 0 || all[index - 1] === '--' ? absolute(part) : part));
  // In a process group of its own: Ctrl-C in a terminal goes to the parent alone, which lets the runs under way end.
  const child = spawn(command, args, { cwd: '/', env: {}, stdio: childStreams(program.moreStreams), detached: true });
  const group = tier.ownCgroup && child.pid !== undefined ? makeCgroup({ memoryMb, processes: maxThreads }) : undefined;
  if (child.pid !== undefined) {
    group?.add(child.pid);
    stepBack(child.pid);
  }
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (complaints.length < 8192) complaints += text;
  });
  let inner: number | undefined;
  const own = (): number | undefined =>
    (inner ??= tier.ownProcesses && child.pid !== undefined ? innerProcess(child.pid) : undefined);
  return {
    stream: child.stdio[3] as Duplex,
    more: (child.stdio as unknown[]).slice(4, 4 + (program.moreStreams ?? 0)) as Duplex[],
    get pid() {
      return own() ?? child.pid ?? -1;
    },
    exited: exitOf(child).then((ending) => (group?.remove() ? { ...ending, outOfMemory: true } : ending)),
    kill: () => killBoth(child, own()),
    complaints: () => complaints.slice(0, 8192),
    settled() {
      child.stderr?.destroy();
      const pid = own();
      if (pid === undefined) return;
      group?.add(pid);
      stepBack(pid);
    },
  };
}

export function exitOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
  });
}

/**
 * The first process of a namespace takes the others with it, and its helper outside ends when all of them are gone; so
 * the helper is not killed but awaited. A program that is still being started has only the helper.
 */
function killBoth(child: ChildProcess, inner: number | undefined): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  if (inner === undefined) {
    child.kill('SIGKILL');
    return;
  }
  try {
    process.kill(inner, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

/** The program's environment has no PATH, so every helper is named in full. */
export function absolute(program: string): string {
  if (program.startsWith('/')) return program;
  for (const folder of systemPath.split(delimiter)) if (existsSync(join(folder, program))) return join(folder, program);
  return program;
}
