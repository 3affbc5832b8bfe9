/**
 * Starts a program that inherits nothing but the streams it is given, through the launcher where there is one. What
 * else it is held to is for the command to say.
 */
import { spawn, type ChildProcess, type IOType } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { isSupportedNode } from './node-version.js';
import { childStreams } from './descriptors.js';
import { Launcher } from './launcher.js';
import type { StartOptions, Started } from './started.js';
import { stepBack } from './priority.js';
import { systemPath } from './system-path.js';

export { Between, type Ending, type Started } from './started.js';

/** Launchers that died in the life of this process, after which it starts its programs itself. */
const maxLaunchersLost = 5;

let launcher: Launcher | undefined;
let beginning: Promise<void> | undefined;
let lost = 0;

/** Told that a launcher ended, and what follows: the process starts its programs itself when `isLast`. */
export type OnLauncherLost = (lost: { pid: number; isLast: boolean }) => void;

let tellLost: OnLauncherLost | undefined;

/** There is one launcher for the process, and so one who is told: the last to ask. */
export function onLauncherLost(tell: OnLauncherLost): void {
  tellLost = tell;
}

/** Done when programs are started by a launcher, or it is known that none can be had here. */
export function beginLauncher(): Promise<void> {
  beginning ??= begin();
  return beginning;
}

async function begin(): Promise<void> {
  const perl = absolute('perl');
  // Older Nodes cannot dial the launcher's socket, whose name is that of no file.
  if (process.platform !== 'linux' || !existsSync(perl) || !isSupportedNode()) return;
  const started = await Launcher.start(perl);
  launcher = started;
  void started?.gone.then(() => {
    launcher = undefined;
    lost += 1;
    const isLast = lost >= maxLaunchersLost;
    beginning = isLast ? Promise.resolve() : undefined;
    tellLost?.({ pid: started.pid, isLast });
  });
}

/** The launcher's process: for tests and figures. */
export function launcherPid(): number | undefined {
  return launcher?.pid;
}

/** Starts the program that the command names first, by its full path. */
export function startProcess(command: readonly string[], options: StartOptions): Started {
  if (launcher?.isGone === false) return launcher.start(command, options);
  // The next program finds another one.
  if (launcher !== undefined || lost > 0) void beginLauncher();
  return startHere(command, options);
}

/** Copies this process to start the program. For where there is no launcher. Throws what `spawn` throws. */
export function startHere([program = '', ...args]: readonly string[], options: StartOptions): Started {
  const { streams, between = [], group, isOurs = false } = options;
  const stdio: (IOType | number | Duplex)[] = childStreams().map((each, fd) => (fd <= 3 ? 'ignore' : each));
  for (const fd of streams) stdio[fd] = 'pipe';
  for (const [fd, { end }] of between) stdio[fd] = end ?? 'pipe';
  // In a process group of its own: Ctrl-C in a terminal goes to the parent alone, which lets the runs under way end.
  const child: ChildProcess = spawn(program, args, { cwd: '/', env: {}, stdio, detached: true });
  for (const [fd, pair] of between) {
    if (pair.end === undefined) pair.end = child.stdio[fd] as Duplex;
    // The program has it now.
    else pair.end.destroy();
  }
  if (child.pid !== undefined) {
    group?.add(child.pid);
    if (!isOurs) stepBack(child.pid);
  }
  return {
    pid: child.pid,
    streams: streams.map((fd) => child.stdio[fd] as Duplex),
    exited: new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
      child.once('error', (error) => resolve({ code: null, signal: null, error }));
    }),
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Programs have no PATH, so every helper is named in full. */
export function absolute(program: string): string {
  if (program.startsWith('/')) return program;
  for (const folder of systemPath.split(delimiter)) if (existsSync(join(folder, program))) return join(folder, program);
  return program;
}
