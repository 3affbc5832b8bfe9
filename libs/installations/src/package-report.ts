import type { InputFault } from '@annex/kernel';
import type { PackageReport } from '@annex/manifest';
import { viewContents, type ReleaseContents } from './contents.js';
import { viewReach, type ReachView } from './reach.js';

/** What `POST /api/plugins/validate` answers. Of a package with faults, as much as could be read. */
export interface PackageReportView {
  valid: boolean;
  /** Hex SHA-256 of the archive. */
  sha256: string;
  errors: InputFault[];
  warnings: InputFault[];
  plugin: ReleaseContents | null;
  /** Host calls and hosts in the code, with file and line. */
  reach: ReachView;
  files: { path: string; size: number }[];
  /** Size of the script that the entry was bundled into, in bytes; `null` when it could not be. */
  bundle_bytes: number | null;
}

export function viewReport(report: PackageReport, sha256: string): PackageReportView {
  const { manifest, registrations } = report;
  return {
    valid: report.ok,
    sha256,
    errors: report.errors,
    warnings: report.warnings,
    plugin: manifest
      ? viewContents({
          manifest,
          registrations: registrations ?? [],
          webhooks: report.webhooks,
          mappings: report.mappings,
        })
      : null,
    reach: viewReach(report.reach, manifest),
    files: [...report.files]
      .map(([path, bytes]) => ({ path, size: bytes.length }))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
    bundle_bytes: report.bundle ? Buffer.byteLength(report.bundle.code) : null,
  };
}
