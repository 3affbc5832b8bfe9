/** How the web platform of the prelude is bundled: shared by bundle.mjs and by the specs. */
import { build } from 'esbuild';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = join(dirname(fileURLToPath(import.meta.url)), 'src/prelude/web');
const require = createRequire(import.meta.url);

/**
 * Names that the prelude's web part imports and only a bundler resolves: the light stand-ins for what whatwg-url would
 * pull in.
 */
export const webResolver = {
  name: 'annex-web',
  setup(pluginBuild) {
    const whatwgUrl = /[\\/]whatwg-url[\\/]lib[\\/]/;
    const exodus = dirname(require.resolve('@exodus/bytes/encoding-lite.js'));
    pluginBuild.onResolve({ filter: /^exodus-encoding$/ }, () => ({ path: join(exodus, 'fallback/encoding.js') }));
    pluginBuild.onResolve({ filter: /^whatwg-url\/lib\// }, ({ path }) => ({
      path: join(dirname(require.resolve('whatwg-url')), path.slice('whatwg-url/'.length)),
    }));
    pluginBuild.onResolve({ filter: /^(tr46|@exodus\/bytes\/encoding\.js|\.\/encoding)$/ }, ({ path, importer }) => {
      if (!whatwgUrl.test(importer)) return undefined;
      if (path === 'tr46') return { path: join(web, 'idna.ts') };
      if (path === './encoding') return { path: join(web, 'whatwg-url-encoding.ts') };
      return { path: join(exodus, 'encoding-lite.js') };
    });
  },
};

/** esbuild options that every script of the prelude shares. */
export const preludeOptions = {
  bundle: true,
  metafile: true,
  write: false,
  minify: true,
  keepNames: false,
  format: 'iife',
  target: 'es2024',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  legalComments: 'none',
  plugins: [webResolver],
};

/** Names that `PreludeHost.lazySource` knows. */
export const lazyNames = ['url', 'streams', 'idna', 'encodings'];

/** esbuild options of one of them. */
export function lazyOptions(name) {
  return { ...preludeOptions, entryPoints: [join(web, 'lazy', `${name}.ts`)], globalName: '__annexLazy' };
}

/** The text of a script for `PreludeHost.lazySource`: one expression whose value is the script's exports. */
export function lazyScriptOf({ outputFiles }) {
  return `(()=>{${outputFiles[0].text}\nreturn __annexLazy})()`;
}

/** Builds such a text. */
export async function buildLazyScript(name) {
  return lazyScriptOf(await build(lazyOptions(name)));
}
