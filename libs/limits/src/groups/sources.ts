import { HOUR, MINUTE, SECOND } from '@annex/kernel';

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
  /** Sources of its own that a tenant may have. */
  perTenant: 100,
  /** Events of a connection that are written together. */
  batchEvents: 200,
  /** The first pause before a connection that broke is opened again; it doubles each time. */
  firstPauseMs: SECOND,
  /** The longest such pause. */
  longestPauseMs: 5 * MINUTE,
  /** Breaks of a connection after which its source has failed. */
  restarts: 10,
  /** The time in which breaks of a connection are counted. */
  restartsWithinMs: HOUR,
  /** How long a worker holds a connection without a sign of life; then another worker opens it. */
  leaseMs: 12 * SECOND,
  /** Connections that one worker holds. */
  connections: 50,
  /** Connections of one tenant that all workers together hold; its others wait for one to end. */
  connectionsPerTenant: 20,
  /** The time that a connection has to end when it is asked to. */
  stopMs: 5 * SECOND,
} as const;
