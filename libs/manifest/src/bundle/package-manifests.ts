import { posix } from 'node:path';
import { isJsonObject, type Json, type JsonObject } from '@annex/kernel';
import type { PackageFiles } from '../zip/read-package.js';

/** A package among the files: where its package.json lies (`''`: at the root), and what it says. */
export interface InstalledPackage {
  home: string;
  manifest: JsonObject;
}

/** The package.json files of an upload, each read once. One that is broken says nothing. */
export class PackageManifests {
  readonly #files: PackageFiles;
  readonly #read = new Map<string, JsonObject | undefined>();

  constructor(files: PackageFiles) {
    this.#files = files;
  }

  /** Of the folder itself. */
  at(folder: string): JsonObject | undefined {
    const path = folder === '' ? 'package.json' : `${folder}/package.json`;
    if (!this.#read.has(path)) this.#read.set(path, this.#parse(path));
    return this.#read.get(path);
  }

  /** The package that a file belongs to: the nearest one above, but not beyond its `node_modules`. */
  around(file: string): InstalledPackage | undefined {
    for (let folder = posix.dirname(file); ; folder = posix.dirname(folder)) {
      const home = folder === '.' ? '' : folder;
      if (posix.basename(home) === 'node_modules') return undefined;
      const manifest = this.at(home);
      if (manifest !== undefined) return { home, manifest };
      if (home === '' || home === '/') return undefined;
    }
  }

  #parse(path: string): JsonObject | undefined {
    const bytes = this.#files.get(path);
    if (bytes === undefined) return undefined;
    try {
      const manifest = JSON.parse(new TextDecoder().decode(bytes)) as Json;
      return isJsonObject(manifest) ? manifest : {};
    } catch {
      return {};
    }
  }
}

/** A path that a package.json gives, below its own folder; `undefined` when it leads out of there. */
export function insidePackage(home: string, path: string): string | undefined {
  const joined = posix.join(home, path);
  const isInside = home === '' ? joined !== '..' && !joined.startsWith('../') : joined.startsWith(`${home}/`);
  return path.startsWith('./') && isInside ? joined : undefined;
}
