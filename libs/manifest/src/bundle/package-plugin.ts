/** What esbuild asks about a package: where an import leads, and what a file holds. */
import { posix } from 'node:path';
import { bundleLimits } from '@annex/limits';
import type {
  Loader,
  OnLoadResult,
  OnResolveResult,
  PartialMessage,
  Plugin,
  PluginBuild,
  TransformOptions,
} from 'esbuild';
import type { PackageFiles } from '../zip/read-package.js';
import { isInstalled } from '../zip/read-zip.js';
import { computedImports, unnamedComputedImport } from './computed-imports.js';
import { nodeModuleCall } from './node-linker.js';
import { ImportResolver, type ImportKind, type ImportTarget } from './resolve-import.js';

/** What `@annex/sdk` exports inside a plugin. An import of anything else is a fault with file and line. */
export const sdkExports = [
  'hook',
  'route',
  'job',
  'source',
  'filter',
  'health',
  'onInit',
  'onInstall',
  'onConfigChange',
  'onReload',
  'onShutdown',
  'onUninstall',
  'NonRetryable',
  'RetryAfter',
] as const;

/**
 * The compiler's name of the entry. Never a path of the package: with a `*` in it, the compiler would look for it on
 * the disk.
 */
export const entryName = 'annex-entry';
/** Marks a fault of a file that the compiler took from the disk. */
export const foundOnDisk = 'BUNDLE_DISK';
const loaders: Record<string, Loader> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.jsx': 'jsx',
  '.json': 'json',
  '.csv': 'text',
  '.css': 'text',
  '.gql': 'text',
  '.graphql': 'text',
  '.htm': 'text',
  '.html': 'text',
  '.md': 'text',
  '.sql': 'text',
  '.svg': 'text',
  '.txt': 'text',
  '.xml': 'text',
};

/** How a file is read by its name; `undefined`: it is nothing to import. */
export function loaderOf(path: string): Loader | undefined {
  return loaders[posix.extname(path).toLowerCase()];
}

/** A module of Node that a package imports and that plugin code does not have. */
export interface AbsentModule {
  specifier: string;
  importer: string;
  message: string;
  isOptional: boolean;
}

/** What was found out on the way. */
export interface Followed {
  /** Files that were read. */
  loaded: Set<string>;
  /** Each file that was reached, and the first that imported it. */
  importers: Map<string, string>;
  /** Modules of Node that packages ask for in any case, by the name of what takes their place in the bundle. */
  absent: Map<string, AbsentModule>;
}

/** `entry`: a path of `files`; `syntax`: how the build reads code. */
export function packagePlugin(
  files: PackageFiles,
  entry: string,
  syntax: TransformOptions,
  followed: Followed,
): Plugin {
  const resolver = new ImportResolver(files);
  return {
    name: 'package',
    setup(compiler) {
      compiler.onResolve({ filter: /.*/ }, (request): OnResolveResult => {
        if (request.kind === 'entry-point') return { path: entry, namespace: 'package' };
        const { path: specifier, importer } = request;
        const target = resolver.resolve(specifier, importer, kindOf(request.kind));
        return placeOf(target, { specifier, importer }, followed);
      });
      loadFiles(compiler, files, syntax, followed);
      loadStandIns(compiler);
      refuseTheDisk(compiler);
    },
  };
}

function kindOf(kind: string): ImportKind {
  if (kind === 'dynamic-import') return 'dynamic';
  return kind === 'require-call' || kind === 'require-resolve' ? 'require' : 'import';
}

/** Names of what takes the place of a module end in no extension, which would say how it is read. */
function placeOf(
  target: ImportTarget,
  { specifier, importer }: { specifier: string; importer: string },
  followed: Followed,
): OnResolveResult {
  switch (target.kind) {
    case 'file':
      if (!followed.importers.has(target.path)) followed.importers.set(target.path, importer);
      return { path: target.path, namespace: 'package', sideEffects: target.sideEffects };
    case 'sdk':
      return { path: '@annex/sdk', namespace: 'sdk' };
    case 'node':
      return { path: target.name, namespace: 'node', sideEffects: false };
    case 'empty':
      return { path: `${specifier} left out`, namespace: 'empty', sideEffects: false };
    case 'missing':
      return { path: specifier, namespace: 'missing', pluginData: target.message };
    case 'absent': {
      const path = `${importer} imports ${specifier}`;
      const { message, isOptional } = target;
      followed.absent.set(path, { specifier, importer, message, isOptional });
      return { path, namespace: 'absent', sideEffects: false, pluginData: message };
    }
    case 'refused':
      return { errors: [{ text: target.message + chainOf(importer, followed.importers), detail: target.code }] };
  }
}

const maxInChain = 6;

