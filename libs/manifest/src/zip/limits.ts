import { KiB, MiB } from '@annex/kernel';
import { maxPackageBytes } from '@annex/limits';

/** How large a package may be (docs/plugins.md, "Limits"). */
export interface PackageLimits {
  /** The archive as uploaded, in bytes. */
  maxPackedBytes: number;
  /** All files together, inflated, in bytes. */
  maxUnpackedBytes: number;
  /**
   * Files that count: those outside of `node_modules`, and those in it that the bundle holds something of. Folders and
   * what a Mac adds do not.
   */
  maxFiles: number;
  /** Everything in the archive, whether it counts or not. */
  maxEntries: number;
  /** How many times larger a file may get by inflating, and all files together. */
  maxRatio: number;
  /** A file, or all together, may get this large whatever its ratio, in bytes: small repetitive files are honest. */
  ratioFreeBytes: number;
}

export const defaultPackageLimits: PackageLimits = {
  maxPackedBytes: maxPackageBytes,
  maxUnpackedBytes: 50 * MiB,
  maxFiles: 1000,
  maxEntries: 20_000,
  maxRatio: 200,
  ratioFreeBytes: MiB,
};

/** Longest path inside a package, in UTF-8 bytes. */
export const maxPathBytes = 512;
/** Longest file or folder name, in UTF-8 bytes; what common file systems hold. */
export const maxNameBytes = 255;
/** Most folders above a file. Deep node_modules stay far below. */
export const maxPathDepth = 32;
/** Faults reported for one archive. The rest are counted. */
export const maxZipFaults = 50;
/** Largest manifest, in bytes. */
export const maxManifestBytes = 256 * KiB;
