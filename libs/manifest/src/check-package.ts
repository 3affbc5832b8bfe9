import type { InputFault } from '@annex/kernel';
import { bundlePackage, type PackageBundle } from './bundle/bundle-package.js';
import { checkAgreement } from './inspect/agreement.js';
import type { Registration } from './registration.js';
import { contractVersion, defaultManifestLimits, type Manifest, type ManifestLimits } from './schema/manifest.js';
import { readManifest } from './schema/read-manifest.js';
import { defaultPackageLimits, type PackageLimits } from './zip/limits.js';
import { manifestPath, readPackage, type PackageFiles } from './zip/read-package.js';

/** What running an entry once, without `ctx`, found; the sandbox does it in a throw-away isolate. */
export type EntryInspection = { ok: true; registrations: Registration[]; warnings: string[] } | { ok: false; error: { code: string; message: string } };

export interface CheckPackageOptions {
  /** Runs the bundle's entry once. Called at most once, and only with a bundle that compiled. */
  inspect(bundle: PackageBundle): Promise<EntryInspection>;
  /** The operator's ceilings. Default: {@link defaultManifestLimits}. */
  limits?: ManifestLimits;
  /** Default: {@link contractVersion}. */
  hostVersion?: string;
  /** Default: {@link defaultPackageLimits}. */
  packageLimits?: PackageLimits;
}

/** All that is known of an uploaded package. `manifest`, `bundle` and `registrations` are there as far as the checks got. */
export interface PackageReport {
  /** No errors; then `manifest`, `bundle` and `registrations` are all there. */
  ok: boolean;
  manifest?: Manifest;
  bundle?: PackageBundle;
  registrations?: Registration[];
  /** The files by their paths; empty when the archive cannot be read. */
  files: PackageFiles;
  /** Every fault that could be found. Pointers: into the manifest, `/file` for the archive, `/handlers/<index>` for registrations. */
  errors: InputFault[];
  /** Same shape; nothing is refused because of them. */
  warnings: InputFault[];
}

/**
 * The one door for an uploaded package: archive, manifest, bundle, and whether code and manifest agree. Faults of all stages come together,
 * as far as a stage can be judged without those before it; only an archive that cannot be read is reported alone. Never throws for what the
 * package holds.
 */
export async function checkPackage(bytes: Uint8Array, options: CheckPackageOptions): Promise<PackageReport> {
  const { inspect, limits = defaultManifestLimits, hostVersion = contractVersion, packageLimits = defaultPackageLimits } = options;
  const archive = await readPackage(bytes, packageLimits);
  if (!archive.ok) return { ok: false, files: new Map(), errors: archive.errors, warnings: [] };
  const { files } = archive;
  const reading = readManifest(files.get(manifestPath) ?? new Uint8Array(), { limits, hostVersion, paths: [...files.keys()] });
  const report: PackageReport = { ok: false, files, errors: reading.ok ? [] : [...reading.errors], warnings: [...reading.warnings] };
  if (reading.ok) report.manifest = reading.manifest;
  const entry = reading.ok ? reading.manifest.entry : reading.entry;
  if (entry !== undefined) await checkCode(report, entry, inspect);
  report.ok = report.errors.length === 0;
  return report;
}

async function checkCode(report: PackageReport, entry: string, inspect: CheckPackageOptions['inspect']): Promise<void> {
  const bundling = await bundlePackage(report.files, entry);
  if (!bundling.ok) {
    report.errors.push(...bundling.errors);
    return;
  }
  report.bundle = bundling.bundle;
  report.warnings.push(...bundling.warnings);
  const inspection = await inspect(bundling.bundle);
  if (!inspection.ok) {
    report.errors.push({ pointer: '/entry', code: 'ENTRY_FAILED', detail: `running the entry once, to see what it registers, ended with ${inspection.error.code}: ${inspection.error.message.slice(0, 1000)}` });
    return;
  }
  report.registrations = inspection.registrations;
  report.warnings.push(...inspection.warnings.map((detail) => ({ pointer: '/entry', code: 'ENTRY_WARNING', detail })));
  // Without a sound manifest there is nothing to agree with; its own faults are reported already.
  if (report.manifest !== undefined) report.errors.push(...checkAgreement(report.manifest, inspection.registrations));
}
