import { listLimits } from '@annex/limits';
import { z } from 'zod';
import { documentPatch, filterInput, newDocument, sortInput, tableName } from '../db/document.js';
import { row } from '../row.js';
import { jsonObject, optional } from '../wire.js';

const rowId = z.string().min(1).max(512);
const storedRow = jsonObject;
const touchesTable = ([name]: readonly [string, ...unknown[]]): { table: string } => ({ table: name });

const queryOptions = z.strictObject({
  limit: optional(z.int().min(1).max(listLimits.items)),
  offset: optional(z.int().min(0).max(listLimits.offset)),
  orderBy: optional(sortInput),
});

/** Tenant tables (`db.read`, `db.write`). */
export const dbCalls = {
  'db.query': row({
    args: z.tuple([tableName, optional(filterInput), optional(queryOptions)]),
    result: z.array(storedRow),
    permission: 'db.read',
    touches: touchesTable,
    doc:
      'Rows of a tenant table that match a filter (`$eq $ne $gt $gte $lt $lte $in $nin $like $exists $and $or`). ' +
      '`limit` is at most 1000 (default 100). Oldest first, or by `orderBy`: a field, `-field` for descending, or a ' +
      'list of such.',
    example: "await ctx.db.query('orders', { total: { $gt: 100 } }, { orderBy: '-created_at', limit: 20 })",
  }),
  'db.getById': row({
    args: z.tuple([tableName, rowId]),
    result: storedRow.nullable(),
    permission: 'db.read',
    touches: touchesTable,
    doc: 'One row by its id, or `null`.',
    example: "await ctx.db.getById('users', id)",
  }),
  'db.count': row({
    args: z.tuple([tableName, optional(filterInput)]),
    result: z.int(),
    permission: 'db.read',
    touches: touchesTable,
    doc: 'How many rows match a filter.',
    example: "await ctx.db.count('orders', { status: 'open' })",
  }),
  'db.insert': row({
    args: z.tuple([tableName, newDocument]),
    result: storedRow,
    permission: 'db.write',
    touches: touchesTable,
    doc: 'Inserts a row and answers it with its `id`, `created_at` and `updated_at`. The first row makes the table.',
    example: "await ctx.db.insert('orders', { total: 12 })",
  }),
  'db.update': row({
    args: z.tuple([tableName, rowId, documentPatch]),
    result: storedRow.nullable(),
    permission: 'db.write',
    touches: touchesTable,
    doc:
      'Sets the given fields of a row, removes those in `$unset`, leaves the others, and answers the row, or `null` ' +
      'when there is none.',
    example: "await ctx.db.update('orders', id, { status: 'paid' })",
  }),
  'db.delete': row({
    args: z.tuple([tableName, rowId]),
    result: z.boolean(),
    permission: 'db.write',
    touches: touchesTable,
    doc: 'Deletes a row; answers whether there was one.',
    example: "await ctx.db.delete('orders', id)",
  }),
};
