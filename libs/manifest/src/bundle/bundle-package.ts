/**
 * Makes one script of a package's entry and everything it imports. The compiler sees the files of the package and
 * nothing else: no disk, no configuration files, no network.
 */
import { createHash } from 'node:crypto';
import { SECOND, type InputFault } from '@annex/kernel';
import { bundleLimits } from '@annex/limits';
import { build, type BuildOptions, type Message, type Metafile, type OutputFile, type TransformOptions } from 'esbuild';
import type { PackageFiles } from '../zip/read-package.js';
import { absentModules } from './absent-modules.js';
import { inBuildTurn } from './build-turn.js';
import { unnamedComputedImport } from './computed-imports.js';
import { nodeGlobals, nodePreamble } from './node-linker.js';
import { entryName, foundOnDisk, packagePlugin, sdkExports, type Followed } from './package-plugin.js';
import { isInstalled } from '../zip/read-zip.js';
import { TypeScriptConfigs } from './tsconfig.js';
import { unusedBuiltins } from './unused-builtins.js';

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
  | {
      ok: true;
      bundle: PackageBundle;
      /** Files of the package that the bundle holds something of. */
      reached: string[];
      /** Files of the package that were looked at for it; with them alone the same bundle comes out. */
      read: string[];
      warnings: InputFault[];
    }
  | { ok: false; errors: InputFault[] };

export interface BundleOptions {
  /** Largest bundle, in bytes. Default: `bundleLimits.bundleBytes`. */
  maxBytes?: number;
  /** Longest build, in milliseconds. Default: `bundleLimits.buildMs`. */
  timeoutMs?: number;
}

const maxMessages = 50;
const opening = '(function (annexSdk) {';
/** How the compiler names files of the package. */
const filePrefix = 'package:';

/**
 * Bundles `entry`, a path of `files`. TypeScript is stripped, not checked; decorators and `using` are lowered to
 * ES2024. All errors come together, each with file, line and column. Never throws for what the package holds.
 */
export async function bundlePackage(
  files: PackageFiles,
  entry: string,
  options: BundleOptions = {},
): Promise<BundleReading> {
  const { maxBytes = bundleLimits.bundleBytes, timeoutMs = bundleLimits.buildMs } = options;
  const refuse = (code: string, detail: string): BundleReading => ({
    ok: false,
    errors: [{ pointer: '/entry', code, detail }],
  });
  const end = await inBuildTurn(() => runCompiler(files, entry), timeoutMs);
  if (end.kind === 'timeout')
    return refuse(
      'BUNDLE_TIMEOUT',
      `could not be bundled within ${timeoutMs / SECOND} s; simplify or shorten its code.`,
    );
  if (end.kind === 'crashed')
    return refuse('BUNDLE_FAILED', 'is nested so deeply that the compiler gave up; simplify its code.');
  const { result } = end;
  const { metafile, followed } = result;
  const notices = result.warnings.filter((message) => !isOurMistake(message)).map(faultOf);
  const errors = [...result.errors, ...result.warnings.filter(isOurMistake)].map(faultOf);
  const absent = metafile && absentModules(metafile, files, followed);
  errors.push(...(absent?.errors ?? []));
  if (errors.length > 0) return { ok: false, errors: limited(errors) };
  const script = output(result.outputFiles, '.js');
  if (script === undefined || metafile === undefined) return refuse('BUNDLE_FAILED', 'could not be bundled.');
  // In the line of the opening, so that the source map stays true.
  const before = `${isAllModules(metafile) ? ' "use strict";' : ''}${nodePreamble(script.text, metafile)}`;
  const code = script.text.replace(opening, () => opening + before);
  const bytes = Buffer.byteLength(code);
  if (bytes > maxBytes)
    return refuse(
      'BUNDLE_TOO_LARGE',
      `becomes a bundle of ${bytes} bytes; at most ${maxBytes} are allowed. Import less.`,
    );
  const sourceMap = output(result.outputFiles, '.map')?.text ?? '{}';
  return {
    ok: true,
    bundle: { code, sha256: createHash('sha256').update(code).digest('hex'), sourceMap: renameSources(sourceMap) },
    reached: reachedFiles(metafile),
    read: [...followed.loaded],
    warnings: limited([...notices, ...(absent?.warnings ?? [])]),
  };
}

