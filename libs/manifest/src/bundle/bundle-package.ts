/**
 * Makes one script of a package's entry and everything it imports. The compiler sees the files of the package and
 * nothing else: no disk, no configuration files, no network.
 */
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { MiB, SECOND, type InputFault } from '@annex/kernel';
import {
  build,
  type BuildOptions,
  type Loader,
  type Message,
  type Metafile,
  type OutputFile,
  type Plugin,
  type PluginBuild,
  type TransformOptions,
} from 'esbuild';
import type { PackageFiles } from '../zip/read-package.js';
import { inBuildSlot } from './build-slot.js';
import { computedImports, unnamedComputedImport } from './computed-imports.js';
import { isNodeBuiltin } from './node-builtins.js';
import { ImportResolver, type ImportKind } from './resolve-import.js';

/** Code that is ready to run. */
export interface PackageBundle {
  /** One script that evaluates to a function taking the SDK object: `(function (annexSdk) { … })`. */
  code: string;
  /** Hex SHA-256 of `code`. */
  sha256: string;
  /** Source map (version 3, JSON) of `code`, its sources named relative to the package. */
  sourceMap: string;
}

export type BundleReading =
  { ok: true; bundle: PackageBundle; warnings: InputFault[] } | { ok: false; errors: InputFault[] };

export interface BundleOptions {
  /** Largest bundle, in bytes. Default: 5 MiB. */
  maxBytes?: number;
  /** Longest build, in milliseconds. Default: 10 s. */
  timeoutMs?: number;
}

/** What `@annex/sdk` exports inside a plugin. An import of anything else is a fault with file and line. */
export const sdkExports = [
  'hook',
  'route',
  'job',
  'filter',
  'health',
  'onInstall',
  'onConfigChange',
  'onReload',
  'onShutdown',
  'NonRetryable',
  'RetryAfter',
] as const;

/** Most bytes of source that one bundle reads; more would never fit into one that is allowed. */
const maxSourceBytes = 16 * MiB;
const maxMessages = 50;
const opening = '(function (annexSdk) {';
/** Marks a fault of a file that the compiler took from the disk. */
const foundOnDisk = 'BUNDLE_DISK';
/**
 * The compiler's name of the entry. Never a path of the package: with a `*` in it, the compiler would look for it on
 * the disk.
 */
const entryName = 'annex-entry';
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
};

/**
 * Bundles `entry`, a path of `files`. TypeScript is stripped, not checked; decorators and `using` are lowered to
 * ES2024. All errors come together, each with file, line and column. Never throws for what the package holds.
 */
export async function bundlePackage(
  files: PackageFiles,
  entry: string,
  options: BundleOptions = {},
): Promise<BundleReading> {
  const { maxBytes = 5 * MiB, timeoutMs = 10 * SECOND } = options;
  const refuse = (code: string, detail: string): BundleReading => ({
    ok: false,
    errors: [{ pointer: '/entry', code, detail }],
  });
  const end = await inBuildSlot(() => runCompiler(files, entry), timeoutMs);
  if (end.kind === 'timeout')
    return refuse(
      'BUNDLE_TIMEOUT',
      `could not be bundled within ${timeoutMs / SECOND} s; simplify or shorten its code.`,
    );
  if (end.kind === 'crashed')
    return refuse('BUNDLE_FAILED', 'is nested so deeply that the compiler gave up; simplify its code.');
  const { result } = end;
  const notices = result.warnings.filter((message) => !isOurMistake(message)).map(faultOf);
  const errors = [...result.errors, ...result.warnings.filter(isOurMistake)].map(faultOf);
  if (errors.length > 0) return { ok: false, errors: limited(errors) };
  const script = output(result.outputFiles, '.js');
  if (script === undefined || result.metafile === undefined) return refuse('BUNDLE_FAILED', 'could not be bundled.');
  if (script.contents.length > maxBytes)
    return refuse(
      'BUNDLE_TOO_LARGE',
      `becomes a bundle of ${script.contents.length} bytes; at most ${maxBytes} are allowed. Import less.`,
    );
  const code = isAllModules(result.metafile) ? script.text.replace(opening, `${opening} "use strict";`) : script.text;
  const sourceMap = output(result.outputFiles, '.map')?.text ?? '{}';
  return {
    ok: true,
    bundle: { code, sha256: createHash('sha256').update(code).digest('hex'), sourceMap: renameSources(sourceMap) },
    warnings: limited(notices),
  };
}

interface Compilation {
  errors: Message[];
  warnings: Message[];
  outputFiles: OutputFile[];
  metafile: Metafile | undefined;
}

async function runCompiler(files: PackageFiles, entry: string): Promise<Compilation> {
  const loaded = new Set<string>();
  const bundled = await compile({
    ...baseOptions,
    entryPoints: [entryName],
    plugins: [packagePlugin(files, entry, loaded)],
  });
  const unused = await unusedBuiltins(files, [...loaded]);
  const known = new Set(
    bundled.errors.map((message) => JSON.stringify([message.location?.file, message.location?.line, message.text])),
  );
  return {
    ...bundled,
    errors: [
      ...bundled.errors,
      ...unused.filter(
        (message) => !known.has(JSON.stringify([message.location?.file, message.location?.line, message.text])),
      ),
    ],
  };
}

