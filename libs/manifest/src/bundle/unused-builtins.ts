/**
 * TypeScript drops imports whose names are not used, because they may be types, so the bundle never meets them. A
 * module of Node that a plugin does not have is refused all the same: a second look at the author's own TypeScript
 * keeps every import that does not say `type`.
 */
import type { BuildOptions, Message, Plugin } from 'esbuild';
import type { PackageFiles } from '../zip/read-package.js';
import { givenModule, isNodeBuiltin } from './node-builtins.js';
import { entryName, isOwnTypeScript, loaderOf, refuseTheDisk } from './package-plugin.js';
import { ImportResolver } from './resolve-import.js';

/** Builds and never throws for faults of what is built. */
export type Compile = (options: BuildOptions) => Promise<{ errors: Message[] }>;

/** The faults. `loaded`: the files that the bundle was made of; `options`: how it was made. */
export async function unusedBuiltins(
  files: PackageFiles,
  loaded: ReadonlySet<string>,
  { compile, options }: { compile: Compile; options: BuildOptions },
): Promise<Message[]> {
  const own = [...loaded].filter((path) => isOwnTypeScript(path) && namesAbsent(files.get(path)));
  if (own.length === 0) return [];
  const { errors } = await compile({
    ...options,
    entryPoints: own.map((_, index) => `${entryName}${index}`),
    outdir: 'look',
    format: 'esm',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    plugins: [lookPlugin(files, own)],
  });
  return errors.filter((message) => message.detail === 'BUNDLE_NODE_BUILTIN');
}

function lookPlugin(files: PackageFiles, own: readonly string[]): Plugin {
  const resolver = new ImportResolver(files);
  return {
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
        loader: loaderOf(request.path) ?? 'ts',
      }));
      refuseTheDisk(compiler);
    },
  };
}

/**
 * Whether a text in quotes is the name of a module of Node that a plugin does not have. The second look costs as much
 * as the first, and few files need it.
 */
function namesAbsent(source: Uint8Array | undefined): boolean {
  for (const [, name = ''] of Buffer.from(source ?? [])
    .toString('utf8')
    .matchAll(/['"]([a-z_][\w/:.-]{0,60})['"]/g))
    if (isNodeBuiltin(name) && givenModule(name) === undefined) return true;
  return false;
}
