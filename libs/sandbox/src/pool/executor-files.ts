/**
 * Where an executor's files are: its program, the prelude, isolated-vm's native part and a Node binary, all readable by
 * the user it runs as.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isReachableByOthers, stageForOthers } from '@annex/kernel';
import { errors } from '../errors.js';
import { sandboxNode } from '../confinement/node-version.js';

export interface ExecutorFiles {
  node: string;
  /** Folder with the program and what it reads. */
  folder: string;
  addon: string;
  /** Folder of the interpreter: for executors of Python. */
  python?: string;
}

const dist = join(dirname(fileURLToPath(import.meta.url)), '../../dist');
const bundled = join(dist, 'bundled');
const bundledPython = join(dist, 'bundled-python');

/**
 * Finds the files, and copies those that other users cannot reach to a place where they can.
 * @param forOthers whether executors run as another user than this process
 * Throws `EXECUTOR_MISSING` when the project has not been built.
 */
export function findExecutorFiles(forOthers: boolean): ExecutorFiles {
  if (!existsSync(join(bundled, 'executor.mjs'))) {
    throw errors.error('EXECUTOR_MISSING', `${bundled} holds no executor; run "npm run build" first`);
  }
  const node = sandboxNode();
  const files = { node: node.path, folder: bundled, addon: findAddon(node.abi) };
  if (forOthers)
    for (const name of ['node', 'folder', 'addon'] as const) files[name] = forAll(files[name], name, name === 'folder');
  return files;
}

/** Whether this installation has an interpreter of Python. The published SDK has none: it is larger than the rest. */
export function hasPython(): boolean {
  return existsSync(join(bundledPython, 'snapshot.bin'));
}

/** As {@link findExecutorFiles}, for executors of Python. Throws `EXECUTOR_MISSING` and `PYTHON_MISSING`. */
export function findPythonFiles(forOthers: boolean): ExecutorFiles {
  if (!hasPython())
    throw errors.error(
      'PYTHON_MISSING',
      'there is no Python in this installation: deploy the plugin to a server, which tries it out and runs it; in a ' +
        'checkout of Annex run "npm run build"',
    );
  const python = forOthers ? forAll(bundledPython, 'python', true) : bundledPython;
  return { ...findExecutorFiles(forOthers), python };
}

/** The same file or folder where other users can read it. */
function forAll(path: string, name: string, isFolder: boolean): string {
  if (isReachableByOthers(path)) return path;
  const hash = createHash('sha256').update(readFileSync(isFolder ? join(path, 'content.sha256') : path));
  return join(stageForOthers({ key: `${name} ${hash.digest('hex')}`, files: { [path]: name } }), name);
}

/** isolated-vm's native part for a Node: one compiled here, else the prebuilt one. */
function findAddon(abi: string): string {
  const home = dirname(createRequire(import.meta.url).resolve('isolated-vm'));
  const compiled = join(home, 'build/Release/isolated_vm.node');
  // What was compiled here was compiled for the Node that ran the install.
  if (existsSync(compiled) && abi === process.versions.modules) return compiled;
  const folder = join(home, 'prebuilds', `${process.platform}-${process.arch}`);
  const libc = existsSync('/etc/alpine-release') ? 'musl' : 'glibc';
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const fitting = names.filter((name) => name.includes(`abi${abi}.`));
  const name = fitting.find((each) => each.includes(libc)) ?? fitting.find((each) => !/glibc|musl/.test(each));
  if (name === undefined) {
    throw errors.error(
      'EXECUTOR_MISSING',
      `isolated-vm has no native part for ${process.platform}-${process.arch} and Nodes of ABI ${abi}`,
    );
  }
  return join(folder, name);
}
