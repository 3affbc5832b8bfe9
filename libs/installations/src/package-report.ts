import type { PermissionRequest } from '@annex/host-api';
import type { InputFault } from '@annex/kernel';
import type { PackageReport } from '@annex/manifest';
import { requestedPermissions } from './grants.js';
import { viewReach, type ReachView } from './reach.js';
import { routesOf, type RouteView } from './handlers.js';

/** What `POST /api/plugins/validate` answers. Of a package with faults, as much as could be read. */
export interface PackageReportView {
  valid: boolean;
  /** Hex SHA-256 of the archive. */
  sha256: string;
  errors: InputFault[];
  warnings: InputFault[];
  plugin: {
    slug: string;
    name: string;
    version: string;
    entry: string;
    permissions: PermissionRequest[];
    routes: RouteView[];
    events: string[];
    filters: string[];
    jobs: { name: string; schedule: string | null; timezone: string }[];
    secrets: { name: string; required: boolean }[];
    webhooks: { name: string; on: string[] }[];
    dependencies: Record<string, string>;
  } | null;
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
      ? {
          slug: manifest.slug,
          name: manifest.name,
          version: manifest.version,
          entry: manifest.entry,
          permissions: requestedPermissions(manifest).map((request) => ({ ...request })),
          routes: routesOf(registrations ?? []),
          events: manifest.events,
          filters: manifest.filters,
          jobs: manifest.jobs.map(({ name, schedule, timezone }) => ({ name, schedule, timezone })),
          secrets: manifest.secrets.map(({ name, required }) => ({ name, required })),
          webhooks: report.webhooks.map(({ name, on }) => ({ name, on })),
          dependencies: manifest.dependencies,
        }
      : null,
    reach: viewReach(report.reach, manifest),
    files: [...report.files]
      .map(([path, bytes]) => ({ path, size: bytes.length }))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
    bundle_bytes: report.bundle ? Buffer.byteLength(report.bundle.code) : null,
  };
}
