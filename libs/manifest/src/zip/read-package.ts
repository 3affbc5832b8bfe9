import { didYouMean, quote, type InputFault } from '@annex/kernel';
import { archiveLimits } from '@annex/limits';
import { type PackageLimits } from './limits.js';
import { isArchiverLitter, readZip } from './read-zip.js';

/** The files of a package: path relative to the folder of `plugin.json` → content. */
export type PackageFiles = ReadonlyMap<string, Uint8Array>;

export type PackageReading = { ok: true; files: PackageFiles } | { ok: false; errors: InputFault[] };

/** Where the manifest lies in a package. */
export const manifestPath = 'plugin.json';

/**
 * The files of an uploaded package, with its single root folder taken off when `plugin.json` lies in one. What a Mac
 * adds (`__MACOSX/`,
 * `.DS_Store`) is left out. Never throws for what the archive holds.
 */
export async function readPackage(bytes: Uint8Array, limits: PackageLimits = archiveLimits): Promise<PackageReading> {
  const zip = await readZip(bytes, limits);
  if (!zip.ok) return zip;
  const entries = [...zip.files].filter(([path]) => !isArchiverLitter(path));
  if (entries.some(([path]) => path === manifestPath)) return { ok: true, files: new Map(entries) };
  const folder = (entries[0]?.[0].split('/', 1)[0] ?? '') + '/';
  if (
    entries.length > 0 &&
    entries.every(([path]) => path.startsWith(folder)) &&
    zip.files.has(folder + manifestPath)
  ) {
    return { ok: true, files: new Map(entries.map(([path, content]) => [path.slice(folder.length), content])) };
  }
  return {
    ok: false,
    errors: [{ pointer: '/file', code: 'MANIFEST_MISSING', detail: missingDetail(entries.map(([path]) => path)) }],
  };
}

function missingDetail(paths: string[]): string {
  if (paths.length === 0) return 'the archive holds no files; pack the folder that holds plugin.json.';
  const elsewhere = paths.find((path) => path.endsWith(`/${manifestPath}`) && !path.includes('node_modules/'));
  const hint =
    elsewhere === undefined
      ? didYouMean(
          manifestPath,
          paths.map((path) => path.split('/').at(-1) ?? '').filter((name) => /plugin|manifest/i.test(name)),
        )
      : ` It was found at ${quote(elsewhere)}, beside or below other files.`;
  return `plugin.json is missing; it lies at the root of the archive, or in the single folder at its root.${hint}`;
}
