import { KiB, MiB } from '@annex/kernel';
import { z } from 'zod';
import { row } from '../row.js';
import { documentPatch, filterInput, newDocument, sortInput, tableName } from '../db/document.js';
import { bytes, cursor, json, jsonObject, jsonUpTo, line, optional } from '../wire.js';

const rowId = z.string().min(1).max(512);
const storedRow = jsonObject;
const touchesTable = ([name]: readonly [string, ...unknown[]]): { table: string } => ({ table: name });

const queryOptions = z.strictObject({
  limit: optional(z.int().min(1).max(1000)),
  offset: optional(z.int().min(0).max(1_000_000)),
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

/** Keys are judged by libs/files, which says what is wrong with one; here only what no key is. */
const fileKey = z.string().min(1).max(4096);
const fileStat = z.object({
  key: z.string(),
  size: z.int(),
  content_type: z.string(),
  etag: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
});
const linkSeconds = z.int().min(1).max(604_800);

/** Most bytes that `files.read` answers and `files.upload` takes at once. */
export const maxFileCallBytes = 10 * MiB;

/** Tenant storage (`files.read`, `files.write`). */
export const fileCalls = {
  'files.list': row({
    args: z.tuple([
      optional(z.string().max(1024)),
      optional(
        z.strictObject({ limit: optional(z.int().min(1).max(1000)), cursor: z.string().min(1).max(2048).nullish() }),
      ),
    ]),
    result: z.object({ items: z.array(fileStat), next_cursor: z.string().nullable() }),
    permission: 'files.read',
    doc: 'Files whose key begins with a prefix, in order of their keys. `limit` is at most 1000 (default 100).',
    example: "const { items } = await ctx.files.list('reports/')",
  }),
  'files.read': row({
    args: z.tuple([fileKey]),
    result: z.instanceof(Uint8Array),
    permission: 'files.read',
    maxResultBytes: 14 * MiB,
    doc: 'The bytes of a file (at most 10 MiB; hand out `ctx.files.url` for a larger one).',
    example: "const bytes = await ctx.files.read('reports/today.csv')",
  }),
  'files.stat': row({
    args: z.tuple([fileKey]),
    result: fileStat.nullable(),
    permission: 'files.read',
    doc: 'Size, type, times and tag of a file, or `null`.',
    example: "await ctx.files.stat('reports/today.csv')",
  }),
  'files.url': row({
    args: z.tuple([
      fileKey,
      optional(
        z
          .strictObject({
            expires_s: linkSeconds.nullish(),
            expiresS: linkSeconds.nullish(),
            expiresInS: linkSeconds.nullish(),
            expires_in_s: linkSeconds.nullish(),
          })
          .transform((given): { expires_s?: number } => {
            const seconds = given.expires_s ?? given.expiresS ?? given.expiresInS ?? given.expires_in_s;
            return typeof seconds === 'number' ? { expires_s: seconds } : {};
          }),
      ),
    ]),
    result: z.string(),
    permission: 'files.read',
    doc:
      'A link that lets anybody read the file until it runs out: after `expires_s` seconds, by default 3600, at most ' +
      'a week.',
    example: "await ctx.files.url('reports/today.csv', { expires_s: 600 })",
  }),
  'files.upload': row({
    args: z.tuple([
      fileKey,
      z.union([z.string(), bytes], { error: 'must be text or bytes: a Uint8Array, an ArrayBuffer or a Blob' }),
      optional(
        z
          .strictObject({ content_type: line(255).nullish(), contentType: line(255).nullish() })
          .transform((given): { content_type?: string } => {
            const type = given.content_type ?? given.contentType;
            return typeof type === 'string' ? { content_type: type } : {};
          }),
      ),
    ]),
    result: fileStat,
    permission: 'files.write',
    maxArgsBytes: 14 * MiB,
    doc:
      'Writes a file of text or bytes (at most 10 MiB), replacing one of the same key; emits `files.uploaded`. Left ' +
      'out, the type follows the key’s extension.',
    example: "await ctx.files.upload('reports/today.csv', csv, { content_type: 'text/csv' })",
  }),
  'files.delete': row({
    args: z.tuple([fileKey]),
    result: z.boolean(),
    permission: 'files.write',
    doc: 'Deletes a file; answers whether there was one. Emits `files.deleted`.',
    example: "await ctx.files.delete('reports/today.csv')",
  }),
};

/** Largest `kv` value as JSON, in bytes (docs/host-api.md). */
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
    doc:
      'Keeps a value of up to 128 KiB of JSON, for `ttl` seconds or until it is deleted. Setting without `ttl` makes ' +
      'it stay.',
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
      optional(
        z.union([
          z
            .string()
            .max(512)
            .transform((prefix) => ({ prefix, limit: undefined, cursor: undefined })),
          z
            .strictObject({
              prefix: z.string().max(512).optional(),
              limit: z.int().min(1).max(1000).optional(),
              cursor: cursor.nullish(),
            })
            .transform((options) => ({ ...options, cursor: options.cursor ?? undefined })),
        ]),
      ),
    ]),
    result: z.object({
      keys: z.array(z.object({ key: z.string(), expires_at: z.string().nullable() })),
      next_cursor: z.string().nullable(),
    }),
    doc:
      'Keys in order, with the time at which they run out; a text in place of the options is the prefix. `limit` is ' +
      'at most 1000 (default 100).',
    example: "const { keys } = await ctx.kv.list({ prefix: 'user:' })",
  }),
  'kv.incr': row({
    args: z.tuple([kvKey, optional(z.number().min(-1e15).max(1e15)), optional(kvOptions)]),
    result: z.number(),
    doc:
      'Adds to a number (default 1, a missing key counts as 0) in one atomic step and answers the sum. `ttl` applies ' +
      'when the key is made.',
    example: "const n = await ctx.kv.incr('visits', 1, { ttl: 86400 })",
  }),
};
