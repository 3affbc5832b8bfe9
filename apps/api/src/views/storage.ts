import { z } from 'zod';
import { json, jsonObject, time, who } from './shared.js';

export const Secret = z
  .object({
    name: z.string(),
    version: z.number().int().describe('Counts up with each new value'),
    allowed_hosts: z.array(z.string()),
    updated_by: z.string().nullable(),
    who,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Secret', description: 'A secret, without its value' });
export type Secret = z.infer<typeof Secret>;

export const DeclaredSecret = z
  .object({
    name: z.string(),
    required: z.boolean().describe('Enabling needs a value'),
    description: z.string().nullable().describe('The author’s'),
    set_by: z
      .enum(['plugin', 'tenant'])
      .nullable()
      .describe('Whose value the plugin gets: its own, the tenant’s; `null`: nobody has set one'),
    last_used_at: time
      .nullable()
      .describe('When its value was last given to the code, or sent for it, exact to a minute; `null`: never'),
  })
  .meta({ id: 'DeclaredSecret', description: 'A secret that a plugin’s active release names' });
export type DeclaredSecret = z.infer<typeof DeclaredSecret>;

export const File = z
  .object({
    key: z.string(),
    size: z.number().int().describe('Bytes'),
    content_type: z.string(),
    etag: z.string().describe('SHA-256 of the bytes, hex: the same bytes have the same tag'),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'File' });
export type File = z.infer<typeof File>;

export const Table = z
  .object({
    name: z.string(),
    kind: z.enum(['table', 'system', 'view']).describe('Made by the tenant, the platform’s, or the operator’s'),
    read_only: z.boolean(),
    created_at: time.nullable().describe('When its first row was inserted; `null`: it was always there'),
  })
  .meta({ id: 'Table' });
export type Table = z.infer<typeof Table>;

const kvFields = {
  key: z.string(),
  size: z.number().int().describe('Bytes of its value as JSON'),
  expires_at: time.nullable().describe('`null`: it stays'),
  updated_at: time,
};

export const KvEntry = z.object(kvFields).meta({ id: 'KvEntry' });
export type KvEntry = z.infer<typeof KvEntry>;

export const KvValue = z.object({ ...kvFields, value: json }).meta({ id: 'KvValue' });
export type KvValue = z.infer<typeof KvValue>;

const tableUse = z.object({ tables: z.number(), rows: z.number(), bytes: z.number() });

export const TableList = z
  .object({ items: z.array(Table), usage: tableUse, limits: tableUse, next_cursor: z.null() })
  .meta({ id: 'TableList' });
export type TableList = z.infer<typeof TableList>;

export const Row = jsonObject.meta({
  id: 'Row',
  type: 'object',
  additionalProperties: true,
  description: 'A row: the fields that were inserted, and `id`, `created_at`, `updated_at`',
});
export type Row = z.infer<typeof Row>;