interface Compilation {
  errors: Message[];
  warnings: Message[];
  outputFiles: OutputFile[];
  metafile: Metafile | undefined;
}

async function runCompiler(files: PackageFiles, entry: string): Promise<Compilation & { followed: Followed }> {
  const followed: Followed = { loaded: new Set(), importers: new Map(), absent: new Map() };
  const syntax = syntaxOf(files, entry);
  const options = { ...outputOptions, ...syntax };
  const bundled = await compile({
    ...options,
    outfile: 'bundle.js',
    format: 'iife',
    banner: { js: opening },
    footer: { js: '})' },
    entryPoints: [entryName],
    plugins: [packagePlugin(files, entry, syntax, followed)],
  });
  const unused = await unusedBuiltins(files, followed.loaded, { compile, options });
  const known = new Set(bundled.errors.map(identityOf));
  const errors = [...bundled.errors, ...unused.filter((message) => !known.has(identityOf(message)))];
  return { ...bundled, errors, followed };
}

function identityOf({ location, text }: Message): string {
  return JSON.stringify([location?.file, location?.line, text]);
}

type SyntaxOption =
  | 'platform'
  | 'target'
  | 'charset'
  | 'define'
  | 'tsconfigRaw'
  | 'jsx'
  | 'jsxFactory'
  | 'jsxFragment'
  | 'jsxImportSource';

/** How code is read, whether it is bundled or only looked at. The author's tsconfig.json says what JSX means. */
function syntaxOf(files: PackageFiles, entry: string): Pick<BuildOptions & TransformOptions, SyntaxOption> {
  const { syntax: said } = new TypeScriptConfigs(files).around(entry);
  const text = (name: string): string | undefined => (typeof said[name] === 'string' ? said[name] : undefined);
  const { experimentalDecorators, useDefineForClassFields } = said as Record<string, boolean | undefined>;
  return {
    platform: 'neutral',
    target: 'es2024',
    charset: 'utf8',
    define: { ...nodeGlobals, 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
    tsconfigRaw: { compilerOptions: { experimentalDecorators, useDefineForClassFields } },
    jsx: text('jsx')?.toLowerCase() === 'react' ? 'transform' : 'automatic',
    jsxFactory: text('jsxFactory'),
    jsxFragment: text('jsxFragmentFactory'),
    jsxImportSource: text('jsxImportSource'),
  };
}

const outputOptions = {
  bundle: true,
  write: false,
  legalComments: 'none',
  // Names stay readable in stack traces; only indentation goes, which a source can make quadratic.
  minifyWhitespace: true,
  sourcemap: 'external',
  sourcesContent: false,
  metafile: true,
  logLevel: 'silent',
  logLimit: maxMessages,
  logOverride: {
    'unsupported-dynamic-import': 'warning',
    'empty-import-meta': 'warning',
    'empty-glob': 'error',
    // What a package says of its own side effects is its own matter.
    'ignored-bare-import': 'silent',
  },
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

function isBuildFailure(thrown: unknown): thrown is { errors: Message[]; warnings: Message[] } {
  return thrown instanceof Error && 'errors' in thrown && Array.isArray(thrown.errors) && 'warnings' in thrown;
}

/**
 * `import()` of something computed, in the plugin's own files: the compiler leaves it in, and it would fail at run time
 * only.
 */
function isOurMistake(message: Message): boolean {
  return message.id === 'unsupported-dynamic-import' && !isInstalled(message.location?.file ?? '');
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
    return (
      '"await" outside of a function is not there, because the entry is run once without ctx; await inside a ' +
      'handler, or in onInstall.'
    );
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
 * Whether every file is an ES module, whose code is strict: the script says so then, and CommonJS keeps its own rules
 * otherwise. What the bundle gets besides files of the package is strict in any case.
 */
function isAllModules(metafile: Metafile): boolean {
  return Object.entries(metafile.inputs).every(
    ([name, { format }]) => !name.startsWith(filePrefix) || format !== 'cjs',
  );
}

function reachedFiles(metafile: Metafile): string[] {
  const names = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
  return [...new Set(names)].filter((name) => name.startsWith(filePrefix)).map((name) => name.slice(filePrefix.length));
}

function renameSources(sourceMap: string): string {
  const map = JSON.parse(sourceMap) as { sources?: string[] };
  return JSON.stringify({ ...map, sources: (map.sources ?? []).map((source) => source.replace(/^package:/, '')) });
}
