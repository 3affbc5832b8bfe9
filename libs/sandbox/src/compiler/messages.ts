import type { EntryInspection, ManifestLimits, PackageLimits } from '@annex/manifest';

/** What the operator allows packages; the same for all of them. */
export interface CheckSettings {
  limits: ManifestLimits;
  hostVersion: string;
  packageLimits: PackageLimits;
}

export type ToCompiler =
  /** The rest is the archive. */
  | { type: 'check'; settings: CheckSettings }
  /** Answers `inspect`, in turn. */
  | { type: 'inspected'; outcome: EntryInspection };

export type FromCompiler =
  /** `seen`: what of the disk it could read; nothing, or it is not used. */
  | { type: 'ready'; confinement: object; seen: string[] }
  /** The rest is a script that is to be run once. */
  | { type: 'inspect' }
  /** The last message. */
  | { type: 'report'; report: unknown };
