/** Where a compiler's files are: its program, and the engine in a folder of its own. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isReachableByOthers, stageForOthers } from '@annex/kernel';
import { sandboxNode } from '../confinement/node-version.js';
import { errors } from '../errors.js';

export interface CompilerFiles {
  node: string;
  /** Folder with the program. */
  folder: string;
  /** The engine's binary: all that its root folder holds. */
  engine: string;
  /** The same engine as WebAssembly, for machines on which no program can be given a root folder of its own. */
  wasm: string;
}

/** Of the library and of the binary, which speak together only if they are of one version. */
export const esbuildVersion = '0.28.2';

const bundled = join(dirname(fileURLToPath(import.meta.url)), '../../dist/bundled-compiler');

/**
 * Finds the files, and copies those that other users cannot reach to a place where they can.
 * @param forOthers whether compilers run as another user than this process
 * Throws `COMPILER_MISSING` when the project has not been built.
 */
export function findCompilerFiles(forOthers: boolean): CompilerFiles {
  const engine = join(bundled, 'root/esbuild');
  if (!existsSync(join(bundled, 'compiler.mjs')))
    throw errors.error('COMPILER_MISSING', `${bundled} holds no compiler; run "npm run build" first`);
  const files = { node: sandboxNode().path, folder: bundled };
  if (!forOthers) return { ...files, engine, wasm: join(bundled, 'esbuild.wasm') };
  for (const name of ['node', 'folder'] as const) {
    const path = files[name];
    if (isReachableByOthers(path)) continue;
    const hash = createHash('sha256').update(readFileSync(name === 'folder' ? join(path, 'content.sha256') : path));
    files[name] = join(
      stageForOthers({
        key: `${name === 'folder' ? 'compiler' : name} ${hash.digest('hex')}`,
        files: { [path]: name },
      }),
      name,
    );
  }
  return { ...files, engine: join(files.folder, 'root/esbuild'), wasm: join(files.folder, 'esbuild.wasm') };
}
