import { posix } from 'node:path';
import { didYouMean, quote, type JsonObject } from '@annex/kernel';
import type { PackageFiles } from '../zip/read-package.js';
import { isInstalled } from '../zip/read-zip.js';
import { browserFile, browserModule, type BrowserTarget } from './browser-map.js';
import { builtinRefusal, givenModule, isNodeBuiltin, isOptionalModule } from './node-builtins.js';
import { resolveExports, resolveImports } from './package-exports.js';
import { insidePackage, PackageManifests, type InstalledPackage } from './package-manifests.js';
import { requiredAtOnce } from './required-at-once.js';
import { hasSideEffects } from './side-effects.js';
import { mappedPaths, TypeScriptConfigs } from './tsconfig.js';

/** How an import is written: it decides the conditions of `exports`, and how strictly Node's modules are refused. */
export type ImportKind = 'import' | 'require' | 'dynamic';

export type ImportTarget =
  /** `sideEffects`: it does something when it is only imported. */
  | { kind: 'file'; path: string; sideEffects: boolean }
  | { kind: 'sdk' }
  /** A module of Node that plugin code has. */
  | { kind: 'node'; name: string }
  /** What a package does without: `browser` in its package.json says `false`. */
  | { kind: 'empty' }
  /** What cannot be there; fails when that line runs, not before, because packages try. */
  | { kind: 'missing'; message: string }
  /**
   * A module of Node that a package of `node_modules` asks for in any case. `isOptional`: it fails when it is used;
   * else the bundle is refused if it gets into it.
   */
  | { kind: 'absent'; message: string; isOptional: boolean }
  | { kind: 'refused'; code: 'BUNDLE_IMPORT' | 'BUNDLE_NODE_BUILTIN' | 'BUNDLE_DYNAMIC_IMPORT'; message: string };

