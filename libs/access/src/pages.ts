import { parseId, type Id, type IdKind } from '@annex/kernel';
import { accessErrors } from './errors.js';

/** Which page of a list. */
export interface Page {
  /** Items, 1 to 200. */
  limit: number;
  /** `next_cursor` of the page before. */
  cursor?: string | undefined;
}

export interface Listing<T> {
  items: T[];
  next_cursor: string | null;
}

/**
 * One page of rows that are ordered by id: reads one more than asked for, to know whether another page follows. Throws
 * `INVALID_INPUT` for a cursor that is not one of ours.
 */
export async function onePage<K extends IdKind, Row extends { id: Id<K> }, View>(
  kind: K,
  page: Page,
  { read, view }: { read: (part: { limit: number; after?: Id<K> }) => Promise<Row[]>; view: (row: Row) => View },
): Promise<Listing<View>> {
  const limit = Math.min(200, Math.max(1, Math.trunc(page.limit) || 50));
  const after = page.cursor === undefined ? undefined : parseId(kind, page.cursor);
  if (page.cursor !== undefined && after === undefined) {
    const detail = 'must be the next_cursor of the page before; leave it out to begin';
    throw accessErrors.error('INVALID_INPUT', `/cursor: ${detail}`, {
      errors: [{ pointer: '/cursor', code: 'INVALID_CURSOR', detail }],
    });
  }
  const rows = await read({ limit: limit + 1, ...(after === undefined ? {} : { after }) });
  const items = rows.slice(0, limit);
  return { items: items.map(view), next_cursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}
