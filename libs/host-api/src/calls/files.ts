import { MiB } from '@annex/kernel';
import { fileLimits, listLimits } from '@annex/limits';
import { z } from 'zod';
import { row } from '../row.js';
import { bytes, line, optional } from '../wire.js';

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
const linkSeconds = z.int().min(1).max(fileLimits.linkS);

/** Tenant storage (`files.read`, `files.write`). */
export const fileCalls = {
  'files.list': row({
    args: z.tuple([
      optional(z.string().max(1024)),
      optional(
        z.strictObject({
          limit: optional(z.int().min(1).max(listLimits.items)),
          cursor: z.string().min(1).max(2048).nullish(),
        }),
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