const ownExtensions = ['.ts', '.tsx', '.mts', '.js', '.mjs', '.cjs', '.jsx', '.json'];
/** What was published is meant, not the source beside it. */
const foreignExtensions = ['.js', '.json', '.mjs', '.cjs', '.jsx', '.ts', '.tsx', '.mts'];
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
  readonly #manifests: PackageManifests;
  readonly #configs: TypeScriptConfigs;
  readonly #requires = new Map<string, ReadonlySet<string>>();

  constructor(files: PackageFiles) {
    this.#files = files;
    this.#manifests = new PackageManifests(files);
    this.#configs = new TypeScriptConfigs(files);
  }

  resolve(specifier: string, importer: string, kind: ImportKind): ImportTarget {
    if (kind === 'dynamic' && !isInstalled(importer)) {
      return {
        kind: 'refused',
        code: 'BUNDLE_DYNAMIC_IMPORT',
        message: `import() is not there; write a static import of ${quote(specifier)} at the top.`,
      };
    }
    const target = this.#find(specifier, importer, kind);
    if (target.kind !== 'refused' || !isInstalled(importer)) return target;
    if (target.code === 'BUNDLE_NODE_BUILTIN' && this.#isAskedInAnyCase(specifier, importer, kind))
      return { kind: 'absent', message: target.message, isOptional: isOptionalModule(specifier) };
    return kind === 'import' ? target : { kind: 'missing', message: target.message };
  }

  #find(specifier: string, importer: string, kind: ImportKind): ImportTarget {
    if (specifier === '@annex/sdk') return { kind: 'sdk' };
    if (specifier.startsWith('@annex/sdk/'))
      return refused(
        `${quote(specifier)} cannot be bundled into a plugin; import from "@annex/sdk", or only types with "import ` +
          'type".',
      );
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(specifier) || specifier.startsWith('data:'))
      return refused(`${quote(specifier)} is an address; put the code into the package and import it by its path.`);
    if (specifier.startsWith('/'))
      return refused(`${quote(specifier)} is an absolute path; import relative to the file, such as "./lib.ts".`);
    if (/^\.\.?(\/|$)/.test(specifier)) return this.#relative(specifier, importer, kind);
    if (specifier.startsWith('#')) return this.#ownImport(specifier, importer, kind);
    return this.#named(specifier, importer, kind);
  }

  #relative(specifier: string, importer: string, kind: ImportKind): ImportTarget {
    const path = posix.join(posix.dirname(importer), specifier);
    if (path === '..' || path.startsWith('../'))
      return refused(`${quote(specifier)} climbs out of the package; everything it imports must be in the ZIP.`);
    const isFolder = specifier.endsWith('/') || path === '.';
    const found = this.#file(path === '.' ? '' : path.replace(/\/$/, ''), kind, isFolder);
    if (found !== undefined) return this.#inBrowser(found, kind);
    const near = didYouMean(
      path,
      [...this.#files.keys()].filter((each) => !isInstalled(each)),
    );
    return refused(`${quote(specifier)} is not in the package.${near}`);
  }

  /** A package, a module of Node, or what tsconfig.json makes of the name. */
  #named(specifier: string, importer: string, kind: ImportKind): ImportTarget {
    const around = this.#manifests.around(importer);
    const instead = around && browserModule(around, specifier);
    if (around !== undefined && instead !== undefined && instead !== specifier)
      return this.#instead(around, instead, kind);
    if (!isInstalled(importer)) {
      for (const path of mappedPaths(this.#configs.around(importer), specifier)) {
        const found = this.#file(path, kind);
        if (found !== undefined) return this.#fileTarget(found);
      }
    }
    const name = specifier.replace(/\/$/, '');
    const installed = name.startsWith('node:') ? undefined : this.#installed(name, importer, kind);
    const given = installed?.kind === 'file' ? undefined : givenModule(specifier);
    if (given !== undefined) return { kind: 'node', name: given };
    if (installed !== undefined) return installed;
    if (isNodeBuiltin(specifier))
      return { kind: 'refused', code: 'BUNDLE_NODE_BUILTIN', message: builtinRefusal(specifier) };
    return refused(
      `the package ${quote(specifier)} is not in node_modules; add the folder to the ZIP, or bundle before you ` +
        `pack.${didYouMean(specifier, this.#installedNames())}`,
    );
  }

  #fileTarget(path: string): ImportTarget {
    const owner = isInstalled(path) ? this.#manifests.around(path) : undefined;
    return { kind: 'file', path, sideEffects: owner === undefined || hasSideEffects(owner, path) };
  }

  /** A file, or what its package says takes its place outside of Node. */
  #inBrowser(path: string, kind: ImportKind): ImportTarget {
    const owner = this.#manifests.around(path);
    const instead = owner && browserFile(owner, path);
    return owner === undefined || instead === undefined
      ? this.#fileTarget(path)
      : this.#instead(owner, instead, kind, path);
  }

  #instead(
    owner: InstalledPackage,
    target: Exclude<BrowserTarget, undefined>,
    kind: ImportKind,
    from?: string,
  ): ImportTarget {
    if (target === false) return { kind: 'empty' };
    const { home } = owner;
    const inside = target.startsWith('.') ? insidePackage(home, target) : undefined;
    const found = inside === undefined ? undefined : this.#file(inside, kind);
    if (found !== undefined) return this.#fileTarget(found);
    // Maps of files may leave out the "./".
    const bare = from === undefined ? undefined : this.#file(posix.join(home, target), kind);
    if (bare !== undefined) return this.#fileTarget(bare);
    const given = givenModule(target);
    return (
      this.#installed(target, posix.join(home, 'package.json'), kind) ??
      (given === undefined
        ? refused(
            `"browser" of ${posix.join(home, 'package.json')} names ${quote(target)}, which is not in the package.`,
          )
        : { kind: 'node', name: given })
    );
  }

  /** A file, a file but for its extension, or a folder with an index. */
  #file(path: string, kind: ImportKind, isFolder = false): string | undefined {
    const extensions = isInstalled(path) ? foreignExtensions : ownExtensions;
    const plain = isFolder ? undefined : this.#plainFile(path, extensions);
    if (plain !== undefined) return plain;
    const folder = path === '' ? '' : `${path}/`;
    for (const main of path === '' ? [] : mainsOf(this.#manifests.at(path), kind)) {
      // What a main names is a file or has an index; another package.json there is not asked.
      const target = posix.join(folder, main).replace(/\/$/, '');
      const found = this.#plainFile(target, extensions) ?? this.#plainFile(`${target}/index`, extensions);
      if (found !== undefined) return found;
    }
    for (const extension of extensions)
      if (this.#files.has(`${folder}index${extension}`)) return `${folder}index${extension}`;
    return undefined;
  }

  #plainFile(path: string, extensions: readonly string[]): string | undefined {
    if (this.#files.has(path)) return path;
    for (const extension of extensions) if (this.#files.has(path + extension)) return path + extension;
    const extension = posix.extname(path);
    for (const source of sources[extension] ?? []) {
      const candidate = path.slice(0, -extension.length) + source;
      if (this.#files.has(candidate)) return candidate;
    }
    return undefined;
  }

  #installed(specifier: string, importer: string, kind: ImportKind): ImportTarget | undefined {
    const parts = specifier.split('/');
    const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
    const subpath = specifier.slice(name.length).replace(/^\//, '');
    const around = this.#manifests.around(importer);
    // A package may import itself by its name.
    if (around?.manifest['name'] === name && around.manifest['exports'] !== undefined)
      return this.#inPackage(around.home, subpath, kind, specifier);
    for (let folder = posix.dirname(importer); ; folder = posix.dirname(folder)) {
      if (posix.basename(folder) !== 'node_modules') {
        const home = folder === '.' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
        const found = this.#inPackage(home, subpath, kind, specifier);
        if (found !== undefined) return found;
      }
      if (folder === '.' || folder === '/' || folder === '') return undefined;
    }
  }

  #inPackage(home: string, subpath: string, kind: ImportKind, specifier: string): ImportTarget | undefined {
    const manifest = this.#manifests.at(home);
    const exports = manifest?.['exports'];
    if (manifest !== undefined && exports !== undefined && exports !== null) {
      const path = resolveExports(exports, subpath === '' ? '.' : `./${subpath}`, conditionsOf(kind));
      const inside = path === undefined ? undefined : insidePackage(home, path);
      if (inside !== undefined && this.#files.has(inside)) return this.#inBrowser(inside, kind);
      return refused(
        `${quote(specifier)} is not exported by that package for plugins (conditions: ` +
          `${conditionsOf(kind).join(', ')}, default).`,
      );
    }
    const path = subpath === '' ? home : `${home}/${subpath}`;
    const found = this.#file(path, kind, subpath === '');
    if (found !== undefined) return this.#inBrowser(found, kind);
    return manifest === undefined
      ? undefined
      : refused(`${quote(specifier)} has no file in the ZIP; pack node_modules whole.`);
  }

  /** `#name` of the nearest package.json above (its `imports`). */
  #ownImport(specifier: string, importer: string, kind: ImportKind): ImportTarget {
    const around = this.#manifests.around(importer);
    const path = around && resolveImports(around.manifest['imports'] ?? null, specifier, conditionsOf(kind));
    if (around !== undefined && path !== undefined) {
      if (!path.startsWith('.')) return this.#find(path, importer, kind);
      const inside = insidePackage(around.home, path);
      const found = inside === undefined ? undefined : this.#file(inside, kind);
      if (found !== undefined) return this.#inBrowser(found, kind);
    }
    for (const mapped of isInstalled(importer) ? [] : mappedPaths(this.#configs.around(importer), specifier)) {
      const found = this.#file(mapped, kind);
      if (found !== undefined) return this.#fileTarget(found);
    }
    return refused(`${quote(specifier)} is not among the "imports" of the nearest package.json.`);
  }

  #isAskedInAnyCase(specifier: string, importer: string, kind: ImportKind): boolean {
    if (kind !== 'require') return kind === 'import';
    const known =
      this.#requires.get(importer) ?? requiredAtOnce(Buffer.from(this.#files.get(importer) ?? []).toString('utf8'));
    this.#requires.set(importer, known);
    return known.has(specifier);
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

/** What a package.json names as its entry, the best first. What is required gets CommonJS, where there is some. */
function mainsOf(manifest: JsonObject | undefined, kind: ImportKind): string[] {
  const fields = kind === 'require' ? ['browser', 'main', 'module'] : ['browser', 'module', 'main'];
  return fields
    .map((field) => manifest?.[field])
    .filter((main) => typeof main === 'string' && main !== '' && main !== '.' && main !== './') as string[];
}

/** `edge-light`: what a package has for runtimes with web standards and without Node. */
function conditionsOf(kind: ImportKind): string[] {
  const places = ['browser', 'worker', 'edge-light'];
  return kind === 'require' ? [...places, 'require'] : [...places, 'import', 'module'];
}
