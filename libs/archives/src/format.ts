/** What an archive holds, in words (docs/archives.md). */
import { createHash } from 'node:crypto';
import { tenantArchiveLimits } from '@annex/limits';
import { z } from 'zod';
import { archivedTables } from './archived-tables.js';
import { invalidArchive } from './errors.js';

export const formatVersion = 1;
export const firstEntry = 'annex-tenant.json';
export const lastEntry = 'end.json';

const lockedKey = z.strictObject({
  version: z.int().min(1),
  nonce: z.string().max(100),
  ciphertext: z.string().max(1000),
});

export const archiveHead = z.strictObject({
  format: z.literal('annex-tenant'),
  format_version: z.int(),
  annex: z.string().max(100),
  schema: z.string().max(200),
  exported_at: z.string().max(40),
  tenant: z.strictObject({
    id: z.string().regex(/^ten_[0-9a-z]{26}$/),
    slug: z.string().max(63),
    name: z.string().min(1).max(200),
    timezone: z.string().min(1).max(64),
    weight: z.int().min(1).max(100),
    background_concurrency: z.int().min(1).max(1000),
    quotas: z.record(z.string().max(100), z.int().min(0)),
    created_at: z.iso.datetime(),
  }),
  secrets: z.strictObject({ salt: z.string().min(16).max(64), keys: z.array(lockedKey).max(1000) }).nullable(),
});
/** The first entry. `secrets`: `null` where they are left out. */
export type ArchiveHead = z.infer<typeof archiveHead>;

const counts = z.strictObject({
  tables: z.record(z.string().max(100), z.strictObject({ rows: z.int().min(0), sha256: z.string().length(64) })),
  files: z.strictObject({ count: z.int().min(0), bytes: z.int().min(0), gone: z.int().min(0) }),
});
/** What an archive says that it holds. `gone`: files that were deleted while it was written. */
export type ArchiveCounts = z.infer<typeof counts>;

export const archiveEnd = counts.extend({ sha256: z.string().length(64), mac: z.string().max(64).nullable() });
export type ArchiveEnd = z.infer<typeof archiveEnd>;

export const fileRow = z.strictObject({
  key: z.string().min(1),
  content_type: z.string().min(1).max(500),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  created_by: z.string().max(500),
  created_at: z.string().max(40),
  updated_at: z.string().max(40),
});
/** A file beside its bytes. */
export type ArchivedFile = z.infer<typeof fileRow>;

export const partName = (table: string, part: number): string =>
  `tables/${table}/${String(part).padStart(8, '0')}.ndjson`;
export const fileName = (place: number): { row: string; bytes: string } => {
  const name = `files/${String(place).padStart(10, '0')}`;
  return { row: `${name}.json`, bytes: name };
};

const tablesByName = new Map(archivedTables.map((table, place) => [table.name, { table, place }]));
/** The table of a part, and its place in the order of tables; `undefined` for every other name. */
export function tableOf(name: string) {
  const [, table = ''] = /^tables\/([a-z_]{1,63})\/\d{8}\.ndjson$/.exec(name) ?? [];
  return tablesByName.get(table);
}

/** Reads JSON of one of these shapes. Throws `ARCHIVE_INVALID`. */
export function readShape<Shape extends z.ZodType>(shape: Shape, text: Buffer, name: string): z.infer<Shape> {
  let value: unknown;
  try {
    value = JSON.parse(text.toString('utf8'));
  } catch (thrown) {
    throw invalidArchive(`${name} is no JSON.`, thrown);
  }
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  throw invalidArchive(`${name} does not say what it has to say.`, read.error);
}

/** Gathers a small entry. Throws `ARCHIVE_INVALID` for one that is larger than `maxBytes`. */
export async function wholeBody(
  { name, size, body }: { name: string; size: number; body: AsyncIterable<Buffer> },
  maxBytes: number = tenantArchiveLimits.descriptionBytes,
): Promise<Buffer> {
  if (size > maxBytes) throw invalidArchive(`${name} has ${size} bytes; at most ${maxBytes} are read.`);
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks, size);
}

/** The digest of everything that an archive holds, in its order. */
export class ArchiveDigest {
  readonly #whole = createHash('sha256');

  entry(name: string, size: number): void {
    this.#whole.update(`${name}\0${size}\n`);
  }

  bytes(chunk: Uint8Array): void {
    this.#whole.update(chunk);
  }

  /** Ask once, at the end. */
  of({ tables, files }: ArchiveCounts): string {
    return this.#whole.update(JSON.stringify({ tables, files })).digest('hex');
  }
}
