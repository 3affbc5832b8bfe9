import { z } from 'zod';
import { Tenant } from './access.js';

const count = z.number().int();

export const ImportedTenant = z
  .object({
    tenant: Tenant,
    rows: z.record(z.string(), count).describe('Rows that came, by table'),
    files: count,
  })
  .meta({ id: 'ImportedTenant' });
export type ImportedTenant = z.infer<typeof ImportedTenant>;
