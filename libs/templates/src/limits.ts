import { KiB, MiB } from '@annex/kernel';

/** What one rendering may use. */
export const templateLimits = {
  /** All templates of a package together, in bytes. */
  sourceBytes: 2 * MiB,
  /** What comes out, in characters. */
  outputChars: MiB,
  /** By the engine's own clock, in milliseconds. */
  renderMs: 1_000,
  /** The thread is ended after that, in milliseconds: a filter over much data does not look at the engine's clock. */
  killMs: 2_000,
  /** What filters and loops make, in the engine's own unit: characters and list items. */
  work: 4_000_000,
  /** Heap of a rendering thread, in MiB. */
  heapMb: 64,
  /** The data, as JSON in bytes. */
  dataBytes: 512 * KiB,
} as const;
