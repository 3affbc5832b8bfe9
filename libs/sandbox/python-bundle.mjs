/** Builds what an executor of Python runs: the interpreter's script, the prelude, and the kept interpreter. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { lazyNames, lazyOptions, lazyScriptOf, preludeOptions } from './web-bundle.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const sources = join(here, 'src/python/annex');
const prelude = join(here, 'src/prelude/python');

/** Makes the files in `out`, for scripts/build.mjs. */
export async function bundlePython(out) {
  const pyodide = dirname(createRequire(import.meta.url).resolve('pyodide/package.json'));
  await mkdir(out, { recursive: true });
  const [script, realm, ...lazy] = await Promise.all([
    build({
      bundle: true,
      metafile: true,
      write: false,
      minify: true,
      format: 'iife',
      globalName: '__annexPyodide',
      platform: 'browser',
      target: 'node26',
      legalComments: 'none',
      entryPoints: [join(prelude, 'pyodide-script.ts')],
      alias: {
        'pyodide-loader': join(pyodide, 'pyodide.mjs'),
        'pyodide-module': join(pyodide, 'pyodide.asm.mjs'),
      },
      external: ['node:*', 'ws'],
      define: { 'import.meta.url': '"file:///py/pyodide.asm.mjs"' },
    }),
    build({ ...preludeOptions, entryPoints: [join(prelude, 'main.ts')], globalName: '__annexPrelude' }),
    ...lazyNames.map((name) => build(lazyOptions(name))),
  ]);
  const opening =
    '(function(WebAssembly,scope){"use strict";const {read,readbuffer,load,os,location,setTimeout}=scope;';
  const texts = {
    'pyodide.js': `${opening}${script.outputFiles[0].text}\nreturn __annexPyodide})`,
    'prelude.js': `(()=>{"use strict";${realm.outputFiles[0].text}\nreturn __annexPrelude.installPython})()`,
    'sources.json': JSON.stringify(await pythonSources()),
  };
  lazyNames.forEach((name, index) => (texts[`lazy-${name}.js`] = lazyScriptOf(lazy[index])));
  for (const [name, text] of Object.entries(texts)) await replace(join(out, name), text);
  for (const name of ['pyodide.asm.wasm', 'python_stdlib.zip']) {
    await copyFile(join(pyodide, name), join(out, `${name}.${process.pid}`));
    await rename(join(out, `${name}.${process.pid}`), join(out, name));
  }
  const maker = join(here, 'python-snapshot.mjs');
  const draft = join(out, `snapshot.bin.${process.pid}`);
  await promisify(execFile)(process.execPath, [...pythonFlags, maker, out, draft]).finally(() => undefined);
  await rename(draft, join(out, 'snapshot.bin'));
  await rm(join(out, 'sources.json'));
  const hash = createHash('sha256').update(await readFile(join(out, 'snapshot.bin')));
  for (const text of Object.values(texts)) hash.update(text);
  await replace(join(out, 'content.sha256'), hash.digest('hex'));
  const names = Object.keys(texts).filter((name) => name !== 'sources.json');
  return {
    read: [
      ...[script, realm, ...lazy].flatMap(({ metafile }) =>
        Object.keys(metafile.inputs)
          .filter((name) => !name.includes(':'))
          .map((name) => resolve(name)),
      ),
      ...(await readdir(sources)).map((name) => join(sources, name)),
      maker,
      fileURLToPath(import.meta.url),
      join(here, 'web-bundle.mjs'),
    ],
    made: [...names, 'pyodide.asm.wasm', 'python_stdlib.zip', 'snapshot.bin', 'content.sha256'].map((name) =>
      join(out, name),
    ),
  };
}

/** What the interpreter is kept with must be what it is woken with. */
const pythonFlags = ['--no-node-snapshot', '--no-turbofan', '--no-maglev', '--stack-size=3900'];

/** The platform's own modules, by file name. */
async function pythonSources() {
  const names = (await readdir(sources)).filter((name) => name.endsWith('.py')).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(sources, name), 'utf8')])),
  );
}

async function replace(path, text) {
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return;
  await writeFile(`${path}.${process.pid}`, text);
  await rename(`${path}.${process.pid}`, path);
}
