/** Makes of src/node-api what imports of Node's modules become in a plugin's bundle: one CommonJS text for each. */
import { mkdir, readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { replaceFile } from '../../scripts/unless-current.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const sources = join(here, 'src/node-api');
const made = join(here, 'dist/bundled/node-api.json');
/** Files that are parts of modules. */
const parts = new Set(['deep-equal']);
/** Modules below another: `stream-web.ts` is `stream/web`. */
const below = /^(stream|timers|util|assert|path)-/;
/** Modules whose names hold a line. */
const underlined = new Set(['diagnostics-channel', 'perf-hooks', 'string-decoder']);

/** What scripts/build.mjs makes here, with a file that remembers what it was made of. */
export function bundles() {
  return [{ stampFile: join(here, 'dist/bundled.json'), make: bundleNodeApi }];
}

async function bundleNodeApi() {
  const { texts, read } = await buildNodeApi();
  await mkdir(dirname(made), { recursive: true });
  await replaceFile(made, `${JSON.stringify(texts)}\n`);
  return { read, made: [made] };
}

/**
 * The texts by the names of their modules, each the body of a CommonJS module in one line, and the files that they were
 * made of. Throws for one that needs more lines: source maps count on it.
 */
export async function buildNodeApi() {
  const files = (await readdir(sources)).filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
  const names = files.map((file) => basename(file, '.ts')).filter((name) => !parts.has(name));
  const results = await Promise.all(names.map((name) => build(optionsFor(name))));
  const texts = Object.fromEntries(names.map((name, index) => [moduleOf(name), lineOf(name, results[index])]));
  const read = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  return { texts, read: [...new Set(read)].map((file) => resolve(file)) };
}

function lineOf(name, { outputFiles }) {
  // What a module answers is its default export itself.
  const text = `${outputFiles[0].text.trim()};module.exports=module.exports.default;`;
  if (/[\n\r\u2028\u2029]/.test(text)) throw new Error(`the text of ${name} has more than one line`);
  return text;
}

function moduleOf(name) {
  return underlined.has(name) ? name.replace('-', '_') : name.replace(below, '$1/');
}

function optionsFor(name) {
  return {
    entryPoints: [join(sources, `${name}.ts`)],
    bundle: true,
    metafile: true,
    write: false,
    format: 'cjs',
    platform: 'neutral',
    mainFields: ['browser', 'module', 'main'],
    target: 'es2024',
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    // So that no text holds the end of a line.
    supported: { 'template-literal': false },
    inject: ['annex-globals'],
    plugins: [nodeModules],
  };
}

/** What packages bring along for engines that lack it; this one does not. */
const built = {
  'abort-controller': '{ AbortController, AbortSignal }',
  'safe-buffer': 'require("node:buffer")',
  'call-bind/callBound':
    '(name) => Function.prototype.call.bind(name.split(".").reduce((owner, key) => owner[key], globalThis))',
  'is-arguments': '(value) => Object.prototype.toString.call(value) === "[object Arguments]"',
  'is-generator-function': '(value) => Object.prototype.toString.call(value) === "[object GeneratorFunction]"',
  'is-nan': 'Number.isNaN',
  'is-typed-array': '(value) => ArrayBuffer.isView(value) && !(value instanceof DataView)',
  'object-is': 'Object.is',
  'object-is/polyfill': '() => Object.is',
  'object.assign/polyfill': '() => Object.assign',
  'which-typed-array':
    '(value) => ArrayBuffer.isView(value) && !(value instanceof DataView) && value[Symbol.toStringTag]',
};

/** Node's own globals, for packages that use them without an import. */
const globals = `import { Buffer } from 'node:buffer'; import process from 'node:process'; export { Buffer, process };`;

/** A module of Node is another of these texts, by whatever name a package asks for it. */
const nodeModules = {
  name: 'node-modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:.+|(buffer|events|process|string_decoder|util|stream|assert)\/?)$/ }, (request) => {
      // From here, a name with a slash at its end is the package that a module is made of.
      const isPackage = request.importer.startsWith(sources) && request.path.endsWith('/');
      const path = `node:${request.path.replace(/^node:|\/$/g, '')}`;
      return isPackage ? undefined : { path, external: true, sideEffects: false };
    });
    onResolve({ filter: /^annex-globals$/ }, ({ path }) => ({ path, namespace: 'built', sideEffects: false }));
    onResolve({ filter: /^[\w-]/ }, ({ path }) =>
      Object.hasOwn(built, path) ? { path, namespace: 'built' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'built' }, ({ path }) => ({
      contents: path === 'annex-globals' ? globals : `module.exports = ${built[path]}`,
      resolveDir: here,
    }));
  },
};
