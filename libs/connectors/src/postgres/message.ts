/** The messages of PostgreSQL's `pgoutput` (manual, "Logical Replication Message Formats") as far as they are used. */
interface Relation {
  schema: string;
  name: string;
}

interface RowChange {
  tag: 'insert' | 'update' | 'delete';
  relation: Relation;
  key?: object | null;
  old?: object | null;
  new?: object | null;
}

export type PgoutputMessage =
  | { tag: 'begin'; commitLsn: string | null; commitTime: unknown }
  | { tag: 'commit'; commitEndLsn: string | null }
  | { tag: 'truncate'; relations: Relation[] }
  | RowChange
  | { tag: 'relation' | 'type' | 'origin' | 'message' };
