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

const getOptions = optional(z.strictObject({ version: z.boolean().nullish() }));
const setOptions = z
  .strictObject({
    ttl: ttl.nullish(),
    ttl_s: ttl.nullish(),
    ifVersion: z.int().min(0).max(Number.MAX_SAFE_INTEGER).nullish(),
  })
  .transform(({ ttl: plain, ttl_s: named, ifVersion }): { ttl_s?: number; if_version?: number } => {
    const seconds = named ?? plain ?? undefined;
    return {
      ...(seconds !== undefined && { ttl_s: seconds }),
      ...(typeof ifVersion === 'number' && { if_version: ifVersion }),
    };
  });
const value = jsonUpTo(json, kvLimits.valueBytes);
const listOptions = optional(
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
);
const listed = z.object({
  keys: z.array(z.object({ key: z.string(), expires_at: z.string().nullable() })),
  next_cursor: z.string().nullable(),
});
const step = optional(z.number().min(-1e15).max(1e15));

/** The installation's own key-value store. */
export const kvCalls = {
  'kv.get': row({
    args: z.tuple([kvKey, getOptions]),
    result: json.nullable(),
    doc:
      'The value of a key, or `null` when there is none or it ran out. With `{ version: true }`: ' +
      '`{ value, version }`; version 0 when there is none.',
    example: "const seen = await ctx.kv.get('last_id')",
  }),
  'kv.set': row({
    args: z.tuple([kvKey, value, optional(setOptions)]),
    result: z.int().nullable(),
    doc:
      'Keeps a value of up to 128 KiB of JSON, for `ttl` seconds or until it is deleted. Setting without `ttl` makes ' +
      'it stay. With `ifVersion` only if that is its version (0: there is none), and it answers the new one; else ' +
      '`KV_CHANGED`.',
    example: "await ctx.kv.set('last_id', id, { ttl: 3600 })",
  }),
  'kv.delete': row({
    args: z.tuple([kvKey]),
    result: z.boolean(),
    doc: 'Forgets a key; answers whether there was one.',
    example: "await ctx.kv.delete('last_id')",
  }),
  'kv.list': row({
    args: z.tuple([listOptions]),
    result: listed,
    doc:
      'Keys in order, with the time at which they run out; a text in place of the options is the prefix. `limit` is ' +
      'at most 1000 (default 100).',
    example: "const { keys } = await ctx.kv.list({ prefix: 'user:' })",
  }),
  'kv.incr': row({
    args: z.tuple([kvKey, step, optional(kvOptions)]),
    result: z.number(),
    doc:
      'Adds to a number (default 1, a missing key counts as 0) in one atomic step and answers the sum. `ttl` applies ' +
      'when the key is made.',
    example: "const n = await ctx.kv.incr('visits', 1, { ttl: 86400 })",
  }),
};

const stateName = line(64);

/** State that plugins share. Plugins call `ctx.shared(name).get(…)`; the name comes first on the wire. */
export const sharedCalls = {
  'shared.get': row({
    args: z.tuple([stateName, kvKey, getOptions]),
    result: json.nullable(),
    doc: 'As `ctx.kv.get`, of a state that `shared` in the manifest names.',
    example: "const zone = await ctx.shared('zones').get('example.org')",
  }),
  'shared.set': row({
    args: z.tuple([stateName, kvKey, value, optional(setOptions)]),
    result: z.int().nullable(),
    doc: 'As `ctx.kv.set`, for the plugin that owns the state.',
    example: "await ctx.shared('zones').set('example.org', { a: ['192.0.2.1'] })",
  }),
  'shared.delete': row({
    args: z.tuple([stateName, kvKey]),
    result: z.boolean(),
    doc: 'As `ctx.kv.delete`, for the plugin that owns the state.',
    example: "await ctx.shared('zones').delete('example.org')",
  }),
  'shared.list': row({
    args: z.tuple([stateName, listOptions]),
    result: listed,
    doc: 'As `ctx.kv.list`.',
    example: "const { keys } = await ctx.shared('zones').list()",
  }),
  'shared.incr': row({
    args: z.tuple([stateName, kvKey, step, optional(kvOptions)]),
    result: z.number(),
    doc: 'As `ctx.kv.incr`, for the plugin that owns the state.',
    example: "const n = await ctx.shared('zones').incr('loads')",
  }),
};
