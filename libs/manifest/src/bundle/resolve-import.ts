import { posix } from 'node:path';
import { didYouMean, isJsonObject, quote, type Json, type JsonObject } from '@annex/kernel';
import type { PackageFiles } from '../zip/read-package.js';
import { builtinRefusal, isNodeBuiltin } from './node-builtins.js';
import { resolveExports, resolveImports } from './package-exports.js';

/** How an import is written: it decides the conditions of `exports`, and how strictly Node's modules are refused. */
export type ImportKind = 'import' | 'require' | 'dynamic';

export type ImportTarget =
  | { kind: 'file'; path: string }
  | { kind: 'sdk' }
  /** A required module that cannot be there; fails when it is used, not before, because packages try. */
  | { kind: 'missing'; message: string }
  | { kind: 'refused'; code: 'BUNDLE_IMPORT' | 'BUNDLE_NODE_BUILTIN' | 'BUNDLE_DYNAMIC_IMPORT'; message: string };

const extensions = ['.ts', '.tsx', '.mts', '.js', '.mjs', '.cjs', '.jsx', '.json'];
/** TypeScript's own rule: a path that names the compiled file means its source. */
const sources: Record<string, string[]> = {
  '.js': ['.ts', '.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
  '.jsx': ['.tsx'],
};

/** Finds what an import means, by the files of a package alone. */
export class ImportResolver {
  readonly #files: PackageFiles;
  readonly #manifests = new Map<string, JsonObject>();

  constructor(files: PackageFiles) {
    this.#files = files;
  }

  resolve(specifier: string, importer: string, kind: ImportKind): ImportTarget {
    const isForeign = importer.includes('node_modules/');
    if (kind === 'dynamic' && !isForeign) {
      return {
        kind: 'refused',
        code: 'BUNDLE_DYNAMIC_IMPORT',
        message: `import() is not there; write a static import of ${quote(specifier)} at the top.`,
      };
    }
    const target = this.#find(specifier, importer, kind);
    if (target.kind !== 'refused' || !isForeign || kind === 'import') return target;
    return { kind: 'missing', message: target.message };
  }

  #find(specifier: string, importer: string, kind: ImportKind): ImportTarget {
    if (specifier === '@annex/sdk') return { kind: 'sdk' };
    if (specifier.startsWith('@annex/sdk/'))
      return refused(
        `${quote(specifier)} cannot be bundled into a plugin; import from "@annex/sdk", or only types with "import type".`,
      );
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(specifier) || specifier.startsWith('data:'))
      return refused(`${quote(specifier)} is an address; put the code into the package and import it by its path.`);
    if (specifier.startsWith('/'))
      return refused(`${quote(specifier)} is an absolute path; import relative to the file, such as "./lib.ts".`);
    if (/^\.\.?(\/|$)/.test(specifier)) return this.#relative(specifier, importer);
    if (specifier.startsWith('#')) return this.#ownImport(specifier, importer, kind);
    if (!specifier.startsWith('node:')) {
      const found = this.#installed(specifier, importer, kind);
      if (found !== undefined) return found;
    }
    if (isNodeBuiltin(specifier))
      return { kind: 'refused', code: 'BUNDLE_NODE_BUILTIN', message: builtinRefusal(specifier) };
    return refused(
      `the package ${quote(specifier)} is not in node_modules; add the folder to the ZIP, or bundle before you pack.${didYouMean(specifier, this.#installedNames())}`,
    );
  }

  #relative(specifier: string, importer: string): ImportTarget {
    const path = posix.join(posix.dirname(importer), specifier);
    if (path === '..' || path.startsWith('../'))
      return refused(`${quote(specifier)} climbs out of the package; everything it imports must be in the ZIP.`);
    const found = this.#file(path === '.' ? '' : path.replace(/\/$/, ''), specifier.endsWith('/') || path === '.');
    if (found !== undefined) return { kind: 'file', path: found };
    const near = didYouMean(
      path,
      [...this.#files.keys()].filter((each) => !each.includes('node_modules/')),
    );
    return refused(`${quote(specifier)} is not in the package.${near}`);
  }

  /** A file, a file but for its extension, or a folder with an index. */
  #file(path: string, isFolder = false): string | undefined {
    if (!isFolder) {
      if (this.#files.has(path)) return path;
      for (const extension of extensions) if (this.#files.has(path + extension)) return path + extension;
      const extension = posix.extname(path);
      for (const source of sources[extension] ?? []) {
        const candidate = path.slice(0, -extension.length) + source;
        if (this.#files.has(candidate)) return candidate;
      }
    }
    const folder = path === '' ? '' : `${path}/`;
    const main = this.#mainOf(path);
    if (main !== undefined && posix.join(folder, main) !== path) {
      const found = this.#file(posix.join(folder, main).replace(/\/$/, ''));
      if (found !== undefined) return found;
    }
    for (const extension of extensions)
      if (this.#files.has(`${folder}index${extension}`)) return `${folder}index${extension}`;
    return undefined;
  }

  #mainOf(folder: string): string | undefined {
    const manifest = folder === '' ? undefined : this.#manifest(folder);
    const main = typeof manifest?.['module'] === 'string' ? manifest['module'] : manifest?.['main'];
    return typeof main === 'string' && main !== '' && main !== '.' && main !== './' ? main : undefined;
  }

  #installed(specifier: string, importer: string, kind: ImportKind): ImportTarget | undefined {
    const parts = specifier.split('/');
    const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
    const subpath = specifier.slice(name.length).replace(/^\//, '');
    for (let folder = posix.dirname(importer); ; folder = posix.dirname(folder)) {
      if (!folder.endsWith('node_modules') && folder !== 'node_modules') {
        const home = folder === '.' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
        const found = this.#inPackage(home, subpath, kind, specifier);
        if (found !== undefined) return found;
      }
      if (folder === '.' || folder === '/' || folder === '') return undefined;
    }
  }

  #inPackage(home: string, subpath: string, kind: ImportKind, specifier: string): ImportTarget | undefined {
    const manifest = this.#manifest(home);
    const exports = manifest?.['exports'];
    if (manifest !== undefined && exports !== undefined && exports !== null) {
      const path = resolveExports(exports, subpath === '' ? '.' : `./${subpath}`, conditionsOf(kind));
      const inside = path === undefined ? undefined : insidePackage(home, path);
      if (inside !== undefined && this.#files.has(inside)) return { kind: 'file', path: inside };
      return refused(
        `${quote(specifier)} is not exported by that package for plugins (conditions: ${conditionsOf(kind).join(', ')}, default).`,
      );
    }
    const path = subpath === '' ? home : `${home}/${subpath}`;
    const found = this.#file(path);
    if (found !== undefined) return { kind: 'file', path: found };
    return manifest === undefined
      ? undefined
      : refused(`${quote(specifier)} has no file in the ZIP; pack node_modules whole.`);
  }

  /** `#name` of the nearest package.json above (its `imports`). */
  #ownImport(specifier: string, importer: string, kind: ImportKind): ImportTarget {
    for (let folder = posix.dirname(importer); ; folder = posix.dirname(folder)) {
      const home = folder === '.' ? '' : folder;
      const manifest = this.#manifest(home);
      if (manifest !== undefined) {
        const path = resolveImports(manifest['imports'] ?? null, specifier, conditionsOf(kind));
        if (path === undefined) break;
        if (!path.startsWith('.')) return this.#find(path, importer, kind);
        const inside = insidePackage(home, path);
        const found = inside === undefined ? undefined : this.#file(inside);
        if (found !== undefined) return { kind: 'file', path: found };
        break;
      }
      if (folder === '.') break;
    }
    return refused(`${quote(specifier)} is not among the "imports" of the nearest package.json.`);
  }

  #manifest(folder: string): JsonObject | undefined {
    const path = folder === '' ? 'package.json' : `${folder}/package.json`;
    const known = this.#manifests.get(path);
    if (known !== undefined) return known;
    const bytes = this.#files.get(path);
    if (bytes === undefined) return undefined;
    let manifest: Json = null;
    try {
      manifest = JSON.parse(new TextDecoder().decode(bytes)) as Json;
    } catch {
      // A broken package.json says nothing; the files beside it still count.
    }
    const read = isJsonObject(manifest) ? manifest : {};
    this.#manifests.set(path, read);
    return read;
  }

  #installedNames(): string[] {
    const names = new Set<string>();
    for (const path of this.#files.keys()) {
      const found = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
      if (found !== undefined) names.add(found);
    }
    return [...names];
  }
}

function refused(message: string): ImportTarget {
  return { kind: 'refused', code: 'BUNDLE_IMPORT', message };
}

function conditionsOf(kind: ImportKind): string[] {
  return kind === 'require' ? ['worker', 'require'] : ['worker', 'import', 'module'];
}

function insidePackage(home: string, path: string): string | undefined {
  const joined = posix.join(home, path);
  return path.startsWith('./') && (home === '' ? !joined.startsWith('../') : joined.startsWith(`${home}/`))
    ? joined
    : undefined;
}
