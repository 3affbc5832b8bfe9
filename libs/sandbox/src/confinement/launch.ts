/** Starts a Node program behind every wall that the machine offers. What the program is for is not known here. */
import type { Duplex } from 'node:stream';
import { makeCgroup } from './cgroup.js';
import { kernelRulesArgs } from './kernel-rules.js';
import { absolute, startProcess, type Between, type Ending, type Started } from './start-process.js';
import { innerProcess, stepBack } from './priority.js';
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
  /** Streams to another program, which it has as descriptors 4 and on. Default: none. */
  between?: readonly Between[];
}

/** A started program: it inherits nothing but one stream, which it has as descriptor 3. */
export interface Launched {
  readonly stream: Duplex;
  /** The program's process, as this process sees it; -1 while there is none. */
  readonly pid: number;
  /** Settled when it is gone, with everything that it started where it has process ids of its own. */
  readonly exited: Promise<Ending>;
  /** SIGKILL. */
  kill(): void;
  /** What it wrote to stderr: the first 8 KiB, and from {@link settled} on the last. */
  complaints(): string;
  /** Call this when it has said that it is ready: of stderr only last words are of interest from now on. */
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
  const { tier, user, addressSpaceMb, memoryMb = addressSpaceMb, between = [] } = confinement;
  const command = [
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
  const group = tier.ownCgroup ? makeCgroup({ memoryMb, processes: maxThreads }) : undefined;
  const started = startProcess(command, {
    streams: [2, 3],
    between: between.map((pair, index) => [4 + index, pair]),
    group,
  });
  const [stderr, stream] = started.streams as [Duplex, Duplex];
  const words = listenTo(stderr);
  let inner: number | undefined;
  const own = (): number | undefined =>
    (inner ??= tier.ownProcesses && started.pid !== undefined ? innerProcess(started.pid) : undefined);
  let isOver = false;
  const exited = started.exited.then(async (ending): Promise<Ending> => {
    isOver = true;
    const isKernels = group?.remove() === true;
    if (isKernels) return { ...ending, outOfMemory: true };
    if (ending.code === helperFault && killedInside.test(await words.last())) return { code: null, signal: 'SIGKILL' };
    return hasCrashed(ending) && outOfMemory.test(await words.last()) ? { ...ending, outOfMemory: true } : ending;
  });
  return {
    stream,
    get pid() {
      return own() ?? started.pid ?? -1;
    },
    exited,
    kill() {
      if (!isOver) killBoth(started, own());
    },
    complaints: () => words.said(),
    settled() {
      words.settle();
      const pid = own();
      if (pid === undefined) return;
      group?.add(pid);
      stepBack(pid);
    },
  };
}

const maxWords = 8192;
/** A settled program that writes more is heard no longer: an honest one writes nothing. */
const maxHeard = 256 * 1024;
/** What it left running may hold its stderr open. */
const lastWordsWithinMs = 5000;
/** Signals with which a process ends that could not go on. */
const crashes: readonly (NodeJS.Signals | null)[] = [
  'SIGABRT',
  'SIGSEGV',
  'SIGTRAP',
  'SIGILL',
  'SIGBUS',
  'SIGFPE',
  'SIGSYS',
];
/** What V8, Node and C++ say before they end a process for want of memory, or because nothing so large can be. */
const outOfMemory =
  /out of memory|OutOfMemory|heap limit|Allocation failed|bad_alloc|invalid size error|cannot allocate/i;

/**
 * What unshare(1) of util-linux before 2.40 says, and ends with, when the program that it waited for was killed: it
 * tries to end in the same way, for which SIGKILL cannot be prepared.
 */
const killedInside = /sigprocmask unblock failed/;
const helperFault = 1;

/** Whether a process ended because it could not go on, and not because somebody ended it. */
export function hasCrashed({ signal }: Ending): boolean {
  return crashes.includes(signal);
}

function listenTo(stderr: Duplex): { said(): string; settle(): void; last(): Promise<string> } {
  let words = '';
  let heard: number | undefined;
  const closed = new Promise<void>((resolve) => stderr.once('close', resolve));
  stderr.setEncoding('utf8').on('data', (text: string) => {
    if (heard === undefined) {
      if (words.length < maxWords) words += text;
      return;
    }
    words = (words + text).slice(-maxWords);
    heard += text.length;
    if (heard > maxHeard) stderr.destroy();
  });
  stderr.on('error', () => undefined);
  return {
    said: () => words.slice(0, maxWords),
    settle() {
      heard = 0;
    },
    async last() {
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, lastWordsWithinMs)));
      await Promise.race([closed, limit]);
      clearTimeout(timer);
      return words;
    },
  };
}

/**
 * The first process of a namespace takes the others with it, and its helper outside ends when all of them are gone; so
 * the helper is not killed but awaited. A program that is still being started has only the helper.
 */
function killBoth(started: Started, inner: number | undefined): void {
  if (inner === undefined) {
    started.kill();
    return;
  }
  try {
    process.kill(inner, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
