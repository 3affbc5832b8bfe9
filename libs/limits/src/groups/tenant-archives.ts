import { GiB, HOUR, KiB, MiB, MINUTE } from '@annex/kernel';

/** Tenants as archives, written and read. */
export const tenantArchiveLimits = {
  /** Archives that one process writes at once, and reads at once. */
  atOnce: 2,
  /** Of those that are written, so many for owners: each holds a connection to PostgreSQL for as long as it is read. */
  ownersAtOnce: 1,
  /** Writing one: whoever reads it so slowly gets it no further. */
  writeMs: HOUR,
  /** Nothing was taken of one that is being written; then it breaks off. */
  stalledMs: 5 * MINUTE,
  /** Rows of one part, as text; a single larger row is a part of its own. */
  partBytes: MiB,
  /** A part that is read. */
  readPartBytes: 64 * MiB,
  /** An archive that is read, compressed as it comes. */
  readBytes: 16 * GiB,
  /** The same unpacked. */
  unpackedBytes: 128 * GiB,
  /** How many times larger than itself it may become, past the first MiB. */
  ratio: 250,
  /** The first entry and the last, which describe the others. */
  descriptionBytes: 256 * KiB,
  /** Fewest characters of a passphrase. */
  fewestPassphraseChars: 12,
  /** A passphrase. */
  passphraseChars: 256,
} as const;