/** How code is read and written, whether it is bundled or only looked at. */
const syntax = {
  platform: 'neutral',
  target: 'es2024',
  charset: 'utf8',
  define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
  tsconfigRaw: {},
  jsx: 'automatic',
} satisfies TransformOptions;

const baseOptions = {
  ...syntax,
  bundle: true,
  write: false,
  outfile: 'bundle.js',
  format: 'iife',
  legalComments: 'none',
  // Names stay readable in stack traces; only indentation goes, which a source can make quadratic.
  minifyWhitespace: true,
  sourcemap: 'external',
  sourcesContent: false,
  metafile: true,
  banner: { js: opening },
  footer: { js: '})' },
  logLevel: 'silent',
  logLimit: maxMessages,
  logOverride: { 'unsupported-dynamic-import': 'warning', 'empty-import-meta': 'warning', 'empty-glob': 'error' },
  absWorkingDir: '/',
} satisfies BuildOptions;

async function compile(options: BuildOptions): Promise<Compilation> {
  try {
    const { errors, warnings, outputFiles = [], metafile } = await build(options);
    return { errors, warnings, outputFiles, metafile };
  } catch (thrown) {
    // A build with faults is an answer, not an accident.
    if (isBuildFailure(thrown))
      return { errors: thrown.errors, warnings: thrown.warnings, outputFiles: [], metafile: undefined };
    throw thrown;
  }
}

/**
 * TypeScript drops imports whose names are not used, because they may be types, so the bundle never meets them. A
 * module of Node is refused all the same: a second look at the plugin's own TypeScript keeps every import that does not
 * say `type`.
 */
async function unusedBuiltins(files: PackageFiles, loaded: readonly string[]): Promise<Message[]> {
  const own = loaded.filter(
    (path) => /\.(ts|mts|cts|tsx)$/.test(path) && !path.includes('node_modules/') && namesBuiltin(files.get(path)),
  );
  const resolver = new ImportResolver(files);
  const look: Plugin = {
    name: 'look',
    setup(compiler) {
      compiler.onResolve({ filter: /.*/ }, (request) => {
        if (request.kind === 'entry-point')
          return { path: own[Number(request.path.slice(entryName.length))] ?? '', namespace: 'package' };
        const target =
          request.kind === 'import-statement' ? resolver.resolve(request.path, request.importer, 'import') : undefined;
        if (target?.kind === 'refused' && target.code === 'BUNDLE_NODE_BUILTIN')
          return { errors: [{ text: target.message, detail: target.code }] };
        return { path: request.path, external: true };
      });
      compiler.onLoad({ filter: /.*/, namespace: 'package' }, (request) => ({
        contents: files.get(request.path) ?? '',
        loader: loaders[posix.extname(request.path).toLowerCase()] ?? 'ts',
      }));
      refuseTheDisk(compiler);
    },
  };
  if (own.length === 0) return [];
  const { outfile: _one, banner: _banner, footer: _footer, ...options } = baseOptions;
  const { errors } = await compile({
    ...options,
    entryPoints: own.map((_, index) => `${entryName}${index}`),
    outdir: 'look',
    format: 'esm',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    plugins: [look],
  });
  return errors.filter((message) => message.detail === 'BUNDLE_NODE_BUILTIN');
}

/**
 * Whether a text in quotes is the name of a module of Node. The second look costs as much as the first, and few files
 * need it.
 */
