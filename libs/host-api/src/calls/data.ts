import { KiB, MiB } from '@annex/kernel';
import { z } from 'zod';
import { row } from '../row.js';
import { bytes, cursor, json, jsonObject, jsonUpTo, line, optional } from '../wire.js';

const table = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'must be a table name: a-z, 0-9 and _, at most 63 characters');
const rowId = z.string().min(1).max(64);
const storedRow = jsonObject;
const touchesTable = ([name]: readonly [string, ...unknown[]]): { table: string } => ({ table: name });

const queryOptions = z.strictObject({
  limit: z.int().min(1).max(1000).optional(),
  offset: z.int().min(0).max(1_000_000).optional(),
  orderBy: z.union([z.string().max(256), z.array(z.string().max(256)).max(8)]).optional(),
});

/** Tenant tables (`db.read`, `db.write`). */
export const dbCalls = {
  'db.query': row({
    args: z.tuple([table, optional(jsonObject), optional(queryOptions)]),
    result: z.array(storedRow),
    permission: 'db.read',
    touches: touchesTable,
    doc: 'Rows of a tenant table that match a filter (`$eq $ne $gt $gte $lt $lte $in $nin $like $exists $and $or`). `limit` is at most 1000 (default 100).',
    example: "await ctx.db.query('orders', { total: { $gt: 100 } }, { orderBy: '-created_at', limit: 20 })",
  }),
  'db.getById': row({
    args: z.tuple([table, rowId]),
    result: storedRow.nullable(),
    permission: 'db.read',
    touches: touchesTable,
    doc: 'One row by its id, or `null`.',
    example: "await ctx.db.getById('users', id)",
  }),
  'db.count': row({
    args: z.tuple([table, optional(jsonObject)]),
    result: z.int(),
    permission: 'db.read',
    touches: touchesTable,
    doc: 'How many rows match a filter.',
    example: "await ctx.db.count('orders', { status: 'open' })",
  }),
  'db.insert': row({
    args: z.tuple([table, jsonObject]),
    result: storedRow,
    permission: 'db.write',
    touches: touchesTable,
    doc: 'Inserts a row and answers it with its `id`, `created_at` and `updated_at`. The first row makes the table.',
    example: "await ctx.db.insert('orders', { total: 12 })",
  }),
  'db.update': row({
    args: z.tuple([table, rowId, jsonObject]),
    result: storedRow.nullable(),
    permission: 'db.write',
    touches: touchesTable,
    doc: 'Changes the given fields of a row and answers the row, or `null` when there is none.',
    example: "await ctx.db.update('orders', id, { status: 'paid' })",
  }),
  'db.delete': row({
    args: z.tuple([table, rowId]),
    result: z.boolean(),
    permission: 'db.write',
    touches: touchesTable,
    doc: 'Deletes a row; answers whether there was one.',
    example: "await ctx.db.delete('orders', id)",
  }),
};

const fileKey = line(1024);
const fileStat = z.object({ key: z.string(), size: z.int(), content_type: z.string(), etag: z.string(), updated_at: z.string() });

