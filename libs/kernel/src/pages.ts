/** Lists are read in pages: a request names one by the cursor that the page before it answered. */

/** Which page of a list is asked for. */
export interface PageRequest {
  /** Items, at least 1. Whoever takes it from outside bounds it. */
  limit: number;
  /** `next_cursor` of the page before. Left out: the first page. */
  cursor?: string | undefined;
}

/** A page of a list, as the API and `ctx` answer it. */
export interface Page<Item> {
  items: Item[];
  /** `null`: this is the last page. */
  next_cursor: string | null;
}

/**
 * Makes a page of rows that were read with one more than `limit`, to know whether another page follows. `cursorOf`: the
 * cursor behind a row.
 */
export function pageOf<Row>(
  rows: readonly Row[],
  { limit }: Pick<PageRequest, 'limit'>,
  cursorOf: (row: Row) => string,
): Page<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next_cursor: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}

/** The same page with its items seen otherwise. */
export function mapPage<Item, View>({ items, next_cursor }: Page<Item>, view: (item: Item) => View): Page<View> {
  return { items: items.map((item) => view(item)), next_cursor };
}

/**
 * Where a page begins: what `read` makes of its cursor, `undefined` for the first page. `refuse` throws for a cursor
 * that `read` does not know.
 */
export function readCursor<Position>(
  cursor: string | undefined,
  read: (cursor: string) => Position | undefined,
  refuse: () => never,
): Position | undefined {
  return cursor === undefined ? undefined : (read(cursor) ?? refuse());
}

/** Cursors of lists in the order of a text, such as a key. */
export const textCursor = {
  write: (text: string): string => Buffer.from(text).toString('base64url'),
  /** `undefined` for what {@link textCursor.write} did not write. */
  read(cursor: string): string | undefined {
    const text = Buffer.from(cursor, 'base64url').toString('utf8');
    return text !== '' && !text.includes('\0') && textCursor.write(text) === cursor ? text : undefined;
  },
} as const;
