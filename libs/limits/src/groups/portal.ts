import { HOUR, MINUTE } from '@annex/kernel';

/** Screens of the console in other pages. */
export const portalLimits = {
  /** How long a link may be opened. */
  linkMs: 5 * MINUTE,
  /** How long a session lasts that a link begins, unless something else is asked for, in seconds. */
  sessionS: HOUR / 1000,
  /** The longest session, in seconds. */
  longestSessionS: (12 * HOUR) / 1000,
  /** A token of a link or session that is looked at. */
  tokenChars: 16_384,
  /** The title that a portal shows. */
  titleChars: 100,
  /** The address of its logo. */
  logoChars: 2000,
} as const;
