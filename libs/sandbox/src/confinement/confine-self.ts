/** What an executor does to itself, and what it can say about its own confinement. Runs inside the executor. */
import { readdirSync, readFileSync } from 'node:fs';
import { openDescriptors } from './descriptors.js';
import type { Addon } from '../isolate/addon.js';

/** What it can see only before it gives up the right to read. */
export interface Surroundings {
  /** What its descriptors lead to. */
  descriptors: string[];
  /** What the kernel says about it: `NoNewPrivs`, `Seccomp`, `CapEff` and the like, by name. */
  status: Record<string, string>;
  /** Its cgroup's path. */
  cgroup: string;
  /** The processes that its /proc shows; none where it may not look. */
  processes: number[];
}

/** What a new executor reports before it is given anything. */
export interface ConfinementReport extends Surroundings {
  node: string;
  flags: string[];
  /** Permissions that it still has although it should not. */
  held: string[];
  environment: string[];
  uid: number;
  /** Its own id as it sees it: 1 where it sees no process but its own. */
  pid: number;
}

const neverHeld = ['fs.write', 'net', 'child', 'worker', 'wasi', 'inspector', 'ffi'];

/** Loads isolated-vm's native part from the one file that the executor may read for it. */
export function loadAddon(path: string): Addon {
  const found: { exports: { ivm?: Addon } } = { exports: {} };
  process.dlopen(found, path);
  if (found.exports.ivm === undefined) throw new Error('the addon does not contain isolated-vm');
  return found.exports.ivm;
}

/** Gives up what was needed only to load. Irreversible. */
export function dropPermissions(): void {
  const permission = process.permission as unknown as { drop?: (scope: string) => void } | undefined;
  for (const scope of ['addon', 'addons', 'fs.read', 'fs', 'ffi']) {
    try {
      permission?.drop?.(scope);
    } catch {
      // This Node does not know the scope or has it granted no longer.
    }
  }
}

/** Call this last before {@link dropPermissions}. */
export function lookAround(): Surroundings {
  return { descriptors: openDescriptors(), status: ownStatus(), cgroup: ownCgroup(), processes: shownProcesses() };
}

function ownStatus(): Record<string, string> {
  try {
    const lines = readFileSync('/proc/self/status', 'latin1').matchAll(
      /^(NoNewPrivs|Seccomp|CapEff|CapPrm):\s*(\S+)/gm,
    );
    return Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
  } catch {
    return {};
  }
}

function ownCgroup(): string {
  try {
    return /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'latin1'))?.[1] ?? '';
  } catch {
    return '';
  }
}

function shownProcesses(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

export function confinementReport(surroundings: Surroundings): string {
  const permission = process.permission as unknown as Permission | undefined;
  const held = permission === undefined ? ['everything'] : neverHeld.filter((scope) => has(permission, scope));
  if (permission !== undefined && has(permission, 'fs.read', '/proc/self/status')) held.push('fs.read');
  const report: ConfinementReport = {
    node: process.versions.node,
    flags: [...process.execArgv],
    held,
    environment: Object.keys(process.env),
    uid: process.getuid?.() ?? -1,
    pid: process.pid,
    ...surroundings,
  };
  return JSON.stringify(report);
}

interface Permission {
  has(scope: string, reference?: string): boolean;
}

function has(permission: Permission, ...asked: Parameters<Permission['has']>): boolean {
  try {
    return permission.has(...asked);
  } catch {
    return false;
  }
}
