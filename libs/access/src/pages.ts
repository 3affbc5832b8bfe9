import { mapPage, pageOf, parseId, readCursor, type Id, type IdKind, type Page, type PageRequest } from '@annex/kernel';
import { accessErrors } from './errors.js';

/** Throws `INVALID_INPUT`: the cursor is not one of ours. */
export function refuseCursor(): never {
  const detail = 'must be the next_cursor of the page before; leave it out to begin';
  throw accessErrors.error('INVALID_INPUT', `/cursor: ${detail}`, {
    errors: [{ pointer: '/cursor', code: 'INVALID_CURSOR', detail }],
  });
}

/** One page of rows that are ordered by id. Throws `INVALID_INPUT` for a cursor that is not one of ours. */
export async function onePage<K extends IdKind, Row extends { id: Id<K> }, View>(
  kind: K,
  page: PageRequest,
  { read, view }: { read: (part: { limit: number; after?: Id<K> }) => Promise<Row[]>; view: (row: Row) => View },
): Promise<Page<View>> {
  const limit = Math.min(200, Math.max(1, Math.trunc(page.limit) || 50));
  const after = readCursor(page.cursor, (cursor) => parseId(kind, cursor), refuseCursor);
  const rows = await read({ limit: limit + 1, ...(after !== undefined && { after }) });
  return mapPage(
    pageOf(rows, { limit }, ({ id }) => id),
    view,
  );
}
