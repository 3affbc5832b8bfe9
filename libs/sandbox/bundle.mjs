/** Builds what an executor runs: its program in one file, the prelude, and the prelude's rarely needed parts. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildLazyScript, lazyNames, preludeOptions } from './web-bundle.mjs';

const here = dirname(fileURLToPath(import.meta.url));

export async function bundle(root) {
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