/** Tenant storage (`files.read`, `files.write`). */
export const fileCalls = {
  'files.list': row({
    args: z.tuple([optional(z.string().max(1024)), optional(z.strictObject({ limit: z.int().min(1).max(1000).optional(), cursor: cursor.optional() }))]),
    result: z.object({ files: z.array(fileStat), next_cursor: z.string().nullable() }),
    permission: 'files.read',
    doc: 'Files whose key begins with a prefix, in order of their keys.',
    example: "await ctx.files.list('reports/')",
  }),
  'files.read': row({
    args: z.tuple([fileKey]),
    result: z.instanceof(Uint8Array),
    permission: 'files.read',
    maxResultBytes: 14 * MiB,
    doc: 'The bytes of a file (at most 10 MiB).',
    example: "const bytes = await ctx.files.read('reports/today.csv')",
  }),
  'files.stat': row({
    args: z.tuple([fileKey]),
    result: fileStat.nullable(),
    permission: 'files.read',
    doc: 'Size, type and time of a file, or `null`.',
    example: "await ctx.files.stat('reports/today.csv')",
  }),
  'files.url': row({
    args: z.tuple([fileKey, optional(z.strictObject({ expiresInS: z.int().min(1).max(604_800).optional() }))]),
    result: z.string(),
    permission: 'files.read',
    doc: 'A link that lets anybody read the file until it runs out (default 3600 seconds).',
    example: "await ctx.files.url('reports/today.csv', { expiresInS: 600 })",
  }),
  'files.upload': row({
    args: z.tuple([fileKey, z.union([z.string(), bytes]), optional(z.strictObject({ contentType: line(255).optional() }))]),
    result: fileStat,
    permission: 'files.write',
    maxArgsBytes: 14 * MiB,
    doc: 'Writes a file, replacing one of the same key; emits `files.uploaded`.',
    example: "await ctx.files.upload('reports/today.csv', csv, { contentType: 'text/csv' })",
  }),
  'files.delete': row({
    args: z.tuple([fileKey]),
    result: z.boolean(),
    permission: 'files.write',
    doc: 'Deletes a file; answers whether there was one. Emits `files.deleted`.',
    example: "await ctx.files.delete('reports/today.csv')",
  }),
};

/** Largest `kv` value as JSON, in bytes (CONTRACT §3). */
export const maxKvValueBytes = 128 * KiB;

const kvKey = line(512);
/** Seconds until a `kv` entry is gone; at most ten years. */
const ttl = z.number().positive().max(315_360_000);
const kvOptions = z
  .strictObject({ ttl: ttl.nullish(), ttl_s: ttl.nullish() })
  .transform(({ ttl: plain, ttl_s: named }): { ttl_s?: number } => {
    const seconds = named ?? plain;
    return seconds === null || seconds === undefined ? {} : { ttl_s: seconds };
  });

/** The installation's own key-value store. */
export const kvCalls = {
  'kv.get': row({
    args: z.tuple([kvKey]),
    result: json.nullable(),
    doc: 'The value of a key, or `null` when there is none or it ran out.',
    example: "const seen = await ctx.kv.get('last_id')",
  }),
  'kv.set': row({
    args: z.tuple([kvKey, jsonUpTo(json, maxKvValueBytes), optional(kvOptions)]),
    result: z.null(),
    doc: 'Keeps a value of up to 128 KiB of JSON, for `ttl` seconds or until it is deleted. Setting without `ttl` makes it stay.',
    example: "await ctx.kv.set('last_id', id, { ttl: 3600 })",
  }),
  'kv.delete': row({
    args: z.tuple([kvKey]),
    result: z.boolean(),
    doc: 'Forgets a key; answers whether there was one.',
    example: "await ctx.kv.delete('last_id')",
  }),
  'kv.list': row({
    args: z.tuple([
      optional(z.strictObject({ prefix: z.string().max(512).optional(), limit: z.int().min(1).max(1000).optional(), cursor: cursor.optional() })),
    ]),
    result: z.object({ keys: z.array(z.object({ key: z.string(), expires_at: z.string().nullable() })), next_cursor: z.string().nullable() }),
    doc: 'Keys in order, with the time at which they run out. `limit` is at most 1000 (default 100).',
    example: "const { keys } = await ctx.kv.list({ prefix: 'user:' })",
  }),
  'kv.incr': row({
    args: z.tuple([kvKey, optional(z.number().min(-1e15).max(1e15)), optional(kvOptions)]),
    result: z.number(),
    doc: 'Adds to a number (default 1, a missing key counts as 0) in one atomic step and answers the sum. `ttl` applies when the key is made.',
    example: "const n = await ctx.kv.incr('visits', 1, { ttl: 86400 })",
  }),
};
