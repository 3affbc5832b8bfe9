/** What a change of a row makes of the document that stands for it. */
export interface Change {
  table: string;
  old: Record<string, unknown> | null;
  key: Record<string, unknown> | null;
  new: Record<string, unknown> | null;
  commit_lsn: string;
  seq: number;
}

export interface Document {
  /** Names the row: `orders/7`. */
  row: string;
  /** Goes up with each change of the database; texts compare as the changes came. */
  version: string;
  /** `null`: the row is gone. */
  fields: Record<string, unknown> | null;
  words: string[];
}

/** `undefined`: the change names no row. */
export function documentOf(change: Change, key: string): Document | undefined {
  const { table, new: row } = change;
  const named = (row ?? change.key ?? change.old)?.[key];
  if (typeof named !== 'string' && typeof named !== 'number') return undefined;
  return { row: `${table}/${named}`, version: versionOf(change), fields: row, words: wordsOf(row) };
}

/** An LSN is two numbers in hex; both are filled up, so that texts compare as numbers do. */
function versionOf({ commit_lsn: lsn, seq }: Change): string {
  const [high = '', low = ''] = lsn.split('/');
  return `${high.padStart(8, '0')}${low.padStart(8, '0')}-${String(seq).padStart(9, '0')}`;
}

const mostWords = 500;

/** Words of all texts, in lower case and without accents. */
export function wordsOf(value: unknown): string[] {
  const texts = Object.values((value ?? {}) as object).filter((each) => typeof each === 'string');
  const words = texts
    .join(' ')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[\p{L}\p{N}]{2,40}/gu);
  return [...new Set(words ?? [])].slice(0, mostWords);
}
