import { kvLimits, listLimits } from '@annex/limits';
import { z } from 'zod';
import { row } from '../row.js';
import { cursor, json, jsonUpTo, line, optional } from '../wire.js';

const kvKey = line(kvLimits.keyChars);
/** Seconds until a `kv` entry is gone; at most ten years. */
const ttl = z.number().positive().max(kvLimits.ttlS);
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
    args: z.tuple([kvKey, jsonUpTo(json, kvLimits.valueBytes), optional(kvOptions)]),
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
            .max(kvLimits.keyChars)
            .transform((prefix) => ({ prefix, limit: undefined, cursor: undefined })),
          z
            .strictObject({
              prefix: z.string().max(kvLimits.keyChars).optional(),
              limit: z.int().min(1).max(listLimits.items).optional(),
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
