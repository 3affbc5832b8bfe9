/**
 * Whether a row of `runs` is a dead letter, in the words of the index that finds them: failed background work that
 * nobody replayed or discarded.
 */
export const isDeadLetterSql = `status = 'failed' and replayed_at is null and discarded_at is null
  and kind in ('event', 'job', 'webhook')`;
