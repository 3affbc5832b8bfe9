import { listLimits } from '@annex/limits';
import { tableErrors } from './errors.js';

/**
 * Where a page begins: behind a row, or after so many. Only lists in the order of ids have the first kind, which stays
 * true while rows come and go.
 */
export type Position = { after: string } | { offset: number };

export function writeCursor(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** Throws `CURSOR_INVALID`. `kind`: what lists of this order answer. */
export function readCursor(cursor: string, kind: 'after' | 'offset'): { after?: string; offset?: number } {
  const position = parse(cursor);
  if (kind === 'after' && typeof position['after'] === 'string') return { after: position['after'] };
  const { offset } = position;
  if (
    kind === 'offset' &&
    typeof offset === 'number' &&
    Number.isInteger(offset) &&
    offset > 0 &&
    offset <= listLimits.offset
  )
    return { offset };
  throw tableErrors.error(
    'CURSOR_INVALID',
    'The cursor is not one that this list answered. Send it with the same filter and order_by, or leave it out to ' +
      'begin at the first row.',
    {
      errors: [{ pointer: '/cursor', code: 'INVALID_CURSOR', detail: 'must be the next_cursor of the page before' }],
    },
  );
}

function parse(cursor: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
