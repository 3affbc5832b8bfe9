/**
 * Finds imports whose file is named by a computed text, such as `require('./lang/' + name + '.json')`. The compiler
 * asks nobody what such a text means: it lists folders of the disk and puts every file that fits into the bundle. So a
 * file is read before the compiler follows its imports, and refused when it holds one.
 */
import { SourceMap } from 'node:module';
import { posix } from 'node:path';
import { quote } from '@annex/kernel';
import { parse } from 'acorn';
import { transform, type Loader, type Message, type PartialMessage, type TransformOptions } from 'esbuild';
import type { PackageFiles } from '../zip/read-package.js';

/** What the compiler's own detail of a message says: the code of the fault. */
const code = 'BUNDLE_COMPUTED_IMPORT';
/** Takes the place of the `require` that nobody declared, so that a parameter of that name is left alone. */
const freeRequire = 'annex_free_require';
const maxNamed = 5;
const maxFound = 20;
/** Most levels of brackets, conditions and so on within one argument. */
const maxDepth = 1000;

interface Node {
  type: string;
  start: number;
  [key: string]: unknown;
}

interface ComputedImport {
  /** `import` or `require`. */
  word: string;
  /** The text up to the first computed part, which begins with `./` or `../`. */
  prefix: string;
  /** Where it stands in the text that was parsed. */
  at: number;
}

export interface ComputedImportOptions {
  loader: Loader;
  /** What the bundle's own build says about syntax: the same text must come of it. */
  options: TransformOptions;
}

/**
 * The faults of the file at `path` in the compiler's own shape, each with its place; none: it names every file in full.
 */
export async function computedImports(
  files: PackageFiles,
  path: string,
  { loader, options }: ComputedImportOptions,
): Promise<PartialMessage[]> {
  const source = Buffer.from(files.get(path) ?? []).toString('utf8');
  const fault = sourceMapFault(source, path);
  if (fault !== undefined) return [fault];
  if (!mayCompute(source)) return [];
  const settings: TransformOptions = {
    ...options,
    loader,
    logLevel: 'silent',
    define: { ...options.define, require: freeRequire },
  };
  let plain: string;
  try {
    plain = (await transform(source, settings)).code;
  } catch (thrown) {
    if (!(thrown instanceof Error && 'errors' in thrown)) throw thrown;
    return (thrown.errors as Message[]).map(({ id, text, location }) => ({
      id,
      text,
      location: location && { ...location, file: path },
    }));
  }
  const found = findComputed(plain);
  if (found === undefined)
    return [
      {
        text: `${path}: is nested so deeply that its imports cannot be read; simplify its code.`,
        detail: 'BUNDLE_FAILED',
      },
    ];
  if (found.length === 0) return [];
  const { map } = await transform(source, { ...settings, sourcemap: 'external', sourcesContent: false });
  const places = new SourceMap(JSON.parse(map) as ConstructorParameters<typeof SourceMap>[0]);
  return found.slice(0, maxFound).map((each) => ({
    text: explain(each, path, files),
    detail: code,
    location: { file: path, ...placeOf(each.at, plain, places) },
  }));
}

/** One sentence for a computed import of which only the pattern is known, where the compiler met it first. */
export function unnamedComputedImport(): string {
  return (
    'an import names its file by a computed text; write a static import for each file by its full name, and choose ' +
    'among them in code.'
  );
}

/** The compiler reads the map that such a comment names from the disk. */
function sourceMapFault(source: string, path: string): PartialMessage | undefined {
  const found = /sourceMappingURL=\s*file:/i.exec(source);
  if (found === null) return undefined;
  const before = source.slice(0, found.index).split('\n');
  return {
    text: 'a comment names a source map by its place on a disk; take the comment out.',
    detail: 'BUNDLE_IMPORT',
    location: { file: path, line: before.length, column: before.at(-1)?.length ?? 0 },
  };
}

