// Makes the tarballs that others install: of every project that is not private, or of those that are named, such as
// `node scripts/pack.mjs --out packages libs/client`. What goes in is what `files` of its package.json says; what only
// this repository understands stays out: the way to the sources, development dependencies and scripts. A project that
// depends on another one gets exactly the version that was built beside it.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { build } from './build.mjs';

const script = fileURLToPath(import.meta.url);
const root = dirname(dirname(script));
/** What TypeScript and Vitest of this repository read in the place of what was built. */
const sourceCondition = 'annex-source';
/** Parts of a package.json that nobody needs who installs it. */
const ownParts = ['devDependencies', 'scripts'];

/**
 * Packs one project that is built, such as `libs/client`, into a folder that exists.
 * @returns the tarball's path. Throws for a project that is private, or that needs one that is.
 */
export async function packProject(project, outFolder) {
  const folder = join(root, project);
  const manifest = await manifestToPublish(project);
  const staged = await mkdtemp(join(tmpdir(), 'annex-pack-'));
  try {
    const { publish } = await publisherOf(folder);
    const copied = publish ? [] : manifest.files.filter((path) => !path.startsWith('!'));
    for (const name of ['README.md', ...copied]) await cp(join(folder, name), join(staged, name), { recursive: true });
    const whole = { ...manifest, ...(publish && (await publish(staged))) };
    await writeFile(join(staged, 'package.json'), `${JSON.stringify(whole, null, 2)}\n`);
    const options = ['--ignore-scripts', '--json', '--pack-destination', resolve(outFolder)];
    const { stdout } = await promisify(execFile)('npm', ['pack', ...options, staged], { cwd: staged });
    const answer = JSON.parse(stdout);
    // A list until npm 10, an object by name from npm 11 on.
    const [{ filename }] = Array.isArray(answer) ? answer : Object.values(answer);
    return join(resolve(outFolder), filename);
  } finally {
    await rm(staged, { recursive: true });
  }
}

/**
 * A project that is made anew for others brings a `publish.mjs`, which fills the folder and adds to its package.json.
 */
async function publisherOf(folder) {
  const file = join(folder, 'publish.mjs');
  return existsSync(file) ? import(pathToFileURL(file).href) : {};
}

/** Every project that others may install. */
export async function publishable() {
  const folders = await Promise.all(
    ['libs', 'apps'].map(async (shelf) => (await readdir(join(root, shelf))).map((name) => `${shelf}/${name}`)),
  );
  const all = await Promise.all(folders.flat().map(async (project) => [project, await readManifest(project)]));
  return all.flatMap(([project, { private: isPrivate }]) => (isPrivate ? [] : [project])).sort();
}

async function readManifest(project) {
  return JSON.parse(await readFile(join(root, project, 'package.json'), 'utf8'));
}

async function manifestToPublish(project) {
  const manifest = without(await readManifest(project), ownParts);
  if (manifest.private || !manifest.files) throw new Error(`${project} is private, or names no "files"`);
  const dependencies = Object.entries(manifest.dependencies ?? {});
  const exact = await Promise.all(
    dependencies.map(async ([name, version]) => {
      const [, own] = /^@annex\/(.+)$/.exec(name) ?? [];
      if (own === undefined) return [name, version];
      const needed = await readManifest(`libs/${own}`);
      if (needed.private) throw new Error(`${project} needs ${name}, which nobody can install: bundle it`);
      return [name, needed.version];
    }),
  );
  return {
    ...manifest,
    ...(manifest.exports && { exports: withoutSources(manifest.exports) }),
    ...(exact.length > 0 && { dependencies: Object.fromEntries(exact) }),
  };
}

function withoutSources(exports) {
  if (typeof exports !== 'object' || exports === null) return exports;
  const kept = Object.entries(without(exports, [sourceCondition]));
  return Object.fromEntries(kept.map(([condition, target]) => [condition, withoutSources(target)]));
}

function without(object, names) {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

if (process.argv[1] === script) {
  const { values, positionals } = parseArgs({
    options: { out: { type: 'string', default: 'packages' } },
    allowPositionals: true,
  });
  await build();
  await mkdir(values.out, { recursive: true });
  for (const project of positionals.length > 0 ? positionals : await publishable())
    console.log(await packProject(project, values.out));
}
