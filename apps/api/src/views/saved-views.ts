import { viewLists } from '@annex/saved-views';
import { z } from 'zod';
import { time } from './shared.js';

export const SavedView = z
  .object({
    list: z.enum(viewLists),
    name: z.string(),
    filters: z.record(z.string(), z.string()).describe('As they stand in the console’s address'),
    saved_by: z.string().describe('Who saved it last'),
    saved_at: time,
  })
  .meta({ id: 'SavedView', description: 'Filters of a list under a name, for everybody of the tenant' });
export type SavedView = z.infer<typeof SavedView>;
