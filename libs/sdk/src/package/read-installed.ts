/**
 * What package.json asks for, from `node_modules` of the plugin or of the folders above it: installed by npm, pnpm or
 * for a whole workspace, it comes into the package as `node_modules/…`. What is asked for in development only, and what
 * Annex gives by itself, stays out.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Given inside Annex. */
const given = new Set(['@annex/sdk', '@annex/cli']);
/** No bundle is made of these. */
const unread = /(\.d\.[cm]?ts|\.map|\.md|\.markdown|\.node|\.flow|\.tsbuildinfo|(^|\/)(LICENSE|CHANGELOG)[^/]*)$/i;

interface Placed {
  /** Path in the package, such as `node_modules/a/node_modules/b`; `''`: the plugin itself. */
  path: string;
  /** Where it lies. */
  folder: string;
}

/**
 * The files by their paths in the package. What is asked for and not installed is left out: an import of it will tell.
 */
export async function readInstalled(root: string): Promise<Map<string, Uint8Array>> {
  const placed = new Map<string, string>();
  const files = new Map<string, Uint8Array>();
  const queue: Placed[] = [{ path: '', folder: await realpath(root) }];
  for (let importer = queue.shift(); importer; importer = queue.shift()) {
    for (const name of await dependenciesOf(importer.folder)) {
      if (given.has(name)) continue;
      const folder = await findInstalled(name, importer.folder);
      const path = folder && placeFor(name, folder, importer.path, placed);
      if (!folder || !path) continue;
      placed.set(path, folder);
      await addFiles(folder, path, files);
      queue.push({ path, folder });
    }
  }
  return files;
}

async function dependenciesOf(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
  // Nobody said what is meant, so all of it is.
  if (text === undefined) return everythingIn(folder);
  try {
    const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(text) as Record<string, object>;
    return Object.keys({ ...peerDependencies, ...optionalDependencies, ...dependencies });
  } catch {
    return [];
  }
}

async function everythingIn(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, 'node_modules')).catch(() => []);
  const nested = names
    .filter((name) => !name.startsWith('.'))
    .map(async (name) =>
      name.startsWith('@')
        ? (await readdir(join(folder, 'node_modules', name))).map((each) => `${name}/${each}`)
        : [name],
    );
  return (await Promise.all(nested)).flat();
}

/** As Node looks for it: in `node_modules` of the folder and of each above it. */
async function findInstalled(name: string, from: string): Promise<string | undefined> {
  if (!/^(@[\w.-]+\/)?[\w.-]+$/.test(name) || name.includes('..')) return undefined;
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return realpath(found);
    if (folder === dirname(folder)) return undefined;
  }
}

/**
 * Where it goes, so that the importer finds it: at the top, or in the importer where the top holds another.
 * `undefined`: it is there already.
 */
function placeFor(
  name: string,
  folder: string,
  importer: string,
  placed: ReadonlyMap<string, string>,
): string | undefined {
  for (let at = importer; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const path = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    const known = placed.get(path);
    if (known === folder) return undefined;
    if (known !== undefined) return `${importer}/node_modules/${name}`;
    if (at === '') return path;
  }
}

async function addFiles(folder: string, path: string, files: Map<string, Uint8Array>): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue;
    const [from, to] = [join(folder, entry.name), `${path}/${entry.name}`];
    if (entry.isDirectory()) await addFiles(from, to, files);
    else if (entry.isFile() && !unread.test(entry.name)) files.set(to, await readFile(from));
  }
}
