import { KiB } from '@annex/kernel';

/** A tenant's tree of settings. */
export const settingTreeLimits = {
  /** A key, as UTF-8. */
  keyBytes: 512,
  /** Segments of a key, or of a pattern. */
  segments: 16,
  /** A value, as UTF-8 JSON. */
  valueBytes: 64 * KiB,
  /** Levels of a value. */
  levels: 32,
  /** The latest changes of a tenant that are kept: how far back a stream can begin, and a plugin fall behind. */
  changes: 5000,
  /** Patterns that one plugin may watch. */
  patterns: 20,
  /** Shared states of one plugin. */
  sharedStates: 20,
  /** Refused keys that are remembered of one plugin. */
  refused: 20,
} as const;

/** How a plugin is told of its own settings. */
export const configChangeLimits = {
  /** The longest `config_changes.debounce_ms`. */
  maxDebounceMs: 60_000,
  /** A change is told after so many pauses, though further ones come. */
  longestPauses: 10,
} as const;
