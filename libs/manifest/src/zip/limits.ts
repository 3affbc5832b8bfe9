import type { archiveLimits } from '@annex/limits';

/** How large a package may be: `archiveLimits`, or other numbers for folders that are not packed yet. */
export type PackageLimits = Readonly<Record<keyof typeof archiveLimits, number>>;

/** Faults reported for one archive. The rest are counted. */
export const maxZipFaults = 50;
