import type { TenantTransaction } from '@annex/database';
import { parseId, quote, type Id, type IdKind } from '@annex/kernel';
import { accessErrors } from './errors.js';

/** Something of a tenant that callers name by its id. */
export interface Findable<Kind extends IdKind, Row> {
  /** As its ids say. */
  kind: Kind;
  /** The endpoint that lists them, such as `/api/users`. */
  list: string;
  find(tx: TenantTransaction, id: Id<Kind>): Promise<Row | undefined | null>;
}

/** Ways from an id that a caller wrote to a row. Both throw `NOT_FOUND`, which says where such things are listed. */
export function finding<Kind extends IdKind, Row>({
  kind,
  list,
  find,
}: Findable<Kind, Row>): {
  readId(text: string): Id<Kind>;
  require(tx: TenantTransaction, id: Id<Kind>): Promise<Row>;
} {
  const notFound = (id: string): Error =>
    accessErrors.error('NOT_FOUND', `This tenant has no ${kind} ${quote(id, 40)}. GET ${list} lists them.`);
  return {
    readId(text) {
      const id = parseId(kind, text);
      if (id === undefined) throw notFound(text);
      return id;
    },
    async require(tx, id) {
      const row = await find(tx, id);
      if (!row) throw notFound(id);
      return row;
    },
  };
}