/** Whether the text may hold a computed import. Says yes too often: what it lets through is parsed. */
function mayCompute(source: string): boolean {
  if (/\bimport\s*[(./]/.test(source) || source.includes('\\u')) return true;
  return source.replaceAll(/\brequire\s*\(\s*(?:'[^'\\\r\n]*'|"[^"\\\r\n]*")\s*\)/g, '').includes('require');
}

/** `undefined`: the text cannot be parsed. */
function findComputed(text: string): ComputedImport[] | undefined {
  const root = parsed(text);
  if (root === undefined) return undefined;
  const found: ComputedImport[] = [];
  const open: unknown[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (Array.isArray(node)) open.push(...(node as unknown[]).filter((each) => each !== null));
    if (!isNode(node)) continue;
    const argument =
      node.type === 'ImportExpression'
        ? node.source
        : isRequireCall(node)
          ? (node.arguments as unknown[])[0]
          : undefined;
    for (const prefix of isNode(argument) ? computedPrefixes(argument) : []) {
      if (/^\.\.?\//.test(prefix))
        found.push({ word: node.type === 'ImportExpression' ? 'import' : 'require', prefix, at: node.start });
    }
    for (const key in node)
      if (key !== 'type' && typeof node[key] === 'object' && node[key] !== null) open.push(node[key]);
  }
  return found.sort((one, other) => one.at - other.at);
}

function parsed(text: string): Node | undefined {
  for (const allowAwaitOutsideFunction of [true, false]) {
    try {
      const root = parse(text, {
        ecmaVersion: 'latest',
        sourceType: 'script',
        allowImportExportEverywhere: true,
        allowReturnOutsideFunction: true,
        allowAwaitOutsideFunction,
      });
      return root as unknown as Node;
    } catch {
      // A name that is a keyword in the one reading only; or too deep for both.
    }
  }
  return undefined;
}

function isRequireCall(node: Node): boolean {
  return (
    node.type === 'CallExpression' &&
    (node.callee as Node).type === 'Identifier' &&
    (node.callee as Node).name === freeRequire
  );
}

/**
 * The texts with which a computed argument can begin; a condition has two. A text without computed parts is none of
 * them.
 */
function computedPrefixes(argument: Node, depth = 0): string[] {
  if (depth > maxDepth) return ['./'];
  if (argument.type === 'ConditionalExpression') {
    return [argument.consequent, argument.alternate].flatMap((branch) => computedPrefixes(branch as Node, depth + 1));
  }
  if (argument.type === 'SequenceExpression')
    return computedPrefixes((argument.expressions as Node[]).at(-1) ?? argument, depth + 1);
  const pieces = piecesOf(argument, depth);
  const end = pieces.indexOf(null);
  return end < 0 ? [] : [pieces.slice(0, end).join('')];
}

/** The parts of a text that is put together; `null` for a part that is only known when it runs. */
function piecesOf(node: Node, depth: number): (string | null)[] {
  if (depth > maxDepth) return ['./', null];
  if (node.type === 'Literal' && typeof node.value === 'string') return [node.value];
  if (node.type === 'BinaryExpression' && node.operator === '+')
    return [...piecesOf(node.left as Node, depth + 1), ...piecesOf(node.right as Node, depth + 1)];
  if (node.type !== 'TemplateLiteral') return [null];
  const texts = (node.quasis as Node[]).map((each) => (each.value as { cooked?: string }).cooked ?? '');
  return texts.flatMap((text, index) => {
    const next = (node.expressions as Node[])[index];
    return next === undefined ? [text] : [text, ...piecesOf(next, depth + 1)];
  });
}

function explain({ word, prefix }: ComputedImport, path: string, files: PackageFiles): string {
  const call = `${word}(${JSON.stringify(`${prefix.slice(0, 80)}…`)})`;
  const target = posix.join(posix.dirname(path), prefix);
  const own =
    target.startsWith('../') || target === '..'
      ? []
      : [...files.keys()].filter((each) => each.startsWith(target === './' ? '' : target));
  if (own.length === 0) {
    return (
      `${call} names its file by a computed text, and a bundle holds only files of the package that are named in ` +
      'full; write a static import for each.'
    );
  }
  const named = own.slice(0, maxNamed).map((each) => relative(path, each));
  const more = own.length > maxNamed ? ` and ${own.length - maxNamed} more` : '';
  return (
    `${call} names a file of this package by a computed text, so the bundle cannot know which; import each by its ` +
    `full name (${named.map((each) => quote(each)).join(', ')}${more}) and choose among them in an object.`
  );
}

function relative(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to);
  return path.startsWith('.') ? path : `./${path}`;
}

/** Lines from 1, columns from 0, as the compiler counts. */
function placeOf(at: number, text: string, places: SourceMap): { line: number; column: number } {
  const before = text.slice(0, at).split('\n');
  const entry = places.findEntry(before.length - 1, before.at(-1)?.length ?? 0);
  return 'originalLine' in entry
    ? { line: entry.originalLine + 1, column: entry.originalColumn }
    : { line: 1, column: 0 };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}
