/**
 * In which order changes are told to whoever follows them. Times and ids come before the commit, so a later one may be
 * seen before an earlier one, and a reader that goes on behind the last it saw would miss that. PostgreSQL numbers the
 * transactions that write, and says below which number none is under way any more: what was written below it is
 * settled, and in the order of these numbers nothing ever comes late. ADR 0035.
 */

/** `h`: `settled`, below which no transaction is under way, and `newest`, above all that can be seen. */
export const horizonSql = `h as materialized (
  select pg_snapshot_xmin(s)::text::bigint as settled, pg_snapshot_xmax(s)::text::bigint as newest
  from pg_current_snapshot() s)`;

/** The number of the transaction that wrote a row. The row has its lower 32 bits (`xmin`); the rest is that of now. */
export const writerSql = (table: string): string =>
  `h.newest - ((h.newest - ${table}.xmin::text::bigint) & 4294967295)`;

/**
 * Whether a writer's change could not be seen in a snapshot, a parameter that may be `null`: then nothing could. Holds
 * for writers without savepoints, whose parts have numbers of their own.
 */
export const notVisibleIn = (snapshot: string, writer: string): string =>
  `(${snapshot}::pg_snapshot is null or not pg_visible_in_snapshot(${writer}::text::xid8, ${snapshot}::pg_snapshot))`;

/** How long a transaction may take that makes an event or a run, in milliseconds, to be found by its time. */
export const writingMs = 30_000;
