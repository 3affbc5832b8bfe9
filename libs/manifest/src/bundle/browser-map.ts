/** `browser` of a package.json as a map (github.com/defunctzombie/package-browser-field-spec), over plain data. */
import { posix } from 'node:path';
import { isJsonObject } from '@annex/kernel';
import type { InstalledPackage } from './package-manifests.js';

/** `false`: nothing takes its place; a text: what does. `undefined`: the map does not name it. */
export type BrowserTarget = string | false | undefined;

/** What takes the place of a package or module of Node that files of the package import. */
export function browserModule({ manifest }: InstalledPackage, specifier: string): BrowserTarget {
  const other = specifier.startsWith('node:') ? specifier.slice('node:'.length) : `node:${specifier}`;
  return lookUp(manifest['browser'], [specifier, other]);
}

/** What takes the place of a file of the package. */
export function browserFile({ home, manifest }: InstalledPackage, file: string): BrowserTarget {
  const path = home === '' ? file : file.slice(home.length + 1);
  const bare = path.slice(0, path.length - posix.extname(path).length);
  const folder = posix.basename(bare) === 'index' ? [posix.dirname(bare)] : [];
  return lookUp(
    manifest['browser'],
    [path, bare, ...folder].flatMap((name) => [`./${name}`, name]),
  );
}

function lookUp(map: unknown, names: readonly string[]): BrowserTarget {
  if (!isJsonObject(map as never)) return undefined;
  const entries = map as Record<string, unknown>;
  for (const name of names) {
    const target = Object.hasOwn(entries, name) ? entries[name] : undefined;
    if (target === false || typeof target === 'string') return target;
  }
  return undefined;
}
