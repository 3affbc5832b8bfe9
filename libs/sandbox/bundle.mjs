/** Builds what an executor runs: its program in one file, the prelude, and the prelude's rarely needed parts. */
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildLazyScript, lazyNames, preludeOptions } from './web-bundle.mjs';

const here = dirname(fileURLToPath(import.meta.url));

export async function bundle(root) {
  await Promise.all([bundleExecutor(root), bundleCompiler(root)]);
}

/** The program that checks packages, and its engine: esbuild's own binary, alone in a folder that becomes its root. */
async function bundleCompiler(root) {
  const out = join(here, 'dist/bundled-compiler');
  await mkdir(join(out, 'root'), { recursive: true });
  const { resolve } = createRequire(import.meta.url);
  const wasm = findWasm(resolve);
  const instead = join(root, 'apps/compiler/src/engine-process.ts');
  const { outputFiles } = await build({
    entryPoints: [join(root, 'apps/compiler/src/main.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node26',
    conditions: ['annex-source'],
    legalComments: 'none',
    // esbuild's library starts no process here, and is not to look for one.
    define: { 'process.env.ESBUILD_BINARY_PATH': 'globalThis.annexProgram', __filename: '"/"', __dirname: '"/"' },
    banner: {
      js: "import { createRequire as annexRequire } from 'node:module'; const require = annexRequire(import.meta.url); globalThis.annexProgram = import.meta.filename;",
    },
    plugins: [
      {
        name: 'engine',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^child_process$/ }, () => ({ path: instead }));
          if (wasm !== undefined) return;
          onResolve({ filter: /^esbuild-wasm\// }, () => ({ path: 'none', namespace: 'none' }));
          onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: '' }));
        },
      },
    ],
  });
  const engine = createRequire(resolve('esbuild')).resolve(`@esbuild/${process.platform}-${process.arch}/bin/esbuild`);
  await copyEngine(engine, join(out, 'root/esbuild'));
  if (wasm !== undefined) await copyEngine(wasm, join(out, 'esbuild.wasm'));
  const program = outputFiles[0].text;
  const hash = createHash('sha256')
    .update(program)
    .update(await readFile(engine));
  await replace(join(out, 'compiler.mjs'), program);
  await replace(join(out, 'content.sha256'), hash.digest('hex'));
}

/**
 * The engine for machines where a program cannot be given a root of its own. `undefined`: it was not installed, and is
 * not needed elsewhere.
 */
function findWasm(resolve) {
  try {
    return resolve('esbuild-wasm/esbuild.wasm');
  } catch {
    console.log('esbuild-wasm is not installed: run "npm ci"');
    return undefined;
  }
}

async function copyEngine(from, to) {
  const [wanted, found] = await Promise.all([stat(from), stat(to).catch(() => undefined)]);
  if (found?.size === wanted.size && found.mtimeMs >= wanted.mtimeMs) return;
  await copyFile(from, `${to}.${process.pid}`);
  await chmod(`${to}.${process.pid}`, 0o755);
  await rename(`${to}.${process.pid}`, to);
}

async function bundleExecutor(root) {
  const out = join(here, 'dist/bundled');
  await mkdir(out, { recursive: true });
  const [executor, prelude, ...lazy] = await Promise.all([
    build({
      entryPoints: [join(root, 'apps/executor/src/main.ts')],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node26',
      conditions: ['annex-source'],
      external: ['isolated-vm'],
      legalComments: 'none',
    }),
    build({ ...preludeOptions, entryPoints: [join(here, 'src/prelude/main.ts')], globalName: '__annexPrelude' }),
    ...lazyNames.map((name) => buildLazyScript(name)),
  ]);
  const files = {
    'executor.mjs': executor.outputFiles[0].text,
    'prelude.js': `(()=>{"use strict";${prelude.outputFiles[0].text}\nreturn __annexPrelude.install})()`,
  };
  lazyNames.forEach((name, index) => (files[`lazy-${name}.js`] = lazy[index]));
  const hash = createHash('sha256');
  for (const [name, text] of Object.entries(files)) hash.update(`${name}\n${text}\n`);
  files['content.sha256'] = hash.digest('hex');
  for (const [name, text] of Object.entries(files)) await replace(join(out, name), text);
}

/** Swaps the file in whole, because another process may be reading it; leaves an equal one alone. */
async function replace(path, text) {
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return;
  await writeFile(`${path}.${process.pid}`, text);
  await rename(`${path}.${process.pid}`, path);
}
