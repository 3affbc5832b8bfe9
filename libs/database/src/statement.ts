import { createHash } from 'node:crypto';

/**
 * SQL that each connection prepares once and runs by its name from then on, so that PostgreSQL does not plan it anew
 * each time.
 */
export interface Statement {
  /** At most 63 bytes, different for every text. */
  name: string;
  text: string;
}

/**
 * Names SQL so that it is prepared. For the few statements that every event and run needs, with texts that never
 * change: each connection keeps a plan of every one for its whole life.
 */
export function statement(text: string): Statement {
  return { name: `annex_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`, text };
}
