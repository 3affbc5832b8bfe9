// Builds everything that runs: TypeScript to JavaScript file by file with SWC (decorator metadata kept for Nest and
// TypeORM), then the parts that must be one file (see below). Only what changed is made again. Every file is written
// beside its place and moved in whole, so that a build that was killed, or two at once, leave nothing half-written that
// the next one takes for done. Builds all, or the projects that are named: `node scripts/build.mjs libs/vault`.
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transform } from '@swc/core';
import { replaceFile, unlessCurrent } from './unless-current.mjs';

const script = fileURLToPath(import.meta.url);
const root = dirname(dirname(script));
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

/**
 * Builds what changed since the last build.
 * @param only projects to build, such as `libs/kernel`; default: all. Throws what the compilers found wrong.
 * @returns how many files and bundles were made
 */
export async function build(only) {
  const projects = only ?? (await projectsIn('libs', 'apps'));
  // A change of this file is a change of everything it makes.
  const scriptMs = (await stat(script)).mtimeMs;
  const counts = await Promise.all(projects.map((project) => compileProject(join(root, project), scriptMs)));
  return { compiled: sum(counts), bundled: sum(await Promise.all(projects.map(bundleProject))) };
}

/**
 * A project with parts that must be one file brings a `bundle.mjs`, whose `bundles` each say what they read and made.
 */
async function bundleProject(project) {
  const bundler = join(root, project, 'bundle.mjs');
  if (!existsSync(bundler)) return 0;
  const { bundles } = await import(pathToFileURL(bundler).href);
  // An install may change what an import leads to.
  const makers = [bundler, script, join(root, 'node_modules/.package-lock.json')];
  const made = bundles(root).map((bundle) => unlessCurrent({ root, makers, ...bundle }));
  return sum((await Promise.all(made)).map(Number));
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

async function projectsIn(...folders) {
  const names = await Promise.all(
    folders.map(async (folder) => (await readdir(join(root, folder))).map((name) => `${folder}/${name}`)),
  );
  return names.flat();
}

async function compileProject(project, scriptMs) {
  // A page for browsers is its bundle alone.
  if (existsSync(join(project, 'index.html'))) return 0;
  const src = join(project, 'src');
  const dist = join(project, 'dist');
  if (!existsSync(src)) return 0;
  const sources = (await filesIn(src)).filter((file) => file.endsWith('.ts') && !/\.(spec|test|d)\.ts$/.test(file));
  const targets = sources.map((file) => join(dist, relative(src, file).replace(/\.ts$/, '.js')));
  const compiled = await Promise.all(sources.map((file, index) => compileFile(file, targets[index], scriptMs)));
  if (existsSync(dist)) {
    const wanted = new Set(targets.flatMap((target) => [target, `${target}.map`]));
    for (const file of await filesIn(dist)) {
      if (/\/bundled[^/]*\//.test(file) || wanted.has(file)) continue;
      if (/\.js(\.map)?$/.test(file) || (await isAbandoned(file))) await rm(file, { force: true });
    }
  }
  return sum(compiled.map(Number));
}

/** Whether there was something to do. */
async function compileFile(file, target, scriptMs) {
  const [from, to] = await Promise.all([stat(file), stat(target).catch(() => undefined)]);
  // The same time as the source, not a later one: a checkout or a copy may well put an older source in its place.
  if (to && Math.abs(to.mtimeMs - from.mtimeMs) < 1 && to.ctimeMs >= scriptMs) return false;
  const code = await readFile(file, 'utf8');
  const result = await transform(code, {
    ...swcOptions,
    filename: file,
    sourceFileName: relative(dirname(target), file),
  });
  await mkdir(dirname(target), { recursive: true });
  await replaceFile(`${target}.map`, result.map ?? '');
  await replaceFile(
    target,
    `${result.code}\n//# sourceMappingURL=${target.split('/').pop()}.map\n`,
    from.mtimeMs / 1000,
  );
  return true;
}

async function filesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** A draft of a build that was killed; one that is younger may belong to a build under way. */
async function isAbandoned(file) {
  return (
    file.endsWith('.tmp') && Date.now() - (await stat(file).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs > 60_000
  );
}

if (process.argv[1] === script) {
  const started = performance.now();
  const named = process.argv.slice(2);
  const { compiled, bundled } = await build(named.length > 0 ? named : undefined);
  console.log(
    `built ${compiled} changed files and ${bundled} bundles in ${Math.round(performance.now() - started)} ms`,
  );
}
