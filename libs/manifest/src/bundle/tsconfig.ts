/**
 * What a plugin's own tsconfig.json says about imports and syntax: `paths`, `baseUrl`, `jsx…`, and which decorators are
 * meant. Everything else in it is for the type checker.
 */
import { posix } from 'node:path';
import { isJsonObject, type JsonObject } from '@annex/kernel';
import { parseExpressionAt } from 'acorn';
import type { PackageFiles } from '../zip/read-package.js';

/** The options that count, with paths from the root of the upload. */
export interface TypeScriptOptions {
  /** Where names of packages are looked for as files before `node_modules`. */
  baseUrl?: string;
  /** Patterns with at most one `*`, and the files to try for each. */
  paths?: Record<string, string[]>;
  /** As esbuild takes them. */
  syntax: JsonObject;
}

const names = ['tsconfig.json', 'jsconfig.json'];
/** Most files that extend each other. */
const maxExtended = 10;
const syntaxOptions = [
  'experimentalDecorators',
  'jsx',
  'jsxFactory',
  'jsxFragmentFactory',
  'jsxImportSource',
  'useDefineForClassFields',
];

/** Reads the tsconfig.json (or jsconfig.json) files of an upload, each once. */
export class TypeScriptConfigs {
  readonly #files: PackageFiles;
  readonly #read = new Map<string, TypeScriptOptions>();

  constructor(files: PackageFiles) {
    this.#files = files;
  }

  /** Of the nearest one above a file; without one, nothing is said. */
  around(file: string): TypeScriptOptions {
    for (let folder = posix.dirname(file); ; folder = posix.dirname(folder)) {
      const found = names.map((name) => posix.join(folder, name)).find((path) => this.#files.has(path));
      if (found !== undefined) return this.#optionsOf(found);
      if (folder === '.' || folder === '/') return { syntax: {} };
    }
  }

  #optionsOf(path: string): TypeScriptOptions {
    const known = this.#read.get(path) ?? readOptions(this.#files, path, 0);
    this.#read.set(path, known);
    return known;
  }
}

/** The files that a pattern of `paths`, or `baseUrl`, makes of the name of a package, in the order to try them. */
export function mappedPaths({ paths = {}, baseUrl }: TypeScriptOptions, specifier: string): string[] {
  const below = baseUrl === undefined ? [] : [posix.join(baseUrl, specifier)];
  if (Object.hasOwn(paths, specifier)) return [...(paths[specifier] ?? []), ...below];
  const fitting = Object.keys(paths)
    .map((pattern) => ({ pattern, parts: pattern.split('*') }))
    .filter(({ parts: [before = '', after] }) => after !== undefined && isBetween(specifier, before, after))
    .sort((one, other) => (other.parts[0]?.length ?? 0) - (one.parts[0]?.length ?? 0));
  const [best] = fitting;
  if (best === undefined) return below;
  const [before = '', after = ''] = best.parts;
  const star = specifier.slice(before.length, specifier.length - after.length);
  return [...(paths[best.pattern] ?? []).map((path) => path.replace('*', () => star)), ...below];
}

function isBetween(text: string, before: string, after: string): boolean {
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
}

function readOptions(files: PackageFiles, path: string, depth: number): TypeScriptOptions {
  const config = parseLoosely(Buffer.from(files.get(path) ?? []).toString('utf8'));
  const folder = posix.dirname(path);
  const options: TypeScriptOptions = { syntax: {} };
  for (const each of depth < maxExtended ? [config['extends'] ?? []].flat() : []) {
    const base = typeof each === 'string' ? findExtended(files, folder, each) : undefined;
    if (base === undefined) continue;
    const extended = readOptions(files, base, depth + 1);
    Object.assign(options, extended, { syntax: { ...options.syntax, ...extended.syntax } });
  }
  const said = isJsonObject(config['compilerOptions'] ?? null) ? (config['compilerOptions'] as JsonObject) : {};
  if (typeof said['baseUrl'] === 'string') options.baseUrl = posix.join(folder, said['baseUrl']);
  if (isJsonObject(said['paths'] ?? null))
    options.paths = readPaths(said['paths'] as JsonObject, options.baseUrl ?? folder);
  for (const name of syntaxOptions) if (said[name] !== undefined) options.syntax[name] = said[name];
  return options;
}

function readPaths(said: JsonObject, base: string): Record<string, string[]> {
  const entries = Object.entries(said).map(([pattern, targets]): [string, string[]] => [
    pattern,
    (Array.isArray(targets) ? targets : [])
      .filter((each) => typeof each === 'string')
      .map((each) => posix.join(base, each)),
  ]);
  return Object.fromEntries(entries);
}

function findExtended(files: PackageFiles, folder: string, name: string): string | undefined {
  const isOwn = /^\.\.?\//.test(name);
  const path = isOwn ? posix.join(folder, name) : posix.join('node_modules', name);
  return [path, `${path}.json`, `${path}/tsconfig.json`].find((each) => files.has(each));
}

/** JSON with comments and commas at the end, as TypeScript reads it: all of that is an expression of JavaScript. */
function parseLoosely(text: string): JsonObject {
  try {
    const value = valueOf(parseExpressionAt(text.replace(/^\uFEFF/, ''), 0, { ecmaVersion: 'latest' }) as Literal);
    return isJsonObject(value as never) ? (value as JsonObject) : {};
  } catch {
    return {};
  }
}

interface Literal {
  type: string;
  value?: unknown;
  elements?: Literal[];
  properties?: { key?: Literal; value?: Literal }[];
}

function valueOf(node: Literal): unknown {
  if (node.type === 'Literal') return node.value;
  if (node.type === 'ArrayExpression') return (node.elements ?? []).map(valueOf);
  if (node.type !== 'ObjectExpression') return undefined;
  const entries = (node.properties ?? []).map(({ key, value }) => [String(key?.value), value && valueOf(value)]);
  return Object.fromEntries(entries) as unknown;
}
