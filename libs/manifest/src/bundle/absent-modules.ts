/** What to say of modules of Node that packages got into a bundle and that plugin code does not have. */
import type { InputFault } from '@annex/kernel';
import type { Metafile } from 'esbuild';
import type { PackageFiles } from '../zip/read-package.js';
import { chainOf, type AbsentModule, type Followed } from './package-plugin.js';

/**
 * One entry for each module and file that asks for it, if the bundle holds that file's import. `warnings`: the modules
 * that fail only when they are used.
 */
export function absentModules(
  metafile: Metafile,
  files: PackageFiles,
  { absent, importers }: Followed,
): { errors: InputFault[]; warnings: InputFault[] } {
  const bundled = new Set(
    Object.values(metafile.outputs).flatMap(({ inputs }) =>
      Object.keys(inputs).filter((name) => (inputs[name]?.bytesInOutput ?? 0) > 0),
    ),
  );
  const found = [...absent].filter(([path]) => bundled.has(`absent:${path}`)).map(([, module]) => module);
  const faultOf = ({ specifier, importer, message, isOptional }: AbsentModule): InputFault => ({
    pointer: '/entry',
    code: 'BUNDLE_NODE_BUILTIN',
    detail:
      `${importer}:${placeOf(specifier, files.get(importer))}: ` +
      `${message}${isOptional ? ' What needs it fails when it is called.' : ''}${chainOf(importer, importers)}`,
  });
  return {
    errors: found.filter(({ isOptional }) => !isOptional).map(faultOf),
    warnings: found.filter(({ isOptional }) => isOptional).map(faultOf),
  };
}

/** Line and column, from 1, where a module is named. */
function placeOf(specifier: string, source: Uint8Array | undefined): string {
  const text = Buffer.from(source ?? []).toString('utf8');
  const places = ["'", '"'].map((quote) => text.indexOf(`${quote}${specifier}${quote}`)).filter((at) => at >= 0);
  const before = text.slice(0, places.length === 0 ? 0 : Math.min(...places)).split('\n');
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}
