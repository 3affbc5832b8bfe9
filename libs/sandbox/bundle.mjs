/** Builds what an executor runs: its program in one file, the prelude, and the prelude's rarely needed parts. */
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildNodeApi } from '../manifest/bundle.mjs';
import { bundlePython } from './python-bundle.mjs';
import { lazyNames, lazyOptions, lazyScriptOf, preludeOptions } from './web-bundle.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** What scripts/build.mjs makes here, each with a file that remembers what it was made of. */
export function bundles(root) {
  return [
    { stampFile: join(here, 'dist/bundled.json'), make: () => bundleExecutor(root) },
    { stampFile: join(here, 'dist/bundled-compiler.json'), make: () => bundleCompiler(root) },
    { stampFile: join(here, 'dist/bundled-python.json'), make: () => bundlePython(join(here, 'dist/bundled-python')) },
  ];
}

/** Files that esbuild read, as absolute paths; what a plugin made up has a prefix and is left out. */
function filesRead(...results) {
  const names = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  return names.filter((name) => !name.includes(':')).map((name) => resolve(name));
}

/** The program that checks packages, and its engine: esbuild's own binary, alone in a folder that becomes its root. */
async function bundleCompiler(root) {
  const out = join(here, 'dist/bundled-compiler');
  await mkdir(join(out, 'root'), { recursive: true });
  const require = createRequire(import.meta.url);
  const wasm = findWasm(require.resolve);
  const instead = join(root, 'apps/compiler/src/engine-process.ts');
  const nodeApi = await buildNodeApi();
  const program = await build({
    entryPoints: [join(root, 'apps/compiler/src/main.ts')],
    bundle: true,
    metafile: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node26',
    conditions: ['annex-source'],
    legalComments: 'none',
    // esbuild's library starts no process here, and is not to look for one.
    define: { 'process.env.ESBUILD_BINARY_PATH': 'globalThis.annexProgram', __filename: '"/"', __dirname: '"/"' },
    banner: {
      js:
        "import { createRequire as annexRequire } from 'node:module'; const require = annexRequire(import.meta.url); " +
        'globalThis.annexProgram = import.meta.filename;',
    },
    plugins: [
      {
        name: 'engine',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^child_process$/ }, () => ({ path: instead }));
          onLoad({ filter: /manifest\/src\/bundle\/node-api\.ts$/ }, () => ({
            contents: nodeApiProgram(nodeApi.texts),
          }));
          if (wasm !== undefined) return;
          onResolve({ filter: /^esbuild-wasm\// }, () => ({ path: 'none', namespace: 'none' }));
          onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: '' }));
        },
      },
    ],
  });
  const engine = createRequire(require.resolve('esbuild')).resolve(
    `@esbuild/${process.platform}-${process.arch}/bin/esbuild`,
  );
  await copyEngine(engine, join(out, 'root/esbuild'));
  if (wasm !== undefined) await copyEngine(wasm, join(out, 'esbuild.wasm'));
  const { text } = program.outputFiles[0];
  const hash = createHash('sha256')
    .update(text)
    .update(await readFile(engine));
  await replace(join(out, 'compiler.mjs'), text);
  await replace(join(out, 'content.sha256'), hash.digest('hex'));
  return {
    read: [...filesRead(program), ...nodeApi.read, engine, ...(wasm === undefined ? [] : [wasm])],
    made: ['compiler.mjs', 'content.sha256', 'root/esbuild'].map((name) => join(out, name)),
  };
}

/** What reads the texts from the disk elsewhere: here they are part of the program, and read when one is needed. */
function nodeApiProgram(texts) {
  return `const json = ${JSON.stringify(JSON.stringify(texts))};
    let texts;
    export const nodeApiText = (name) => (texts ??= JSON.parse(json))[name];`;
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
      metafile: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node26',
      conditions: ['annex-source'],
      external: ['isolated-vm'],
      legalComments: 'none',
    }),
    build({ ...preludeOptions, entryPoints: [join(here, 'src/prelude/main.ts')], globalName: '__annexPrelude' }),
    ...lazyNames.map((name) => build(lazyOptions(name))),
  ]);
  const files = {
    'executor.mjs': executor.outputFiles[0].text,
    'prelude.js': `(()=>{"use strict";${prelude.outputFiles[0].text}\nreturn __annexPrelude.install})()`,
  };
  lazyNames.forEach((name, index) => (files[`lazy-${name}.js`] = lazyScriptOf(lazy[index])));
  const hash = createHash('sha256');
  for (const [name, text] of Object.entries(files)) hash.update(`${name}\n${text}\n`);
  files['content.sha256'] = hash.digest('hex');
  for (const [name, text] of Object.entries(files)) await replace(join(out, name), text);
  return {
    read: [...filesRead(executor, prelude, ...lazy), join(here, 'web-bundle.mjs')],
    made: Object.keys(files).map((name) => join(out, name)),
  };
}

/** Swaps the file in whole, because another process may be reading it; leaves an equal one alone. */
async function replace(path, text) {
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return;
  await writeFile(`${path}.${process.pid}`, text);
  await rename(`${path}.${process.pid}`, path);
}
