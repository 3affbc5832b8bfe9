// Builds everything that runs: TypeScript to JavaScript file by file with SWC (decorator metadata kept for Nest and
// TypeORM), then the parts that must be one file (see below). Only files that changed are compiled again. Every file is
// written beside its place and moved in whole, so that a build that was killed, or two at once, leave nothing
// half-written that the next one takes for done.
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transform } from '@swc/core';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** A change of this file is a change of everything it makes. */
const scriptMs = (await stat(fileURLToPath(import.meta.url))).mtimeMs;
const swcOptions = {
  swcrc: false,
  configFile: false,
  sourceMaps: true,
  module: { type: 'es6' },
  jsc: {
    target: 'es2024',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
    keepClassNames: true,
  },
};

async function sourceFiles(dir) {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
}

async function replace(path, text, mtimeS) {
  await writeFile(`${path}.${process.pid}.tmp`, text);
  if (mtimeS !== undefined) await utimes(`${path}.${process.pid}.tmp`, mtimeS, mtimeS);
  await rename(`${path}.${process.pid}.tmp`, path);
}

/** A draft of a build that was killed; one that is younger may belong to a build under way. */
async function isAbandoned(file) {
  return (
    file.endsWith('.tmp') && Date.now() - (await stat(file).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs > 60_000
  );
}

async function compileProject(project) {
  const src = join(project, 'src');
  const dist = join(project, 'dist');
  if (!existsSync(src)) return 0;
  const files = await sourceFiles(src);
  const wanted = new Set();
  let compiled = 0;
  for (const file of files) {
    if (!file.endsWith('.ts') || /\.(spec|test|d)\.ts$/.test(file)) continue;
    const out = join(dist, relative(src, file).replace(/\.ts$/, '.js'));
    wanted.add(out).add(`${out}.map`);
    const [from, to] = await Promise.all([stat(file), stat(out).catch(() => undefined)]);
    // The same time as the source, not a later one: a checkout or a copy may well put an older source in its place.
    if (to && Math.abs(to.mtimeMs - from.mtimeMs) < 1 && to.ctimeMs >= scriptMs) continue;
    const code = await readFile(file, 'utf8');
    const result = await transform(code, {
      ...swcOptions,
      filename: file,
      sourceFileName: relative(dirname(out), file),
    });
    await mkdir(dirname(out), { recursive: true });
    await replace(`${out}.map`, result.map ?? '');
    await replace(out, `${result.code}\n//# sourceMappingURL=${out.split('/').pop()}.map\n`, from.mtimeMs / 1000);
    compiled += 1;
  }
  if (existsSync(dist)) {
    for (const file of await sourceFiles(dist)) {
      if (!file.includes('/bundled/') && !wanted.has(file) && (/\.js(\.map)?$/.test(file) || (await isAbandoned(file))))
        await rm(file, { force: true });
    }
  }
  return compiled;
}

const started = performance.now();
let compiled = 0;
for (const shelf of ['libs', 'apps']) {
  const dir = join(root, shelf);
  for (const name of await readdir(dir)) compiled += await compileProject(join(dir, name));
}
// A project with parts that must be one file brings a `bundle.mjs` that exports `bundle(root)`.
for (const shelf of ['libs', 'apps']) {
  for (const name of await readdir(join(root, shelf))) {
    const script = join(root, shelf, name, 'bundle.mjs');
    if (existsSync(script)) await (await import(pathToFileURL(script).href)).bundle(root);
  }
}
console.log(`built ${compiled} changed files in ${Math.round(performance.now() - started)} ms`);