function namesBuiltin(source: Uint8Array | undefined): boolean {
  for (const [, name = ''] of Buffer.from(source ?? [])
    .toString('utf8')
    .matchAll(/['"]([a-z_][\w/:.-]{0,60})['"]/g))
    if (isNodeBuiltin(name)) return true;
  return false;
}

function isBuildFailure(thrown: unknown): thrown is { errors: Message[]; warnings: Message[] } {
  return thrown instanceof Error && 'errors' in thrown && Array.isArray(thrown.errors) && 'warnings' in thrown;
}

function packagePlugin(files: PackageFiles, entry: string, loaded: Set<string>): Plugin {
  const resolver = new ImportResolver(files);
  let sourceBytes = 0;
  return {
    name: 'package',
    setup(compiler) {
      compiler.onResolve({ filter: /.*/ }, (request) => {
        if (request.kind === 'entry-point') return { path: entry, namespace: 'package' };
        const kind: ImportKind =
          request.kind === 'dynamic-import'
            ? 'dynamic'
            : request.kind === 'require-call' || request.kind === 'require-resolve'
              ? 'require'
              : 'import';
        const target = resolver.resolve(request.path, request.importer, kind);
        switch (target.kind) {
          case 'file':
            return { path: target.path, namespace: 'package' };
          case 'sdk':
            return { path: '@annex/sdk', namespace: 'sdk' };
          case 'missing':
            return { path: request.path, namespace: 'missing', pluginData: target.message };
          case 'refused':
            return { errors: [{ text: target.message, detail: target.code }] };
        }
      });
      compiler.onLoad({ filter: /.*/, namespace: 'package' }, async (request) => {
        const contents = files.get(request.path);
        const loader = loaders[posix.extname(request.path).toLowerCase()];
        if (contents === undefined) return { errors: [{ text: 'is not in the package.', detail: 'BUNDLE_IMPORT' }] };
        if (loader === undefined)
          return {
            errors: [
              {
                text: `${JSON.stringify(request.path)} is no script; files of templates/ are read with ctx.templates, those of static/ are served.`,
                detail: 'BUNDLE_IMPORT',
              },
            ],
          };
        sourceBytes += contents.length;
        if (sourceBytes > maxSourceBytes)
          return {
            errors: [
              {
                text: `the sources are more than ${maxSourceBytes} bytes together; import less.`,
                detail: 'BUNDLE_TOO_LARGE',
              },
            ],
          };
        const errors = loader === 'json' ? [] : await computedImports(files, request.path, { loader, options: syntax });
        if (errors.length > 0) return { errors };
        loaded.add(request.path);
        return { contents, loader };
      });
      compiler.onLoad({ filter: /.*/, namespace: 'sdk' }, () => ({
        contents: `${sdkExports.map((name) => `export const ${name} = annexSdk.${name};`).join('\n')}\nexport default annexSdk;`,
        loader: 'js',
      }));
      compiler.onLoad({ filter: /.*/, namespace: 'missing' }, (request) => ({
        contents: `throw Object.assign(new Error(${JSON.stringify(request.pluginData)}), { code: 'MODULE_NOT_FOUND' });`,
        loader: 'js',
      }));
      refuseTheDisk(compiler);
    },
  };
}

/**
 * What no loader before it took is a file that the compiler found on the disk by itself. It is refused unread, and its
 * name is not told.
 */
function refuseTheDisk(compiler: PluginBuild): void {
  compiler.onLoad({ filter: /.*/ }, () => ({ errors: [{ text: unnamedComputedImport(), detail: foundOnDisk }] }));
}

/**
 * `import()` of something computed, in the plugin's own files: the compiler leaves it in, and it would fail at run time
 * only.
 */
function isOurMistake(message: Message): boolean {
  return message.id === 'unsupported-dynamic-import' && !(message.location?.file ?? '').includes('node_modules/');
}

function faultOf(message: Message): InputFault {
  // The compiler's own words would say what the disk holds.
  if (isOfDisk(message)) return { pointer: '/entry', code: 'BUNDLE_COMPUTED_IMPORT', detail: unnamedComputedImport() };
  const { location } = message;
  const where =
    location === null ? '' : `${location.file.replace(/^package:/, '')}:${location.line}:${location.column + 1}: `;
  return {
    pointer: '/entry',
    code: typeof message.detail === 'string' ? message.detail : codeOf(message),
    detail: where + textOf(message),
  };
}

/** Whether the compiler looked for a file on the disk, and found it or not. */
function isOfDisk({ id, text, detail }: Message): boolean {
  return detail === foundOnDisk || id === 'empty-glob' || /^Could not resolve (?:import|require)[.a-z]*\(/.test(text);
}

function codeOf(message: Message): string {
  if (message.id === 'unsupported-dynamic-import') return 'BUNDLE_DYNAMIC_IMPORT';
  return message.text.startsWith('Top-level await') ? 'BUNDLE_TOP_LEVEL_AWAIT' : 'BUNDLE_SYNTAX';
}

function textOf(message: Message): string {
  if (message.id === 'unsupported-dynamic-import') return 'import() is not there; write static imports at the top.';
  if (message.text.startsWith('Top-level await'))
    return '"await" outside of a function is not there, because the entry is run once without ctx; await inside a handler, or in onInstall.';
  const missing = /^No matching export in "sdk:@annex\/sdk" for import "(.*)"$/.exec(message.text);
  if (missing !== null) return `"@annex/sdk" exports no "${missing[1] ?? ''}"; it exports ${sdkExports.join(', ')}.`;
  return message.text.replaceAll('package:', '').slice(0, 500);
}

function limited(faults: InputFault[]): InputFault[] {
  return faults.slice(0, maxMessages);
}

function output(files: OutputFile[], extension: string): OutputFile | undefined {
  return files.find((file) => file.path.endsWith(extension));
}

/**
 * Whether every source is an ES module, whose code is strict: the script says so then, and CommonJS keeps its own rules
 * otherwise.
 */
function isAllModules(metafile: Metafile): boolean {
  return Object.values(metafile.inputs).every((input) => input.format !== 'cjs');
}

function renameSources(sourceMap: string): string {
  const map = JSON.parse(sourceMap) as { sources?: string[] };
  return JSON.stringify({ ...map, sources: (map.sources ?? []).map((source) => source.replace(/^package:/, '')) });
}