/** How the entry comes to import a file, as a sentence; nothing for the entry itself. */
export function chainOf(file: string, importers: ReadonlyMap<string, string>): string {
  const chain = [file];
  for (let next = importers.get(file); next && !chain.includes(next); next = importers.get(next)) chain.unshift(next);
  if (chain.length < 2) return '';
  const shown = chain.length > maxInChain ? [...chain.slice(0, 2), '…', ...chain.slice(2 - maxInChain)] : chain;
  return ` Imported by way of ${shown.join(' > ')}.`;
}

function loadFiles(compiler: PluginBuild, files: PackageFiles, syntax: TransformOptions, { loaded }: Followed): void {
  let sourceBytes = 0;
  compiler.onLoad({ filter: /.*/, namespace: 'package' }, async ({ path, with: attributes }): Promise<OnLoadResult> => {
    const contents = files.get(path);
    const loader = attributes['type'] === 'text' ? 'text' : loaderOf(path);
    if (contents === undefined) return fault('is not in the package.');
    if (loader === undefined)
      return fault(
        `${JSON.stringify(path)} is no script; files of templates/ are read with ctx.templates, those of static/ ` +
          `are served. To have its text in the bundle, import it with { type: 'text' }.`,
      );
    sourceBytes += contents.length;
    if (sourceBytes > bundleLimits.sourceBytes)
      return fault(
        `the sources are more than ${bundleLimits.sourceBytes} bytes together; import less.`,
        'BUNDLE_TOO_LARGE',
      );
    const isCode = loader !== 'json' && loader !== 'text';
    const errors = isCode ? await computedImports(files, path, { loader, options: syntax }) : [];
    if (errors.length > 0) return { errors };
    loaded.add(path);
    return { contents: isClassicJsx(contents, loader) ? withClassicJsx(contents) : contents, loader };
  });
}

function fault(text: string, detail = 'BUNDLE_IMPORT'): { errors: PartialMessage[] } {
  return { errors: [{ text, detail }] };
}

/** Whether a comment names the function that JSX becomes calls of: that is the classic form of it. */
function isClassicJsx(contents: Uint8Array, loader: Loader): boolean {
  if (loader !== 'tsx' && loader !== 'jsx') return false;
  const text = Buffer.from(contents.buffer, contents.byteOffset, contents.byteLength).toString('latin1');
  return /^[ \t]*(?:\/\*+|\*|\/\/)[^\n]*@jsx\s+[\w$.]/m.test(text) && !/@jsxRuntime\s/.test(text);
}

/** In its first line, so that no other moves. */
function withClassicJsx(contents: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from('/** @jsxRuntime classic */ '), contents]);
}

function loadStandIns(compiler: PluginBuild): void {
  compiler.onLoad({ filter: /.*/, namespace: 'sdk' }, () => ({
    contents: [
      ...sdkExports.map((name) => `export const ${name} = annexSdk.${name};`),
      'export default annexSdk;',
    ].join('\n'),
    loader: 'js',
  }));
  compiler.onLoad({ filter: /.*/, namespace: 'node' }, ({ path }) => ({
    contents: `module.exports = ${nodeModuleCall(path)};`,
    loader: 'js',
  }));
  compiler.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
  compiler.onLoad({ filter: /.*/, namespace: 'absent' }, (request) => ({
    contents: absentModule(String(request.pluginData)),
    loader: 'js',
  }));
  compiler.onLoad({ filter: /.*/, namespace: 'missing' }, (request) => ({
    contents: `throw Object.assign(new Error(${JSON.stringify(request.pluginData)}), { code: 'MODULE_NOT_FOUND' });`,
    loader: 'js',
  }));
}

/**
 * A module whose every part is there and throws when it is called: packages take functions out of it when they are
 * loaded. The parts are in its prototype, where the compiler's own copies of a module look for them too.
 */
function absentModule(message: string): string {
  return `const refuse = () => {
  throw Object.assign(new Error(${JSON.stringify(message)}), { code: 'MODULE_NOT_FOUND' });
};
    const own = (key) => typeof key === 'symbol' || key === '__esModule' || key === 'default' || key === 'then';
    const part = () => new Proxy(function () {}, {
      get: (target, key) => (key === 'prototype' ? target.prototype : own(key) ? undefined : part()),
      apply: refuse,
      construct: refuse,
    });
    module.exports = Object.create(new Proxy({}, { get: (_, key) => (own(key) ? undefined : part()) }));`;
}

/**
 * What no loader before it took is a file that the compiler found on the disk by itself. It is refused unread, and its
 * name is not told.
 */
export function refuseTheDisk(compiler: PluginBuild): void {
  compiler.onLoad({ filter: /.*/ }, () => ({ errors: [{ text: unnamedComputedImport(), detail: foundOnDisk }] }));
}

/** Whether a file is the author's TypeScript. */
export function isOwnTypeScript(path: string): boolean {
  return /\.(ts|mts|cts|tsx)$/.test(path) && !isInstalled(path);
}
