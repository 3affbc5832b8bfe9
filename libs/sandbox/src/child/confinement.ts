/** What an executor does to itself, and what it can say about its own confinement. Runs inside the executor. */
import type { Addon } from '../isolate/guest.js';

/** What a new executor reports before it is given anything. */
export interface ConfinementReport {
  node: string;
  flags: string[];
  /** Permissions that it still has although it should not. */
  held: string[];
  environment: string[];
  uid: number;
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

export function confinementReport(): string {
  const permission = process.permission as unknown as { has(scope: string): boolean } | undefined;
  const held = permission === undefined ? ['everything'] : neverHeld.filter((scope) => has(permission, scope));
  const report: ConfinementReport = {
    node: process.versions.node,
    flags: [...process.execArgv],
    held,
    environment: Object.keys(process.env),
    uid: process.getuid?.() ?? -1,
  };
  return JSON.stringify(report);
}

function has(permission: { has(scope: string): boolean }, scope: string): boolean {
  try {
    return permission.has(scope);
  } catch {
    return false;
  }
}
