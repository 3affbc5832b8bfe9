import { archiveLimits } from '@annex/limits';

/**
 * For folders that are not packed yet: what is installed may be of any size, since most of it is left out of a package.
 */
export const roomyLimits = {
  ...archiveLimits,
  maxPackedBytes: 2 ** 30,
  maxUnpackedBytes: 2 ** 31,
  maxEntries: 200_000,
};
