import { KiB, MiB, SECOND } from '@annex/kernel';

/** Whose signatures count. */
export const publisherLimits = {
  /** The list of publishers (`ANNEX_PUBLISHERS`). */
  bytes: MiB,
  /** Keys of it. */
  keys: 500,
  /** Keys that were in it once and are remembered as revoked: the latest. */
  formerKeys: 1000,
  /** The signature of a package. */
  signatureBytes: 4 * KiB,
} as const;

/** Catalogues of packages. */
export const catalogueLimits = {
  /** `catalogue.json`. */
  bytes: 8 * MiB,
  /** Releases that it lists. */
  releases: 20_000,
  /** Reading it, or the list of publishers. */
  readMs: 15 * SECOND,
  /** Fetching one package. */
  downloadMs: 60 * SECOND,
  /** How long what was read is shown before it is read again; an installation always reads it. */
  freshMs: 60 * SECOND,
} as const;
