/**
 * `@annex/sdk/package`: what an upload would say of a plugin's files, and the archive that is uploaded. The check is
 * the server's own, with its compiler and its sandbox; the command line is made of it.
 */
import { createHash } from 'node:crypto';
import {
  checkPackage,
  lintPackage,
  packFiles,
  type Manifest,
  type PackageReport,
  type Registration,
  type PackageLimits,
} from '@annex/manifest';
import { findTemplate, findTemplateFaults } from '@annex/templates';
import { archiveLimits } from '@annex/limits';
import { hasPython } from '@annex/sandbox';
import { enterSandbox, leaveSandbox } from '../testing/shared-sandbox.js';
import { faultPlaces, type PlacedFault } from './fault-places.js';
import { roomyLimits } from './limits.js';
import { patientInspect } from './patient-inspect.js';
import type { PluginFiles } from './plugin-files.js';

export { runPythonTests, type PythonTest, type PythonTestOptions } from '../testing/python-tests.js';
export { closeSandbox } from '../testing/shared-sandbox.js';
export type { PlacedFault } from './fault-places.js';
export type { KhookAgent } from './khook/convert-hook.js';
export {
  importKhook,
  type KhookFile,
  type KhookImport,
  type KhookLeftOut,
  type KhookMapping,
} from './khook/import-khook.js';
export { readMappingFile, type MappingFile } from './mapping-file.js';
export {
  buildCatalogue,
  makeSigningKey,
  signArchive,
  verifyCatalogue,
  type CatalogueContents,
  type CatalogueFault,
  type CataloguePackage,
  type CatalogueRelease,
  type CatalogueTerms,
  type SignedPackage,
} from './signing.js';
export type { PluginFiles } from './plugin-files.js';
export {
  typesFile,
  writePluginTypeFiles,
  writePluginTypes,
  type PluginTypeFiles,
  type PluginTypesResult,
} from './write-types.js';
export { findPlugin, NoPlugin, readPlugin, type PluginFolder } from './read-plugin.js';

/** What an upload would say. */
export interface PluginCheck {
  /** No errors. */
  ok: boolean;
  /** Every fault that could be found, in the order of files and lines. */
  errors: PlacedFault[];
  /** Nothing is refused because of them. */
  warnings: PlacedFault[];
  /** `plugin.json`, defaults filled in; `undefined`: it cannot be read. */
  manifest: Manifest | undefined;
  /** What the entry registers; `undefined`: it was not run, as one in Python where there is none. */
  registrations: Registration[] | undefined;
  /** Bytes of the script that is run; `undefined`: there is none. */
  bundleBytes: number | undefined;
  /** Hex SHA-256 of that script. */
  bundleSha256: string | undefined;
}

/** A package, ready to be uploaded. */
export interface PackedPlugin {
  bytes: Uint8Array;
  /** Hex SHA-256 of the bytes: the same files give the same one, on every machine. */
  sha256: string;
  /** What it holds, in the order of the archive. */
  files: { path: string; size: number }[];
  /** Files of `node_modules` that were left out, because no bundle is made of them. */
  leftOut: number;
}

/**
 * Checks files as an upload does. Never throws for what they hold.
 * @example
 * const check = await checkPlugin(new Map([['plugin.json', manifest], ['main.ts', code]]))
 * for (const { file, line, detail } of check.errors) console.error(`${file}:${line} ${detail}`)
 */
export async function checkPlugin(files: PluginFiles): Promise<PluginCheck> {
  return (await check(files)).check;
}

/**
 * Checks files as an upload does, and reads the code for what only running it would show: calls that `ctx` does not
 * have, secrets, jobs, webhooks, settings and dependencies that the manifest does not name, templates that are not
 * there. `mistakes` are in the order of files and lines. Follows names, not everything that code can do.
 * @example
 * const { errors, warnings, mistakes } = await lintPlugin((await readPlugin('.')).files)
 */
export async function lintPlugin(files: PluginFiles): Promise<PluginCheck & { mistakes: PlacedFault[] }> {
  const { check: checked, report } = await check(files);
  const faults = lintPackage(report, { hasTemplate: (names, name) => findTemplate(names, name) !== undefined });
  return { ...checked, mistakes: faultPlaces(files)(faults) };
}

/**
 * Checks files and packs them. Of `node_modules` the package holds what the bundle is made of and nothing else, so that
 * it is small and the server makes the very same bundle. `packed` is there if there are no errors.
 * @example
 * const { packed, errors } = await packPlugin((await readPlugin('.')).files)
 * if (packed) console.log(packed.sha256)
 */
export async function packPlugin(files: PluginFiles): Promise<PluginCheck & { packed?: PackedPlugin }> {
  const { check: first, report } = await check(files, roomyLimits);
  if (!first.ok) return first;
  const kept = withoutUnread(files, report.read ?? []);
  const bytes = packFiles(kept);
  const final = kept.size === files.size && isSmall(files, bytes) ? first : await checkPlugin(kept);
  if (!final.ok) return final;
  const packed: PackedPlugin = {
    bytes,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    files: [...kept].map(([path, content]) => ({ path, size: content.length })),
    leftOut: files.size - kept.size,
  };
  return { ...final, packed };
}

function isSmall(files: PluginFiles, packed: Uint8Array): boolean {
  const { maxPackedBytes, maxUnpackedBytes, maxFiles } = archiveLimits;
  const unpacked = [...files.values()].reduce((total, { length }) => total + length, 0);
  return packed.length <= maxPackedBytes && unpacked <= maxUnpackedBytes && files.size <= maxFiles;
}

async function check(
  files: PluginFiles,
  packageLimits: PackageLimits = archiveLimits,
): Promise<{ check: PluginCheck; report: PackageReport }> {
  const sandbox = await enterSandbox();
  try {
    const report = await checkPackage(packFiles(files), {
      inspect: patientInspect(sandbox),
      withoutPython: !hasPython(),
      findTemplateFaults,
      packageLimits,
    });
    const place = faultPlaces(files, report.registrations);
    const { manifest, registrations, bundle } = report;
    return {
      report,
      check: {
        ok: report.ok,
        errors: place(report.errors),
        warnings: place(report.warnings),
        manifest,
        registrations,
        bundleBytes: bundle && Buffer.byteLength(bundle.code),
        bundleSha256: bundle?.sha256,
      },
    };
  } finally {
    leaveSandbox();
  }
}

/** The author's own files, what the compiler read of `node_modules`, and the package.json files that lead there. */
function withoutUnread(files: PluginFiles, read: readonly string[]): PluginFiles {
  const wanted = new Set(read);
  for (const path of read) {
    if (!isInstalled(path)) continue;
    const folders = path.split('/').slice(0, -1);
    while (folders.length > 0) {
      wanted.add([...folders, 'package.json'].join('/'));
      folders.pop();
    }
  }
  return new Map([...files].filter(([path]) => !isInstalled(path) || wanted.has(path)).sort(byPath));
}

function isInstalled(path: string): boolean {
  return /(^|\/)node_modules\//.test(path);
}

function byPath([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}
