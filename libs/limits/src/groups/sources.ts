import { HOUR, SECOND } from '@annex/kernel';

/** Sources of events. */
export const sourceLimits = {
  /** Sources that one package may declare. */
  perPackage: 20,
  /** Patterns in the `events` of one source. */
  patterns: 50,
  /** Events that one `poll` or `receive` may return. */
  events: 500,
  /** The cursor that a source keeps, as JSON. */
  cursorBytes: 16_384,
  /** Polls that follow each other at once because each said `more`; then the schedule says when it goes on. */
  pollsInARow: 100,
  /** The time that `receive` has: its sender waits. */
  receiveMs: 10 * SECOND,
  /** Events that `POST /api/sources/:name/test` shows. */
  shownEvents: 20,
  /** The time in which breaks of a connection are counted. */
  restartsWithinMs: HOUR,
  /** The time that a connection has to end when it is asked to. */
  stopMs: 5 * SECOND,
} as const;
