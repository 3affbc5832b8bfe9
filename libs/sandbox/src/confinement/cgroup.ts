/**
 * Limits that the kernel keeps for an executor and all that it starts together (cgroup v2), in a folder that the
 * operator has handed over (systemd: `Delegate=yes`). Annex never takes one by itself: a group that somebody else
 * manages is not its to change.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@annex/kernel';
import { errors } from '../errors.js';

export interface CgroupLimits {
  memoryMb: number;
  processes: number;
}

export interface Cgroup {
  readonly folder: string;
  /** Puts a process, and all that it will start, under the limits. */
  add(pid: number): void;
  /** Ends everything in it. */
  kill(): void;
  /** Call this when its processes have ended. Answers whether the kernel ended one because memory ran out. */
  remove(): boolean;
}

const needed = ['memory', 'pids'] as const;
/** A tenth of the usual share of the processor, which counts only while others want it. */
const weight = '10';
const removeAttempts = 50;
const ownGroup = /^annex-(\d+)-\d+$/;

let home: string | undefined;
let made = 0;

/** Takes a folder over, once. Throws `SANDBOX_CGROUP` when executors cannot be limited in it. */
export function takeCgroup(folder: string): void {
  let offered: string[];
  try {
    offered = readFileSync(join(folder, 'cgroup.controllers'), 'utf8').trim().split(' ');
  } catch (thrown) {
    throw errors.error('SANDBOX_CGROUP', `${folder} is no folder of cgroup v2: ${messageOf(thrown)}`);
  }
  const missing = needed.filter((name) => !offered.includes(name));
  if (missing.length > 0)
    throw errors.error('SANDBOX_CGROUP', `${folder} has no controller for ${missing.join(' and ')}`);
  try {
    const wanted = [...needed, ...(offered.includes('cpu') ? ['cpu'] : [])];
    writeFileSync(join(folder, 'cgroup.subtree_control'), wanted.map((name) => `+${name}`).join(' '));
  } catch (thrown) {
    throw errors.error(
      'SANDBOX_CGROUP',
      `${folder} was not handed over, or has processes of its own: ${messageOf(thrown)}`,
    );
  }
  removeAbandoned(folder);
  home = folder;
}

/** A group for one program; `undefined` while no folder was taken over. Throws what the file system throws. */
export function makeCgroup({ memoryMb, processes }: CgroupLimits): Cgroup | undefined {
  if (home === undefined) return undefined;
  const group = groupAt(join(home, `annex-${process.pid}-${(made += 1)}`));
  group.limit({
    'memory.max': String(memoryMb * 2 ** 20),
    'memory.swap.max': '0',
    'memory.oom.group': '1',
    'pids.max': String(processes),
    'cpu.weight': weight,
  });
  return group;
}

/** A group in a folder that is made now, whatever controllers it has. */
export function groupAt(folder: string): Cgroup & { limit(limits: Record<string, string>): void } {
  mkdirSync(folder);
  return {
    folder,
    limit(limits) {
      for (const [name, value] of Object.entries(limits))
        if (existsSync(join(folder, name))) writeFileSync(join(folder, name), value);
    },
    add(pid) {
      try {
        writeFileSync(join(folder, 'cgroup.procs'), String(pid));
      } catch {
        // It has ended already.
      }
    },
    kill: () => killGroup(folder),
    remove() {
      const events = readQuietly(join(folder, 'memory.events'));
      removeSoon(folder, removeAttempts);
      return /^oom_kill [1-9]/m.test(events);
    },
  };
}

/** What an Annex that was killed left behind: its groups, and whatever still runs in them. */
function removeAbandoned(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [, parent] = ownGroup.exec(name) ?? [];
    if (parent === undefined || existsSync(`/proc/${parent}`)) continue;
    killGroup(join(folder, name));
    removeSoon(join(folder, name), removeAttempts);
  }
}

function killGroup(folder: string): void {
  try {
    writeFileSync(join(folder, 'cgroup.kill'), '1');
  } catch {
    // Linux before 5.14, or it is gone.
  }
}

/** A group can be removed when its last process is quite gone. */
function removeSoon(folder: string, attempts: number): void {
  try {
    rmdirSync(folder);
  } catch {
    if (attempts === 0 || !existsSync(folder)) return;
    killGroup(folder);
    setTimeout(() => removeSoon(folder, attempts - 1), 100).unref();
  }
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
