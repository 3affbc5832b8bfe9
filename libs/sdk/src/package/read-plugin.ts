/** The files of a plugin's folder that belong into its package. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { readInstalled } from './read-installed.js';

/**
 * A folder without a `plugin.json`; `code` is `NO_PLUGIN`.
 * @example
 * const folder = await readPlugin('.').catch((thrown: NoPlugin) => thrown.message)
 */
export class NoPlugin extends Error {
  override readonly name = 'NoPlugin';
  readonly code = 'NO_PLUGIN';
}

export interface PluginFolder {
  /** Absolute. */
  path: string;
  /** By their paths in the package; `node_modules` as far as package.json asks for it. */
  files: Map<string, Uint8Array>;
}

/** Names what else stays out of a package, in the way of `.gitignore`. */
const ignoreFile = '.annexignore';

/** Of no use in a package; `.annexignore` may let one in with `!`. */
const usuallyOut = [
  '/.*',
  '.DS_Store',
  '*.zip',
  '*.log',
  '*.tsbuildinfo',
  '*.test.*',
  '*.spec.*',
  '*.d.ts',
  '*.pyi',
  '*.pyc',
  '__pycache__/',
  'test_*.py',
  '*_test.py',
  '/typings/',
  '/test/',
  '/tests/',
  '/coverage/',
  '/fixtures/',
  '__tests__/',
  'package-lock.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'bun.lock',
];

/** Never in a package, whatever a list says: a secret that is packed is a secret that is told. */
const neverIn = /(^|\/)(\.env(\..*)?|\.git|\.annex|\.npmrc|\.netrc|id_(rsa|ed25519)|.*\.pem|node_modules)(\/|$)/;

/**
 * The plugin in a folder. Without one: that of the folder one stands in, or of the nearest above it. Throws
 * {@link NoPlugin}.
 * @example
 * const { path, files } = await readPlugin(undefined)
 */
export async function readPlugin(folder: string | undefined): Promise<PluginFolder> {
  const path = findPlugin(folder);
  const rules = ignore().add(usuallyOut);
  const own = await readFile(join(path, ignoreFile), 'utf8').catch(() => '');
  const files = new Map<string, Uint8Array>();
  await addFiles(path, '', rules.add(own), files);
  for (const [name, bytes] of await readInstalled(path)) files.set(name, bytes);
  return { path, files };
}

/**
 * Absolute path of the folder that holds the plugin's `plugin.json`. Throws {@link NoPlugin}.
 * @example
 * const folder = findPlugin(undefined)
 */
export function findPlugin(folder: string | undefined): string {
  const start = resolve(folder ?? '.');
  for (let path = start; ; path = dirname(path)) {
    if (existsSync(join(path, 'plugin.json'))) return path;
    if (folder !== undefined || path === dirname(path))
      throw new NoPlugin(
        `${start} has no plugin.json. Name the plugin's folder, or make one with "annex init <folder>".`,
      );
  }
}

async function addFiles(root: string, folder: string, rules: Ignore, files: Map<string, Uint8Array>): Promise<void> {
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (neverIn.test(path) || rules.ignores(entry.isDirectory() ? `${path}/` : path)) continue;
    if (entry.isDirectory()) await addFiles(root, path, rules, files);
    // A package may hold no symbolic links, so none is followed.
    else if (entry.isFile()) files.set(path, await readFile(join(root, path)));
  }
}
